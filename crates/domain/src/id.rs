//! Each kind of id is a type of its own: a ward's id can't be handed in where a patient's is wanted.
//!
//! Ids are UUIDv7 made from the instant and a seeded rng, so a simulated year gives the same ids again. They order by creation and
//! carry no personal data; they may stand in links.

use std::fmt;
use std::str::FromStr;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Instant;

/// Makes ids out of one instant and one stream of chance.
#[derive(Debug)]
pub struct Ids {
    now: Instant,
    chance: StdRng,
}

impl Ids {
    pub fn new(now: Instant, seed: u64) -> Self {
        Self { now, chance: StdRng::seed_from_u64(seed) }
    }

    pub fn uuid(&mut self) -> Uuid {
        let mut random = [0; 10];
        self.chance.fill_bytes(&mut random);
        let millis = u64::try_from(self.now.micros() / 1000).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    #[expect(clippy::should_implement_trait, reason = "an endless source of many types is no iterator")]
    pub fn next<T: From<Uuid>>(&mut self) -> T {
        self.uuid().into()
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )*};
}

ids! {
    RegionId
    OrganizationId
    WardId
    ContactPointId
    CareManagerId
    AccountId
    PatientId
    CareTeamMemberId
    EncounterId
    EventId
    ScreeningId
    NoticeId
    ContactId
    AcknowledgementId
    DeliveryId
    AttemptId
    WarningId
    ReviewId
    BreakGlassId
    SessionId
    InvitationId
    MachineId
    PasskeyId
    ConsentId
    DisclosureId
    HoldId
    /// One request, from the web through the sweep to the mail: the thread through logs and the audit trail.
    RequestId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_instant_and_seed_give_the_same_ids() {
        let now = Instant::from_micros(1_790_000_000_000_000);
        let mut a = Ids::new(now, 7);
        let mut b = Ids::new(now, 7);
        assert_eq!(a.next::<NoticeId>(), b.next::<NoticeId>());
        assert_ne!(a.next::<NoticeId>(), Ids::new(now, 8).next::<NoticeId>());
    }

    #[test]
    fn a_later_id_sorts_behind_an_earlier_one() {
        let first: NoticeId = Ids::new(Instant::from_micros(1_000_000), 1).next();
        let second: NoticeId = Ids::new(Instant::from_micros(2_000_000), 1).next();
        assert!(first < second);
    }
}
