//! The OpenAPI document as it is served.

use tests::on_both;

on_both! {
    async fn the_document_describes_what_is_served(app: TestApp) {
        let document = app.nobody().get("/api/openapi.json").await.expect(200);
        assert_eq!(document["openapi"], "3.1.0");
        let nobody = app.nobody();
        for (path, item) in document["paths"].as_object().unwrap() {
            let path = path.replace("{id}", "0190f000-0000-7000-8000-000000000000");
            if item.get("get").is_some() {
                assert_eq!(nobody.get(&path).await.problem(401), "not_logged_in", "{path}");
            }
        }
    }
}
