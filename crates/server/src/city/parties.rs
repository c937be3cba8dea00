//! The organizations of the city, their wards, mailboxes and accounts.

use domain::party::{
    Account, CareManager, ContactPoint, ContactUse, Organization, OrganizationKind, Role, Ward,
    medical_code_is_doubtful,
};
use domain::text::{EmailAddress, Line};
use domain::{AccountId, CareManagerId, Ids, OrganizationId, RegionId, WardId};
use rand::RngExt;
use rand::rngs::StdRng;
use rules::calendar::OfficeHours;

use super::names::{self, DISTRICTS, HOSPITALS, PLANTS, WARDS, line};
use super::people::Person;
use super::{Cast, CitySize};

#[derive(Debug)]
pub(super) struct Parties {
    pub(super) organizations: Vec<Organization>,
    pub(super) wards: Vec<Ward>,
    pub(super) contact_points: Vec<ContactPoint>,
    pub(super) care_managers: Vec<CareManager>,
    pub(super) accounts: Vec<Account>,
}

/// How many of each kind.
struct Numbers {
    hospitals: usize,
    offices: usize,
    care_managers: usize,
    centres: usize,
}

impl Numbers {
    const fn of(size: CitySize) -> Self {
        match size {
            CitySize::Full => Self { hospitals: 16, offices: 67, care_managers: 196, centres: 8 },
            CitySize::Small => Self { hospitals: 2, offices: 3, care_managers: 4, centres: 2 },
        }
    }
}

/// The districts that have a support centre.
pub(super) fn districts(size: CitySize) -> &'static [&'static str] {
    &DISTRICTS[..Numbers::of(size).centres]
}

pub(super) fn plan(
    region_id: RegionId,
    size: CitySize,
    password_hash: &str,
    ids: &mut Ids,
    chance: &mut StdRng,
) -> Parties {
    let numbers = Numbers::of(size);
    let mut founder = Founder { region_id, password_hash, ids, chance, parties: Parties::empty() };
    for nth in 0..numbers.hospitals {
        let wards = if size == CitySize::Small { 2 } else { founder.chance.random_range(2..=WARDS.len()) };
        founder.hospital(nth, wards);
    }
    let offices: Vec<_> = (0..numbers.offices).map(|nth| founder.office(nth)).collect();
    founder.care_managers(&offices, numbers.care_managers);
    for nth in 0..numbers.centres {
        founder.centre(nth);
    }
    founder.municipality();
    founder.parties
}

struct Founder<'a> {
    region_id: RegionId,
    password_hash: &'a str,
    ids: &'a mut Ids,
    chance: &'a mut StdRng,
    parties: Parties,
}

