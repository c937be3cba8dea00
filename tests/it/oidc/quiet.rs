//! What is said of a login with an outside account: nothing of the account.

use tests::on_both;
use tests::provider::keys;

use super::*;
use crate::quiet::Log;

async fn start(engine: Engine) -> TestApp {
    started(engine, keys()).await
}

/// Everything that this thread logs, at the loudest.
#[tokio::test]
async fn no_log_line_holds_a_code_a_token_or_a_subject() {
    let app = started(Engine::Sqlite, keys()).await;
    let log = Log::default();
    let secrets = {
        let _listening = log.listen();
        link(&app, "nurse", NURSE).await;
        log_in(&app, Says::Is("outside-hanako", "pwd", "")).await;
        log_in(&app, Says::Is("outside-stranger", "mfa", "")).await;
        let way = sets_out(&app, "").await;
        let back = Browser::default().goes(&way.to, NURSE).await;
        assert_eq!(way.browser.get(&back).await.status.as_u16(), 303);
        assert_eq!(way.browser.get(&back).await.status.as_u16(), 401);
        let code = back.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned();
        let held = way.browser.cookie().split_once('=').unwrap().1.to_owned();
        [code, held, way.asks("state"), way.asks("nonce"), "outside-".into(), "with=signs".into(), "eyJ".into()]
    };
    let said = log.said();
    assert!(said.contains("/login/oidc/callback"), "the requests are logged: {said}");
    log.is_silent_about(&secrets);
}

on_both! {
    by start;

    async fn neither_mail_nor_trail_nor_table_holds_the_subject(app: TestApp) {
        link(&app, "nurse", NURSE).await;
        log_in(&app, NURSE).await;
        log_in(&app, Says::Is("outside-hanako", "pwd", "")).await;
        let mails = app.send_mails().await;
        assert_eq!(mails.len(), 1);
        assert!(!mails[0].text.contains("outside-") && !mails[0].html.contains("outside-"));
        let known = app.service.store.outside_identities(app.city.cast.nurse).await.unwrap();
        assert!(!format!("{known:?}").contains("hanako") && known[0].last_used_at.is_some());
        let said = trail(&app).await.join(" ");
        assert!(!said.contains("hanako") && said.contains("outside_log_in_refused"), "{said}");
        let auditor = app.log_in_by_page("auditor").await;
        let page = auditor.get("/audit").await.text();
        assert!(page.contains("ログイン(外部アカウント)") && page.contains("外部アカウントでのログイン失敗"), "{page}");
    }
}
