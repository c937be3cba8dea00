//! A PostgreSQL server of the tests' own: one private cluster a process, one database a test.
//!
//! It is made from the installed server by `initdb`, listens on a socket in a temporary directory and nowhere else, flushes as in
//! real use, and ends with the process: its shell waits for the end of our pipe, which comes whatever we die of.
//!
//! A test that stops the server has one to itself ([`OwnServer`]).

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rand::RngExt;
use rand::rngs::StdRng;
use storage::{Store, StoreOptions};
use tokio::sync::{Mutex, OnceCell};

use crate::flush::FailingFlush;

const SCRIPT: &str = r#"
set -e
dir=$(mktemp -d "${TMPDIR:-/tmp}/tsunagi-postgres.XXXXXX")
if [ -n "$1" ]; then
  "$0/pg_basebackup" -h "$1" -U tsunagi -D "$dir/data" -R -c fast --no-sync >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; exit 1; }
else
  "$0/initdb" -D "$dir/data" -U tsunagi -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; exit 1; }
fi
preload=$2 mark=$3
run() {
  LD_PRELOAD=${preload:-${LD_PRELOAD:-}} FAILING_FLUSH=$mark "$0/postgres" -D "$dir/data" -k "$dir" -c listen_addresses= -c fsync=on -c synchronous_commit=on -c max_connections=300 \
    -c max_wal_size=4GB -c shared_buffers=128MB >>"$dir/log" 2>&1 &
  server=$!
}
begin() {
  run
  n=0
  until "$0/pg_isready" -q -h "$dir" -U tsunagi -d postgres; do
    n=$((n + 1)); [ $n -lt 400 ] || { cat "$dir/log" >&2; exit 1; }; sleep 0.05
    # After a kill it refuses to start until the last orphan has gone.
    case $(sed -n 's/^State:[[:space:]]*//p' "/proc/$server/status" 2>/dev/null) in
      Z*|"") wait "$server" || true; run ;;
    esac
  done
}
end() {
  [ -z "$server" ] || { kill -INT "$server"; wait "$server" || true; }
  server=
}
begin
echo "$dir"
# Nobody who reads what the tests say waits for the cleaning up.
exec >/dev/null 2>&1
while read -r word; do
  case $word in
    stop) end ;;
    start) begin ;;
    kill) kill -KILL "$server"; wait "$server" || true; server= ;;
    promote) "$0/pg_ctl" promote -D "$dir/data" ;;
  esac
  touch "$dir/$word.done"
done
end
rm -rf "$dir"
"#;

struct Cluster {
    directory: String,
    /// Its end is the server's end.
    life: ChildStdin,
    /// Ends by itself when its input does.
    _shell: std::process::Child,
}

static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
/// PostgreSQL copies a template only while nobody else does.
static COPYING: Mutex<()> = Mutex::const_new(());
static NUMBER: AtomicU32 = AtomicU32::new(0);
const TEMPLATE: &str = "tsunagi_template";

/// A server that one test stops and starts again; its database `postgres` is empty.
pub struct OwnServer(Cluster);

impl OwnServer {
    pub fn start() -> Self {
        Self(start(None, None))
    }

    /// On a disk that fails when it is told to. It comes back from that by itself, as PostgreSQL does when it is left to.
    pub fn on(disk: &FailingFlush) -> Self {
        Self(start(None, Some(disk)))
    }

    /// A standby that follows `primary` by streaming replication.
    pub fn standby_of(primary: &Self) -> Self {
        Self(start(Some(primary.directory()), None))
    }

    /// The postmaster is killed without warning, and its children find that out by themselves.
    pub async fn die(&mut self) {
        self.say("kill").await;
    }

    /// A standby becomes the primary.
    pub async fn promote(&mut self) {
        self.say("promote").await;
    }

    /// One statement as the owner of everything.
    pub fn tell(&self, sql: &str) {
        self.0.psql(sql);
    }

