//! What a keyboard, a browser or somebody else sends instead of a plain form.

use hyper::Method;
use tests::on_both;

use super::super::api::{admitted, hidden};
use super::{led_to, press};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

on_both! {
    async fn what_is_no_readable_form_is_answered_by_kind_and_keeps_nothing(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let browser = app.log_in_by_page("nurse").await;
        let path = format!("{}/contact", &stay[7..]);
        let page = browser.get(&path).await.text();
        let fields = hidden(&page);
        let csrf = &fields.iter().find(|(name, _)| name == "csrf").expect("a token").1;
        let send = async |headers: &[(&str, &str)], body: Vec<u8>| {
            browser.send(Method::POST, &path, headers, body.into()).await
        };
        let with = |text: &str| {
            let plain = "kind=admission&medium=phone&told_on=2026-11-20&action=send";
            format!("csrf={csrf}&{plain}&with_whom={text}").into_bytes()
        };
        // 北見 in Shift_JIS, as percent signs and as bare bytes; and half a character of UTF-8.
        let mut bare = with("");
        bare.extend_from_slice(b"\x96k\x8c\xa9");
        for body in [with("%96k%8c%a9"), with("%E5%8C"), bare] {
            let reply = send(&[FORM], body).await;
            assert_eq!(reply.status.as_u16(), 400, "{}", reply.text());
            assert!(reply.text().contains("送信された内容を読み取れませんでした") && reply.text().starts_with("<!doctype html>"));
        }
        let huge = send(&[FORM], with(&"a".repeat(10 * 1024 * 1024))).await;
        assert_eq!(huge.status.as_u16(), 413);
        assert!(huge.text().contains("送信された内容が大きすぎます"), "{}", huge.text());
        for other in [&[("content-type", "text/plain")][..], &[("content-type", "application/json")], &[]] {
            assert_eq!(send(other, with("x")).await.status.as_u16(), 415, "{other:?}");
        }
        let seen = nurse.get(&stay).await.expect(200);
        assert_eq!(seen["contacts"].as_array().map(Vec::len), Some(0), "nothing was kept");
        let reply = send(&[FORM], with("x")).await;
        assert_eq!(reply.status.as_u16(), 303, "the same, readable: {}", reply.text());
    }

    /// Whatever the keyboard was set to.
    async fn numbers_and_readings_are_read_in_either_width(app: TestApp) {
        let browser = app.log_in_by_page("nurse").await;
        let form = browser.get("/patients/new").await;
        let fields = [
            ("name", "試験 はまなす"), ("kana", "ｼｹﾝ ﾊﾏﾅｽﾞ"), ("birth_on", "１９４１－０３－０９"), ("sex", "female"),
            ("district", "その他"), ("insured_number", "Ｈ９９９９９９９９１"), ("care_level", "care2"),
        ];
        let person = led_to(&press(&browser, "/patients/new", &form, &fields).await);
        let nurse = app.log_in("nurse").await;
        let seen = nurse.get(&format!("/api/v1{person}")).await.expect(200);
        assert_eq!((seen["kana"].as_str(), seen["insured_number"].as_str()), (Some("シケン ハマナズ"), Some("H999999991")));
        let search = browser.get("/patients/search").await;
        for text in ["ｼｹﾝﾊﾏﾅｽﾞ", "しけん はま", "Ｈ９９９９９９９９１", "H999999991"] {
            let found = press(&browser, "/patients/search", &search, &[("q", text)]).await;
            assert!(found.text().contains("試験 はまなす"), "{text}: {}", found.text());
        }
    }
}
