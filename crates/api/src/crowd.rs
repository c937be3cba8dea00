//! How many requests are in hand at a time: what comes beyond is refused early, so that what was taken is answered as fast as ever.
//!
//! - A machine or script (`/api/`) beyond the bound is told so at once, 503 with `Retry-After`: nothing was begun.
//! - One caller alone gets only its share of the bound, 429: a hospital whose system runs wild doesn't slow another.
//! - People at pages have a bound of their own, so no machine takes their place, and they wait before they are refused; of theirs too
//!   one caller alone gets only its share.
//! - What has come of a body takes room ([`Caller::room_for`]), of which again each caller has a share.
//!
//! # Who is one caller
//!
//! A session or token that has opened something: a hospital behind one address is as many callers as it has people and systems. Anybody
//! else is the network that the request comes from, whatever it says about itself: a made-up token is no new caller. Who has opened
//! something is remembered here by a keyed hash, for about as long as [`REMEMBERED`] others come; forgotten, the first request
//! after that is the network's, and the next its own again. That decides who waits for whom and nothing else: each request still proves
//! itself to the store.
//!
//! Not counted: `/health/…`. Not promised: fairness between the machines of one hospital, or between strangers behind one address.

mod known;

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

use self::known::Known;
use crate::error::ApiError;
use crate::pages;
use crate::received;
use crate::session::presented;
use crate::state::App;
use crate::throttle::network;

/// So long a person waits for a place, with everything typed on its way: longer than the machines' requests last.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes of bodies in hand, of everybody together.
const ROOM: usize = 64 * 1024 * 1024;
/// One caller gets the fourth part of each bound.
const SHARES: usize = 4;
/// So many callers are known at least, and twice as many at most.
const REMEMBERED: usize = 20_000;

/// How many requests are in hand.
#[derive(Debug)]
pub(crate) struct Crowd {
    all: Bounds,
    callers: Arc<Callers>,
    known: Mutex<Known>,
    hashing: RandomState,
}

/// What may be in hand.
#[derive(Debug, Clone)]
struct Bounds {
    machines: Arc<Semaphore>,
    people: Arc<Semaphore>,
    room: Arc<Semaphore>,
}

impl Bounds {
    fn of(requests: usize, room: usize) -> Self {
        let [machines, people] = [(); 2].map(|()| Arc::new(Semaphore::new(requests)));
        Self { machines, people, room: Arc::new(Semaphore::new(room)) }
    }
}

#[derive(Debug)]
struct Callers {
    /// By a hash of whoever calls; nobody stays here who has nothing in hand.
    in_hand: Mutex<HashMap<u64, Arc<Bounds>>>,
    most: usize,
}

/// Whoever sends a request, with what is in hand of her already.
#[derive(Debug)]
pub(crate) struct Caller {
    callers: Arc<Callers>,
    key: u64,
    own: Arc<Bounds>,
    all: Bounds,
}

/// A place, until the answer is ready: of the caller's share, and of everybody's. The caller stays at least as long.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    _own: OwnedSemaphorePermit,
    _one: OwnedSemaphorePermit,
    _of: &'a Caller,
}

/// Room for a part of a body; the same.
pub(crate) type Room<'a> = Place<'a>;

impl Drop for Caller {
    fn drop(&mut self) {
        let mut in_hand = self.callers.in_hand.lock().unwrap_or_else(PoisonError::into_inner);
        // This one and the map's own: nobody else, because others come by the map alone.
        if Arc::strong_count(&self.own) == 2 {
            in_hand.remove(&self.key);
        }
    }
}