    /// Ends one of the connections that others have: as an administrator does, or its process by SIGKILL.
    pub async fn end_a_backend(&self, chance: &mut StdRng, by_sigkill: bool) {
        let others =
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
        let began = Instant::now();
        let chosen = loop {
            let pids = self.0.ask(others).unwrap_or_default();
            let pids: Vec<&str> = pids.lines().collect();
            if !pids.is_empty() {
                break pids[chance.random_range(0..pids.len())].to_owned();
            }
            assert!(began.elapsed() < Duration::from_secs(30), "nobody is connected");
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        // Either may find that it has just gone.
        if by_sigkill {
            let _ = Command::new("kill").args(["-KILL", &chosen]).status();
        } else {
            let _ = self.0.ask(&format!("SELECT pg_terminate_backend({chosen})"));
        }
    }

    pub fn url(&self) -> String {
        self.0.url("postgres")
    }

    /// Where its socket is.
    pub fn directory(&self) -> &Path {
        Path::new(&self.0.directory)
    }

    /// Cuts every connection; from then on nobody listens.
    pub async fn go_away(&mut self) {
        self.say("stop").await;
    }

    pub async fn come_back(&mut self) {
        self.say("start").await;
    }

    async fn say(&mut self, word: &str) {
        let done = Path::new(&self.0.directory).join(format!("{word}.done"));
        writeln!(self.0.life, "{word}").expect("the shell listens");
        for _ in 0..600 {
            if done.exists() {
                std::fs::remove_file(&done).expect("the mark is ours to remove");
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("PostgreSQL did not {word}");
    }
}

/// The URL of a new database with the whole schema and no rows.
pub async fn fresh_database() -> String {
    let cluster = cluster().await;
    let _one_at_a_time = COPYING.lock().await;
    let name = format!("tsunagi_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    cluster.psql(&format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}"));
    cluster.url(&name)
}

/// The URL of a new database without any table.
pub async fn empty_database() -> String {
    let cluster = cluster().await;
    let _one_at_a_time = COPYING.lock().await;
    let name = format!("tsunagi_empty_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    cluster.psql(&format!("CREATE DATABASE {name}"));
    cluster.url(&name)
}

async fn cluster() -> &'static Cluster {
    CLUSTER
        .get_or_init(|| async {
            let cluster = start(None, None);
            cluster.psql(&format!("CREATE DATABASE {TEMPLATE}"));
            let options = StoreOptions { readers: 1, ..StoreOptions::default() };
            let store = Store::open(&cluster.url(TEMPLATE), &options).await.expect("the new server answers");
            store.migrate().await.expect("the migrations run on a new database");
            store.close().await;
            cluster
        })
        .await
}

fn start(primary: Option<&Path>, disk: Option<&FailingFlush>) -> Cluster {
    let bin = server_programs();
    let root = Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout == b"0\n");
    let mut command = if root {
        // initdb refuses to run as root.
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", "sh"]);
        command
    } else {
        Command::new("sh")
    };
    command
        .arg("-c")
        .arg(SCRIPT)
        .arg(&bin)
        .arg(primary.unwrap_or(Path::new("")))
        .args(disk.into_iter().flat_map(|disk| disk.environment().map(|(_, value)| value)))
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().expect("a shell starts");
    let life = child.stdin.take().expect("the shell's input is piped");
    let mut directory = String::new();
    let stdout = child.stdout.take().expect("the shell's output is piped");
    BufReader::new(stdout).read_line(&mut directory).expect("the shell's output can be read");
    let directory = directory.trim().to_owned();
    assert!(!directory.is_empty(), "PostgreSQL did not start; what it said stands above");
    Cluster { directory, life, _shell: child }
}

/// One of PostgreSQL's own tools, of the server's version.
pub fn tool(name: &str) -> Command {
    Command::new(server_programs().join(name))
}

/// The newest installed server.
fn server_programs() -> PathBuf {
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| (version.file_name().to_string_lossy().parse().unwrap_or(0), version.path().join("bin")))
        .filter(|(_, bin)| bin.join("initdb").exists())
        .collect();
    found.sort();
    if let Some((_, bin)) = found.pop() {
        return bin;
    }
    let asked = Command::new("pg_config").arg("--bindir").output();
    let bin = asked.ok().map(|out| PathBuf::from(String::from_utf8_lossy(&out.stdout).trim().to_owned()));
    bin.filter(|bin| Path::new(bin).join("initdb").exists()).unwrap_or_else(|| {
        panic!(
            "PostgreSQL's server is not installed. Mend it with: apt-get install -y --no-install-recommends postgresql"
        )
    })
}

impl Cluster {
    fn url(&self, database: &str) -> String {
        format!("postgres://tsunagi@localhost/{database}?host={}", self.directory)
    }

    fn psql(&self, sql: &str) {
        assert!(self.ask(sql).is_some(), "{sql} failed");
    }

    /// What one statement answers, a line a row; none when it failed, which then stands in the test's output.
    fn ask(&self, sql: &str) -> Option<String> {
        let settings = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"];
        let place = ["-h", &self.directory, "-U", "tsunagi", "-d", "postgres"];
        let ran = tool("psql").args(settings).args(place).args(["-c", sql]).stderr(Stdio::inherit()).output();
        let ran = ran.ok().filter(|ran| ran.status.success())?;
        Some(String::from_utf8_lossy(&ran.stdout).into_owned())
    }
}
