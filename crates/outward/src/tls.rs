//! Whom to believe: the machine's certificates, and those of a file for a server with a CA of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Found at the start: nobody could ever be believed, or not whom the operator named.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NobodyTrusted {
    /// The file of certificates is missing, unreadable or without a certificate.
    #[error("no certificates could be read from {0}")]
    CaFile(PathBuf),
    #[error("this machine has no trusted certificates (Debian: ca-certificates) and no ca_file is given")]
    NoCertificates,
}

/// A connector that accepts a server only with a certificate for its name, by a CA of the machine or of `ca_file`; TLS 1.2 and 1.3.
pub fn connector(ca_file: Option<&Path>) -> Result<TlsConnector, NobodyTrusted> {
    let mut roots = RootCertStore::empty();
    // Single unreadable certificates of the machine are no reason to stop: an empty set is, below.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = ca_file {
        let refused = |_| NobodyTrusted::CaFile(path.to_owned());
        let mut found = 0;
        for certificate in CertificateDer::pem_file_iter(path).map_err(refused)? {
            roots.add(certificate.map_err(refused)?).map_err(|_| NobodyTrusted::CaFile(path.to_owned()))?;
            found += 1;
        }
        if found == 0 {
            return Err(NobodyTrusted::CaFile(path.to_owned()));
        }
    }
    if roots.is_empty() {
        return Err(NobodyTrusted::NoCertificates);
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
