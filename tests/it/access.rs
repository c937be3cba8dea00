//! Who may: every route × role × relation on the real router, compared with the one table [`domain::access::reach`].
//!
//! - [`world`] — a stay with a story, and in every relation to it an organization with somebody of each role, and systems with a token.
//! - [`markup`] — what all of them see of text that is no text.
//! - [`samples`] — for each route a request that would do something, and one that changes nothing where it is allowed.
//!
//! A route that stands in no row of [`api::inventory`] can't be registered (pages) or fails the tests of the API (JSON); one without a
//! sample fails here. Whoever may not is sent away even with a request that is right in every other way; whoever may is let in, which
//! shows in any answer but 401, 403 and 404: the requests are such that the stay doesn't change under the next.

mod emergency;
mod foreign_ids;
mod hospitals;
mod markup;
mod neighbours;
mod regions;
mod samples;
mod world;

pub(crate) use world::{another_region, machine_of};

use api::inventory::{Access, Record, Route, routes};
use domain::access::{Relation, reach};
use tests::{Person, Reply, TestApp, on_both};

use samples::{Sample, samples};
use world::{Place, World};

/// What the table says for somebody of that place: 200 stands for "let in".
fn expected(access: Access, person: Option<&world::Somebody>, subject: &Subject) -> u16 {
    let Some(person) = person else {
        return if access == Access::Public { 200 } else { 401 };
    };
    let Access::May(command, record) = access else {
        return if access == Access::OwnSession && person.rights.is_some() { 403 } else { 200 };
    };
    if person.rights.as_ref().is_some_and(|rights| !rights.contains(&command)) {
        return 403;
    }
    let Some(farthest) = reach(person.role, command) else { return 403 };
    let reaches = |relation: Relation| if relation >= farthest { 200 } else { 404 };
    match record {
        Record::Own => 200,
        Record::Region => {
            assert!(
                farthest <= Relation::Region,
                "{command:?} is asked of the region, and {:?} needs more",
                person.role
            );
            200
        }
        Record::Account if person.place == Place::OtherRegion => reaches(Relation::None),
        Record::Account => reaches(Relation::Region),
        Record::Machine if person.place == Place::Hospital => reaches(Relation::Own),
        Record::Machine => 404,
        Record::Person => reaches(person.place.to_the_person()),
        Record::Stay => reaches(person.place.to_the_stay()),
        Record::Notice => {
            let seen = reach(person.role, domain::access::Command::ViewNotice);
            match (subject.party_to_notice(person.place), seen) {
                (true, Some(_)) if command == domain::access::Command::ViewNotice => 200,
                (true, Some(_)) => reaches(person.place.to_the_stay()),
                _ => 404,
            }
        }
    }
}

/// Which of the story's notices a route is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    /// Sent by the hospital to an office that sent it back.
    SentBack,
    /// Sent on by that, and standing.
    Standing,
}

impl Subject {
    fn party_to_notice(self, place: Place) -> bool {
        match place {
            Place::Hospital => true,
            Place::SentBack => self == Self::SentBack,
            Place::Centre => self == Self::Standing,
            Place::InCharge | Place::OtherHospital | Place::OtherRegion => false,
        }
    }
}

fn was_let_in(reply: &Reply) -> u16 {
    match reply.status.as_u16() {
        refused @ (401 | 403 | 404) => refused,
        303 if reply.header("location").is_some_and(|to| to.starts_with("/login?next=")) => 401,
        broken @ 500.. => broken,
        _ => 200,
    }
}

async fn walk(
    app: &TestApp,
    world: &World,
    everybody: &[Option<&world::Somebody>],
    route: &Route,
    subject: Subject,
    wrong: &mut Vec<String>,
) -> usize {
    let mut asked = 0;
    for person in everybody.iter().copied() {
        for sample in samples(route, world, subject) {
            let access = sample.access.unwrap_or(route.access);
            // On a page a machine is nobody.
            let sent_by = person;
            let person = person.filter(|person| person.rights.is_none() || sample.path.starts_with("/api/"));
            let wanted = expected(access, person, &subject);
            // What would change something is only sent by those who are sent away.
            if wanted == 200 && sample.changes_something {
                continue;
            }
            let reply = send(app, route, &sample, sent_by).await;
            asked += 1;
            // What is open to all may say no by itself: to a wrong password.
            let got = match (access, reply.status.as_u16()) {
                (Access::Public, 401) => 200,
                _ => was_let_in(&reply),
            };
            if got != wanted {
                let named = |p: &world::Somebody| format!("{:?} of {:?} {:?}", p.role, p.place, p.rights);
                let who = sent_by.map_or_else(|| "nobody".to_owned(), named);
                let (path, body) = (&sample.path, String::from_utf8_lossy(&sample.body));
                wrong.push(format!("{} {path} {body:?} by {who}: {}, not {wanted}", route.method, reply.status));
            }
        }
    }
    asked
}

