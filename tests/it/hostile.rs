//! The service as somebody meets it who means harm: forged forms, smuggled requests, bent paths, fields nobody asked for, and text that
//! other programs would run.

use hyper::Method;
use hyper::body::Bytes;
use serde_json::json;
use tests::{Engine, Person, TestApp, on_both};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn admitted(app: &TestApp, nurse: &Person) -> String {
    let body = json!({
        "patient_id": app.city.cast.hanako.to_string(), "ward_id": app.city.cast.ward_id.to_string(),
        "admitted_at": "2026-11-18T09:00:00+09:00", "emergency": false,
    });
    let reply = nurse.post("/api/v1/encounters", &body).await;
    reply.expect(201);
    reply.header("location").expect("where it stands").to_owned()
}

/// Bytes as they are, on a connection of their own; what comes back until the service closes or falls silent.
async fn raw(app: &TestApp, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(app.service.address).await.expect("the service listens");
    stream.write_all(bytes).await.expect("it takes the bytes");
    let mut reply = vec![0; 65_536];
    let mut read = 0;
    loop {
        let next = tokio::time::timeout(std::time::Duration::from_millis(700), stream.read(&mut reply[read..])).await;
        match next {
            Ok(Ok(some)) if some > 0 => read += some,
            _ => return String::from_utf8_lossy(&reply[..read]).into_owned(),
        }
    }
}

