//! How many requests are in hand at a time: what comes beyond is refused early, so that what was taken is answered as fast as ever.
//!
//! - A machine or script (`/api/`) beyond the bound is told so at once, 503 with `Retry-After`: it has not waited, and nothing was begun.
//! - One caller alone (a session, a token, or an address without either) gets only its share of the bound, 429: a hospital whose system
//!   runs wild doesn't slow another.
//! - People at pages have a bound of their own, so no machine takes their place, and they wait before they are refused.
//!
//! Not counted: `/health/…`. Not promised: fairness between the machines of one hospital.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::ApiError;
use crate::pages;
use crate::state::App;

/// So long a person waits for a place, with everything typed on its way: longer than the machines' requests last.
const PATIENCE: Duration = Duration::from_secs(20);

/// How many requests are in hand.
#[derive(Debug)]
pub(crate) struct Crowd {
    machines: Arc<Semaphore>,
    people: Arc<Semaphore>,
    callers: Arc<Callers>,
}

#[derive(Debug)]
struct Callers {
    /// In hand, by a hash of whoever calls; nobody stays here who has nothing in hand.
    in_hand: Mutex<HashMap<u64, usize>>,
    most: usize,
    hashing: RandomState,
}

/// A place, until the answer is ready.
struct Place {
    _one: OwnedSemaphorePermit,
    caller: Option<(Arc<Callers>, u64)>,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((callers, caller)) = self.caller.take() {
            let mut in_hand = callers.in_hand.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(number) = in_hand.get_mut(&caller) {
                *number -= 1;
                if *number == 0 {
                    in_hand.remove(&caller);
                }
            }
        }
    }
}

impl Crowd {
    /// `requests` (at least 4) of machines at a time and as many of people; of one machine a quarter of them.
    pub(crate) fn new(requests: usize) -> Self {
        let callers = Callers { in_hand: Mutex::default(), most: requests / 4, hashing: RandomState::new() };
        let [machines, people] = [(); 2].map(|()| Arc::new(Semaphore::new(requests)));
        Self { machines, people, callers: Arc::new(callers) }
    }

    async fn person(&self, patience: Duration) -> Result<Place, ApiError> {
        let waiting = tokio::time::timeout(patience, Arc::clone(&self.people).acquire_owned());
        match waiting.await {
            Ok(Ok(one)) => Ok(Place { _one: one, caller: None }),
            _ => Err(ApiError::Busy),
        }
    }

    fn machine(&self, request: &Request) -> Result<Place, ApiError> {
        let headers = request.headers();
        let who = headers.get(AUTHORIZATION).or_else(|| headers.get(COOKIE)).map(|value| value.as_bytes());
        let from = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
        let caller = self.callers.hashing.hash_one((who, who.is_none().then_some(from)));
        let mut in_hand = self.callers.in_hand.lock().unwrap_or_else(PoisonError::into_inner);
        if in_hand.get(&caller).is_some_and(|number| *number >= self.callers.most) {
            return Err(ApiError::TooManyAtOnce);
        }
        let one = Arc::clone(&self.machines).try_acquire_owned().map_err(|_| ApiError::Busy)?;
        *in_hand.entry(caller).or_default() += 1;
        Ok(Place { _one: one, caller: Some((Arc::clone(&self.callers), caller)) })
    }
}

pub(crate) async fn admit(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path.starts_with("/health/") {
        return next.run(request).await;
    }
    let json = path.starts_with("/api/");
    let place = if json { app.crowd().machine(&request) } else { app.crowd().person(PATIENCE).await };
    match place {
        Ok(_place) => next.run(request).await,
        Err(error) => {
            metrics::counter!("tsunagi_refused_early_total").increment(1);
            if json { error.into_response() } else { pages::refused(&app, &error).await }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn by(token: &str) -> Request {
        Request::get("/api/v1/me").header(AUTHORIZATION, token).body(Body::empty()).expect("a request")
    }

    #[test]
    fn one_caller_gets_a_quarter_and_all_callers_the_whole() {
        let crowd = Crowd::new(8);
        let mut places: Vec<_> = (0..2).map(|_| crowd.machine(&by("first")).expect("room")).collect();
        assert!(matches!(crowd.machine(&by("first")), Err(ApiError::TooManyAtOnce)));
        for other in ["second", "third", "fourth"] {
            places.extend((0..2).map(|_| crowd.machine(&by(other)).expect("room")));
        }
        assert!(matches!(crowd.machine(&by("fifth")), Err(ApiError::Busy)));
        places.clear();
        assert!(crowd.callers.in_hand.lock().expect("nobody panicked").is_empty(), "nobody is remembered");
        assert!(crowd.machine(&by("fifth")).is_ok());
    }

    #[tokio::test]
    async fn a_person_waits_for_a_place_and_is_refused_only_after_a_while() {
        let crowd = Arc::new(Crowd::new(4));
        let mut places = Vec::new();
        for _ in 0..4 {
            places.push(crowd.person(PATIENCE).await.expect("room"));
        }
        assert!(matches!(crowd.person(Duration::from_millis(20)).await, Err(ApiError::Busy)));
        assert!(crowd.machine(&by("a machine")).is_ok(), "people take no machine's place");
        let waiting = tokio::spawn({
            let crowd = Arc::clone(&crowd);
            async move { crowd.person(PATIENCE).await.is_ok() }
        });
        tokio::task::yield_now().await;
        places.pop();
        assert!(waiting.await.expect("no panic"));
    }
}
