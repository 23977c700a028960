//! Double connections under thousands of seeded interleavings, ours against ours and against the older rule of ship-go
//! (SHIP 12.2.2). A failure names its seed.

mod older;
mod wires;

use crate::solo::{address, key, secs};
use eebus_core::model::EntityType;
use eebus_core::node::{Answer, Call, Config, Endpoint, Node, Product};
use eebus_core::time::Instant;
use older::Older;
use std::time::Duration;
use wires::{Side, Wires};

/// SKIs of the first and the second side.
const SMALL: u8 = 10;
const BIG: u8 = 20;
const SEEDS: u64 = 1_000;

/// splitmix64.
#[derive(Clone, Debug)]
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound.max(1)
    }
}

fn ours(own: u8, peer: u8, seed: u64, dials: bool) -> Side {
    let mut config = Config::new(key(own), Product::new("ACME", "Box", own.to_string()));
    config.entity(EntityType::HeatPumpAppliance);
    let mut entropy = [own; 32];
    entropy[..8].copy_from_slice(&seed.to_le_bytes());
    let mut node = Node::new(config, None, entropy, Instant::ZERO);
    let endpoints = if dials { vec![Endpoint::new(address(peer))] } else { Vec::new() };
    let answer = node.call(Call::AddPeer { ski: key(peer).ski, endpoints }, Instant::ZERO);
    let Ok(Answer::Peer(peer)) = answer else { panic!("{answer:?}") };
    node.call(Call::Trust { peer }, Instant::ZERO).unwrap();
    Side::Ours(Box::new(node))
}

fn older(own: u8, peer: u8, seed: u64, dials: bool) -> Side {
    Side::Older(Box::new(Older::new(own, peer, address(peer), seed, dials, Instant::ZERO)))
}

type Make = fn(u8, u8, u64, bool) -> Side;

fn survive(small: Make, big: Make) {
    let (mut doubles, mut opened) = (0, 0);
    for seed in 0..SEEDS {
        let mut random = Random(seed);
        // Nearly always both dial, which is what makes doubles.
        let dials = random.below(8);
        let sides = [small(SMALL, BIG, seed, dials != 0), big(BIG, SMALL, seed, dials != 1)];
        let mut wires = Wires::new(seed, sides, random);
        wires.start();
        for _ in 0..4 {
            let span = wires.random.below(40_000);
            wires.run(Duration::from_millis(span));
            let silently = wires.random.below(4) == 0;
            wires.cut(silently);
        }
        // A dead connection takes 60 s to notice, what is closed for its sake is dialled again 75 s later.
        wires.run(secs(240));
        let live = wires.live();
        let [only] = live[..] else { panic!("seed {seed}: {live:?} are left") };
        assert_eq!(wires.sessions(), [Some(only); 2], "seed {seed}");
        doubles += wires.doubles;
        opened += wires.opened;
    }
    assert!(
        doubles > SEEDS / 4 && opened > SEEDS * 4,
        "{doubles} double connections of {opened} are too few"
    );
}

#[test]
fn ours_and_ours_end_with_exactly_one_connection() {
    survive(ours, ours);
}

#[test]
fn ours_as_the_bigger_and_the_older_rule_end_with_exactly_one_connection() {
    survive(older, ours);
}

#[test]
fn ours_as_the_smaller_and_the_older_rule_end_with_exactly_one_connection() {
    survive(ours, older);
}
