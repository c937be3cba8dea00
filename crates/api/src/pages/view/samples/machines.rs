//! What an administrator sees of her organization's systems.

use domain::machine::{Scope, role_of};
use domain::party::OrganizationKind;

use super::*;
use crate::pages::view::machines::{MachineRow, MachinesPage, TokenPage};

#[test]
fn the_pages_of_an_organization_s_systems_are_drawn() {
    let at = |title| frame(title, Role::OrganizationAdministrator, "/admin/machines");
    let scopes = Scope::of(role_of(OrganizationKind::Hospital, false));
    let row = |state, alive, used: Option<&str>| MachineRow {
        id: "m1".into(),
        name: "電子カルテ(本番)".into(),
        place: "3階東病棟".into(),
        scopes: scopes.iter().take(3).map(|scope| scope.wording().0).collect(),
        state,
        ends: "2027年2月18日(木)まで".into(),
        made: "2026年11月20日(金) 登録".into(),
        by: "美幌 五郎".into(),
        used: used.map(str::to_owned),
        alive,
    };
    let refused = wrong(
        form("/admin/machines", Typed::default().with("name", "<b>電子カルテ").with("scopes", "stays_read")),
        &[("scopes", "選んでください。"), ("expires_on", "日付が離れすぎています。年月日を確かめてください。")],
    );
    let html = draw(
        "machines",
        &MachinesPage {
            frame: at("外部システム"),
            csrf: "t".into(),
            rows: vec![
                row(Badge::new(Tone::Done, "利用できます", "good"), true, Some("2026年11月20日(金) 17:05")),
                row(Badge::new(Tone::Quiet, "取消済み", "revoked"), false, None),
            ],
            form: refused,
            scopes: scopes.iter().map(|s| Choice::new(s.code(), s.wording().0, s.wording().1)).collect(),
            wards: groups(),
        },
    );
    assert!(html.contains("value=\"stays_read\" checked") && html.contains("&#60;b&#62;電子カルテ"));
    draw(
        "machine-token",
        &TokenPage {
            frame: at("トークン"),
            name: "電子カルテ(本番)".into(),
            ends: "2027年2月18日(木)まで".into(),
            token: format!("tsm_{}", "0a".repeat(32)),
        },
    );
}