async fn send(app: &TestApp, route: &Route, sample: &Sample, person: Option<&world::Somebody>) -> Reply {
    let client: Person = match person {
        // Whoever logs out has no session for the next route.
        Some(person) if sample.ends_session && person.rights.is_none() => app.session_of(&person.account).await,
        Some(person) => person.client.clone(),
        None => app.nobody(),
    };
    let method = route.method.parse().expect("a method");
    let headers: Vec<_> = sample.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    client.send(method, &sample.path, &headers, sample.body.clone().into()).await
}

/// Asks every route as everybody; how many answers there were.
async fn walk_all(app: &TestApp, world: &World, everybody: &[Option<&world::Somebody>]) -> usize {
    let mut wrong = Vec::new();
    let mut asked = 0;
    for route in routes() {
        let about_a_notice = matches!(route.access, Access::May(_, Record::Notice));
        let subjects: &[_] =
            if about_a_notice { &[Subject::SentBack, Subject::Standing] } else { &[Subject::Standing] };
        for subject in subjects {
            asked += walk(app, world, everybody, &route, *subject, &mut wrong).await;
        }
    }
    assert!(wrong.is_empty(), "{} of {asked} answers differ from the table:\n{}", wrong.len(), wrong.join("\n"));
    asked
}

/// Asks every route as somebody of every role in every relation, and as nobody.
pub(crate) async fn ask_everything(app: &TestApp) {
    let world = World::make(app).await;
    app.sweep().await;
    let everybody: Vec<_> = world.people.iter().map(Some).chain([None]).collect();
    let asked = walk_all(app, &world, &everybody).await;
    assert!(asked > 2000, "{asked} requests");
}

on_both! {
    async fn every_route_answers_every_role_in_every_relation_as_the_table_says(app: TestApp) {
        ask_everything(&app).await;
    }

    /// Each token is for one scope alone, so that what a scope opens and nothing else is seen.
    async fn every_route_answers_a_machine_by_its_scope_and_every_page_as_nobody(app: TestApp) {
        let world = World::make(&app).await;
        app.sweep().await;
        let machines = world.machines(&app).await;
        let asked = walk_all(&app, &world, &machines.iter().map(Some).collect::<Vec<_>>()).await;
        assert!(asked > 2000, "{asked} requests");
    }

    /// A look at one person's record, at her stay or at a notice is a row that names her and the request, whatever route it came by.
    async fn every_look_at_a_record_is_on_the_trail_with_its_request(app: TestApp) {
        let world = World::make(&app).await;
        let mut looks = 0;
        for route in routes().iter().filter(|route| route.method == "GET") {
            for sample in samples(route, &world, Subject::Standing) {
                let access = sample.access.unwrap_or(route.access);
                let Access::May(command, Record::Person | Record::Stay | Record::Notice) = access else { continue };
                let person = world.people.iter().find(|p| expected(access, Some(p), &Subject::Standing) == 200);
                let person = person.unwrap_or_else(|| panic!("nobody may {command:?}"));
                let reply = send(&app, route, &sample, Some(person)).await;
                let request = reply.header("x-request-id").expect("every answer names its request").to_owned();
                let filter = storage::AuditFilter { account_id: Some(person.account.id), ..Default::default() };
                let trail = app.service.store.audit(app.city.region.id, &filter, 20).await.unwrap();
                let named = |row: &&storage::AuditRow| {
                    row.entry.request_id.to_string() == request && row.entry.patient_id == Some(app.city.cast.hanako)
                };
                assert!(
                    trail.iter().any(|row| named(&row)),
                    "{} {} is not on the trail: {}",
                    route.method,
                    sample.path,
                    reply.status
                );
                looks += 1;
            }
        }
        assert!(looks >= 13, "{looks}");
    }
}

#[test]
fn a_route_stands_in_the_inventory_once() {
    let all = routes();
    for route in &all {
        let same = all.iter().filter(|other| (other.method, &other.path) == (route.method, &route.path)).count();
        assert_eq!(same, 1, "{} {}", route.method, route.path);
    }
}
