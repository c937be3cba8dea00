//! A region with a hospital, an office, and people who work there, all fictional.

use std::sync::Mutex;

use chrono::NaiveDate;
use domain::case::Case;
use domain::changes::{AuditEntry, Changes, DirectoryChanges, IdempotencyRecord, Write};
use domain::deadline::{Deadline, DeadlineRule, Timeliness};
use domain::delivery::{Delivery, DeliveryState, Letter};
use domain::encounter::{AdtEvent, Encounter, EncounterEvent, EncounterState};
use domain::notice::{Notice, NoticeKind, NoticeState, Recipient, RecipientReason};
use domain::party::*;
use domain::patient::{CareGroup, CareLevel, CareTeamMember, InsuredNumber, Patient, Sex};
use domain::screening::{AdvisedDecision, Screening};
use domain::survey::{DischargeFact, LeadTime, Method, SurveyFact};
use domain::text::{EmailAddress, Kana, Line, Prose};
use domain::*;
use storage::{Store, StoreOptions};

pub(crate) struct Ground {
    pub(crate) store: Store,
    pub(crate) url: String,
    pub(crate) now: Instant,
    pub(crate) region: Region,
    pub(crate) hospital: Organization,
    pub(crate) office: Organization,
    pub(crate) ward: Ward,
    pub(crate) manager: CareManager,
    pub(crate) nurse: Account,
    ids: Mutex<Ids>,
    _directory: Option<Directory>,
}

struct Directory(std::path::PathBuf);

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).unwrap()
}

pub(crate) fn line(text: &str) -> Line {
    Line::parse(text).unwrap()
}

pub(crate) fn options() -> StoreOptions {
    StoreOptions { readers: 2, queue: 512, batch: 64, keys: tests::keys::keys() }
}

impl Ground {
    pub(crate) async fn sqlite() -> Self {
        let name = format!("tsunagi-store-{}", uuid::Uuid::from_u128(rand::random()).simple());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        let url = format!("sqlite://{}/tsunagi.db?mode=rwc", path.display());
        Self::on(url, Some(Directory(path))).await
    }

    pub(crate) async fn postgres() -> Self {
        Self::on(tests::postgres::fresh_database().await, None).await
    }

    /// On a SQLite file that the test keeps.
    pub(crate) async fn at(url: String) -> Self {
        Self::on(url, None).await
    }

    async fn on(url: String, directory: Option<Directory>) -> Self {
        let store = Store::open(&url, &options()).await.unwrap();
        store.migrate().await.unwrap();
        let now = Instant::from_micros(1_795_136_400_123_456);
        let mut ids = Ids::new(now, 7);
        let region = Region { id: ids.next(), name: line("架空市"), agreement: "kitami".into() };
        let organization = |ids: &mut Ids, kind, name: &str| Organization {
            id: ids.next(),
            region_id: region.id,
            kind,
            name: line(name),
            code: Some(line("0111234567")),
            phone: None,
            districts: vec!["中央".into()],
            hours: rules::calendar::OfficeHours::default(),
            version: 1,
        };
        let hospital = organization(&mut ids, OrganizationKind::Hospital, "架空病院");
        let office = organization(&mut ids, OrganizationKind::CareOffice, "架空ケアプラン");
        let ward = Ward { id: ids.next(), organization_id: hospital.id, name: line("3階東") };
        let manager =
            CareManager { id: ids.next(), organization_id: office.id, name: line("架空 里美"), email: None };
        let email = EmailAddress::parse("office@example.jp").unwrap();
        let point = ContactPoint {
            id: ids.next(),
            organization_id: office.id,
            ward_id: None,
            use_for: ContactUse::First,
            email,
        };
        let nurse = Account {
            id: ids.next(),
            region_id: region.id,
            organization_id: hospital.id,
            ward_id: Some(ward.id),
            care_manager_id: None,
            login: "nurse".into(),
            name: line("架空 看護"),
            role: Role::WardStaff,
            password_hash: "$argon2id$fictional".into(),
            email: None,
            closed_at: None,
        };
        let directory_changes = DirectoryChanges {
            regions: vec![region.clone()],
            organizations: vec![hospital.clone(), office.clone()],
            wards: vec![ward.clone()],
            contact_points: vec![point],
            care_managers: vec![manager.clone()],
            accounts: vec![nurse.clone()],
            neighbours: Vec::new(),
        };
        store.apply(Changes { directory: directory_changes, ..Changes::default() }).await.unwrap();
        let ids = Mutex::new(ids);
        Self { store, url, now, region, hospital, office, ward, manager, nurse, ids, _directory: directory }
    }

