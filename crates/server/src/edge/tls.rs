//! TLS by rustls: certificate and key from files, read again when they are renewed; client certificates if asked for.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};
use domain::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::config::Tls;

/// What the edge shows and asks for; cheap to clone. A renewal is seen by new connections only.
#[derive(Clone)]
pub struct Certificates(Arc<Inner>);

struct Inner {
    files: Tls,
    now: RwLock<Current>,
}

struct Current {
    config: Arc<ServerConfig>,
    written_at: Vec<SystemTime>,
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificates").field("files", &self.0.files).finish_non_exhaustive()
    }
}

impl Certificates {
    /// None when no certificate file is named: plain HTTP, behind a proxy or on loopback.
    ///
    /// # Errors
    /// A file that can't be read, holds no certificate or key, or a key that does not belong to the certificate.
    pub fn read(files: &Tls) -> Result<Option<Self>> {
        if files.certificate_file.as_os_str().is_empty() {
            ensure!(
                files.client_ca_file.as_os_str().is_empty(),
                "server.tls.client_ca_file: client certificates need server.tls.certificate_file"
            );
            return Ok(None);
        }
        let now = RwLock::new(Current { written_at: written_at(files)?, config: config(files)? });
        Ok(Some(Self(Arc::new(Inner { files: files.clone(), now }))))
    }

    /// When the first certificate of the chain ends; after that nobody's browser lets anybody in.
    ///
    /// # Errors
    /// When the file was taken away or changed since.
    pub fn end_at(&self) -> Result<Instant> {
        let file = &self.0.files.certificate_file;
        let ends = certificates(file)?.into_iter().map(|der| {
            let (_, certificate) = x509_parser::parse_x509_certificate(&der)
                .map_err(|_| anyhow::anyhow!("{}: holds what is no certificate", file.display()))?;
            Ok(Instant::from_micros(certificate.validity().not_after.timestamp().saturating_mul(1_000_000)))
        });
        let ends = ends.collect::<Result<Vec<_>>>()?;
        ends.into_iter().min().context("server.tls.certificate_file")
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let now = self.0.now.read().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&now.config))
    }

    /// Reads the files again if one was written since. What can't be read leaves the old ones in use, and says so.
    pub fn renew(&self) {
        let read = || -> Result<Option<Current>> {
            let written_at = written_at(&self.0.files)?;
            if self.0.now.read().unwrap_or_else(PoisonError::into_inner).written_at == written_at {
                return Ok(None);
            }
            Ok(Some(Current { config: config(&self.0.files)?, written_at }))
        };
        match read() {
            Ok(None) => {}
            Ok(Some(renewed)) => {
                *self.0.now.write().unwrap_or_else(PoisonError::into_inner) = renewed;
                tracing::info!("the certificate was renewed");
            }
            Err(error) => tracing::error!("the certificate was not renewed, the old one stays in use: {error:#}"),
        }
    }
}

fn given(path: &Path) -> bool {
    !path.as_os_str().is_empty()
}

fn written_at(files: &Tls) -> Result<Vec<SystemTime>> {
    let named: [&PathBuf; 3] = [&files.certificate_file, &files.key_file, &files.client_ca_file];
    let times = named.into_iter().filter(|path| given(path)).map(|path| {
        let written = std::fs::metadata(path).and_then(|file| file.modified());
        written.with_context(|| format!("reading {}", path.display()))
    });
    times.collect()
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = || -> Result<Vec<_>, _> { CertificateDer::pem_file_iter(path)?.collect() };
    let found = read().map_err(|_| anyhow::anyhow!("{}: expected certificates as PEM", path.display()))?;
    ensure!(!found.is_empty(), "{}: holds no certificate", path.display());
    Ok(found)
}

fn config(files: &Tls) -> Result<Arc<ServerConfig>> {
    let chain = certificates(&files.certificate_file).context("server.tls.certificate_file")?;
    // The error of a key file could quote it.
    let key = PrivateKeyDer::from_pem_file(&files.key_file).map_err(|_| {
        anyhow::anyhow!("server.tls.key_file: {} holds no private key as PEM", files.key_file.display())
    })?;
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let builder = if given(&files.client_ca_file) {
        let mut roots = RootCertStore::empty();
        for certificate in certificates(&files.client_ca_file).context("server.tls.client_ca_file")? {
            roots.add(certificate).context("server.tls.client_ca_file")?;
        }
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
        builder.with_client_cert_verifier(verifier.context("server.tls.client_ca_file")?)
    } else {
        builder.with_no_client_auth()
    };
    let mut config =
        builder.with_single_cert(chain, key).context("server.tls: the key does not fit the certificate")?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
