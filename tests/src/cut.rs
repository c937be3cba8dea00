//! A line to PostgreSQL that can be cut while the server itself goes on: one instance loses its database, the others don't.

use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};
use tokio::task::{JoinHandle, JoinSet};

const SOCKET: &str = ".s.PGSQL.5432";

/// Carries connections from a socket of its own to the server's.
pub struct Line {
    directory: PathBuf,
    server: PathBuf,
    carrying: Option<JoinHandle<()>>,
}

impl Line {
    /// A line to the server whose socket is in `server`.
    pub fn to(server: &Path) -> Self {
        let name = format!("tsunagi-line-{}", uuid::Uuid::from_u128(rand::random()).simple());
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&directory).expect("a temporary directory");
        let mut line = Self { directory, server: server.join(SOCKET), carrying: None };
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
        let server = self.server.clone();
        self.carrying = Some(tokio::spawn(async move {
            // Dropped with this task, and every connection with it.
            let mut connections = JoinSet::new();
            while let Ok((mut near, _)) = listener.accept().await {
                let server = server.clone();
                connections.spawn(async move {
                    if let Ok(mut far) = UnixStream::connect(&server).await {
                        // Either end may go away.
                        let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                    }
                });
            }
        }));
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