impl Caller {
    fn machine(&self) -> Result<Place<'_>, ApiError> {
        self.at_once(&self.own.machines, &self.all.machines, 1)
    }

    async fn person(&self, patience: Duration) -> Result<Place<'_>, ApiError> {
        let waiting = async {
            let own = Arc::clone(&self.own.people).acquire_owned().await?;
            let one = Arc::clone(&self.all.people).acquire_owned().await?;
            Ok::<_, AcquireError>(Place { _own: own, _one: one, _of: self })
        };
        match tokio::time::timeout(patience, waiting).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(ApiError::Busy),
        }
    }

    /// Room for so many bytes more of a body.
    pub(crate) fn room_for(&self, bytes: usize) -> Result<Room<'_>, ApiError> {
        let bytes = u32::try_from(bytes).map_err(|_| ApiError::TooLarge)?;
        self.at_once(&self.own.room, &self.all.room, bytes)
    }

    fn at_once(&self, own: &Arc<Semaphore>, all: &Arc<Semaphore>, much: u32) -> Result<Place<'_>, ApiError> {
        let own = Arc::clone(own).try_acquire_many_owned(much).map_err(|_| ApiError::TooManyAtOnce)?;
        let one = Arc::clone(all).try_acquire_many_owned(much).map_err(|_| ApiError::Busy)?;
        Ok(Place { _own: own, _one: one, _of: self })
    }
}

impl Crowd {
    /// `requests` (at least 4) of machines at a time and as many of people; of one caller a quarter of them.
    pub(crate) fn new(requests: usize) -> Self {
        let callers = Callers { in_hand: Mutex::default(), most: requests / SHARES };
        let known = Mutex::new(Known::new(REMEMBERED));
        Self { all: Bounds::of(requests, ROOM), callers: Arc::new(callers), known, hashing: RandomState::new() }
    }

    /// A token has opened something, or has turned out to be worth nothing.
    pub(crate) fn saw(&self, token: &str, opened: bool) {
        let hash = self.hashing.hash_one(token);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if opened { known.add(hash) } else { known.remove(hash) }
    }

    fn caller(&self, token: Option<&str>, from: Option<SocketAddr>) -> Caller {
        let hash = token.map(|token| self.hashing.hash_one(token));
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let hash = hash.filter(|hash| known.has(*hash));
        drop(known);
        let key = hash.unwrap_or_else(|| self.hashing.hash_one(from.map(|address| network(address.ip()))));
        let (callers, all) = (Arc::clone(&self.callers), self.all.clone());
        let mut in_hand = callers.in_hand.lock().unwrap_or_else(PoisonError::into_inner);
        let bounds = || Arc::new(Bounds::of(callers.most, ROOM / SHARES));
        let own = Arc::clone(in_hand.entry(key).or_insert_with(bounds));
        drop(in_hand);
        Caller { callers, key, own, all }
    }
}

