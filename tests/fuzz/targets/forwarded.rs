//! `X-Forwarded-For`, a line each: whoever it names, a proxy is the client only where it is the peer itself.
#![no_main]

#[path = "../../../crates/server/src/edge/address.rs"]
mod address;

use std::net::{IpAddr, SocketAddr};

use hyper::HeaderMap;
use hyper::header::HeaderValue;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let proxies = [IpAddr::from([127, 0, 0, 1]), IpAddr::from([10, 0, 0, 2])];
    let mut headers = HeaderMap::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append("x-forwarded-for", value);
        }
    }
    let (proxy, stranger) = (SocketAddr::new(proxies[0], 4000), SocketAddr::from(([192, 0, 2, 7], 4000)));
    assert_eq!(address::client(stranger, &headers, &proxies), stranger, "a stranger says nothing about itself");
    let client = address::client(proxy, &headers, &proxies);
    assert!(client == proxy || !proxies.contains(&client.ip()), "{client}");
});
