//! After everything that people do has been done, the database holds no word of whom it was about.

use serde_json::json;
use tests::{TestApp, on_both};

use super::purge::dump;
use super::{admitted, filed, filing};
use crate::login::{set_up, shown_secret};

/// What must be readable nowhere.
async fn secrets(app: &TestApp) -> Vec<String> {
    let mut all = Vec::new();
    let everybody = app.service.store.find_patients(app.city.region.id, "", None, 10_000).await.unwrap();
    for person in &everybody {
        all.extend([person.name.to_string(), person.kana.to_string(), person.birth_on.to_string()]);
        // Some numbers of this city are organizations' codes as well.
        let number = person.insured_number.as_ref().map(|number| number.as_str().to_owned());
        let codes = || app.city.organizations.iter().filter_map(|o| o.code.as_ref());
        all.extend(number.filter(|number| codes().all(|code| code.as_str() != number)));
    }
    all
}

fn found_in(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

on_both! {
    async fn nothing_that_says_who_it_is_about_stands_in_the_database(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let notice = filed(&nurse, &stay).await;
        app.send_mails().await;
        let manager = app.log_in("caremanager").await;
        manager.post(&format!("{notice}/acknowledgement"), &json!({ "code": "accepted" })).await.expect(201);
        let phone = json!({ "kind": "admission", "medium": "phone", "with_whom": "長女 美幌 雪子", "told_on": "2026-11-19" });
        nurse.post_with(&format!("{stay}/contacts"), &phone, &[("idempotency-key", "phone-1")]).await.expect(201);
        let new = json!({
            "name": "常呂 架空子", "kana": "ところ かくうこ", "birth_on": "1931-02-03", "sex": "female", "care_level": "care2",
            "district": app.city.directory().districts()[0], "insured_number": "H987654321",
        });
        nurse.post_with("/api/v1/patients", &new, &[("idempotency-key", "person-1")]).await.expect(201);
        let wrong = json!({ "why": "別の方の連絡でした" });
        let second = nurse.post(&format!("{stay}/filings"), &filing("2026-11-29")).await;
        let second = second.header("location").expect("where the second notice is").to_owned();
        nurse.post(&format!("{second}/withdrawal"), &wrong).await.expect(201);
        let admin = app.log_in("admin").await;
        let hold = json!({ "encounter_id": &stay[stay.len() - 36..], "why": "ご家族の照会 美幌" });
        admin.post("/api/v1/holds", &hold).await.expect(201);
        app.clock_shows(2026, 11, 28, 15, 0);
        let nurse = app.log_in("nurse").await;
        let gone = json!({ "event": "discharge", "on": "2026-11-28", "to": "home", "note": "娘さんの迎えで" });
        nurse.post(&format!("{stay}/events"), &gone).await.expect(201);

        let mut needles = secrets(&app).await;
        assert!(needles.len() > 20);
        needles.extend(
            ["常呂 架空子", "トコロ カクウコ", "1931-02-03", "H987654321", "美幌", "娘さん", "カンファレンス", "adl_decline", "別の方"]
                .map(str::to_owned),
        );
        let url = &app.config.database.url;
        let rows = dump(url).await;
        assert!(rows.iter().any(|(table, _)| table == "notice") && rows.iter().any(|(table, _)| table == "patient_mark"));
        for needle in &needles {
            let hex: String = needle.bytes().map(|byte| format!("{byte:02x}")).collect();
            let holding = rows.iter().find(|(_, row)| row.contains(needle) || row.to_lowercase().contains(&hex));
            assert!(holding.is_none(), "{needle} stands in {}", holding.map_or("", |(table, _)| table));
        }
        if let Some(file) = app.config.sqlite_file() {
            for ending in ["", "-wal"] {
                let bytes = std::fs::read(format!("{}{ending}", file.display())).unwrap();
                for needle in &needles {
                    assert!(!found_in(&bytes, needle.as_bytes()), "{needle} stands in the file{ending}");
                }
            }
        }
        // And it is all there for whoever may see it.
        let seen = nurse.get(&stay).await.text();
        for word in ["北見 花子", "カンファレンス", "娘さんの迎えで", "長女 美幌 雪子"] {
            assert!(seen.contains(word), "{word}");
        }
    }

    async fn the_secret_of_a_second_factor_is_sealed_while_it_is_set_up_and_after(app: TestApp) {
        let begun = shown_secret(&app.log_in_by_page("coordinator").await.get("/account/factor").await.text());
        let (set, _) = set_up(&app, "nurse").await;
        let rows = dump(&app.config.database.url).await;
        assert!(rows.iter().any(|(table, _)| table == "totp"));
        for secret in [begun, set] {
            assert!(secret.len() >= 20);
            let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
            assert!(rows.iter().all(|(_, row)| !row.to_lowercase().contains(&hex)));
        }
    }
}