pub(crate) async fn admit(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path.starts_with("/health/") {
        return next.run(request).await;
    }
    let json = path.starts_with("/api/");
    let from = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| *address);
    let caller = app.crowd().caller(presented(request.headers(), path, &app), from);
    let admitted = async {
        let (request, room) = received::whole(request, &caller, app.settings().body_within).await?;
        let place = if json { caller.machine()? } else { caller.person(PATIENCE).await? };
        Ok((request, room, place))
    };
    match admitted.await {
        Ok((request, _room, _place)) => next.run(request).await,
        Err(error) => {
            metrics::counter!("tsunagi_refused_early_total").increment(1);
            if json { ApiError::into_response(error) } else { pages::refused(&app, &error).await }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(crowd: &Crowd, token: &str) -> Caller {
        crowd.saw(token, true);
        crowd.caller(Some(token), None)
    }

    fn from(crowd: &Crowd, token: Option<&str>, address: &str) -> Caller {
        crowd.caller(token, Some(address.parse().expect("an address")))
    }

    #[test]
    fn one_caller_gets_a_quarter_and_all_callers_the_whole() {
        let crowd = Crowd::new(8);
        let callers = ["first", "second", "third", "fourth", "fifth"].map(|token| opened(&crowd, token));
        let (fifth, others) = callers.split_last().expect("five");
        let mut places: Vec<_> = others.iter().chain(others).map(|caller| caller.machine().expect("room")).collect();
        assert!(matches!(opened(&crowd, "first").machine(), Err(ApiError::TooManyAtOnce)), "another request of hers");
        assert!(matches!(fifth.machine(), Err(ApiError::Busy)));
        places.clear();
        assert!(fifth.machine().is_ok());
        drop(places);
        drop(callers);
        assert!(crowd.callers.in_hand.lock().expect("nobody panicked").is_empty(), "nobody is remembered");
    }

    #[test]
    fn a_made_up_token_is_no_new_caller_and_one_that_is_over_is_none_any_more() {
        let crowd = Crowd::new(8);
        let made_up = ["", "a", "b"].map(|token| from(&crowd, Some(token), "192.0.2.1:1"));
        let places: Vec<_> = made_up.iter().map(Caller::machine).collect();
        assert!(matches!(places[..], [Ok(_), Ok(_), Err(ApiError::TooManyAtOnce)]));
        assert!(matches!(from(&crowd, None, "192.0.2.1:2").machine(), Err(ApiError::TooManyAtOnce)));
        assert!(from(&crowd, None, "192.0.2.2:1").machine().is_ok(), "another network");
        crowd.saw("a", true);
        assert!(from(&crowd, Some("a"), "192.0.2.1:3").machine().is_ok(), "behind the same address, but known");
        crowd.saw("a", false);
        assert!(matches!(from(&crowd, Some("a"), "192.0.2.1:4").machine(), Err(ApiError::TooManyAtOnce)));
    }

    #[test]
    fn one_network_of_ipv6_is_one_caller() {
        let crowd = Crowd::new(4);
        let one = from(&crowd, None, "[2001:db8:1:2::3]:1");
        let _place = one.machine().expect("room");
        assert!(from(&crowd, None, "[2001:db8:1:2:ffff::1]:1").machine().is_err());
        assert!(from(&crowd, None, "[2001:db8:1:3::3]:1").machine().is_ok());
    }

    #[test]
    fn bodies_take_room_of_whoever_sends_them() {
        let crowd = Crowd::new(4);
        let stranger = from(&crowd, None, "192.0.2.1:1");
        let held = stranger.room_for(ROOM / SHARES).expect("room");
        assert!(matches!(stranger.room_for(1), Err(ApiError::TooManyAtOnce)));
        assert!(from(&crowd, None, "192.0.2.2:1").room_for(1).is_ok());
        drop(held);
        assert!(stranger.room_for(1).is_ok());
    }

    #[tokio::test]
    async fn a_person_waits_for_a_place_and_is_refused_only_after_a_while() {
        let crowd = Crowd::new(4);
        let callers = ["first", "second", "third", "fourth", "fifth"].map(|token| opened(&crowd, token));
        let (fifth, others) = callers.split_last().expect("five");
        let mut places = Vec::new();
        for caller in others {
            places.push(caller.person(PATIENCE).await.expect("room"));
        }
        assert!(matches!(fifth.person(Duration::from_millis(20)).await, Err(ApiError::Busy)));
        assert!(fifth.machine().is_ok(), "people take no machine's place");
        let leaving = async {
            tokio::task::yield_now().await;
            places.pop();
        };
        let (waited, ()) = tokio::join!(fifth.person(PATIENCE), leaving);
        assert!(waited.is_ok());
    }

    #[tokio::test]
    async fn a_crowd_from_one_network_leaves_room_for_others_at_pages_too() {
        let crowd = Crowd::new(8);
        let stranger = from(&crowd, None, "192.0.2.1:1");
        let _places = [stranger.person(PATIENCE).await, stranger.person(PATIENCE).await];
        let soon = Duration::from_millis(20);
        assert!(matches!(from(&crowd, Some("x"), "192.0.2.1:2").person(soon).await, Err(ApiError::Busy)));
        assert!(from(&crowd, None, "192.0.2.2:1").person(soon).await.is_ok());
        assert!(opened(&crowd, "somebody").person(soon).await.is_ok());
    }
}
