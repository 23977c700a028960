//! A node that is killed with -9 at any moment.

use crate::node::Home;
use std::collections::BTreeMap;
use std::fs;
use std::thread::{sleep, spawn};
use std::time::Duration;

/// Some numbers.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// How often: `EEBUS_KILLS`, or 50 times.
fn rounds() -> u64 {
    std::env::var("EEBUS_KILLS").map_or(50, |text| text.parse().unwrap())
}

/// The decisions a call may leave, of which forgetting leaves a stranger that need not be listed.
fn after(call: &str) -> Option<String> {
    match call {
        "Trust" => Some("trusted".to_owned()),
        "Refuse" => Some("refused".to_owned()),
        _ => None,
    }
}

/// What was decided about, strangers left out.
fn decided(all: BTreeMap<String, String>) -> BTreeMap<String, String> {
    all.into_iter().filter(|(_, decision)| decision != "undecided").collect()
}

#[test]
fn killed_at_any_moment_a_node_loses_nothing_it_acknowledged() {
    let home = Home::new("kill");
    let mut random = Random(1);
    let (node, control) = home.start(&[]);
    let ski = control.hello["ski"].clone();
    drop((node, control));
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    let (mut acknowledged, mut early) = (0, 0);
    for round in 0..rounds() {
        // Before it can be spoken to, or at work.
        let (mut node, span) = (home.spawn(&[]), Duration::from_micros(random.below(120_000)));
        let killer = spawn(move || {
            sleep(span);
            node.0.kill().unwrap();
            node.0.wait().unwrap();
        });
        let mut control = None;
        while control.is_none() && !killer.is_finished() {
            control = home.control();
        }
        let mut unsure = None;
        if let Some(control) = &mut control {
            loop {
                let peer = format!("{:040x}", 1 + random.below(30));
                let call = ["Trust", "Refuse", "Forget"][random.below(3) as usize];
                if control.decide(&peer, call).is_none() {
                    unsure = Some((peer, after(call)));
                    break;
                }
                acknowledged += 1;
                match after(call) {
                    Some(decision) => known.insert(peer, decision),
                    None => known.remove(&peer),
                };
            }
        } else {
            early += 1;
        }
        killer.join().unwrap();
        let (node, mut control) = home.start(&[]);
        assert_eq!(control.hello["ski"], ski, "round {round}");
        let found = decided(control.decisions().unwrap());
        // What was under way may have happened or not.
        let mut otherwise = known.clone();
        match unsure {
            Some((peer, Some(decision))) => drop(otherwise.insert(peer, decision)),
            Some((peer, None)) => drop(otherwise.remove(&peer)),
            None => {}
        }
        assert!(found == known || found == otherwise, "round {round}: {known:#?} became {found:#?}");
        known = found;
        drop((node, control));
    }
    let names: Vec<_> = fs::read_dir(&home.0).unwrap().map(|name| name.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().contains("damaged")), "{names:?}");
    assert!(acknowledged > rounds(), "only {acknowledged} decisions were acknowledged");
    println!("{} kills, {early} of them before the node spoke; {acknowledged} decisions kept", rounds());
}

#[test]
fn killed_during_its_first_start_a_node_has_one_identity_or_none() {
    let mut random = Random(2);
    let home = Home::new("first");
    for round in 0..rounds() / 5 {
        let _ = fs::remove_dir_all(&home.0);
        let node = home.spawn(&[]);
        sleep(Duration::from_micros(random.below(60_000)));
        drop(node);
        let before = fs::read_to_string(home.file("identity.pem")).ok();
        let (node, control) = home.start(&[]);
        drop((node, control));
        let now = fs::read_to_string(home.file("identity.pem")).unwrap();
        assert!(before.is_none_or(|before| before == now), "round {round}: the identity was replaced");
    }
}
