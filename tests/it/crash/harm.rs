//! What is done to the service and to what it stands on, over and over.

use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;
use tests::binary::{Asker, Binary};
use tests::cut::Line;
use tests::faulty_smtp::FaultySmtp;
use tests::flush::FailingFlush;
use tests::postgres::OwnServer;

pub(super) enum Harm {
    /// The service is killed; on PostgreSQL its server as well, with it or under it.
    Kills,
    /// One of the database's connections is ended by its administrator, or its process killed.
    Backends,
    /// The mail server is killed in the middle of its dialogues, sometimes the service meanwhile.
    Relay,
    /// The line to the database is slow, then it is cut.
    Line(Line),
    /// The disk fails once.
    FailedFlushes(FailingFlush),
}

/// What stands in harm's way.
pub(super) struct Stage {
    pub(super) binary: Binary,
    pub(super) postgres: Option<OwnServer>,
    pub(super) relay: FaultySmtp,
    pub(super) asker: Asker,
}

impl Harm {
    /// As the page of proof counts it.
    pub(super) const fn counted(&self) -> &'static str {
        match self {
            Self::Kills => "kills",
            Self::Backends => "database connections ended",
            Self::Relay => "deaths of the mail server",
            Self::Line(_) => "slow and cut lines to the database",
            Self::FailedFlushes(_) => "failed flushes",
        }
    }

    /// How many of the rounds that were asked for.
    pub(super) const fn share(&self, rounds: u64, on_postgres: bool) -> u64 {
        match self {
            // After each one PostgreSQL ends all its connections and replays its log: seconds.
            Self::FailedFlushes(_) if on_postgres => rounds / 4,
            _ => rounds,
        }
    }

    /// Whether requests must have been cut off, or the test was none: after a failed flush the writer begins anew by itself, an ended
    /// connection is opened again, and mostly nobody hears of it; of mails nobody hears at all.
    pub(super) const fn is_heard_of(&self) -> bool {
        matches!(self, Self::Kills | Self::Line(_))
    }

    pub(super) async fn strike(&mut self, stage: &mut Stage, round: u64, chance: &mut StdRng) {
        match self {
            Self::Kills => kill(stage, round).await,
            Self::Backends => {
                let server = stage.postgres.as_ref().expect("only PostgreSQL has them");
                // Every third is killed: the server then ends all the others too, and recovers.
                server.end_a_backend(chance, round % 3 == 2).await;
                stage.asker.ready().await;
            }
            Self::Relay => {
                stage.relay.die().await;
                tokio::time::sleep(Duration::from_millis(chance.random_range(50..500))).await;
                if round % 3 == 2 {
                    stage.binary.kill();
                    stage.binary.start();
                }
                stage.relay.come_back().await;
                stage.asker.ready().await;
            }
            Self::Line(line) => {
                line.slow_down(Duration::from_millis(chance.random_range(5..60)));
                tokio::time::sleep(Duration::from_millis(chance.random_range(200..800))).await;
                line.cut();
                line.slow_down(Duration::ZERO);
                tokio::time::sleep(Duration::from_millis(chance.random_range(0..300))).await;
                line.mend();
                stage.asker.ready().await;
            }
            Self::FailedFlushes(disk) => {
                // The service stays and gets over it by itself.
                disk.fail().await;
                stage.asker.ready().await;
            }
        }
    }
}

async fn kill(Stage { binary, postgres, asker, .. }: &mut Stage, round: u64) {
    binary.kill();
    if let Some(server) = postgres.as_mut().filter(|_| round % 5 == 4) {
        // The database server dies with it.
        server.die().await;
        server.come_back().await;
    }
    binary.start();
    asker.ready().await;
    if let Some(server) = postgres.as_mut().filter(|_| round % 5 == 2) {
        // The database goes while the service stays.
        server.go_away().await;
        server.come_back().await;
        asker.ready().await;
    }
}
