//! Whose turn it is: instances that take turns, die and come back, stand still while another one works, and whose clocks are apart.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};
use chrono::{NaiveDate, NaiveTime};
use domain::{Clock, Instant};
use rand::RngExt;
use serde_json::Value;

use super::{What, World};
use crate::actors;
use crate::instance::machine::{Machine, Said};

/// The how-manieth point from now on, of which kind, and whether it only stands still there.
pub(super) type Stop = (i64, Option<&'static str>, bool);

pub(super) const NEVER: Stop = (0, None, false);

/// Seconds for which the first mail of a run is still claimed after the slowest answer: `outbox.lease_seconds` less what that takes.
const CLAIM: i64 = 300 - 100;

pub(super) struct Turns {
    /// None: dead, or not yet begun.
    machines: Vec<Option<Machine>>,
    /// By how many seconds each one's clock is ahead.
    skews: Vec<i64>,
    turn: usize,
    /// Stands still.
    held: Option<usize>,
    /// What a right clock shows.
    right: Instant,
    /// Nothing dies any more.
    calm: bool,
    /// At which points how many died.
    died: BTreeMap<String, u32>,
    /// How often one stood still while another one worked.
    interludes: u32,
}

impl Turns {
    pub(super) fn new(instances: usize, now: Instant) -> Self {
        let machines = (0..instances).map(|_| None).collect();
        let skews = vec![0; instances];
        Self { machines, skews, turn: 0, held: None, right: now, calm: false, died: BTreeMap::new(), interludes: 0 }
    }
}

impl World {
    /// Puts the clock forward to that second of the day, by a second if it is later already; and it is anybody's turn.
    pub(crate) fn clock_shows(&mut self, day: NaiveDate, second: u32) {
        let time = NaiveTime::from_num_seconds_from_midnight_opt(second, 0).unwrap_or_default();
        self.turns.right = Instant::at(day, time).max(self.turns.right.plus_seconds(1));
        self.takes_over();
        self.app.clock.set(self.turns.right.plus_seconds(self.turns.skews[self.turns.turn]));
    }

    /// Up to three minutes, and somebody else may have the turn.
    pub(crate) fn time_passes(&mut self) {
        self.turns.right = self.turns.right.plus_seconds(self.chance.random_range(1..180));
        self.takes_over();
        self.app.clock.set(self.turns.right.plus_seconds(self.turns.skews[self.turns.turn]));
    }

    /// A new day: most clocks are right to two seconds, and one may be wrong by minutes until somebody has put it right.
    pub(crate) fn clocks_drift(&mut self) {
        for skew in &mut self.turns.skews {
            let far = if self.chance.random_bool(0.1) { 240 } else { 2 };
            *skew = self.chance.random_range(-far..=far);
        }
    }

    /// Nothing dies any more, and all clocks are right.
    pub(crate) fn calms_down(&mut self) {
        self.turns.calm = true;
        self.turns.skews.fill(0);
    }

    /// All instances end.
    pub(crate) fn ends(&mut self) {
        self.turns.machines.iter_mut().for_each(|machine| *machine = None);
    }

    /// How many died at which points, and how often one stood still.
    pub(crate) fn stops(&self) -> (&BTreeMap<String, u32>, u32) {
        (&self.turns.died, self.turns.interludes)
    }

    /// Some other instance has the turn, or the same, and goes by the same clock.
    pub(super) fn takes_over(&mut self) {
        let all = self.turns.machines.len();
        let next = self.chance.random_range(0..all);
        self.turns.turn = if self.turns.held == Some(next) { (next + 1) % all } else { next };
    }

    /// Perhaps a death, at one of the next points.
    pub(super) fn stop(&mut self, share: f64, points: i64) -> Stop {
        let dies = self.chance.random_bool(share * self.pace.mishaps) && !self.turns.calm && self.turns.held.is_none();
        if dies { (self.chance.random_range(1..=points), None, false) } else { NEVER }
    }

    /// The instance whose turn it is: alive, its clock set, and told where to stop.
    pub(super) fn ready(&mut self, stop: Stop) -> Result<&mut Machine> {
        let (turn, now) = (self.turns.turn, self.app.clock.now());
        loop {
            if self.turns.machines[turn].is_none() {
                let began = std::time::Instant::now();
                let machine = Machine::start(self.chance.random(), now, &self.app.sets)?;
                self.spent.since(began, What::Starts);
                self.turns.machines[turn] = Some(machine);
            }
            let machine = self.turns.machines[turn].as_mut().context("it was started")?;
            match machine.readies(now, stop)? {
                None => break,
                Some(at) => self.died(&at)?,
            }
        }
        self.turns.machines[turn].as_mut().context("it answered")
    }

    fn died(&mut self, at: &str) -> Result<()> {
        ensure!(!at.is_empty(), "an instance ended that was not told to");
        *self.turns.died.entry(at.to_owned()).or_default() += 1;
        self.turns.machines[self.turns.turn] = None;
        Ok(())
    }

    /// Whose turn it was gave no answer: it must be dead, and another one takes over.
    pub(super) fn buries(&mut self) -> Result<()> {
        let now = self.app.clock.now();
        let machine = self.turns.machines[self.turns.turn].as_mut().context("it was asked")?;
        let Some(at) = machine.readies(now, NEVER)? else { bail!("an instance that lives gave no answer") };
        self.died(&at)?;
        self.takes_over();
        Ok(())
    }

    /// Lets the sweep or the outbox run once. None: the instance died meanwhile.
    async fn works(&mut self, what: &str, stop: Stop) -> Result<Option<Value>> {
        self.ready(stop)?.begins(what);
        let turn = self.turns.turn;
        loop {
            let machine = self.turns.machines[turn].as_mut().context("it works")?;
            match machine.goes_on()? {
                Said::Done(done) if done["failed"].is_string() => bail!("the {what}: {}", done["failed"]),
                Said::Done(done) => return Ok(Some(done)),
                Said::Mail(mail) => {
                    let before = self.app.clock.now();
                    let answer = self.relay.answer(&mail, &self.app.clock)?;
                    let now = self.app.clock.now();
                    self.turns.right = self.turns.right.plus_seconds((now.micros() - before.micros()) / 1_000_000);
                    machine.relays(&serde_json::to_value(answer)?, now);
                }
                Said::Held => {
                    Box::pin(self.interlude(what)).await?;
                    self.turns.machines[turn].as_mut().context("it stands still")?.resumes();
                }
                Said::Died(at) => {
                    self.died(&at)?;
                    self.takes_over();
                    return Ok(None);
                }
            }
        }
    }

    /// While one stands still in the sweep somebody changes what it has decided on; in the outbox another one looks for mails.
    async fn interlude(&mut self, what: &str) -> Result<()> {
        let (turn, now) = (self.turns.turn, self.app.clock.now());
        self.turns.held = Some(turn);
        self.turns.interludes += 1;
        self.takes_over();
        self.app.clock.set(self.turns.right.plus_seconds(self.turns.skews[self.turns.turn]));
        if what == "sweep" {
            actors::interlude(self).await?;
        } else {
            self.relay.keeps_to_the_clock(true);
            self.works(what, NEVER).await?;
            self.relay.keeps_to_the_clock(false);
        }
        self.turns.held = None;
        self.turns.turn = turn;
        self.app.clock.set(now);
        Ok(())
    }

    fn hold(&mut self, share: f64, at: &'static str) -> Stop {
        let (ahead, behind) = (self.turns.skews.iter().max(), self.turns.skews.iter().min());
        // Whoever is ahead by the time for which a mail is claimed may take it over, and send it again: so it was promised.
        let apart = ahead.zip(behind).is_some_and(|(ahead, behind)| at == "answered" && ahead - behind >= CLAIM);
        let holds = self.turns.machines.len() > 1 && self.turns.held.is_none() && !self.turns.calm;
        if holds && !apart && self.chance.random_bool(share * self.pace.mishaps) { (1, Some(at), true) } else { NEVER }
    }

    /// Warnings that are due are given, mails that are due are sent.
    pub(crate) async fn sweep(&mut self) -> Result<()> {
        let at = self.now();
        let mut stop = self.stop(0.08, 40);
        if stop == NEVER && !self.model.due(at).is_empty() {
            stop = self.hold(0.3, "begin");
        }
        let began = std::time::Instant::now();
        while self.turn_of_sweep(std::mem::replace(&mut stop, NEVER)).await?.is_none() {
            if self.chance.random_bool(0.5) {
                // Nobody looks again before the next time.
                return self.heard(at).await;
            }
        }
        self.spent.since(began, What::Sweeps);
        self.touched.extend(self.model.swept(at));
        stop = self.stop(0.08, 30);
        if stop == NEVER {
            stop = self.hold(0.3, "answered");
        }
        self.relay.opens();
        let began = std::time::Instant::now();
        while self.works("send", std::mem::replace(&mut stop, NEVER)).await.context("the outbox")?.is_none() {
            self.relay.broke_off();
        }
        self.spent.since(began, What::Mails);
        Ok(())
    }

    /// Seals the audit trail, unless that was done today; it may die over it.
    pub(crate) async fn seal(&mut self) -> Result<()> {
        let mut stop = self.stop(0.1, 10);
        while self.works("seal", std::mem::replace(&mut stop, NEVER)).await?.is_none() {}
        Ok(())
    }

    async fn turn_of_sweep(&mut self, stop: Stop) -> Result<Option<()>> {
        let Some(swept) = self.works("sweep", stop).await.context("the sweep")? else { return Ok(None) };
        ensure!(swept["left"] == 0, "the sweep left something behind: {swept}");
        Ok(Some(()))
    }

    /// A sweep died: what it has said was said; the rest is the next one's.
    async fn heard(&mut self, at: chrono::NaiveDateTime) -> Result<()> {
        for id in self.model.due(at) {
            let nurse = self.of_ward(self.model.stays[&id].ward());
            let seen = self.sees(nurse, &format!("/api/v1/encounters/{id}")).await?;
            let said =
                crate::check::stays::warnings(&seen).iter().any(|warning| warning.ends_with(&format!(" at {at}")));
            if said {
                self.model.swept_one(&id, at);
            }
            self.touched.insert(id);
        }
        Ok(())
    }
}
