//! The usual case: everything is new and nothing has changed meanwhile. Then the database needs to be asked only once, and what it is told
//! says itself what must be so: a key that is taken, a stay that has changed, a row that a constraint refuses each end it as an error.
//! Nothing is written then, and the transaction is run again step by step, which finds out whose fault it was.

use std::collections::HashSet;

use domain::EncounterId;
use domain::changes::{DirectoryChanges, Write};

use super::Batch;

impl Batch<'_> {
    /// Whether nothing here has to hear from the database before the rest can be written.
    pub(super) fn fits_at_once(&self) -> bool {
        let mut stays = HashSet::<EncounterId>::new();
        self.going().all(|(_, c)| {
            let seen = c.purge.is_some() || c.credentials.iter().any(domain::credential::Proof::is_claim);
            let known = matches!(c.patient, Some(Write::Update { .. })) || c.directory != DirectoryChanges::default();
            !seen && !known && c.encounter.as_ref().is_none_or(|write| stays.insert(write.row().id))
        })
    }
}