on_both! {
    async fn a_form_without_the_session_s_own_token_changes_nothing(app: TestApp) {
        let nurse = app.log_in_by_page("nurse").await;
        let token = app.log_in("nurse").await;
        let stay = admitted(&app, &token).await;
        let page = stay.replace("/api/v1", "");
        let forms = [
            format!("{page}/file"),
            format!("{page}/events"),
            format!("{page}/tell"),
            format!("{page}/contact"),
            "/patients/new".to_owned(),
            "/encounters/new".to_owned(),
            format!("/patients/{}/edit", app.city.cast.hanako),
            format!("/patients/{}/care-team", app.city.cast.hanako),
        ];
        let before = token.get(&stay).await.expect(200);
        for form in &forms {
            for csrf in ["", "0000", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"] {
                let reply = nurse.submit(form, &[("csrf", csrf), ("action", "send"), ("planned_on", "2026-11-28")]).await;
                assert!(reply.status.is_client_error(), "{form}: {}", reply.status);
            }
        }
        assert_eq!(token.get(&stay).await.expect(200)["version"], before["version"]);
    }

    async fn a_page_of_another_site_can_log_nobody_in_and_send_no_form(app: TestApp) {
        let fields = format!("login=nurse&password={}", server::city::DEMO_PASSWORD);
        let sent = async |from: &str| {
            let headers = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", from)];
            app.nobody().send(Method::POST, "/login", &headers, fields.clone().into()).await
        };
        for from in ["cross-site", "same-site", "made up"] {
            let reply = sent(from).await;
            assert_eq!(reply.status.as_u16(), 403, "{from}");
            assert!(reply.header("set-cookie").is_none() && reply.header("content-security-policy").is_some(), "{from}");
        }
        for from in ["same-origin", "none"] {
            let reply = sent(from).await;
            assert!(reply.status.as_u16() == 303 && reply.header("set-cookie").is_some(), "{from}: {}", reply.status);
        }
        // A link from a mail or another site still leads here.
        let page = app.nobody().send(Method::GET, "/login", &[("sec-fetch-site", "cross-site")], Bytes::new()).await;
        assert_eq!(page.status.as_u16(), 200);
    }

    async fn a_cookie_is_worth_nothing_under_the_api_and_is_out_of_reach_of_scripts(app: TestApp) {
        let nurse = app.log_in_by_page("nurse").await;
        assert_eq!(nurse.get("/api/v1/me").await.problem(401), "not_logged_in");
        let reply = app.nobody().submit("/login", &[("login", "nurse"), ("password", server::city::DEMO_PASSWORD)]).await;
        let cookie = reply.header("set-cookie").expect("a cookie").to_owned();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"), "{cookie}");
        let safe = TestApp::start_with(Engine::Sqlite, &["server.secure_cookies=true"]).await;
        let reply = safe.nobody().submit("/login", &[("login", "nurse"), ("password", server::city::DEMO_PASSWORD)]).await;
        let cookie = reply.header("set-cookie").expect("a cookie");
        assert!(cookie.starts_with("__Host-") && cookie.contains("Secure"), "{cookie}");
    }

    async fn a_session_that_somebody_planted_is_not_the_one_that_a_login_opens(app: TestApp) {
        let planted = "0".repeat(64);
        let victim = app.nobody().with_cookie(&format!("tsunagi={planted}"));
        let reply = victim.submit("/login", &[("login", "nurse"), ("password", server::city::DEMO_PASSWORD)]).await;
        let cookie = reply.header("set-cookie").expect("a new cookie");
        assert!(!cookie.contains(&planted), "{cookie}");
        let attacker = app.nobody().with_cookie(&format!("tsunagi={planted}"));
        assert_eq!(attacker.get("/").await.header("location"), app.nobody().get("/").await.header("location"));
    }

    async fn fields_that_nobody_asked_for_are_refused_not_believed(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let person = json!({
            "name": "北見 花子", "kana": "キタミ ハナコ", "birth_on": "1938-04-12", "sex": "female", "care_level": "care2",
            "district": app.city.directory().districts()[0],
        });
        for (field, value) in [
            ("id", json!("00000000-0000-7000-8000-000000000000")),
            ("region_id", json!("00000000-0000-7000-8000-000000000000")),
            ("version", json!(99)),
            ("recorded_by", json!("somebody else")),
        ] {
            let mut body = person.clone();
            body[field] = value;
            let reply = nurse.post("/api/v1/patients", &body).await;
            assert!(matches!(reply.status.as_u16(), 400 | 422), "{field}: {}", reply.status);
        }
        nurse.post("/api/v1/patients", &person).await.expect(201);
    }

    async fn text_that_would_end_a_header_or_a_line_is_refused_where_it_is_typed(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        for name in ["北見\r\nBcc: all@example.jp", "北見\n花子", "北見\u{0}花子", "北見\u{202E}花子\u{7}"] {
            let body = json!({
                "name": name, "kana": "キタミ ハナコ", "birth_on": "1938-04-12", "sex": "female", "care_level": "care2",
                "district": app.city.directory().districts()[0],
            });
            nurse.post("/api/v1/patients", &body).await.problem(422);
        }
        let login = json!({ "login": "nurse\r\nSet-Cookie: a=b", "password": server::city::DEMO_PASSWORD });
        let reply = app.nobody().post("/api/v1/session", &login).await;
        assert_eq!(reply.problem(401), "login_refused");
        assert!(reply.header("set-cookie").is_none());
    }

    /// An address that is invited becomes a header and a command to the relay.
    async fn an_invitation_goes_to_one_address_and_brings_no_header_along(app: TestApp) {
        let admin = app.session_of(app.city.account(app.city.cast.admin)).await;
        for email in [
            "x@example.jp\r\nBcc: all@example.jp",
            "x@example.jp\nSubject: y",
            "x@example.jp, all@example.jp",
            "x@example.jp;all@example.jp",
            "<x@example.jp>",
            "x@example.jp> SIZE=1\r\nRCPT TO:<all@example.jp",
            "\"a\r\nb\"@example.jp",
            "x@example.jp\u{0}",
        ] {
            let fields = [
                ("csrf", tests::CSRF),
                ("action", "send"),
                ("name", "北見 次郎"),
                ("login", "jiro"),
                ("email", email),
                ("role", "auditor"),
            ];
            let reply = admin.submit("/admin/people", &fields).await;
            assert!(reply.status.is_client_error(), "{email:?}: {}", reply.status);
        }
        assert!(app.send_mails().await.is_empty(), "nobody was invited");
    }

    /// The name of an organization stands in its mails. It comes from the file with which a region is founded.
    async fn no_name_of_an_organization_brings_a_line_along(app: TestApp) {
        for name in ["つなぎ病院\r\nBcc: all@example.jp", "つなぎ病院\nX: y", "つなぎ\u{0}病院"] {
            assert!(domain::text::Line::parse(name).is_err(), "{name:?}");
            let read = serde_json::from_value::<domain::text::Line>(json!(name));
            assert!(read.is_err(), "{name:?}, out of a file");
        }
        let folded = "つ".repeat(100);
        let mut offices = app.city.organizations.clone();
        let office = offices.iter_mut().find(|party| party.id == app.city.cast.office_id).expect("the office");
        office.name = domain::text::Line::parse(&folded).expect("a long name");
        let directory = domain::changes::DirectoryChanges { organizations: vec![office.clone()], ..Default::default() };
        app.service.store.apply(domain::changes::Changes { directory, ..Default::default() }).await.expect("it is renamed");
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let filing = json!({
            "planned_on": "2026-11-28", "answers": { "criteria": { "adl_decline": "yes" } }, "message": "x\r\nBcc: all@example.jp",
        });
        nurse.post(&format!("{stay}/filings"), &filing).await.expect(201);
        let mails = app.send_mails().await;
        assert_eq!(mails.len(), 1);
        let bytes = mails[0].to_bytes().expect("a mail");
        let text = String::from_utf8_lossy(&bytes);
        let head = text.split("\r\n\r\n").next().expect("a head");
        assert!(!head.contains("Bcc") && !head.contains("all@example.jp"), "{head}");
        assert!(head.lines().all(|line| line.starts_with([' ', '\t']) || line.contains(": ")), "{head}");
    }

    async fn no_path_leads_out_of_the_pages(app: TestApp) {
        let nobody = app.nobody();
        for path in [
            "/assets/x/..%2f..%2fCargo.toml",
            "/assets/..%2f..%2f..%2fetc%2fpasswd/x",
            "/assets/%00/style.css",
            "/..%2f..%2fetc%2fpasswd",
            "/%2e%2e/%2e%2e/etc/passwd",
        ] {
            let reply = nobody.get(path).await;
            assert!(matches!(reply.status.as_u16(), 303 | 307 | 400 | 404), "{path}: {}", reply.status);
            assert!(!reply.text().contains("root:"), "{path}");
        }
        let straight = raw(&app, b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
        assert!(!straight.contains("root:") && !straight.starts_with("HTTP/1.1 200"), "{straight}");
    }

    async fn a_login_leads_only_to_pages_of_ours(app: TestApp) {
        for next in ["https://example.com/", "//example.com", "/\\example.com", "\\\\example.com", "javascript:alert(1)"] {
            let fields = [("login", "nurse"), ("password", server::city::DEMO_PASSWORD), ("next", next)];
            let reply = app.nobody().submit("/login", &fields).await;
            let location = reply.header("location").expect("it leads on");
            assert!(
                location.starts_with('/') && !location.starts_with("//") && !location.contains('\\'),
                "{next}: {location}"
            );
        }
        // Nor does a made-up host get into an answer.
        let reply = raw(&app, b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n").await;
        assert!(!reply.contains("evil.example"), "{reply}");
    }

    async fn a_request_that_two_readers_would_cut_differently_is_not_answered_twice(app: TestApp) {
        for request in [
            // A length and chunks: RFC 9112 §6.3. Two lengths. A space before the colon.
            "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: x\r\n\r\n",
            "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 50\r\n\r\nhello",
            "GET /health/live HTTP/1.1\r\nHost : x\r\n\r\n",
            "GET /health/live HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n",
        ] {
            let reply = raw(&app, request.as_bytes()).await;
            let answers = reply.matches("HTTP/1.1 ").count();
            let harmless = !reply.contains("HTTP/1.1 200") && answers <= 1;
            // Hyper takes chunks over a length, as the RFC allows, and must then close or read the rest as a new request of its own.
            let chunks_first = request.contains("chunked\r\n\r\n0") && reply.matches("HTTP/1.1 200").count() <= 1;
            assert!(harmless || chunks_first, "{request:?}\n{reply}");
        }
        // Too long a head is refused, not kept.
        let long = format!("GET /health/live HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "a".repeat(600_000));
        let reply = raw(&app, long.as_bytes()).await;
        assert!(!reply.starts_with("HTTP/1.1 200"), "{}", &reply[..reply.len().min(80)]);
    }

    async fn a_method_is_what_it_says_in_its_line(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let disguised = [("x-http-method-override", "DELETE")];
        nurse.send(Method::GET, &stay, &disguised, Bytes::new()).await.expect(200);
        for method in [Method::TRACE, Method::DELETE, Method::PATCH, Method::CONNECT] {
            if method == Method::CONNECT {
                continue;
            }
            let reply = nurse.send(method.clone(), &stay, &[], Bytes::new()).await;
            assert!(matches!(reply.status.as_u16(), 404 | 405), "{method}: {}", reply.status);
        }
    }

    async fn every_answer_forbids_guessing_framing_and_keeping(app: TestApp) {
        let page = app.log_in_by_page("nurse").await;
        for path in ["/", "/login", "/patients/search", "/notices", "/survey", "/nowhere"] {
            let reply = page.get(path).await;
            let policy = reply.header("content-security-policy").unwrap_or_default();
            assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
            assert!(!policy.contains("unsafe"), "{path}: {policy}");
            assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
            assert_eq!(reply.header("cache-control"), Some("no-store"), "{path}");
            let html = reply.text();
            assert!(!html.contains("<script>") && !html.contains(" onclick=") && !html.contains(" style="), "{path}");
            assert!(!html.contains("src=\"http") && !html.contains("href=\"http"), "{path}: nothing of third parties");
        }
        let json = app.log_in("nurse").await;
        for path in ["/api/v1/me", "/api/v1/encounters", "/api/v1/nowhere"] {
            let reply = json.get(path).await;
            assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
            assert_eq!(reply.header("cache-control"), Some("no-store"), "{path}");
        }
    }

    async fn what_a_spreadsheet_would_run_is_text_in_the_export(app: TestApp) {
        let city = app.log_in("city").await;
        let mut hospitals = app.city.organizations.clone();
        let hospital = hospitals.iter_mut().find(|party| party.id == app.city.cast.hospital_id).expect("the hospital");
        hospital.name = domain::text::Line::parse("=HYPERLINK(\"https://example.com\";\"見る\")").expect("a name");
        let directory = domain::changes::DirectoryChanges { organizations: vec![hospital.clone()], ..Default::default() };
        let changes = domain::changes::Changes { directory, ..Default::default() };
        app.service.store.apply(changes).await.expect("the hospital is renamed");
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        nurse
            .post(&format!("{stay}/events"), &json!({ "event": "discharge", "on": "2026-11-19", "to": "home" }))
            .await
            .expect(201);
        let csv = city.get("/api/v1/survey.csv?first=202611&last=202611").await.text();
        assert!(csv.contains("HYPERLINK"), "the hospital is in the export");
        for cell in csv.lines().flat_map(|line| line.split(',')) {
            let cell = cell.trim_matches('"');
            assert!(!cell.starts_with(['=', '+', '@', '\t']), "{cell}");
        }
    }
}
