//! Invitations, passwords, and what an administrator may do to whom.

use domain::party::{Account, Role};
use scheduler::mail::Mail;
use server::city::DEMO_PASSWORD;
use tests::{CSRF, Person, Reply, TestApp, on_both};

use crate::api::dump;

use super::{login_by_api, set_up};

const GOOD: &str = "北見の春は遅い、とても遅い";

/// Whoever administrates the nurse's hospital.
async fn hospital_admin(app: &TestApp) -> Person {
    let nurse = app.city.account(app.city.cast.nurse);
    let account = Account {
        id: uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001).into(),
        ward_id: None,
        login: "h-admin".into(),
        role: Role::OrganizationAdministrator,
        ..nurse.clone()
    };
    let directory = domain::changes::DirectoryChanges { accounts: vec![account.clone()], ..Default::default() };
    app.service.store.apply(domain::changes::Changes { directory, ..Default::default() }).await.unwrap();
    app.session_of(&account).await
}

async fn invite(admin: &Person, login: &str, role: &str, more: &[(&str, &str)]) -> Reply {
    let mut fields = vec![
        ("csrf", CSRF),
        ("action", "send"),
        ("name", "北見 次郎"),
        ("login", login),
        ("email", "jiro@h01.example.jp"),
        ("role", role),
    ];
    fields.extend(more);
    admin.submit("/admin/people", &fields).await
}

fn link(mail: &Mail) -> String {
    let at = mail.text.find("/invitation/").expect("a link");
    mail.text[at..].split_whitespace().next().unwrap().to_owned()
}

async fn choose(app: &TestApp, link: &str, password: &str) -> Reply {
    app.nobody().submit(link, &[("action", "send"), ("new_password", password)]).await
}

async fn on_account(admin: &Person, account: &Account, what: &str) -> Reply {
    let id = account.id.to_string();
    admin
        .submit("/admin/people/account", &[("csrf", CSRF), ("action", "send"), ("account_id", &id), ("what", what)])
        .await
}

/// An administrator lets somebody set her password and her second factor anew, and she does.
pub(crate) async fn reset(app: &TestApp, login: &str) {
    let admin = hospital_admin(app).await;
    let account = app.service.store.account_by_login(login).await.unwrap().unwrap();
    on_account(&admin, &account, "reset").await;
    let chosen = choose(app, &link(&app.send_mails().await[0]), GOOD).await;
    assert_eq!(chosen.header("location"), Some("/login?done=password-set"), "{}", chosen.text());
}

