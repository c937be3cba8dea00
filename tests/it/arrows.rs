//! The arrows of the house: which room may know which. Read from `cargo metadata`, so that a new dependency can't slip in.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// What each room may depend on among our own; dev-dependencies don't count.
const ALLOWED: [(&str, &[&str]); 10] = [
    ("rules", &[]),
    ("paper", &[]),
    ("outward", &[]),
    ("domain", &["rules"]),
    ("survey", &["domain", "rules", "paper"]),
    ("storage", &["domain", "rules"]),
    ("scheduler", &["storage", "domain", "rules", "outward"]),
    ("api", &["storage", "survey", "domain", "rules", "outward"]),
    ("server", &["api", "scheduler", "storage", "survey", "domain", "rules", "outward"]),
    ("tests", &["api", "scheduler", "storage", "survey", "domain", "rules", "paper", "server"]),
];

fn ours() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo metadata runs");
    let names: BTreeSet<String> = metadata.packages.iter().map(|package| package.name.to_string()).collect();
    let arrows = metadata.packages.iter().map(|package| {
        let of_ours =
            package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal && names.contains(&d.name));
        (package.name.to_string(), of_ours.map(|d| d.name.clone()).collect())
    });
    arrows.collect()
}

#[test]
fn no_room_knows_more_than_the_design_allows() {
    let rooms = ours();
    let known: BTreeSet<&str> = ALLOWED.iter().map(|(room, _)| *room).collect();
    let there: BTreeSet<&str> = rooms.keys().map(String::as_str).collect();
    assert_eq!(there, known, "every room has its line in this table");
    for (room, allowed) in ALLOWED {
        let foreign: Vec<_> = rooms[room].iter().filter(|name| !allowed.contains(&name.as_str())).collect();
        assert!(foreign.is_empty(), "{room} must not know {foreign:?}");
    }
}

#[test]
fn only_storage_speaks_sql_and_only_paper_writes_pdf() {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo metadata runs");
    for (library, room) in [("sqlx", "storage"), ("printpdf", "paper"), ("lettre", "scheduler")] {
        let users: Vec<String> = metadata
            .packages
            .iter()
            .filter(|p| p.dependencies.iter().any(|d| d.kind == DependencyKind::Normal && d.name == library))
            .map(|p| p.name.to_string())
            .collect();
        assert!(users.iter().all(|user| user == room || user == "tests"), "{library} is used by {users:?}");
    }
}
