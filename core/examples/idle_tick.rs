//! A thousand ticks with nothing due, in a node that knows as many peers as the argument says: the work of
//! `.ci/idle.sh`, which counts the instructions in [`ticks`].

use eebus_core::node::{Config, Endpoint, Input, Node, Product, Saved, SavedPeer, TrustSource};
use eebus_core::ship::identity::{Fingerprint, PeerKey, Ski};
use eebus_core::time::Instant;
use std::net::SocketAddr;

fn ski(number: u32) -> Ski {
    let mut octets = [0; 20];
    octets[16..].copy_from_slice(&number.to_be_bytes());
    Ski::new(octets)
}

/// A node that waits to dial each of its trusted peers.
fn node(peers: u32) -> Node {
    let key = PeerKey { ski: ski(0), fingerprint: Fingerprint([0; 32]) };
    let mut config = Config::new(key, Product::new("ACME", "Box", "1"));
    config.max_peers = peers as usize;
    let endpoint = || Endpoint::new(SocketAddr::from(([10, 0, 0, 1], 4712)));
    let peer = |number| SavedPeer {
        endpoints: vec![endpoint()],
        ..SavedPeer::new(ski(number), Some(TrustSource::UserVerified.trust()))
    };
    let saved = Saved { peers: (1..=peers).map(peer).collect(), ..Saved::default() };
    Node::new(config, Some(saved), [1; 32], Instant::ZERO)
}

#[inline(never)]
fn ticks(node: &mut Node) {
    for _ in 0..1_000 {
        node.handle(Input::Tick, Instant::ZERO);
        assert!(node.poll_action().is_none() && node.poll_deadline().is_some());
    }
}

fn main() {
    let peers = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(10);
    let mut node = node(peers);
    while node.poll_action().is_some() {}
    assert_eq!(node.view().peers().count(), peers as usize);
    ticks(&mut node);
}