on_both! {
    async fn an_invited_person_sets_her_password_once(app: TestApp) {
        let admin = hospital_admin(&app).await;
        let sent = invite(&admin, "jiro", "coordinator", &[]).await;
        assert_eq!(sent.header("location"), Some("/admin/people?done=invited"), "{}", sent.text());
        assert_eq!(login_by_api(&app, "jiro", "").await.problem(401), "login_refused", "an empty hash opens nothing");
        let mails = app.send_mails().await;
        assert_eq!(mails.len(), 1);
        assert!(!mails[0].text.contains("北見") && !mails[0].text.contains("jiro") && !mails[0].html.contains("次郎"));
        let link = link(&mails[0]);
        assert!(app.nobody().get(&link).await.text().contains("<b>jiro</b>"));
        for (bad, words) in [("tsu-na-gi", "13文字以上"), ("Password2026!!", "推測されやすい"), ("jirojirojirojiro", "推測されやすい")] {
            let refused = choose(&app, &link, bad).await;
            assert_eq!(refused.status.as_u16(), 422, "{bad}");
            assert!(refused.text().contains(words) && !refused.text().contains(bad), "{}", refused.text());
        }
        let done = choose(&app, &link, GOOD).await;
        assert_eq!(done.header("location"), Some("/login?done=password-set"), "{}", done.text());
        assert!(done.header("set-cookie").is_none(), "she logs in like everybody else");
        let again = choose(&app, &link, "another good password").await;
        assert_eq!(again.status.as_u16(), 404);
        assert_eq!(app.nobody().get(&link).await.status.as_u16(), 404);
        assert_eq!(login_by_api(&app, "jiro", GOOD).await.expect(201)["role"], "coordinator");
        assert_eq!(app.send_mails().await.len(), 1, "she is told that her password was set");
    }

    async fn a_link_ends_after_72_hours_and_with_the_next_invitation(app: TestApp) {
        let admin = hospital_admin(&app).await;
        invite(&admin, "jiro", "coordinator", &[]).await;
        let first = link(&app.send_mails().await[0]);
        let account = app.service.store.account_by_login("jiro").await.unwrap().unwrap();
        on_account(&admin, &account, "invite").await;
        let second = link(&app.send_mails().await[0]);
        assert_ne!(first, second);
        assert_eq!(choose(&app, &first, GOOD).await.status.as_u16(), 404);
        app.clock.set(app.now().plus_seconds(72 * 3600 - 1));
        assert_eq!(app.nobody().get(&second).await.status.as_u16(), 200);
        app.clock.set(app.now().plus_seconds(1));
        assert_eq!(choose(&app, &second, GOOD).await.status.as_u16(), 404);
        assert_eq!(choose(&app, "/invitation/0000", GOOD).await.status.as_u16(), 404);
    }

    /// What is at rest opens nothing: the outbox knows of an invitation, not of its link.
    async fn no_link_is_written_down(app: TestApp) {
        let admin = hospital_admin(&app).await;
        invite(&admin, "jiro", "coordinator", &[]).await;
        let link = link(&app.send_mails().await[0]);
        let token = link.trim_start_matches("/invitation/");
        let hex: String = token.bytes().map(|byte| format!("{byte:02x}")).collect();
        let rows = dump(&app.config.database.url).await;
        assert!(rows.iter().any(|(table, _)| table == "invitation_link"), "there is a link");
        let holding = rows.iter().find(|(_, row)| row.contains(token) || row.to_lowercase().contains(&hex));
        assert!(holding.is_none(), "the token stands in {}", holding.map_or("", |(table, _)| table));
        let mut found = false;
        if let Some(file) = app.config.sqlite_file() {
            for ending in ["", "-wal"] {
                let bytes = std::fs::read(format!("{}{ending}", file.display())).unwrap();
                found |= bytes.windows(token.len()).any(|window| window == token.as_bytes());
            }
        }
        assert!(!found, "the token stands in the file");
    }

    async fn an_administrator_gives_only_roles_of_her_own_organization(app: TestApp) {
        let admin = hospital_admin(&app).await;
        for role in ["municipality", "auditor", "administrator", "care_manager", "nothing"] {
            assert_eq!(invite(&admin, "jiro", role, &[]).await.status.as_u16(), 422, "{role}");
        }
        let office = app.city.cast.office_id.to_string();
        for role in ["coordinator", "organization_administrator", "care_manager"] {
            let reply = invite(&admin, "jiro", role, &[("organization_id", &office)]).await;
            assert_eq!(reply.status.as_u16(), 422, "{role} of another organization");
        }
        assert_eq!(invite(&admin, "jiro", "ward_staff", &[]).await.status.as_u16(), 422, "a ward is missing");
        assert_eq!(invite(&admin, "Jiro <x>", "coordinator", &[]).await.status.as_u16(), 422);
        assert_eq!(invite(&admin, "nurse", "coordinator", &[]).await.status.as_u16(), 422, "the name is taken");
        let ward = app.city.cast.ward_id.to_string();
        assert_eq!(invite(&admin, "jiro", "ward_staff", &[("ward_id", &ward)]).await.status.as_u16(), 303);
        let city = app.session_of(app.city.account(app.city.cast.admin)).await;
        assert_eq!(invite(&city, "o-admin", "care_manager", &[("organization_id", &office)]).await.status.as_u16(), 422);
        let first = invite(&city, "o-admin", "organization_administrator", &[("organization_id", &office)]).await;
        assert_eq!(first.status.as_u16(), 303, "{}", first.text());
    }

    async fn nobody_elses_people_can_be_touched(app: TestApp) {
        let admin = hospital_admin(&app).await;
        let manager = app.city.account(app.city.cast.caremanager);
        for what in ["invite", "reset", "close", "end"] {
            assert_eq!(on_account(&admin, manager, what).await.status.as_u16(), 404, "{what}");
        }
        login_by_api(&app, "caremanager", DEMO_PASSWORD).await.expect(201);
        let nurse = app.city.account(app.city.cast.nurse);
        let plain = app.session_of(app.city.account(app.city.cast.coordinator)).await;
        assert_eq!(on_account(&plain, nurse, "close").await.status.as_u16(), 403);
    }

    async fn a_closed_account_is_out_at_once_and_the_owner_cannot_tell_it_from_a_wrong_password(app: TestApp) {
        let admin = hospital_admin(&app).await;
        let nurse = app.log_in("nurse").await;
        on_account(&admin, app.city.account(app.city.cast.nurse), "close").await;
        assert_eq!(nurse.get("/api/v1/me").await.problem(401), "not_logged_in");
        assert_eq!(login_by_api(&app, "nurse", DEMO_PASSWORD).await.problem(401), "login_refused");
        on_account(&admin, app.city.account(app.city.cast.nurse), "reopen").await;
        let nurse = login_by_api(&app, "nurse", DEMO_PASSWORD).await.expect(201);
        let nurse = app.nobody().with_token(nurse["token"].as_str().unwrap());
        on_account(&admin, app.city.account(app.city.cast.nurse), "end").await;
        assert_eq!(nurse.get("/api/v1/me").await.problem(401), "not_logged_in");
    }

    async fn a_reset_takes_the_lost_factor_away_only_when_its_link_is_used(app: TestApp) {
        let admin = hospital_admin(&app).await;
        invite(&admin, "jiro", "coordinator", &[]).await;
        choose(&app, &link(&app.send_mails().await[0]), DEMO_PASSWORD).await;
        app.send_mails().await;
        set_up(&app, "jiro").await;
        assert_eq!(app.send_mails().await.len(), 1, "she is told of the factor");
        let account = app.service.store.account_by_login("jiro").await.unwrap().unwrap();
        on_account(&admin, &account, "reset").await;
        let link = link(&app.send_mails().await[0]);
        assert_eq!(login_by_api(&app, "jiro", DEMO_PASSWORD).await.expect(201)["stage"], "second_factor");
        choose(&app, &link, GOOD).await;
        assert_eq!(login_by_api(&app, "jiro", GOOD).await.expect(201)["stage"], "open");
    }

    async fn the_trail_of_an_account_tells_what_an_administrator_did_to_it(app: TestApp) {
        let admin = hospital_admin(&app).await;
        invite(&admin, "jiro", "coordinator", &[]).await;
        let jiro = app.service.store.account_by_login("jiro").await.unwrap().unwrap();
        let filter = storage::AuditFilter { account_id: Some(jiro.id), ..Default::default() };
        for (what, did, became) in [
            ("", "invite", "account_invited"),
            ("invite", "invite", "account_invited"),
            ("reset", "reset_factor", "factor_reset"),
            ("end", "end_sessions_of", "sessions_ended"),
            ("close", "close_account", "account_closed"),
            ("reopen", "reopen_account", "account_reopened"),
        ] {
            if !what.is_empty() {
                app.clock.advance_seconds(1);
                on_account(&admin, &jiro, what).await;
            }
            let all = app.service.store.audit(app.city.region.id, &Default::default(), 2).await.unwrap();
            let of_jiro = app.service.store.audit(app.city.region.id, &filter, 1).await.unwrap().remove(0).entry;
            assert_eq!((of_jiro.action.as_str(), of_jiro.organization_id), (became, Some(jiro.organization_id)), "{what}");
            let by_her = all.iter().find(|row| row.entry.action == did).unwrap_or_else(|| panic!("{did}: {all:?}"));
            assert_ne!(by_her.entry.account_id, Some(jiro.id));
            assert_eq!(by_her.entry.request_id, of_jiro.request_id, "one request");
        }
        let page = app.log_in_by_page("auditor").await.get("/audit?account=jiro").await.text();
        for words in ["招待された", "認証の再設定に招待された", "停止された", "再開された", "ログアウトさせられた"] {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert!(!page.contains("その他の操作"), "{page}");
    }

    async fn none_of_the_last_ten_passwords_comes_back(app: TestApp) {
        let admin = hospital_admin(&app).await;
        invite(&admin, "jiro", "coordinator", &[]).await;
        choose(&app, &link(&app.send_mails().await[0]), "the password number 0").await;
        let account = app.service.store.account_by_login("jiro").await.unwrap().unwrap();
        let change = async |old: &str, new: &str| {
            let jiro = app.session_of(&account).await;
            app.clock.set(app.now().plus_seconds(1));
            let fields = [("csrf", CSRF), ("action", "send"), ("password", old), ("new_password", new)];
            jiro.submit("/account/password", &fields).await
        };
        let nth = |n: usize| format!("the password number {n}");
        for n in 1..10 {
            let done = change(&nth(n - 1), &nth(n)).await;
            assert_eq!(done.header("location"), Some("/account?done=password-set"), "{n} {}", done.text());
        }
        let refused = change(&nth(9), &nth(0)).await;
        assert_eq!(refused.status.as_u16(), 422);
        assert!(refused.text().contains("以前に使った"));
        change(&nth(9), &nth(10)).await;
        assert_eq!(change(&nth(10), &nth(0)).await.status.as_u16(), 303, "the eleventh back");
    }

    async fn an_old_hash_is_renewed_by_a_login(app: TestApp) {
        let nurse = app.city.account(app.city.cast.nurse);
        let weak = Account { password_hash: weak_hash(DEMO_PASSWORD), ..nurse.clone() };
        let directory = domain::changes::DirectoryChanges { accounts: vec![weak.clone()], ..Default::default() };
        app.service.store.apply(domain::changes::Changes { directory, ..Default::default() }).await.unwrap();
        let kept = async || app.service.store.account(nurse.id).await.unwrap().unwrap().password_hash;
        login_by_api(&app, "nurse", "wrong but long enough").await.problem(401);
        assert_eq!(kept().await, weak.password_hash);
        login_by_api(&app, "nurse", DEMO_PASSWORD).await.expect(201);
        let renewed = kept().await;
        assert!(renewed.contains("m=19456,t=2,p=1"), "{renewed}");
        login_by_api(&app, "nurse", DEMO_PASSWORD).await.expect(201);
        assert_eq!(kept().await, renewed);
    }
}

/// As an earlier edition of the service would have kept it.
fn weak_hash(password: &str) -> String {
    let weak = argon2::Argon2::from(argon2::Params::new(8 * 1024, 1, 1, None).unwrap());
    argon2::PasswordHasher::hash_password_with_salt(&weak, password.as_bytes(), &[7; 16]).unwrap().to_string()
}