    pub(crate) fn id<T: From<uuid::Uuid>>(&self) -> T {
        self.ids.lock().unwrap().next()
    }

    pub(crate) fn patient(&self, name: &str, kana: &str) -> Patient {
        Patient {
            id: self.id(),
            region_id: self.region.id,
            name: line(name),
            kana: Kana::parse(kana).unwrap(),
            birth_on: NaiveDate::from_ymd_opt(1940, 2, 29).unwrap(),
            sex: Sex::Female,
            district: line("中央"),
            insured_number: Some(InsuredNumber::parse("H123456789").unwrap()),
            care_level: CareLevel::Care2,
            sharing: domain::consent::Sharing::Everyone,
            version: 1,
        }
    }

    pub(crate) fn encounter(&self, patient_id: PatientId) -> Encounter {
        Encounter {
            id: self.id(),
            region_id: self.region.id,
            patient_id,
            hospital_id: self.hospital.id,
            ward_id: self.ward.id,
            state: EncounterState::InProgress,
            admitted_at: self.now,
            emergency: true,
            version: 1,
            revision: 1,
        }
    }

    fn event(&self, encounter_id: EncounterId, event: AdtEvent) -> EncounterEvent {
        EncounterEvent {
            id: self.id(),
            region_id: self.region.id,
            encounter_id,
            event,
            occurred_at: self.now,
            recorded_at: self.now,
            recorded_by: self.nurse.id,
            note: Some(line("「引用」と'引用'")),
        }
    }

    /// A person is admitted.
    pub(crate) fn admission(&self) -> Changes {
        let patient = self.patient("北見 花子", "キタミ ハナコ");
        let encounter = self.encounter(patient.id);
        let admit = AdtEvent::Admit { ward_id: self.ward.id, emergency: true, respite: false };
        let member = CareTeamMember {
            id: self.id(),
            region_id: self.region.id,
            patient_id: patient.id,
            organization_id: self.office.id,
            care_manager_id: self.manager.id,
            from_on: day(4, 1),
            until_on: None,
        };
        let fact = SurveyFact {
            encounter_id: encounter.id,
            region_id: self.region.id,
            hospital_id: self.hospital.id,
            office_id: Some(self.office.id),
            group: CareGroup::Care,
            admitted_on: day(11, 20),
            admission_method: None,
            admission_exclusion: None,
            discharge: None,
        };
        Changes {
            events: vec![self.event(encounter.id, admit)],
            team: vec![member],
            cells: SurveyFact::difference(None, Some(&fact)),
            fact: Some(fact),
            audit: vec![self.audit(Some(encounter.id), "admit")],
            patient: Some(Write::New(patient)),
            encounter: Some(Write::New(encounter)),
            ..Changes::default()
        }
    }

    pub(crate) async fn admitted(&self) -> Case {
        let changes = self.admission();
        let id = changes.encounter.as_ref().unwrap().row().id;
        self.store.apply(changes).await.unwrap();
        self.store.case(self.region.id, id).await.unwrap().unwrap()
    }

    pub(crate) fn audit(&self, encounter_id: Option<EncounterId>, action: &str) -> AuditEntry {
        AuditEntry {
            region_id: self.region.id,
            at: self.now,
            account_id: Some(self.nurse.id),
            organization_id: Some(self.hospital.id),
            patient_id: None,
            encounter_id,
            notice_id: None,
            action: action.into(),
            request_id: self.id(),
        }
    }

    pub(crate) fn key(&self, key: &str) -> IdempotencyRecord {
        IdempotencyRecord {
            region_id: self.region.id,
            account_id: self.nurse.id,
            key: key.into(),
            fingerprint: [9; 32],
            status: 201,
            body: format!("{{\"key\":\"{key}\"}}"),
            location: Some("/notices/1".into()),
            encounter_id: None,
            created_at: self.now,
        }
    }

