//! How SQLite finds what it is asked for. Whatever lies in the database, a page and a command go to the rows they want: none goes through a table
//! that grows with the years, nor through all that a region or an organization ever had.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use sqlx::{AssertSqlSafe, Connection as _, Row as _, SqliteConnection};
use tests::{Engine, TestApp};
use tracing::field::{Field, Visit};
use tracing::{Dispatch, Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use crate::access::ask_everything;

/// What has more rows each year.
const GROWING: [&str; 14] = [
    "acknowledgement",
    "attempt",
    "audit",
    "contact",
    "deadline",
    "delivery",
    "encounter",
    "encounter_event",
    "notice",
    "patient",
    "patient_mark",
    "reading",
    "screening",
    "warning",
];
/// Indexes of what is open alone: little, whatever lies behind it.
const OF_WHAT_IS_OPEN: [&str; 7] = [
    "delivery_given_up",
    "delivery_pending_by_organization",
    "deadline_due",
    "deadline_overdue",
    "deadline_set_aside",
    "encounter_open",
    "notice_unanswered",
];
/// Columns in which a great part of a table is alike.
const BROAD: [&str; 5] = ["region_id", "hospital_id", "organization_id", "recipient_id", "sender_id"];
/// Statements that may, known by a piece of their text.
const MAY: [(&str, &str); 2] = [
    ("AS each_notice", "counts all notices: asked for by whoever watches over the outbox"),
    (
        "UNION SELECT n.encounter_id",
        "all stays that an office ever had to do with, at its own request: goes through what is its own",
    ),
];

/// The statements that this thread sends to its database.
#[derive(Clone, Default)]
struct Statements(Arc<Mutex<BTreeSet<String>>>);

impl<S: Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "storage::engine" {
            event.record(&mut self.clone());
        }
    }
}

impl Visit for Statements {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "sql" {
            let texts = value.split(";\n").filter(|text| !text.trim().is_empty());
            self.0.lock().unwrap().extend(texts.map(str::to_owned));
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

/// The tables that a statement names, by what they are called in it.
fn tables(sql: &str) -> HashMap<&str, &str> {
    let words: Vec<&str> =
        sql.split(|c: char| c.is_whitespace() || c == '(' || c == ')').filter(|word| !word.is_empty()).collect();
    let mut named = HashMap::new();
    for (at, word) in words.iter().enumerate() {
        if let ("FROM" | "JOIN" | "UPDATE", Some(table)) = (*word, words.get(at + 1)) {
            let alias = words.get(at + 2).filter(|word| **word == "AS").and_then(|_| words.get(at + 3));
            named.insert(*alias.unwrap_or(table), *table);
        }
    }
    named
}

/// The steps that go through more than they should.
fn too_broad<'a>(sql: &str, plan: &'a [String]) -> Vec<&'a str> {
    let tables = tables(sql);
    let in_order = sql.contains("LIMIT") && !plan.iter().any(|step| step == "USE TEMP B-TREE FOR ORDER BY");
    let broad = |step: &&str| {
        let mut words = step.split(' ');
        let (how, what) = (words.next(), words.next().unwrap_or_default());
        let grows = tables.get(what).is_some_and(|table| GROWING.contains(table));
        if !grows || words.any(|word| OF_WHAT_IS_OPEN.contains(&word)) {
            return false;
        }
        let by = step.rsplit_once('(').map_or("", |(_, by)| by.trim_end_matches(|c| c != ')').trim_end_matches(')'));
        let narrow =
            by.split(" AND ").any(|by| by.split_once(['=', '<', '>']).is_some_and(|(by, _)| !BROAD.contains(&by)));
        how == Some("SCAN") || how == Some("SEARCH") && !narrow && !in_order
    };
    plan.iter().map(String::as_str).filter(broad).collect()
}

#[tokio::test]
async fn no_statement_goes_through_all_that_ever_was() {
    let app = TestApp::start(Engine::Sqlite).await;
    let statements = Statements::default();
    // With a single subscriber, what a call site of another test's thread finds there would count for this one too.
    let another = Dispatch::new(tracing_subscriber::registry());
    let listening = tracing::subscriber::set_default(tracing_subscriber::registry().with(statements.clone()));
    ask_everything(&app).await;
    app.send_mails().await;
    app.clock.advance_seconds(86_400);
    app.sweep().await;
    app.send_mails().await;
    app.seal().await;
    drop((listening, another));

    let statements = statements.0.lock().unwrap().clone();
    assert!(statements.len() > 130, "{} statements", statements.len());
    let mut conn = SqliteConnection::connect(&app.config.database.url).await.unwrap();
    let mut wrong = Vec::new();
    for sql in statements.iter().filter(|sql| !MAY.iter().any(|(piece, _)| sql.contains(piece))) {
        let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"))).fetch_all(&mut conn).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|step| step.get(3)).collect();
        let broad = too_broad(sql, &plan);
        if !broad.is_empty() {
            wrong.push(format!("{sql}\n  {}", broad.join("\n  ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let unknown: Vec<_> = MAY.iter().filter(|(piece, _)| !statements.iter().any(|sql| sql.contains(piece))).collect();
    assert!(unknown.is_empty(), "no statement reads like {unknown:?}");
}

#[test]
fn what_goes_through_a_region_is_seen() {
    let sql = "SELECT count(*) FROM encounter AS e JOIN patient AS p ON p.id = e.patient_id WHERE e.region_id = $1 AND e.state = $2";
    let through = [
        "SEARCH e USING INDEX encounter_by_region (region_id=?)".to_owned(),
        "SEARCH p USING PRIMARY KEY (id=?)".to_owned(),
    ];
    assert_eq!(too_broad(sql, &through), [&through[0]]);
    assert_eq!(too_broad("SELECT id FROM delivery", &["SCAN delivery".to_owned()]), ["SCAN delivery"]);
    assert!(too_broad(sql, &["SEARCH e USING INDEX encounter_by_region (region_id=? AND id<?)".to_owned()]).is_empty());
    assert!(too_broad(sql, &["SEARCH e USING INDEX encounter_open (region_id=?)".to_owned()]).is_empty());
    let page = format!("{sql} ORDER BY e.id DESC LIMIT $3");
    assert!(too_broad(&page, &through).is_empty());
}
