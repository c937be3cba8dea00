//! The demo: a fictional city on embedded SQLite, mails to read in the browser, and a clock that can be moved on by a day.
//!
//! Everything is the real thing (router, writer, sweep, outbox) but for two parts: mails go into a directory, and the clock is the
//! machine's shifted by whole days. Nothing here is reachable from `serve`.

mod pages;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use domain::Clock;
use domain::agreement::Agreement;
use domain::time::ShiftedClock;
use rules::calendar::Calendar;
use scheduler::mail::{FileTransport, Mailer};
use tokio::net::TcpListener;

use crate::backup::sealed::Key;
use crate::city::{City, CitySize, DEMO_PASSWORD};
use crate::config::Config;
use crate::service::{self, Parts, Service};

/// The fictional city is always the same one.
const SEED: u64 = 1;
/// The demo holds nothing worth guessing; sessions just have to be told apart.
const CHANCE: [u8; 32] = [0x2f; 32];

/// Founds the city and serves it until interrupted.
pub async fn run(mut config: Config, listen: &str, directory: Option<PathBuf>, small: bool) -> Result<()> {
    let directory =
        directory.unwrap_or_else(|| std::env::temp_dir().join(format!("tsunagi-demo-{}", std::process::id())));
    let mails = directory.join("mails");
    std::fs::create_dir_all(&mails).with_context(|| format!("making {}", mails.display()))?;
    let listener = TcpListener::bind(listen).await.with_context(|| format!("listening on {listen}"))?;
    let address = listener.local_addr()?;
    // Browsers keep passkeys for a name, and trust this one without TLS.
    config.session.passkeys = address.ip().is_loopback();
    config.server.public_url = if address.ip().is_loopback() {
        format!("http://localhost:{}", address.port())
    } else {
        format!("http://{address}")
    };
    config.server.secure_cookies = false;
    config.session.idle_minutes = 24 * 60;
    config.session.hours = 100 * 24;
    // One step for the fictional logins; everybody can still set one up, to try it.
    config.session.second_factor = false;
    // Whoever moves the clock on wants to see what becomes of it.
    config.sweep.every_seconds = 2;
    config.outbox.every_seconds = 1;
    config.database.url = format!("sqlite://{}?mode=rwc", directory.join("tsunagi.db").display());

    let key = directory.join("column-key");
    if !key.exists() {
        Key::create(&key)?;
    }
    config.encryption.key_files = vec![key];

    let clock = Arc::new(ShiftedClock::default());
    let store = service::open_store(&config).await?;
    store.migrate().await?;
    if store.regions().await?.is_empty() {
        eprintln!("つなぎ: 架空の市をつくっています… (making the fictional city)");
        let began = std::time::Instant::now();
        let size = if small { CitySize::Small } else { CitySize::Full };
        let hash = api::password::hash(DEMO_PASSWORD, &[SEED.to_le_bytes()[0]; 16])?;
        let city = City::plan(SEED, size, clock.now().day(), &hash);
        city.found(&store).await?;
        if !small {
            city.live(&store, &Agreement::kitami(), &Calendar::japan(), clock.now()).await?;
        }
        eprintln!("つなぎ: {:.1} 秒でできました (done)", began.elapsed().as_secs_f32());
    }
    let parts = Parts {
        clock: Arc::<ShiftedClock>::clone(&clock),
        seed: CHANCE,
        mailer: Mailer::File(FileTransport::new(&mails)),
        extra: Some(pages::router(clock, mails)),
        demo: true,
        ticking: true,
    };
    let service = Service::start(&config, store, listener, parts).await?;
    println!("{}", invitation(&config.server.public_url));
    until_stopped().await;
    service.stop().await
}

fn invitation(url: &str) -> String {
    format!(
        "\nつなぎ demo  {url}\n\n  \
         病棟看護師 (ward nurse)       nurse\n  \
         ケアマネジャー (care manager)  caremanager\n  \
         市 (the city)                 city\n  \
         パスワード (password)          {DEMO_PASSWORD}\n\n  \
         届いたメール (mailbox)         {url}/demo/mailbox\n  \
         終わるには Ctrl-C\n"
    )
}

/// Waits for Ctrl-C or SIGTERM.
pub async fn until_stopped() {
    let interrupt = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = interrupt.await;
        }
    }
}
