//! A large stock: does the sweep cost what is due or what is open, and does a year's survey need a scan?
//!
//! What is due are real commands of a planned discharge (it is warned about and mailed), multiplied by giving copies new ids and a person of
//! their own; what only waits is copied inside the database. Survey facts are drawn, so that the counted cells are as many and as skewed as a
//! year's.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};
use chrono::{Datelike, Days, NaiveDate, NaiveTime};
use domain::access::Command;
use domain::changes::{Changes, Write};
use domain::decide::{Context, NewStay, admit};
use domain::notice::Medium;
use domain::patient::CareGroup;
use domain::survey::{Cell, CellKey, DischargeFact, LeadTime, Method, Month, SurveyFact};
use domain::time::ManualClock;
use domain::{EncounterId, Ids, Instant as At};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rules::calendar::Calendar;
use scheduler::Scheduler;
use scheduler::mail::{Mailer, MemoryTransport};
use server::city::CitySize;
use server::config::Config;
use server::service;
use storage::Store;
use survey::{Parties, Scope, SurveyReport};

use crate::Engine;
use crate::table::{Figure, grouped, millis};
use crate::waiting::Waiting;
use crate::wards::{Wards, apply_all};
use crate::wire::CLIENTS;

/// So many are due at each sweep.
pub(crate) const DUE: usize = 1_000;

pub(crate) async fn measure(engine: Engine) -> Result<Vec<Figure>> {
    let whole = 10_000_000 / crate::scale();
    let url = engine.database("stock").await;
    let config = Config::read(None, &[format!("database.url={url:?}"), crate::service::key_setting()])?;
    let store = service::open_store(&config).await?;
    store.migrate().await?;
    let wards = Wards::found(&store, CitySize::Full).await?;
    let mut stock = Stock::over(&wards);
    let scheduler = stock.scheduler(&config, &store, Mailer::Memory(MemoryTransport::default()))?;

    stock.fill(&store, 1, 60).await?;
    let mut waiting = Waiting::like_the_last(engine, &url).await?;
    let mut figures = Vec::new();
    let mut fewest = None;
    for (day, open) in [(10, whole / 100), (20, whole / 10), (30, whole)] {
        waiting.fill_up_to(open).await?;
        // What was warned about before and is missed by now.
        stock.half_past(8, day);
        scheduler.sweep_once().await?;
        stock.fill(&store, DUE, day).await?;
        let took = stock.sweep_on(&scheduler, day, DUE).await?.as_secs_f64();
        let fewest = *fewest.get_or_insert(took);
        figures.push(Figure::at_most(&format!("sweep: {} open, 1,000 due", grouped(number(open))), took, " s", 1.0));
        figures.push(Figure::told("— of the time with the fewest", format!("{:.2}×", took / fewest)));
    }
    store.close().await;
    engine.drop_database("stock");
    Ok(figures)
}

/// The survey by itself: the cells of a year with a million stays, and of the five years before it, of which the trend is made. The facts are
/// drawn and counted here; what the writer adds to its cells for each stay is what [`measure`] fills.
pub(crate) async fn measure_survey(engine: Engine) -> Result<Vec<Figure>> {
    let stays = 1_000_000 / crate::scale();
    let url = engine.database("survey").await;
    let store = Store::open(&url, &crate::options()).await?;
    store.migrate().await?;
    let wards = Wards::found(&store, CitySize::Full).await?;
    let mut stock = Stock::over(&wards);
    let mut counted = HashMap::new();
    for _ in 0..stays {
        let id = stock.ids.next();
        for cell in SurveyFact::difference(None, Some(&stock.fact(id))) {
            *counted.entry(cell.key).or_insert(0) += cell.count;
        }
    }
    for years in 0..=5 {
        let back =
            |key: &CellKey| Month::from_number(key.month.number() - 100 * years).ok_or_else(|| anyhow!("a month"));
        let cells = counted
            .iter()
            .map(|(key, count)| Ok(Cell { key: CellKey { month: back(key)?, ..key.clone() }, count: *count }));
        for lot in cells.collect::<Result<Vec<_>>>()?.chunks(10_000) {
            store.apply(Changes { cells: lot.to_vec(), ..Changes::default() }).await?;
        }
    }
    let figures = stock.survey(&store, stays).await?;
    store.close().await;
    engine.drop_database("survey");
    Ok(figures)
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

pub(crate) struct Stock<'a> {
    wards: &'a Wards,
    clock: Arc<ManualClock>,
    ids: Ids,
    chance: StdRng,
    /// The day on which everybody was admitted.
    first_day: NaiveDate,
}

