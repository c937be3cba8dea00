//! となりの地域: a care office or a support centre that takes part in a further region acts there on the records that it has to do with.
//!
//! Everything is read and decided in one region, that of the record: its directory, its agreement, its audit trail. So whoever asks for a
//! record by its address acts in the record's region ([`acting`]), and only lists look at all of the organization's regions
//! ([`Everywhere`]). Whose organization takes part nowhere else, costs nothing more; and a record of a region in which it takes no part is
//! looked for at home, and not found.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use domain::access::{Actor, Command, Relation};
use domain::changes::AuditEntry;
use domain::directory::Directory;
use domain::notice::NoticeState;
use domain::patient::Patient;
use domain::trail::listed;
use domain::{EncounterId, NoticeId, PatientId, RegionId};
use storage::{EncounterFilter, EncounterLine, InCharge, NoticeFilter, NoticeLine, Record};
use uuid::Uuid;

use crate::error::ApiError;
use crate::run::reachable;
use crate::session::SignedIn;
use crate::state::App;

/// The actor in the region of the record that the address names; at home where it names none, or one of elsewhere.
pub(crate) async fn acting(app: &App, actor: Actor, path: &str) -> Result<Actor, ApiError> {
    let home = app.store().directory(actor.region_id).await?;
    let further = home.further_regions_of(actor.organization_id);
    let Some(record) = named(path).filter(|_| !further.is_empty()) else { return Ok(actor) };
    in_region_of(app, actor, further, record).await
}

/// The same, of a record that a query names.
pub(crate) async fn acting_on(app: &App, actor: &Actor, record: Record) -> Result<Actor, ApiError> {
    let home = app.store().directory(actor.region_id).await?;
    in_region_of(app, actor.clone(), home.further_regions_of(actor.organization_id), record).await
}

async fn in_region_of(app: &App, actor: Actor, further: &[RegionId], record: Record) -> Result<Actor, ApiError> {
    if further.is_empty() {
        return Ok(actor);
    }
    let region_id = app.store().region_of(record).await?;
    Ok(match region_id.filter(|region_id| further.contains(region_id)) {
        Some(region_id) => actor.as_guest_in(region_id),
        None => actor,
    })
}

/// `/encounters/{id}/…`, `/api/v1/patients/{id}`, …
fn named(path: &str) -> Option<Record> {
    let mut parts = path.trim_start_matches("/api/v1").trim_start_matches('/').split('/');
    let (kind, id) = (parts.next()?, parts.next()?.parse::<Uuid>().ok()?);
    match kind {
        "encounters" => Some(Record::Encounter(id.into())),
        "patients" => Some(Record::Patient(id.into())),
        "notices" => Some(Record::Notice(id.into())),
        _ => None,
    }
}

/// Somebody in all regions in which her organization takes part, her own first.
pub(crate) struct Everywhere {
    actors: Vec<Actor>,
    directories: HashMap<RegionId, Arc<Directory>>,
}

impl Everywhere {
    pub(crate) async fn of(app: &App, actor: &Actor) -> Result<Self, ApiError> {
        let home = app.store().directory(actor.region_id).await?;
        let mut actors = vec![actor.clone()];
        if !actor.guest {
            let further = home.further_regions_of(actor.organization_id);
            actors.extend(further.iter().map(|region_id| actor.as_guest_in(*region_id)));
        }
        let mut directories = HashMap::from([(actor.region_id, home)]);
        for guest in &actors[1..] {
            directories.insert(guest.region_id, app.store().directory(guest.region_id).await?);
        }
        Ok(Self { actors, directories })
    }

    /// The directory that a line of a list is to be read with.
    pub(crate) fn directory(&self, region_id: RegionId) -> &Directory {
        self.directories.get(&region_id).unwrap_or_else(|| &self.directories[&self.actors[0].region_id])
    }

    /// One row on the trail of each region that was looked at, with those of its stays or notices that are shown with a name.
    pub(crate) fn audit(
        &self,
        app: &App,
        who: &SignedIn,
        command: Command,
        shown: impl Iterator<Item = (RegionId, Uuid)>,
    ) -> Vec<AuditEntry> {
        let shown: Vec<_> = shown.collect();
        let row = |actor: &Actor| {
            let here = shown.iter().filter(|(region_id, _)| *region_id == actor.region_id);
            let items: Vec<Uuid> = here.map(|(_, id)| *id).collect();
            let entry = who.audit_entry(app.now(), &listed(command.name(), &items));
            AuditEntry { region_id: actor.region_id, ..entry }
        };
        self.actors.iter().map(row).collect()
    }

    /// Of a filter that names an organization; in a further region there is nothing else for a guest.
    pub(crate) async fn encounters(
        &self,
        app: &App,
        filter: &EncounterFilter,
        after: Option<EncounterId>,
        limit: u32,
    ) -> Result<Vec<EncounterLine>, ApiError> {
        let mut lines = Vec::new();
        for actor in self.with_stays(filter) {
            lines.extend(app.store().list_encounters(actor.region_id, filter, after, limit).await?);
        }
        lines.sort_by_key(|line| std::cmp::Reverse(line.encounter.id));
        lines.truncate(limit as usize);
        Ok(lines)
    }

    fn with_stays(&self, filter: &EncounterFilter) -> impl Iterator<Item = &Actor> {
        let office_id = filter.office_id;
        self.actors.iter().filter(move |actor| !actor.guest || office_id == Some(actor.organization_id))
    }

    fn with_notices(&self, filter: &NoticeFilter) -> impl Iterator<Item = &Actor> {
        let (recipient_id, sender_id) = (filter.recipient_id, filter.sender_id);
        self.actors.iter().filter(move |actor| {
            let ours = Some(actor.organization_id);
            !actor.guest || recipient_id == ours || sender_id == ours
        })
    }

