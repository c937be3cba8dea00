//! A mail relay that misbehaves on purpose: each connection follows a [`Session`], which answers as a good relay does except
//! where the test says otherwise. A [`FaultySmtp`] that is told nothing is a good relay, quick enough to measure against.
//!
//! It speaks no TLS: encryption is tested against the real server (`tests/smtp/start`).

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// A moment of the dialogue at which the relay has to say something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// Before anything was said.
    Greeting,
    /// EHLO.
    Hello,
    /// STARTTLS.
    StartTls,
    /// MAIL FROM.
    Sender,
    /// RCPT TO.
    Recipient,
    /// DATA.
    Data,
    /// After the first line of the content.
    MidContent,
    /// After the final dot.
    Content,
}

/// What the relay does instead of the usual answer.
#[derive(Debug, Clone)]
pub enum Act {
    /// Says this, whole answers ended by `\r\n`, and goes on.
    Say(&'static str),
    /// Says this and closes.
    SayAndClose(&'static str),
    /// Gives the usual answer, but late.
    Late(Duration),
    /// Says this again and again, so far apart: it never falls silent and never comes to an end.
    Drip(&'static str, Duration),
    /// Never says anything again.
    Hang,
    /// Closes the connection.
    Close,
}

/// How one connection goes.
#[derive(Debug, Clone, Default)]
pub struct Session(Vec<(Point, Act)>);

impl Session {
    /// As a good relay.
    #[must_use]
    pub fn good() -> Self {
        Self::default()
    }

    /// Good but for this point; each act happens once, in order, so that a second mail may fare otherwise.
    #[must_use]
    pub fn but(mut self, point: Point, act: Act) -> Self {
        self.0.push((point, act));
        self
    }

    fn take(&mut self, point: Point) -> Option<Act> {
        let index = self.0.iter().position(|(at, _)| *at == point)?;
        Some(self.0.remove(index).1)
    }
}

/// What the relay saw.
#[derive(Debug, Default)]
pub struct Seen {
    /// The contents that it answered with 250, dots removed.
    pub taken: Vec<String>,
    /// Every command line, of all connections.
    pub commands: Vec<String>,
    /// Connections so far.
    pub connections: usize,
    /// Connections now.
    pub open: usize,
    /// The most at one time.
    pub most_open: usize,
}

impl Seen {
    /// How often each mail was taken, by its Message-ID.
    ///
    /// # Panics
    /// When one has none.
    #[must_use]
    pub fn copies(&self) -> BTreeMap<String, usize> {
        let mut copies = BTreeMap::new();
        for mail in &self.taken {
            let id = mail.lines().find(|line| line.to_lowercase().starts_with("message-id:")).expect("a Message-ID");
            *copies.entry(id.to_owned()).or_default() += 1;
        }
        copies
    }
}

/// A relay on a port of its own; it ends when it is dropped.
#[derive(Debug)]
pub struct FaultySmtp {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    listening: Option<JoinHandle<()>>,
}

/// One of its connections, as long as it is open.
struct Open(Arc<Mutex<Seen>>);

impl Open {
    fn at(seen: &Arc<Mutex<Seen>>) -> Self {
        let open = Self(Arc::clone(seen));
        let mut seen = lock(seen);
        seen.connections += 1;
        seen.open += 1;
        seen.most_open = seen.most_open.max(seen.open);
        drop(seen);
        open
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        lock(&self.0).open -= 1;
    }
}

impl FaultySmtp {
    /// Starts it. The first connection follows the first session, and so on; when they are used up, all are good.
    ///
    /// # Panics
    /// When there is no loopback to listen on.
    pub async fn start(sessions: impl IntoIterator<Item = Session>) -> Self {
        Self::start_at(0, sessions).await
    }

    /// The same on a port that was given up before.
    ///
    /// # Panics
    /// When somebody else listens there.
    pub async fn start_at(port: u16, sessions: impl IntoIterator<Item = Session>) -> Self {
        let mut relay =
            Self { address: SocketAddr::from(([127, 0, 0, 1], port)), seen: Arc::default(), listening: None };
        let mut sessions: Vec<_> = sessions.into_iter().collect();
        sessions.reverse();
        relay.listen(sessions).await;
        relay
    }

    async fn listen(&mut self, mut sessions: Vec<Session>) {
        let listener = TcpListener::bind(self.address).await.expect("loopback can be listened on");
        self.address = listener.local_addr().expect("a listener has an address");
        let seen = Arc::clone(&self.seen);
        self.listening = Some(tokio::spawn(async move {
            // Dropped with this task, and every connection with it.
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let session = sessions.pop().unwrap_or_default();
                let place = Open::at(&seen);
                connections.spawn(async move {
                    // An error is the client going away, which is its right.
                    let _ = serve(stream, session, &place.0).await;
                });
                while connections.try_join_next().is_some() {}
            }
        }));
    }

    /// Ends as a process that is killed: every connection is cut wherever it is, and nobody listens. What it saw stays.
    pub async fn die(&mut self) {
        if let Some(listening) = self.listening.take() {
            listening.abort();
            // Until the port is free.
            let _ = listening.await;
        }
    }

    /// Listens again, as a good relay.
    ///
    /// # Panics
    /// When somebody else took the port meanwhile.
    pub async fn come_back(&mut self) {
        self.listen(Vec::new()).await;
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// What it saw so far.
    ///
    /// # Panics
    /// When a connection's task panicked.
    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        lock(&self.seen)
    }
}

impl Drop for FaultySmtp {
    fn drop(&mut self) {
        if let Some(listening) = &self.listening {
            listening.abort();
        }
    }
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().expect("no holder of this lock panics")
}

async fn serve(stream: TcpStream, mut session: Session, seen: &Mutex<Seen>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    let mut reply = Reply::at(Point::Greeting, "220 relay.example ESMTP\r\n", &mut session, &mut stream).await?;
    while reply.say(&mut stream).await? {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        lock(seen).commands.push(line.trim_end().to_owned());
        let verb = line.split([' ', '\r']).next().unwrap_or_default().to_ascii_uppercase();
        let (point, usual) = match verb.as_str() {
            "EHLO" => (Point::Hello, "250-relay.example\r\n250-8BITMIME\r\n250 SIZE 1000000\r\n"),
            "STARTTLS" => (Point::StartTls, "454 4.7.0 not today\r\n"),
            "MAIL" => (Point::Sender, "250 2.1.0 ok\r\n"),
            "RCPT" => (Point::Recipient, "250 2.1.5 ok\r\n"),
            "DATA" => (Point::Data, "354 go on\r\n"),
            "QUIT" => return stream.write_all(b"221 2.0.0 bye\r\n").await,
            _ => return stream.write_all(b"502 5.5.1 what?\r\n").await,
        };
        reply = Reply::at(point, usual, &mut session, &mut stream).await?;
        if point == Point::Data && reply.words.starts_with("354") {
            if !reply.say(&mut stream).await? {
                return Ok(());
            }
            let Some(content) = read_content(&mut stream, &mut session).await? else { return Ok(()) };
            reply = Reply::at(Point::Content, "250 2.0.0 taken\r\n", &mut session, &mut stream).await?;
            if reply.words.starts_with("250") {
                lock(seen).taken.push(content);
            }
        }
    }
    Ok(())
}

/// The content up to the final dot; `None` when the session ends in the middle of it.
async fn read_content(stream: &mut BufReader<TcpStream>, session: &mut Session) -> std::io::Result<Option<String>> {
    let mut content = String::new();
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        if content.is_empty() && !Reply::at(Point::MidContent, "", session, stream).await?.say(stream).await? {
            return Ok(None);
        }
        if line == ".\r\n" {
            return Ok(Some(content));
        }
        content.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

/// What is said at a point, and whether the connection lives on.
struct Reply {
    words: &'static str,
    go_on: bool,
}

impl Reply {
    /// What the session wants to be said now; it may take its time.
    async fn at(
        point: Point,
        usual: &'static str,
        session: &mut Session,
        stream: &mut BufReader<TcpStream>,
    ) -> std::io::Result<Self> {
        let (words, go_on) = match session.take(point) {
            None => (usual, true),
            Some(Act::Say(words)) => (words, true),
            Some(Act::SayAndClose(words)) => (words, false),
            Some(Act::Late(wait)) => {
                tokio::time::sleep(wait).await;
                (usual, true)
            }
            Some(Act::Drip(words, every)) => {
                // Until the other side gives up.
                while stream.write_all(words.as_bytes()).await.is_ok() {
                    tokio::time::sleep(every).await;
                }
                ("", false)
            }
            Some(Act::Hang) => {
                // Until the other side gives up.
                let mut ignored = String::new();
                while stream.read_line(&mut ignored).await? > 0 {}
                ("", false)
            }
            Some(Act::Close) => ("", false),
        };
        Ok(Self { words, go_on })
    }

    /// Says it; false when the connection is to be closed.
    async fn say(&self, stream: &mut BufReader<TcpStream>) -> std::io::Result<bool> {
        stream.write_all(self.words.as_bytes()).await?;
        Ok(self.go_on)
    }
}