impl<'a> Stock<'a> {
    pub(crate) fn over(wards: &'a Wards) -> Self {
        let first_day = wards.city.today;
        let now = At::at(first_day, NaiveTime::MIN);
        let (clock, ids) = (Arc::new(ManualClock::new(now)), Ids::new(now, 77));
        Self { wards, clock, ids, chance: StdRng::seed_from_u64(77), first_day }
    }

    pub(crate) fn scheduler(&self, config: &Config, store: &Store, mailer: Mailer) -> Result<Scheduler> {
        let calendar = Arc::new(Calendar::japan());
        let clock = Arc::<ManualClock>::clone(&self.clock);
        Ok(Scheduler::new(
            service::scheduler_settings(config)?,
            store.clone(),
            clock,
            mailer,
            service::agreements(config)?,
            Arc::new(move || Arc::clone(&calendar)),
        ))
    }

    /// Adds stays whose first warning falls on the `warned`th day, nine in the morning.
    pub(crate) async fn fill(&mut self, store: &Store, stays: usize, warned: u64) -> Result<()> {
        // Warned two days before the last day, which is five before the discharge.
        let model = self.model(self.first_day + Days::new(warned + 7), 0)?;
        let mut left = stays;
        while left > 0 {
            let lot = left.min(50_000);
            let commands = (0..lot).map(|_| self.copy(&model)).collect();
            apply_all(store, commands, 512).await?;
            left -= lot;
        }
        Ok(())
    }

    /// The same for every client's ward in turn.
    pub(crate) async fn fill_over_wards(&mut self, store: &Store, stays: usize, warned: u64) -> Result<()> {
        let planned_on = self.first_day + Days::new(warned + 7);
        let models = (0..CLIENTS).map(|client| self.model(planned_on, client)).collect::<Result<Vec<_>>>()?;
        let commands = (0..stays).map(|nth| self.copy(&models[nth % CLIENTS])).collect();
        apply_all(store, commands, 512).await
    }

    fn model(&self, planned_on: NaiveDate, client: usize) -> Result<Changes> {
        let city = &self.wards.city;
        let (calendar, directory, nurse) = (Calendar::japan(), city.directory(), self.wards.actor(client));
        let mut ids = Ids::new(At::from_micros(0), 5);
        let now = At::at(self.first_day, NaiveTime::MIN);
        let context = Context {
            now,
            request_id: ids.next(),
            actor: Some(&nurse),
            agreement: self.wards.agreement(),
            calendar: &calendar,
            directory: &directory,
            seed: 5,
        };
        let stay = NewStay { ward_id: self.wards.ward_id(client), admitted_at: now, emergency: false, respite: false };
        let patient = city.patient(city.cast.hanako).clone();
        let admitted = admit(context, patient, Vec::new(), None, &stay);
        let mut decision = admitted.map_err(|refusal| anyhow!("{refusal:?}"))?;
        decision.plan_discharge(planned_on).map_err(|refusal| anyhow!("{refusal:?}"))?;
        let mut changes = decision.conclude(Command::Admit);
        changes.patient = Some(Write::New(city.patient(city.cast.hanako).clone()));
        ensure!(changes.deadlines.len() == 1 && changes.deadlines[0].next_at.is_some(), "one open deadline a stay");
        Ok(changes)
    }

    /// The same with ids of its own.
    fn copy(&mut self, model: &Changes) -> Changes {
        let mut changes = model.clone();
        let id: EncounterId = self.ids.next();
        if let (Some(Write::New(encounter)), Some(Write::New(patient))) = (&mut changes.encounter, &mut changes.patient)
        {
            patient.id = self.ids.next();
            (encounter.id, encounter.patient_id) = (id, patient.id);
        }
        for event in &mut changes.events {
            (event.id, event.encounter_id) = (self.ids.next(), id);
        }
        for deadline in &mut changes.deadlines {
            (deadline.encounter_id, deadline.subject) = (id, id.uuid());
        }
        changes.audit.clear();
        if let Some(fact) = &mut changes.fact {
            fact.encounter_id = id;
        }
        changes
    }

