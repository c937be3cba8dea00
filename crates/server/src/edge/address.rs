//! Whose address a request comes from.

use std::net::{IpAddr, SocketAddr};

use hyper::HeaderMap;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The peer; or whoever a trusted proxy says it speaks for. The list is read from its end, where the nearest proxy wrote: what stands
/// before the first untrusted address can be made up by anybody.
pub(super) fn client(peer: SocketAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> SocketAddr {
    if !proxies.contains(&peer.ip().to_canonical()) {
        return peer;
    }
    let lists = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
    let addresses: Vec<&str> = lists.flat_map(|list| list.split(',')).map(str::trim).collect();
    for address in addresses.iter().rev() {
        let Some(ip) = parse(address) else { return peer };
        if !proxies.contains(&ip) {
            return SocketAddr::new(ip, 0);
        }
    }
    peer
}

/// With or without a port, as proxies write it.
fn parse(address: &str) -> Option<IpAddr> {
    let ip = address.parse::<IpAddr>().ok().or_else(|| address.parse::<SocketAddr>().ok().map(|it| it.ip()))?;
    Some(ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen_from(peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for list in forwarded {
            headers.append(FORWARDED_FOR, list.parse().unwrap());
        }
        let proxies = ["127.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()];
        client(peer.parse().unwrap(), &headers, &proxies).ip().to_string()
    }

    #[test]
    fn a_stranger_can_not_say_who_it_is() {
        assert_eq!(seen_from("192.0.2.7:4000", &["203.0.113.9"]), "192.0.2.7");
    }

    #[test]
    fn a_trusted_proxy_says_whom_it_speaks_for() {
        assert_eq!(seen_from("127.0.0.1:4000", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(seen_from("[::ffff:127.0.0.1]:4000", &["203.0.113.9:5555"]), "203.0.113.9");
    }

    #[test]
    fn what_the_client_wrote_before_the_proxy_is_not_believed() {
        assert_eq!(seen_from("127.0.0.1:4000", &["198.51.100.1, 203.0.113.9, 10.0.0.2"]), "203.0.113.9");
        assert_eq!(seen_from("127.0.0.1:4000", &["198.51.100.1", "203.0.113.9"]), "203.0.113.9");
    }

    #[test]
    fn nonsense_leaves_the_peer() {
        assert_eq!(seen_from("127.0.0.1:4000", &["not an address"]), "127.0.0.1");
        assert_eq!(seen_from("127.0.0.1:4000", &[]), "127.0.0.1");
    }
}
