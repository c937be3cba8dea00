//! Whom to believe: the machine's certificates, and those of a file for a relay with a CA of its own.

use std::{path::Path, sync::Arc};

use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, pem::PemObject},
    },
};

use super::smtp::SettingsRefused;

/// A connector that accepts a relay only with a certificate for its name, by a CA of the machine or of `ca_file`; TLS 1.2 and 1.3.
pub(crate) fn connector(ca_file: Option<&Path>) -> Result<TlsConnector, SettingsRefused> {
    let mut roots = RootCertStore::empty();
    // Single unreadable certificates of the machine are no reason to stop: an empty set is, below.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = ca_file {
        let refused = |_| SettingsRefused::CaFile(path.to_owned());
        let mut found = 0;
        for certificate in CertificateDer::pem_file_iter(path).map_err(refused)? {
            roots.add(certificate.map_err(refused)?).map_err(|_| SettingsRefused::CaFile(path.to_owned()))?;
            found += 1;
        }
        if found == 0 {
            return Err(SettingsRefused::CaFile(path.to_owned()));
        }
    }
    if roots.is_empty() {
        return Err(SettingsRefused::NoCertificates);
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