    fn fact(&mut self, encounter_id: EncounterId) -> SurveyFact {
        let organizations = &self.wards.city.organizations;
        let chance = &mut self.chance;
        let hospital = &organizations[chance.random_range(0..16)];
        let office = &organizations[16 + chance.random_range(0..67)];
        let (year, _) = self.year();
        let admitted_on = year + Days::new(self.chance.random_range(0..340));
        let chance = &mut self.chance;
        let method = |chance: &mut StdRng| match chance.random_range(0..20_usize) {
            nth @ 0..7 => Method::Outside(Medium::ALL[nth]),
            7..11 => Method::Outside(Medium::Phone),
            _ => Method::System,
        };
        let word = chance.random_bool(0.88).then(|| (method(chance), LeadTime::ALL[chance.random_range(0..7)]));
        let admission_method = chance.random_bool(0.8).then(|| method(chance));
        SurveyFact {
            encounter_id,
            region_id: self.wards.city.region.id,
            hospital_id: hospital.id,
            office_id: Some(office.id),
            group: CareGroup::ALL[[0, 0, 0, 1, 1, 2][chance.random_range(0..6)]],
            admitted_on,
            admission_method,
            admission_exclusion: None,
            discharge: Some(DischargeFact {
                discharged_on: admitted_on + Days::new(chance.random_range(0..24)),
                word,
                exclusion: chance.random_bool(0.08).then(|| "died".to_owned()),
            }),
        }
    }

    /// The fiscal year before the stock's, first and last day.
    fn year(&self) -> (NaiveDate, NaiveDate) {
        let first = NaiveDate::from_ymd_opt(self.first_day.year() - 2, 4, 1).expect("the first of April");
        (first, first + Days::new(364))
    }

    /// Of that day, counted from the first.
    pub(crate) fn half_past_nine(&self, day: u64) {
        self.half_past(9, day);
    }

    /// Half an hour after that hour.
    pub(crate) fn half_past(&self, hour: u32, day: u64) {
        let time = NaiveTime::from_hms_opt(hour, 30, 0).expect("a time of day");
        self.clock.set(At::at(self.first_day + Days::new(day), time));
    }

    pub(crate) async fn sweep_on(&self, scheduler: &Scheduler, day: u64, due: usize) -> Result<Duration> {
        self.half_past_nine(day);
        let began = Instant::now();
        let report = scheduler.sweep_once().await?;
        let took = began.elapsed();
        eprintln!("bench: sweep of {due} due: {report:?} in {took:?}");
        Ok(took)
    }

    async fn survey(&self, store: &Store, stays: usize) -> Result<Vec<Figure>> {
        let (first, last) = self.year();
        let scope = Scope { region_name: "つなぎ市".to_owned(), first: Month::of(first), last: Month::of(last) };
        let region_id = self.wards.city.region.id;
        let directory = self.wards.city.directory();
        let began = Instant::now();
        let mut cells = store.survey_cells(region_id, scope.first, scope.last).await?;
        let trend = Month::from_number(scope.first.number() - 500).ok_or_else(|| anyhow!("five years before"))?;
        cells.append(&mut store.survey_trend(region_id, trend, scope.first.before()).await?);
        let read = began.elapsed();
        let definition = &self.wards.agreement().survey;
        let as_of = At::at(self.first_day, NaiveTime::MIN);
        let edition = &self.wards.agreement().edition;
        let report = SurveyReport::count(&scope, &cells, definition, &Parties::from(&directory), as_of, edition)?;
        let counted = began.elapsed();
        let json = survey::to_json(&report);
        let shown = began.elapsed();
        let pdf = survey::to_pdf(&report)?;
        let printed = began.elapsed() - shown;
        Ok(vec![
            Figure::at_most(
                &format!("survey of a year with {} stays", grouped(number(stays))),
                shown.as_secs_f64(),
                " s",
                1.0,
            ),
            Figure::told(
                "— of which reading, counting, JSON",
                format!("{:.0} + {:.0} + {:.0} ms", millis(read), millis(counted - read), millis(shown - counted),),
            ),
            Figure::told("— cells, JSON", format!("{}, {} KB", grouped(number(cells.len())), json.len() / 1024)),
            Figure::told("— its PDF besides", format!("{:.0} ms, {} KB", millis(printed), pdf.len() / 1024)),
        ])
    }
}
