//! One stay with a story, and everybody who could stand in some relation to it.
//!
//! 北見 花子 lies in the hospital; her care office is in charge of her. The word of her discharge went to the office, was sent on to
//! another one, which sent it back, and stands now with the support centre.

use domain::access::{Command, Relation};
use domain::changes::{Changes, DirectoryChanges};
use domain::credential::Proof;
use domain::machine::{Machine, Scope, rights_of};
use domain::party::{Account, Organization, OrganizationKind, Region, Role};
use domain::{Ids, OrganizationId, RegionId};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tests::{Person, TestApp};

/// Where somebody works, seen from the stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Hospital,
    /// In charge of the care; answered the first notice, is no party to the later ones.
    InCharge,
    /// Receiver of the notice that stands.
    Centre,
    /// Got a notice by mistake and sent it back.
    SentBack,
    OtherHospital,
    OtherRegion,
}

impl Place {
    const ALL: [Self; 6] =
        [Self::Hospital, Self::InCharge, Self::Centre, Self::SentBack, Self::OtherHospital, Self::OtherRegion];

    pub(super) const fn to_the_stay(self) -> Relation {
        match self {
            Self::Hospital => Relation::Own,
            Self::InCharge | Self::Centre => Relation::Attached,
            Self::SentBack => Relation::Addressed,
            Self::OtherHospital => Relation::Region,
            Self::OtherRegion => Relation::None,
        }
    }

    pub(super) const fn to_the_person(self) -> Relation {
        match self {
            Self::InCharge | Self::Hospital => Relation::Attached,
            Self::Centre | Self::SentBack | Self::OtherHospital => Relation::Region,
            Self::OtherRegion => Relation::None,
        }
    }
}

/// Somebody of a role at a place. Any role at any place: the table knows no other rule.
pub(super) struct Somebody {
    pub(super) role: Role,
    pub(super) place: Place,
    pub(super) account: Account,
    pub(super) client: Person,
    /// Of a machine: what its token is for.
    pub(super) rights: Option<Vec<Command>>,
}

pub(super) struct World {
    pub(super) people: Vec<Somebody>,
    pub(super) patient: String,
    pub(super) ward: String,
    pub(super) care_manager: String,
    pub(super) stay: String,
    pub(super) contact: String,
    /// A system of the hospital.
    pub(super) machine: String,
    pub(super) sent_back: String,
    pub(super) standing: String,
}

fn id(reply: &tests::Reply) -> String {
    let location = reply.header("location").unwrap_or_else(|| panic!("{} {}", reply.status, reply.text()));
    location.rsplit('/').next().unwrap_or_default().to_owned()
}

pub(super) fn line<T: TryFrom<String>>(text: &str) -> T {
    T::try_from(text.to_owned()).unwrap_or_else(|_| panic!("{text} is a line"))
}

impl World {
    pub(super) async fn make(app: &TestApp) -> Self {
        let cast = &app.city.cast;
        let foreign = another_region(app).await;
        let mut people = Vec::new();
        let mut ids = Ids::new(domain::Clock::now(&*app.clock), 41);
        for place in Place::ALL {
            let organization_id = match place {
                Place::Hospital => cast.hospital_id,
                Place::InCharge => cast.office_id,
                Place::Centre => cast.centre_id,
                Place::SentBack => cast.other_office_id,
                Place::OtherHospital => cast.other_hospital_id,
                Place::OtherRegion => foreign.1,
            };
            let region_id = if place == Place::OtherRegion { foreign.0.id } else { app.city.region.id };
            for role in Role::ALL {
                let base = app.city.account(cast.nurse).clone();
                let login = format!("{role:?}-{place:?}").to_lowercase();
                let (ward_id, care_manager_id) = (None, None);
                let id = ids.next();
                let account = Account { id, region_id, organization_id, ward_id, care_manager_id, login, role, ..base };
                people.push((role, place, account));
            }
        }
        let accounts = people.iter().map(|(_, _, account)| account.clone()).collect();
        let directory = DirectoryChanges { accounts, ..DirectoryChanges::default() };
        app.service.store.apply(Changes { directory, ..Changes::default() }).await.unwrap();
        let mut sessions = Vec::new();
        for (role, place, account) in people {
            let client = app.session_of(&account).await;
            sessions.push(Somebody { role, place, account, client, rights: None });
        }
        Self::with_a_story(app, sessions).await
    }

