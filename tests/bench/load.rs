//! Load that lasts, load that is too much, and one who floods: does the service stay flat, refuse early, and keep others unharmed?
//!
//! A client lives a nurse's round: registers a person, admits her, files her discharge; three requests, each durable. `LOAD_MINUTES` says
//! how long the steady part lasts (10); a relay takes the mails meanwhile.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use domain::Clock;
use domain::time::SystemClock;
use serde_json::{Value, json};
use server::city::CitySize;
use storage::{Store, StoreOptions};
use tokio::task::JoinSet;

use crate::Engine;
use crate::service::{Service, post};
use crate::sink::Sink;
use crate::table::{Figure, grouped, millis};
use crate::wards::Wards;
use crate::wire::{CLIENTS, Wire};

pub(crate) async fn measure(engine: Engine) -> Result<Vec<Figure>> {
    let url = engine.database("load").await;
    let store = Store::open(&url, &StoreOptions { readers: 1, queue: 16, batch: 16, ..crate::options() }).await?;
    store.migrate().await?;
    let wards = Wards::found(&store, CitySize::Full).await?;
    let sink = Sink::start().await?;
    let service = Service::start_mailing(&url, Some(sink.port())).await?;
    let mut people = Vec::new();
    for client in 0..CLIENTS {
        people.push(Nurse::new(&service, &wards, client).await?);
    }
    let minutes = std::env::var("LOAD_MINUTES").ok().and_then(|text| text.parse().ok()).unwrap_or(10_u64);
    let brief = Duration::from_secs(if crate::scale() > 1 { 3 } else { 15 });

    let most = drive(&service, &people, 1, None, brief).await?;
    let at_most = most.rate();
    let mut figures = vec![Figure::told(
        "the most: 64 nurses' rounds as fast as they are answered",
        format!("{}/s, p99 {} ms", grouped(at_most), grouped(millis(most.quantile(0.99)))),
    )];
    drain(&store).await?;

    for minute in 1..=minutes {
        let (sent, used) = (sink.count(), service.used()?);
        let one = drive(&service, &people, 1, Some(at_most * 0.7), Duration::from_secs(60)).await?;
        let used = service.used()?.since(used);
        figures.push(Figure::told(
            format!("70 % of it, minute {minute}"),
            format!(
                "{}/s, p50 {} ms, p99 {} ms, {} refused, {} MB, {} mails/s, {} wait, {} µs each",
                grouped(one.rate()),
                grouped(millis(one.quantile(0.5))),
                grouped(millis(one.quantile(0.99))),
                one.refused,
                grouped(service.own_memory()?),
                grouped(number(sink.count() - sent) / 60.0),
                store.pending_mails().await?,
                grouped(used.seconds / number(one.latencies.len()) * 1e6),
            ),
        ));
    }
    drain(&store).await?;

    // Eight connections a nurse: enough to ask three times as often as can be answered.
    let over = drive(&service, &people, 8, Some(at_most * 3.0), brief * 2).await?;
    figures.push(Figure::told(
        "three times the most, 512 connections: accepted, p99 of it",
        format!("{}/s, {} ms", grouped(over.rate()), grouped(millis(over.quantile(0.99)))),
    ));
    figures.push(Figure::told(
        "— refused (503 or 429), p99 of a refusal",
        format!(
            "{}/s, {} ms",
            grouped(number(over.refused) / over.took.as_secs_f64()),
            grouped(millis(over.refusal_p99))
        ),
    ));
    let after = drive(&service, &people, 1, Some(at_most * 0.5), Duration::from_secs(1)).await?;
    figures.push(Figure::told(
        "— the first second after it, at half the most",
        format!(
            "{}/s, p99 {} ms, {} refused",
            grouped(after.rate()),
            grouped(millis(after.quantile(0.99))),
            after.refused
        ),
    ));
    drain(&store).await?;

    let (flooder, others) = people.split_at(1);
    let quiet = drive(&service, others, 1, Some(at_most * 0.1), brief).await?;
    let (flood, beside) = tokio::join!(
        drive(&service, flooder, 128, None, brief),
        drive(&service, others, 1, Some(at_most * 0.1), brief)
    );
    let (flood, beside) = (flood?, beside?);
    figures.push(Figure::told(
        "one caller floods over 128 connections: p99 of the others, without and with it",
        format!("{} ms, {} ms", grouped(millis(quiet.quantile(0.99))), grouped(millis(beside.quantile(0.99)))),
    ));
    figures.push(Figure::told(
        "— refused: of the flood, of the others",
        format!("{} of {}, {}", flood.refused, flood.refused + flood.latencies.len(), beside.refused),
    ));
    service.stop()?;
    store.close().await;
    engine.drop_database("load");
    Ok(figures)
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Until every mail is out.
async fn drain(store: &Store) -> Result<()> {
    let began = Instant::now();
    while store.pending_mails().await? > 0 {
        if began.elapsed() > Duration::from_secs(600) {
            bail!("mails wait for ever");
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(())
}

/// Who files, and what she needs for it.
#[derive(Clone)]
struct Nurse {
    token: Arc<str>,
    ward: Arc<str>,
    district: Arc<str>,
    planned_on: chrono::NaiveDate,
    filing: Arc<[u8]>,
}

impl Nurse {
    async fn new(service: &Service, wards: &Wards, client: usize) -> Result<Self> {
        let directory = wards.city.directory();
        let districts = directory.districts();
        Ok(Self {
            token: service.log_in(wards.login(client)).await?.into(),
            ward: wards.ward_id(client).to_string().into(),
            district: districts[client % districts.len()].into(),
            planned_on: SystemClock.now().day(),
            filing: wards.filing_body(false).into_bytes().into(),
        })
    }

    /// The request of this step of the round.
    fn write(&self, step: &Step, nth: u64, into: &mut Vec<u8>) {
        let token = Some(&*self.token);
        match step {
            Step::Register => {
                let born_on = self.planned_on - chrono::Days::new(24_000 + nth * 7 % 12_000);
                let body = json!({
                    "name": "北見 花子", "kana": "キタミ ハナコ", "birth_on": born_on, "sex": "female",
                    "care_level": "care2", "district": &*self.district,
                });
                post(into, "/api/v1/patients", token, None, body.to_string().as_bytes());
            }
            Step::Admit(patient) => {
                let admitted_at = format!("{}T09:00:00+09:00", self.planned_on - chrono::Days::new(9));
                let body = json!({
                    "patient_id": patient, "ward_id": &*self.ward, "admitted_at": admitted_at, "emergency": false,
                });
                post(into, "/api/v1/encounters", token, None, body.to_string().as_bytes());
            }
            Step::File(stay) => {
                post(into, &format!("/api/v1/encounters/{stay}/filings"), token, None, &self.filing);
            }
        }
    }
}

enum Step {
    Register,
    Admit(String),
    File(String),
}

impl Step {
    fn after(&self, reply: &[u8]) -> Result<Self> {
        let text = |key: &str| -> Result<String> {
            let body: Value = serde_json::from_slice(reply)?;
            Ok(body[key].as_str().unwrap_or_default().to_owned())
        };
        Ok(match self {
            Self::Register => Self::Admit(text("id")?),
            Self::Admit(_) => Self::File(text("encounter_id")?),
            Self::File(_) => Self::Register,
        })
    }
}

/// What some time of driving came to.
struct Driven {
    took: Duration,
    /// Of the requests that were accepted, from the moment of asking.
    latencies: Vec<Duration>,
    refused: usize,
    refusal_p99: Duration,
}

impl Driven {
    fn rate(&self) -> f64 {
        number(self.latencies.len()) / self.took.as_secs_f64()
    }

    fn quantile(&self, share: f64) -> Duration {
        place(&self.latencies, share)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place")]
fn place(sorted: &[Duration], share: f64) -> Duration {
    sorted
        .get(((sorted.len() as f64 * share) as usize).min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}

/// Everybody goes on for so long, over so many connections each; all together `rate` requests a second, or as fast as they are answered.
async fn drive(
    service: &Service,
    people: &[Nurse],
    connections: usize,
    rate: Option<f64>,
    lasting: Duration,
) -> Result<Driven> {
    let all = people.len() * connections;
    let every = rate.map(|rate| Duration::from_secs_f64(number(all) / rate));
    let mut going = JoinSet::new();
    let began = Instant::now();
    for nth in 0..all {
        let (nurse, mut wire) = (people[nth % people.len()].clone(), Wire::connect(service.address).await?);
        going.spawn(async move {
            let (mut accepted, mut refused) = (Vec::new(), Vec::new());
            let (mut step, mut request) = (Step::Register, Vec::with_capacity(2048));
            // Everybody begins at another moment of the first interval.
            let mut due = began + every.map_or(Duration::ZERO, |every| every.mul_f64(number(nth) / number(all)));
            let mut round = nth as u64 * 1_000;
            while began.elapsed() < lasting {
                if let Some(every) = every {
                    tokio::time::sleep_until(due.into()).await;
                    // Whoever is late asks at once, and doesn't make up for what was missed.
                    due = (due + every).max(Instant::now());
                }
                request.clear();
                round += 1;
                nurse.write(&step, round, &mut request);
                let asked = Instant::now();
                let reply = wire.ask(&request).await?;
                match reply.status {
                    201 => {
                        accepted.push(asked.elapsed());
                        step = step.after(reply.body)?;
                    }
                    503 | 429 => refused.push(asked.elapsed()),
                    other => bail!("{other}: {}", String::from_utf8_lossy(reply.body)),
                }
            }
            Ok((accepted, refused))
        });
    }
    let (mut latencies, mut refused) = (Vec::new(), Vec::new());
    while let Some(client) = going.join_next().await {
        let (accepted, turned_away) = client??;
        latencies.extend(accepted);
        refused.extend(turned_away);
    }
    let took = began.elapsed();
    latencies.sort_unstable();
    refused.sort_unstable();
    Ok(Driven { took, latencies, refused: refused.len(), refusal_p99: place(&refused, 0.99) })
}