impl Founder<'_> {
    fn organization(&mut self, kind: OrganizationKind, name: &str, code: Option<String>) -> OrganizationId {
        let id = self.ids.next();
        let nth = self.parties.organizations.len() + 1;
        self.parties.organizations.push(Organization {
            id,
            region_id: self.region_id,
            kind,
            name: line(name),
            code: code.map(|code| line(&code)),
            phone: Some(line(&format!("000-0000-{nth:04}"))),
            districts: Vec::new(),
            hours: OfficeHours::default(),
            version: 1,
        });
        id
    }

    fn mailbox(&mut self, of: OrganizationId, ward_id: Option<WardId>, use_for: ContactUse, address: &str) {
        let email = address_of(address);
        self.parties.contact_points.push(ContactPoint {
            id: self.ids.next(),
            organization_id: of,
            ward_id,
            use_for,
            email,
        });
    }

    fn account(
        &mut self,
        organization_id: OrganizationId,
        login: &str,
        name: Line,
        role: Role,
        ward_id: Option<WardId>,
        care_manager_id: Option<CareManagerId>,
    ) -> AccountId {
        let id = self.ids.next();
        self.parties.accounts.push(Account {
            id,
            region_id: self.region_id,
            organization_id,
            ward_id,
            care_manager_id,
            login: login.to_owned(),
            name,
            role,
            password_hash: self.password_hash.to_owned(),
            email: None,
            closed_at: None,
        });
        id
    }

    fn somebody(&mut self) -> Line {
        let female = self.chance.random_bool(0.7);
        names::person(female, self.chance).0
    }

    fn hospital(&mut self, nth: usize, wards: usize) {
        let id = self.organization(OrganizationKind::Hospital, HOSPITALS[nth], Some(medical_code(nth)));
        let domain = format!("h{:02}.example.jp", nth + 1);
        self.mailbox(id, None, ContactUse::First, &format!("renkei@{domain}"));
        self.mailbox(id, None, ContactUse::CoordinationDesk, &format!("renkei@{domain}"));
        let name = self.somebody();
        let login = if nth == 0 { "coordinator".to_owned() } else { format!("desk-{:02}", nth + 1) };
        self.account(id, &login, name, Role::Coordinator, None, None);
        for (ward, ward_name) in WARDS.iter().take(wards).enumerate() {
            let ward_id = self.ids.next();
            self.parties.wards.push(Ward { id: ward_id, organization_id: id, name: line(ward_name) });
            self.mailbox(id, Some(ward_id), ContactUse::Ward, &format!("ward{}@{domain}", ward + 1));
            let name = self.somebody();
            let main = nth == 0 && ward == 0;
            let login = if main { "nurse".to_owned() } else { format!("ward-{:02}-{}", nth + 1, ward + 1) };
            self.account(id, &login, name, Role::WardStaff, Some(ward_id), None);
        }
    }

    fn office(&mut self, nth: usize) -> OrganizationId {
        let (kind, plant) = match nth {
            0..52 => ("居宅介護支援事業所", PLANTS[nth]),
            52..62 => ("小規模多機能ホーム", PLANTS[nth - 52]),
            _ => ("看護小規模多機能ホーム", PLANTS[nth - 52]),
        };
        let code = format!("99700{:05}", nth + 1);
        let id = self.organization(OrganizationKind::CareOffice, &format!("{kind} {plant}"), Some(code));
        if nth % 4 == 3 {
            // Works on Saturdays and holidays.
            let hours = &mut self.parties.organizations.last_mut().expect("just added").hours;
            hours.closed_weekdays.retain(|day| *day != chrono::Weekday::Sat);
            hours.closed_on_holidays = false;
        }
        self.mailbox(id, None, ContactUse::First, &format!("first@o{:02}.example.jp", nth + 1));
        self.mailbox(id, None, ContactUse::Second, &format!("second@o{:02}.example.jp", nth + 1));
        id
    }

    /// At least one an office, the first two in the story's office, six at most.
    fn care_managers(&mut self, offices: &[OrganizationId], wanted: usize) {
        let mut seats: Vec<usize> = (0..offices.len()).collect();
        seats.push(0);
        while seats.len() < wanted {
            let office = self.chance.random_range(0..offices.len());
            if seats.iter().filter(|seat| **seat == office).count() < 6 {
                seats.push(office);
            }
        }
        seats.sort_unstable();
        for (nth, office) in seats.into_iter().enumerate() {
            let id = self.ids.next();
            let name = self.somebody();
            // One in five has no mailbox of her own: her mail goes to the office's first contact.
            let own = (nth % 5 != 4).then(|| address_of(&format!("cm{:03}@o{:02}.example.jp", nth + 1, office + 1)));
            let organization_id = offices[office];
            self.parties.care_managers.push(CareManager { id, organization_id, name: name.clone(), email: own });
            let login = if nth == 0 { "caremanager".to_owned() } else { format!("cm-{:03}", nth + 1) };
            self.account(organization_id, &login, name, Role::CareManager, None, Some(id));
        }
    }

    fn centre(&mut self, nth: usize) {
        let name = format!("{}高齢者相談支援センター", DISTRICTS[nth]);
        let id = self.organization(OrganizationKind::SupportCentre, &name, Some(format!("99000{:05}", nth + 1)));
        self.parties.organizations.last_mut().expect("just added").districts = vec![DISTRICTS[nth].to_owned()];
        self.mailbox(id, None, ContactUse::First, &format!("first@s{}.example.jp", nth + 1));
        self.mailbox(id, None, ContactUse::Second, &format!("second@s{}.example.jp", nth + 1));
        let name = self.somebody();
        let login = if nth == 0 { "centre".to_owned() } else { format!("centre-{}", nth + 1) };
        self.account(id, &login, name, Role::CareManager, None, None);
    }

    fn municipality(&mut self) {
        let id = self.organization(OrganizationKind::Municipality, "つなぎ市 地域包括ケア推進課", None);
        self.mailbox(id, None, ContactUse::First, "care@city.example.jp");
        for (login, role) in [("city", Role::Municipality), ("auditor", Role::Auditor), ("admin", Role::Administrator)]
        {
            let name = self.somebody();
            self.account(id, login, name, role, None, None);
        }
    }
}

/// A code of prefecture 99, which there is not, with the right check digit.
fn medical_code(nth: usize) -> String {
    let codes = (0..10).map(|check| format!("991{:06}{check}", nth + 1));
    codes.into_iter().find(|code| !medical_code_is_doubtful(code)).expect("one of ten digits is right")
}

fn address_of(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("the city's own addresses are valid")
}

impl Parties {
    const fn empty() -> Self {
        Self {
            organizations: Vec::new(),
            wards: Vec::new(),
            contact_points: Vec::new(),
            care_managers: Vec::new(),
            accounts: Vec::new(),
        }
    }

    fn of_kind(&self, kind: OrganizationKind, nth: usize) -> OrganizationId {
        let mut found = self.organizations.iter().filter(|o| o.kind == kind);
        found.nth(nth).expect("every city has two of each and one municipality").id
    }

    fn login(&self, login: &str) -> AccountId {
        self.accounts.iter().find(|account| account.login == login).expect("a fixed login").id
    }

    pub(super) fn cast(&self, people: &[Person]) -> Cast {
        Cast {
            nurse: self.login("nurse"),
            coordinator: self.login("coordinator"),
            caremanager: self.login("caremanager"),
            centre: self.login("centre"),
            city: self.login("city"),
            auditor: self.login("auditor"),
            admin: self.login("admin"),
            hospital_id: self.of_kind(OrganizationKind::Hospital, 0),
            ward_id: self.wards[0].id,
            other_hospital_id: self.of_kind(OrganizationKind::Hospital, 1),
            office_id: self.of_kind(OrganizationKind::CareOffice, 0),
            other_office_id: self.of_kind(OrganizationKind::CareOffice, 1),
            care_manager_id: self.care_managers[0].id,
            centre_id: self.of_kind(OrganizationKind::SupportCentre, 0),
            municipality_id: self.of_kind(OrganizationKind::Municipality, 0),
            hanako: people[0].patient.id,
            in_hospital_unmanaged: people[2].patient.id,
            at_home: people[5].patient.id,
            unmanaged: people[4].patient.id,
            outside: people[3].patient.id,
        }
    }
}