    async fn with_a_story(app: &TestApp, people: Vec<Somebody>) -> Self {
        let cast = &app.city.cast;
        let by = |role, place| {
            let found = people.iter().find(|p| p.role == role && p.place == place);
            &found.expect("somebody of every role at every place").client
        };
        let nurse = by(Role::WardStaff, Place::Hospital);
        let stay = nurse
            .post(
                "/api/v1/encounters",
                &json!({
                    "patient_id": cast.hanako.to_string(), "ward_id": cast.ward_id.to_string(),
                    "admitted_at": "2026-11-18T09:00:00+09:00", "emergency": false,
                }),
            )
            .await;
        stay.expect(201);
        let stay = id(&stay);
        let path = format!("/api/v1/encounters/{stay}");
        let filed = nurse.post(&format!("{path}/filings"), &super::samples::filing()).await;
        filed.expect(201);
        let answered = |notice: String, body: Value, place| {
            let manager = by(Role::CareManager, place);
            async move {
                let reply = manager.post(&format!("/api/v1/notices/{notice}/acknowledgement"), &body).await;
                reply.expect(201)["follow_up"]["id"].as_str().expect("it goes on").to_owned()
            }
        };
        let to = json!({ "code": "other_office", "to": cast.other_office_id.to_string() });
        let sent_back = answered(id(&filed), to, Place::InCharge).await;
        let standing = answered(sent_back.clone(), json!({ "code": "not_our_client" }), Place::SentBack).await;
        let contact = json!({ "kind": "admission", "medium": "fax", "with_whom": "担当の方", "told_on": "2026-11-19" });
        let contact = nurse.post(&format!("{path}/contacts"), &contact).await.expect(201);
        Self {
            patient: cast.hanako.to_string(),
            ward: cast.ward_id.to_string(),
            care_manager: cast.care_manager_id.to_string(),
            contact: contact["id"].as_str().expect("an id").to_owned(),
            machine: machine_of(app, cast.hospital_id, app.city.region.id, Role::Coordinator, &[Scope::Directory])
                .await
                .0
                .id
                .to_string(),
            people,
            stay,
            sent_back,
            standing,
        }
    }

    /// A token of every scope at the hospital, in charge, at the receiver of the standing notice, and in the other region.
    pub(super) async fn machines(&self, app: &TestApp) -> Vec<Somebody> {
        let mut all = Vec::new();
        for (place, role) in [
            (Place::Hospital, Role::Coordinator),
            (Place::InCharge, Role::CareManager),
            (Place::Centre, Role::CareManager),
            (Place::OtherRegion, Role::Coordinator),
        ] {
            let there = &self.people.iter().find(|p| p.place == place).expect("somebody everywhere").account;
            for scope in Scope::of(role) {
                let (machine, client) = machine_of(app, there.organization_id, there.region_id, role, &[scope]).await;
                let (account, rights) = (machine.account(), Some(machine.rights));
                all.push(Somebody { role, place, account, client, rights });
            }
        }
        all
    }
}

/// A system with a token, made without an administrator.
pub(crate) async fn machine_of(
    app: &TestApp,
    organization_id: OrganizationId,
    region_id: RegionId,
    role: Role,
    scopes: &[Scope],
) -> (Machine, Person) {
    let token = format!("tsm_{}", uuid::Uuid::from_u128(rand::random()).simple());
    let now = app.now();
    let machine = Machine {
        id: uuid::Uuid::from_u128(rand::random()).into(),
        region_id,
        organization_id,
        ward_id: None,
        name: line("電子カルテ"),
        role,
        rights: rights_of(role, scopes),
        made_by: uuid::Uuid::nil().into(),
        made_at: now,
        expires_at: now.plus_days(90),
        revoked_at: None,
        last_used_at: None,
    };
    let token_hash = Sha256::digest(token.as_bytes()).into();
    let credentials = vec![Proof::AddMachine { machine: Box::new(machine.clone()), token_hash }];
    app.service.store.apply(Changes { credentials, ..Changes::default() }).await.expect("the token is kept");
    (machine, app.nobody().with_token(&token))
}

/// つなぎ市's neighbour: another municipality in the same installation.
pub(crate) async fn another_region(app: &TestApp) -> (Region, OrganizationId) {
    let mut ids = Ids::new(domain::Clock::now(&*app.clock), 40);
    let region =
        Region { id: ids.next(), name: line("となり市(架空)"), agreement: app.city.region.agreement.clone() };
    let organization = Organization {
        id: ids.next(),
        region_id: region.id,
        kind: OrganizationKind::Municipality,
        name: line("となり市"),
        code: None,
        phone: None,
        districts: Vec::new(),
        hours: rules::calendar::OfficeHours::default(),
        version: 1,
    };
    let organization_id = organization.id;
    let directory =
        DirectoryChanges { regions: vec![region.clone()], organizations: vec![organization], ..Default::default() };
    app.service.store.apply(Changes { directory, ..Changes::default() }).await.unwrap();
    (region, organization_id)
}
