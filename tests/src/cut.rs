//! A line to PostgreSQL that can be cut or slow while the server itself goes on: one instance loses its database, the others don't.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::{JoinHandle, JoinSet};

const SOCKET: &str = ".s.PGSQL.5432";

/// Carries connections from a socket of its own to the server's.
pub struct Line {
    directory: PathBuf,
    server: PathBuf,
    /// Micros that whatever is carried takes longer.
    wait: Arc<AtomicU64>,
    carrying: Option<JoinHandle<()>>,
}

impl Line {
    /// A line to the server whose socket is in `server`.
    pub fn to(server: &Path) -> Self {
        let name = format!("tsunagi-line-{}", uuid::Uuid::from_u128(rand::random()).simple());
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&directory).expect("a temporary directory");
        let mut line = Self { directory, server: server.join(SOCKET), wait: Arc::default(), carrying: None };
        line.mend();
        line
    }

    /// The database `postgres` over this line.
    pub fn url(&self) -> String {
        format!("postgres://tsunagi@localhost/postgres?host={}", self.directory.display())
    }

    /// From the next mending on it leads to this server.
    pub fn lead_to(&mut self, server: &Path) {
        self.server = server.join(SOCKET);
    }

    pub fn mend(&mut self) {
        let socket = self.directory.join(SOCKET);
        // There is none the first time.
        let _ = std::fs::remove_file(&socket);
        let listener = UnixListener::bind(&socket).expect("a socket of our own");
        let (server, wait) = (self.server.clone(), Arc::clone(&self.wait));
        self.carrying = Some(tokio::spawn(async move {
            // Dropped with this task, and every connection with it.
            let mut connections = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                let (server, wait) = (server.clone(), Arc::clone(&wait));
                connections.spawn(async move {
                    if let Ok(far) = UnixStream::connect(&server).await {
                        let ((from, to), (far_from, far_to)) = (near.into_split(), far.into_split());
                        tokio::join!(carry(from, far_to, &wait), carry(far_from, to, &wait));
                    }
                });
            }
        }));
    }

    /// From now on everything that is carried, in either direction, takes so much longer.
    pub fn slow_down(&self, by: Duration) {
        self.wait.store(u64::try_from(by.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Ends every connection; nobody answers new ones.
    pub fn cut(&mut self) {
        if let Some(carrying) = self.carrying.take() {
            carrying.abort();
        }
        let _ = std::fs::remove_file(self.directory.join(SOCKET));
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.cut();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// Until either end goes away; the other then learns of it.
async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, wait: &AtomicU64) {
    let mut some = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut some).await {
        let wait = wait.load(Ordering::Relaxed);
        if wait > 0 {
            tokio::time::sleep(Duration::from_micros(wait)).await;
        }
        if to.write_all(&some[..read]).await.is_err() {
            return;
        }
    }
}