    pub(crate) fn notice(&self, encounter_id: EncounterId) -> Notice {
        Notice {
            id: self.id(),
            region_id: self.region.id,
            encounter_id,
            kind: NoticeKind::PlannedDischarge,
            state: NoticeState::Issued,
            sender_id: self.hospital.id,
            recipient: Recipient {
                organization_id: self.office.id,
                care_manager_id: Some(self.manager.id),
                because: RecipientReason::CareManager,
            },
            serial: 0,
            planned_on: Some(day(11, 28)),
            message: Prose::parse("退院の予定です。\n「8日前」の連絡").unwrap(),
            content: domain::consent::Content::Full,
            screening_id: None,
            replaces: None,
            issued_at: self.now,
            issued_by: self.nurse.id,
        }
    }

    pub(crate) fn delivery(&self, organization_id: OrganizationId, notice: Option<&Notice>) -> Delivery {
        let notice_id = notice.map_or_else(|| self.id(), |notice| notice.id);
        Delivery {
            id: self.id(),
            region_id: self.region.id,
            organization_id,
            encounter_id: notice.map(|notice| notice.encounter_id),
            notice_id: notice.map(|notice| notice.id),
            warning_id: None,
            to: EmailAddress::parse("office@example.jp").unwrap(),
            letter: Letter::NoticeWaits { notice_id, notice_kind: NoticeKind::PlannedDischarge },
            state: DeliveryState::Pending { next_attempt_at: self.now, attempts: 0 },
            created_at: self.now,
        }
    }

    pub(crate) fn deadline(&self, encounter_id: EncounterId, next_at: Option<Instant>) -> Deadline {
        Deadline {
            region_id: self.region.id,
            encounter_id,
            rule: DeadlineRule::DischargeNotice,
            subject: encounter_id.uuid(),
            due_on: day(11, 23),
            planned_on: Some(day(11, 28)),
            known_at: self.now,
            timeliness: Timeliness::NotDue,
            open: true,
            next_at,
            organization_id: self.hospital.id,
            set_aside: None,
        }
    }

    /// A planned discharge is told: everything that a filing writes.
    pub(crate) fn filing(&self, case: &Case, key: &str) -> Changes {
        let mut encounter = case.encounter.clone();
        let read_at = encounter.revision;
        encounter.revision += 1;
        encounter.version += 1;
        encounter.state = EncounterState::DischargePlanned { planned_on: day(11, 28) };
        let notice = self.notice(encounter.id);
        let screening = Screening {
            id: self.id(),
            region_id: self.region.id,
            encounter_id: encounter.id,
            edition: "2026".into(),
            answers: rules::Answers::new().yes("adl").no("care").detail("吸引"),
            facts: rules::Facts::new().with("emergency_admission", true).with("days_since_last_discharge", 12),
            outcome: rules::Outcome::NotRequired,
            decision: Some(AdvisedDecision { give_notice: true, why: line("独居のため") }),
            screened_at: self.now,
            screened_by: self.nurse.id,
        };
        let fact = case.fact.as_ref().map(|fact| SurveyFact {
            discharge: Some(DischargeFact {
                discharged_on: day(11, 28),
                word: Some((Method::System, LeadTime::EightOrMore)),
                exclusion: None,
            }),
            ..fact.clone()
        });
        Changes {
            events: vec![self.event(encounter.id, AdtEvent::PendingDischarge { planned_on: day(11, 28) })],
            screenings: vec![screening],
            deliveries: vec![self.delivery(self.office.id, Some(&notice))],
            deadlines: vec![self.deadline(encounter.id, Some(self.now.plus_days(3)))],
            cells: SurveyFact::difference(case.fact.as_ref(), fact.as_ref()),
            fact,
            audit: vec![self.audit(Some(encounter.id), "file_notice")],
            idempotency: Some(self.key(key)),
            notices: vec![notice],
            encounter: Some(Write::Update { row: encounter, read_at }),
            ..Changes::default()
        }
    }
}
