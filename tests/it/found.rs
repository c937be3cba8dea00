//! From an empty database to the first login of a region's administrator, as an operator goes.

use std::path::Path;

use domain::Clock;
use server::doctor::Finding;
use server::found::found;
use tests::on_both;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/region.example.toml");
const PASSWORD: &str = "つなぎの はじめての あいことば 2026";

on_both! {
    async fn a_founded_region_has_an_administrator_who_sets_her_password_by_the_link(app: TestApp) {
        let token = "ab".repeat(32);
        let founded = found(&app.service.store, Path::new(EXAMPLE), &["kitami"], app.clock.now(), 7, &token).await.unwrap();
        assert_eq!(founded.doubts, Vec::<String>::new());
        let link = founded.link;
        let page = app.nobody().get(&link).await;
        assert_eq!(page.status.as_u16(), 200, "{}", page.text());
        let chosen = app.nobody().submit(&link, &[("action", "send"), ("new_password", PASSWORD)]).await;
        assert!(chosen.status.is_redirection() || chosen.status.is_success(), "{}: {}", chosen.status, chosen.text());
        let login = serde_json::json!({ "login": "admin.tsunagi", "password": PASSWORD });
        let session = app.nobody().post("/api/v1/session", &login).await.expect(201);
        let admin = app.nobody().with_token(session["token"].as_str().unwrap());
        assert_eq!(admin.get("/api/v1/me").await.expect(200)["role"], "administrator");
        assert!(app.service.store.verify_audit().await.unwrap().is_whole());
        // The region that was there before sees nothing of it.
        let regions = app.service.store.regions().await.unwrap();
        assert_eq!(regions.len(), 2);
    }

    async fn a_code_that_looks_mistyped_is_taken_and_told(app: TestApp) {
        let text = std::fs::read_to_string(EXAMPLE).unwrap();
        let path = std::env::temp_dir().join(format!("tsunagi-found-{}.toml", uuid::Uuid::from_u128(rand::random())));
        let code = |of: &str, code: &str| (format!("name = \"{of}\""), format!("name = \"{of}\"\ncode = \"{code}\""));
        let mut bent = text.clone();
        for (from, to) in [
            code("つなぎ市 介護福祉課", "294539"),
            code("つなぎ試験病院", "0110000010"),
            code("居宅介護支援事業所 こころみ", "01I0000001"),
            code("中央地域包括支援センター", "01A0000001"),
        ] {
            bent = bent.replace(&from, &to);
        }
        std::fs::write(&path, bent).unwrap();
        let founded = found(&app.service.store, &path, &["kitami"], app.clock.now(), 7, &"ef".repeat(32)).await.unwrap();
        std::fs::remove_file(&path).unwrap();
        let expected = ["つなぎ市 介護福祉課: 294539", "つなぎ試験病院: 0110000010", "居宅介護支援事業所 こころみ: 01I0000001"];
        assert_eq!(founded.doubts, expected);
        let examined = server::doctor::examine(&app.config, app.clock.now()).await;
        let codes = examined.iter().find(|it| it.name == "codes").unwrap();
        let Finding::Open(said) = &codes.finding else { panic!("{codes:?}") };
        assert!(expected.iter().all(|line| said.contains(line)), "{said}");
    }

    async fn a_file_that_can_not_be_taken_whole_founds_nothing(app: TestApp) {
        let text = std::fs::read_to_string(EXAMPLE).unwrap();
        let path = std::env::temp_dir().join(format!("tsunagi-found-{}.toml", uuid::Uuid::from_u128(rand::random())));
        for (bent, expected) in [
            (text.replace("\"kitami\"", "\"atlantis\""), "region.agreement"),
            (text.replace("admin.tsunagi", "Admin Tsunagi"), "administrator.login"),
            (text.replace("kaigo@city.example.jp", "nobody"), "first_contact"),
            (text.replace("kind = \"municipality\"", "kind = \"guest\""), "municipality"),
        ] {
            std::fs::write(&path, bent).unwrap();
            let refused = found(&app.service.store, &path, &["kitami"], app.clock.now(), 7, &"cd".repeat(32)).await;
            let said = format!("{:#}", refused.expect_err(expected));
            assert!(said.contains(expected), "{expected}: {said}");
        }
        std::fs::remove_file(&path).unwrap();
        assert_eq!(app.service.store.regions().await.unwrap().len(), 1);
    }
}