    /// The stays at which the organization has to do something first, and how many there are altogether.
    pub(crate) async fn first_due(
        &self,
        app: &App,
        filter: &EncounterFilter,
        limit: u32,
    ) -> Result<(Vec<EncounterLine>, usize), ApiError> {
        let ours = self.actors[0].organization_id;
        let (mut lines, mut all) = (Vec::new(), 0);
        for actor in self.with_stays(filter) {
            let listed = app.store().encounters_by_deadline(actor.region_id, filter, ours, limit).await?;
            // A page that isn't full holds them all.
            let full = listed.len() >= limit as usize;
            all += if full { app.store().count_encounters(actor.region_id, filter).await? } else { listed.len() };
            lines.extend(listed);
        }
        lines.sort_by_key(|line: &EncounterLine| {
            let due = line.deadline_of(ours).map(|deadline| (deadline.organization_id != ours, deadline.due_on));
            (due.is_none(), due, line.encounter.admitted_at, line.encounter.id)
        });
        lines.truncate(limit as usize);
        Ok((lines, all))
    }

    /// The notices that have waited longest, and how many there are altogether.
    pub(crate) async fn waiting(
        &self,
        app: &App,
        filter: &NoticeFilter,
        limit: u32,
    ) -> Result<(Vec<NoticeLine>, usize), ApiError> {
        let (mut lines, mut all) = (Vec::new(), 0);
        for actor in self.with_notices(filter) {
            let listed = app.store().oldest_notices(actor.region_id, filter, limit).await?;
            let full = listed.len() >= limit as usize;
            all += if full { app.store().count_notices(actor.region_id, filter).await? } else { listed.len() };
            lines.extend(listed);
        }
        lines.sort_by_key(|line| (line.notice.issued_at, line.notice.id));
        lines.truncate(limit as usize);
        Ok((lines, all))
    }

    /// As [`Self::encounters`]; what one organization received is in the order of its numbers, which run through all regions.
    pub(crate) async fn notices(
        &self,
        app: &App,
        filter: &NoticeFilter,
        after: Option<NoticeId>,
        limit: u32,
    ) -> Result<Vec<NoticeLine>, ApiError> {
        let mut lines = Vec::new();
        for actor in self.with_notices(filter) {
            lines.extend(app.store().list_notices(actor.region_id, filter, after, limit).await?);
        }
        let by_number = filter.recipient_id.is_some();
        lines.sort_by_key(|line| {
            std::cmp::Reverse(if by_number { (line.notice.serial, line.notice.id) } else { (0, line.notice.id) })
        });
        lines.truncate(limit as usize);
        Ok(lines)
    }

    /// Of these lines those about whom the actor's organization may no more be shown: [`domain::case::Case::buries`].
    pub(crate) async fn buried(&self, app: &App, lines: &[NoticeLine]) -> Result<HashSet<NoticeId>, ApiError> {
        let sent_back = |line: &&NoticeLine| matches!(line.notice.state, NoticeState::Declined { .. });
        let mut attached = HashSet::new();
        for actor in &self.actors {
            let here = lines.iter().filter(sent_back).filter(|line| line.notice.region_id == actor.region_id);
            let stays: Vec<EncounterId> = here.map(|line| line.notice.encounter_id).collect();
            let (region_id, ours, today) = (actor.region_id, actor.organization_id, app.now().day());
            attached.extend(app.store().attached_to(region_id, ours, today, &stays).await?);
        }
        let ours = self.actors[0].organization_id;
        let buried = lines.iter().filter(|l| l.notice.is_buried_for(ours, attached.contains(&l.notice.encounter_id)));
        Ok(buried.map(|line| line.notice.id).collect())
    }

    /// People by reading or number, of those to whose record `command` may be done; and the last of them where there may be more.
    ///
    /// Whoever needs a relation to a person is answered as if there were nobody else: who is registered can't be told from an answer, nor
    /// from where a page ends. A cursor that is nobody of hers is refused as one that is nobody's.
    pub(crate) async fn people(
        &self,
        app: &App,
        key: &str,
        command: Command,
        after: Option<PatientId>,
        limit: u32,
    ) -> Result<(Vec<Patient>, Option<PatientId>), ApiError> {
        let after = match after {
            Some(id) => Some(self.person(app, id, command).await?),
            None => None,
        };
        let mut found = Vec::new();
        for actor in &self.actors {
            let everybodys = !actor.guest && actor.reach(command)? <= Relation::Region;
            let in_charge = InCharge { organization_id: actor.organization_id, on: app.now().day() };
            let in_charge = Some(in_charge).filter(|_| !everybodys);
            found.extend(app.store().find_people(actor.region_id, key, in_charge, after.as_ref(), limit).await?);
        }
        found.sort_by(|a, b| (&a.kana, a.id).cmp(&(&b.kana, b.id)));
        found.truncate(limit as usize);
        let last = found.last().filter(|_| found.len() >= limit as usize).map(|patient| patient.id);
        Ok((found, last))
    }

    /// Somebody who was found before.
    async fn person(&self, app: &App, id: PatientId, command: Command) -> Result<Patient, ApiError> {
        for actor in &self.actors {
            let patient = app.store().patient(actor.region_id, id).await?;
            let known = reachable(app, actor, patient.into_iter().collect(), command).await?;
            if let Some(patient) = known.into_iter().next() {
                return Ok(patient);
            }
        }
        Err(ApiError::Malformed { field: "after".into(), code: "not_a_known_value" })
    }
}
