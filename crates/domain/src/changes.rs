//! What a decision comes to: the rows to add and to change, in one transaction or not at all.

use serde::{Deserialize, Serialize};

use crate::case::Case;
use crate::consent::Consent;
use crate::credential::Proof;
use crate::deadline::{Deadline, Warning};
use crate::delivery::Delivery;
use crate::disclosure::Disclosure;
use crate::encounter::{Encounter, EncounterEvent};
use crate::notice::{AcknowledgementRecord, Contact, Notice, Reading};
use crate::party::{Account, CareManager, ContactPoint, Neighbour, Organization, Region, Ward};
use crate::patient::{CareTeamMember, Patient};
use crate::retention::{LegalHold, PurgeLot};
use crate::screening::Screening;
use crate::survey::{Cell, SurveyFact};
use crate::trail::{AuditReview, AuditSeal, BreakGlass};
use crate::{AccountId, EncounterId, Instant, NoticeId, OrganizationId, PatientId, RegionId, RequestId};

/// A row that is new, or one that stands at the version at which it was read. If it does not stand there any more, the whole command
/// goes back to be decided again.
#[derive(Debug, Clone, PartialEq)]
pub enum Write<T> {
    New(T),
    Update { row: T, read_at: i64 },
}

impl<T> Write<T> {
    pub const fn row(&self) -> &T {
        match self {
            Self::New(row) | Self::Update { row, .. } => row,
        }
    }
}

/// One command's rows. `add` lists are new rows; `put` lists are inserted or replace the row of the same key, guarded by the encounter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// Guarded by [`Patient::version`].
    pub patient: Option<Write<Patient>>,
    /// Guarded by [`Encounter::revision`].
    pub encounter: Option<Write<Encounter>>,
    /// Put by id.
    pub team: Vec<CareTeamMember>,
    pub events: Vec<EncounterEvent>,
    pub screenings: Vec<Screening>,
    /// Put by id; a new one gets its serial number from the writer.
    pub notices: Vec<Notice>,
    pub acknowledgements: Vec<AcknowledgementRecord>,
    /// Put by id.
    pub contacts: Vec<Contact>,
    /// Put by key.
    pub deadlines: Vec<Deadline>,
    pub warnings: Vec<Warning>,
    pub deliveries: Vec<Delivery>,
    /// Added unless the account has read the notice before.
    pub readings: Vec<Reading>,
    /// Put by encounter id.
    pub fact: Option<SurveyFact>,
    /// Differences to add to the counted cells.
    pub cells: Vec<Cell>,
    pub consents: Vec<Consent>,
    pub disclosures: Vec<Disclosure>,
    /// Put by id.
    pub holds: Vec<LegalHold>,
    /// Stale unless all of it may still go.
    pub purge: Option<PurgeLot>,
    pub audit: Vec<AuditEntry>,
    /// Refused when the number is taken: then another instance has sealed.
    pub seal: Option<AuditSeal>,
    pub review: Option<AuditReview>,
    pub break_glass: Option<BreakGlass>,
    pub calendar_file: Option<CalendarFile>,
    pub idempotency: Option<IdempotencyRecord>,
    pub directory: DirectoryChanges,
    /// Logins, factors, invitations, machines: in this order, all or none.
    pub credentials: Vec<Proof>,
    /// Of what leaves no audit row; everything else is known by the request of its first.
    pub request_id: Option<RequestId>,
}

/// Changes of the directory and the accounts; each put by id, and the region's directory version is raised when any is there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DirectoryChanges {
    pub regions: Vec<Region>,
    pub organizations: Vec<Organization>,
    pub wards: Vec<Ward>,
    pub contact_points: Vec<ContactPoint>,
    pub care_managers: Vec<CareManager>,
    pub accounts: Vec<Account>,
    /// Put by organization and region; both regions' versions are raised.
    pub neighbours: Vec<Neighbour>,
}

/// The cabinet office's holiday table as an administrator loaded it (cp932); the one loaded last is in force, everywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarFile {
    pub csv: Vec<u8>,
    pub loaded_at: Instant,
    pub loaded_by: AccountId,
}

/// 監査: who did what to whose record. The writer chains it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    pub region_id: RegionId,
    pub at: Instant,
    /// None: the service itself (the sweep, the outbox), or an operator at the machine.
    pub account_id: Option<AccountId>,
    pub organization_id: Option<OrganizationId>,
    pub patient_id: Option<PatientId>,
    pub encounter_id: Option<EncounterId>,
    pub notice_id: Option<NoticeId>,
    /// The command's name as in [`crate::access::Command`], or what the service did.
    pub action: String,
    pub request_id: RequestId,
}

impl AuditEntry {
    /// What an operator did at the machine itself, with a command of the program: no account stands behind it.
    pub fn at_the_machine(region_id: RegionId, at: Instant, action: &str, request_id: RequestId) -> Self {
        Self {
            region_id,
            at,
            account_id: None,
            organization_id: None,
            patient_id: None,
            encounter_id: None,
            notice_id: None,
            action: action.to_owned(),
            request_id,
        }
    }
}

/// The first answer to a key, kept as long as the encounter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdempotencyRecord {
    pub region_id: RegionId,
    pub account_id: AccountId,
    pub key: String,
    /// SHA-256 over method, path and payload.
    pub fingerprint: [u8; 32],
    pub status: u16,
    /// The body of the first answer.
    pub body: String,
    /// The `Location` of the first answer.
    pub location: Option<String>,
    pub encounter_id: Option<EncounterId>,
    pub created_at: Instant,
}

impl Changes {
    /// The request that these changes come from: logs, traces and the mails among them name it.
    pub fn request(&self) -> Option<RequestId> {
        self.request_id.or_else(|| self.audit.first().map(|entry| entry.request_id))
    }

    /// The case as it will stand once these changes are applied: what the next step of the same decision reads.
    pub fn onto(&self, case: &mut Case) {
        fn put<T: Clone, K: PartialEq>(rows: &mut Vec<T>, new: &[T], key: impl Fn(&T) -> K) {
            for row in new {
                match rows.iter_mut().find(|old| key(old) == key(row)) {
                    Some(old) => *old = row.clone(),
                    None => rows.push(row.clone()),
                }
            }
        }
        if let Some(patient) = &self.patient {
            case.patient = patient.row().clone();
        }
        if let Some(encounter) = &self.encounter {
            case.encounter = encounter.row().clone();
        }
        put(&mut case.team, &self.team, |row| row.id);
        put(&mut case.events, &self.events, |row| row.id);
        put(&mut case.screenings, &self.screenings, |row| row.id);
        put(&mut case.notices, &self.notices, |row| row.id);
        put(&mut case.contacts, &self.contacts, |row| row.id);
        put(&mut case.deadlines, &self.deadlines, Deadline::key);
        put(&mut case.warnings, &self.warnings, |row| row.id);
        if self.fact.is_some() {
            case.fact.clone_from(&self.fact);
        }
    }
}
