//! The edge from outside: TLS with files of the test's own, renewals, client certificates, slow heads, a full house; [`slow`] bodies and readers.

mod slow;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use tests::{Engine, TestApp};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

const LIVE: &[u8] = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// An authority of the test's own, and what it signed.
pub(crate) struct Authority(PathBuf);

impl Authority {
    pub(crate) fn new() -> Self {
        let unique = uuid::Uuid::from_u128(rand::random()).simple().to_string();
        let path = std::env::temp_dir().join(format!("tsunagi-tls-{unique}"));
        std::fs::create_dir_all(&path).expect("a temporary directory");
        let authority = Self(path);
        authority.openssl("ecparam -name prime256v1 -genkey -noout -out ca.key");
        authority.openssl(
            "req -x509 -new -key ca.key -days 2 -subj /CN=Test -addext basicConstraints=critical,CA:TRUE -out ca.pem",
        );
        authority
    }

    fn openssl(&self, words: &str) {
        let ran = Command::new("openssl").args(words.split(' ')).current_dir(&self.0).output();
        let ran = ran.expect("openssl is missing: apt-get install -y --no-install-recommends openssl");
        assert!(ran.status.success(), "openssl {words}: {}", String::from_utf8_lossy(&ran.stderr));
    }

    /// Key and certificate of that name; anything signed before under it is replaced.
    fn sign(&self, name: &str, serial: u32) {
        self.sign_for(name, serial, 2);
    }

    pub(crate) fn sign_for(&self, name: &str, serial: u32, days: i32) {
        std::fs::write(self.0.join("ext"), "subjectAltName=DNS:localhost").expect("writing");
        self.openssl(&format!("ecparam -name prime256v1 -genkey -noout -out {name}.key"));
        self.openssl(&format!("req -new -key {name}.key -subj /CN=localhost -out {name}.csr"));
        self.openssl(&format!("x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -set_serial {serial} -days {days} -extfile ext -out {name}.pem"));
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        vec![
            format!("server.tls.certificate_file={:?}", self.file("server.pem")),
            format!("server.tls.key_file={:?}", self.file("server.key")),
            "server.tls.renewal_looked_for_every_seconds=1".into(),
            "server.public_url=\"https://localhost\"".into(),
        ]
    }

    fn connector(&self, client: Option<&str>) -> TlsConnector {
        let pem = |name: &str| CertificateDer::from_pem_file(Path::new(&self.file(name))).expect("a certificate");
        let mut roots = RootCertStore::empty();
        roots.add(pem("ca.pem")).expect("an authority");
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("TLS 1.2 and 1.3")
            .with_root_certificates(roots);
        let config = match client {
            None => config.with_no_client_auth(),
            Some(name) => {
                let key = PrivateKeyDer::from_pem_file(Path::new(&self.file(&format!("{name}.key")))).expect("a key");
                config.with_client_auth_cert(vec![pem(&format!("{name}.pem"))], key).expect("a client certificate")
            }
        };
        TlsConnector::from(Arc::new(config))
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn start(keys: &[String]) -> TestApp {
    TestApp::start_with(Engine::Sqlite, &keys.iter().map(String::as_str).collect::<Vec<_>>()).await
}

async fn connect(app: &TestApp, connector: &TlsConnector) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(app.service.address).await?;
    connector.connect(ServerName::try_from("localhost").expect("a name"), stream).await
}

async fn live(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<String> {
    stream.write_all(LIVE).await?;
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).await?;
    Ok(String::from_utf8_lossy(&reply).into_owned())
}

#[tokio::test]
async fn https_is_spoken_with_the_files_of_the_operator_and_says_so_to_browsers() {
    let authority = Authority::new();
    authority.sign("server", 1);
    let app = start(&authority.keys()).await;
    let reply = live(connect(&app, &authority.connector(None)).await.unwrap()).await.unwrap();
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    assert!(reply.to_lowercase().contains("strict-transport-security: max-age="), "{reply}");
    // Whoever speaks plain HTTP there is not answered in plain.
    let plain = live(TcpStream::connect(app.service.address).await.unwrap()).await.unwrap_or_default();
    assert!(!plain.contains("200"), "{plain}");
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_without_a_restart_and_a_broken_one_is_not() {
    let authority = Authority::new();
    authority.sign("server", 1);
    let app = start(&authority.keys()).await;
    let connector = authority.connector(None);
    let shown = async || {
        let stream = connect(&app, &connector).await.unwrap();
        stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
    };
    let first = shown().await;
    std::fs::write(authority.file("server.pem"), "not a certificate").unwrap();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(shown().await, first, "what can't be read changes nothing");
    authority.sign("server", 2);
    let renewed = timeout(Duration::from_secs(10), async {
        while shown().await == first {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    renewed.await.expect("the renewed certificate is shown");
}

#[tokio::test]
async fn with_an_authority_for_clients_nobody_else_is_spoken_to() {
    let authority = Authority::new();
    authority.sign("server", 1);
    authority.sign("ward", 2);
    let mut keys = authority.keys();
    keys.push(format!("server.tls.client_ca_file={:?}", authority.file("ca.pem")));
    let app = start(&keys).await;
    let known = live(connect(&app, &authority.connector(Some("ward"))).await.unwrap()).await.unwrap();
    assert!(known.starts_with("HTTP/1.1 200"), "{known}");
    // In TLS 1.3 the refusal arrives with the first read.
    let stranger = async { live(connect(&app, &authority.connector(None)).await?).await };
    assert!(stranger.await.is_err());
}

#[tokio::test]
async fn a_key_that_does_not_fit_stops_the_start_and_is_named() {
    let authority = Authority::new();
    authority.sign("server", 1);
    authority.sign("other", 2);
    let tls = server::config::Tls {
        certificate_file: authority.file("server.pem").into(),
        key_file: authority.file("other.key").into(),
        client_ca_file: PathBuf::new(),
        renewal_looked_for_every_seconds: 30,
    };
    let refused = server::edge::Certificates::read(&tls).expect_err("the key belongs to another certificate");
    assert!(format!("{refused:#}").contains("server.tls"), "{refused:#}");
}

#[tokio::test]
async fn a_full_house_lets_newcomers_wait_and_serves_them_when_somebody_left() {
    let app = start(&["server.connections=2".into()]).await;
    let idle = [
        TcpStream::connect(app.service.address).await.unwrap(),
        TcpStream::connect(app.service.address).await.unwrap(),
    ];
    let newcomer = tokio::spawn(live(TcpStream::connect(app.service.address).await.unwrap()));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!newcomer.is_finished(), "both places are taken");
    drop(idle);
    let reply = timeout(Duration::from_secs(10), newcomer).await.expect("a place is free").unwrap().unwrap();
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
}
