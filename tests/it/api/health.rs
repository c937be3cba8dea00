//! What a watcher sees.

use tests::on_both;

on_both! {
    async fn a_service_whose_sweep_stands_still_is_not_ready(app: TestApp) {
        let nobody = app.nobody();
        assert_eq!(nobody.get("/health/live").await.expect(200)["status"], "ok");
        app.sweep().await;
        let ready = nobody.get("/health/ready").await.expect(200);
        let names: Vec<_> = ready["checks"].as_array().unwrap().iter().map(|check| check["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["database", "sweep", "outbox"]);
        app.clock_shows(2026, 11, 21, 10, 0);
        let failing = nobody.get("/health/ready").await.expect(503);
        let sweep = &failing["checks"][1];
        assert_eq!((sweep["ok"].as_bool(), sweep["age_seconds"].as_i64()), (Some(false), Some(86_400)));
    }
}
