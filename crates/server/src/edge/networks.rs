//! How many connections each network has: nobody fills the house alone.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use api::throttle::network;

/// Open connections by network; none stays here that has none.
#[derive(Debug, Clone)]
pub(super) struct Networks {
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
    most: usize,
}

/// One connection of a network, until it is dropped.
#[derive(Debug)]
pub(super) struct Taken {
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
    network: IpAddr,
}

impl Networks {
    pub(super) fn new(most: usize) -> Self {
        Self { open: Arc::default(), most }
    }

    /// None when that network has as many as it may.
    pub(super) fn take(&self, peer: SocketAddr) -> Option<Taken> {
        let network = network(peer.ip());
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let number = open.entry(network).or_default();
        if *number >= self.most {
            return None;
        }
        *number += 1;
        Some(Taken { open: Arc::clone(&self.open), network })
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = open.get_mut(&self.network) {
            *number -= 1;
            if *number == 0 {
                open.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_its_own_number_and_gives_back_what_it_took() {
        let networks = Networks::new(2);
        let from = |address: &str| networks.take(address.parse().expect("an address"));
        let taken = [from("192.0.2.1:1"), from("[::ffff:192.0.2.1]:2")];
        assert!(taken.iter().all(Option::is_some) && from("192.0.2.1:3").is_none());
        assert!(from("192.0.2.2:1").is_some());
        drop(taken);
        assert!(from("192.0.2.1:4").is_some());
        assert!(networks.open.lock().expect("nobody panicked").is_empty());
    }
}
