//! What discovery sees: told apart, kept, bounded, never in the way of peers that are known.

use crate::solo::*;
use eebus_core::ids::PeerId;
use eebus_core::node::{Call, Config, Endpoint, Event, Input, MAX_SEEN_STRANGERS, MAX_SIGHTINGS, Sighting};
use eebus_core::ship::identity::{ShipId, Ski};
use eebus_core::ship::txt::Record;
use eebus_core::time::Instant;

fn sighting(octet: u8, instance: &str, interface: Option<&str>) -> Sighting {
    Sighting {
        instance: instance.into(),
        interface: interface.map(Into::into),
        record: Record::new(ShipId::new("ACME"), key(octet).ski),
        endpoints: vec![Endpoint::new(address(octet))],
    }
}

fn gone(octet: u8, instance: &str, interface: Option<&str>) -> Input<'static> {
    let interface = interface.map(Into::into);
    Input::Gone { ski: key(octet).ski, instance: instance.into(), interface }
}

fn places(solo: &Solo, octet: u8) -> Vec<(String, Option<String>, Instant)> {
    let view = solo.node.view();
    let peer = view.find(key(octet).ski).and_then(|peer| view.peer(peer));
    let place = |seen: &eebus_core::node::Seen| {
        (seen.sighting.instance.clone(), seen.sighting.interface.clone(), seen.since)
    };
    peer.map(|peer| peer.sightings().map(place).collect()).unwrap_or_default()
}

fn events(solo: &Solo) -> Vec<Event> {
    solo.events().into_iter().filter(|e| matches!(e, Event::Seen { .. } | Event::Gone { .. })).collect()
}

#[test]
fn two_units_with_the_same_ship_id_and_instance_name_are_told_apart_by_ski() {
    let mut solo = Solo::new();
    for octet in [1, 2] {
        solo.give(Input::Seen(sighting(octet, "ACME", Some("eth0"))));
    }
    let place = ("ACME".to_string(), Some("eth0".to_string()), Instant::ZERO);
    assert_eq!((places(&solo, 1), places(&solo, 2)), (vec![place.clone()], vec![place.clone()]));
    solo.give(gone(1, "ACME", Some("eth0")));
    assert_eq!((places(&solo, 1), places(&solo, 2)), (vec![], vec![place]));
}

#[test]
fn a_peer_on_two_interfaces_is_there_until_it_is_gone_from_both() {
    let mut solo = Solo::new();
    solo.give(Input::Seen(sighting(1, "ACME", Some("eth0"))));
    solo.wait(secs(5));
    solo.give(Input::Seen(sighting(1, "ACME", Some("wlan0"))));
    let place =
        |interface: &str, at| ("ACME".to_string(), Some(interface.to_string()), Instant::from_secs(at));
    assert_eq!(places(&solo, 1), [place("eth0", 0), place("wlan0", 5)]);
    solo.fresh();
    solo.give(gone(1, "ACME", None));
    assert_eq!(events(&solo), [], "nothing was seen there");
    solo.give(gone(1, "ACME", Some("eth0")));
    let (peer, ski) = (PeerId(0), key(1).ski);
    assert_eq!(events(&solo), [Event::Seen { peer, ski, ship_id: ShipId::new("ACME") }]);
    solo.fresh();
    solo.give(gone(1, "ACME", Some("wlan0")));
    assert_eq!(events(&solo), [Event::Gone { peer }]);
    assert_eq!(solo.node.view().peers().count(), 0);
}

#[test]
fn every_change_of_the_txt_record_is_news_and_nothing_else_is() {
    let changes: [fn(&mut Record); 7] = [
        |record| record.register = true,
        |record| record.brand = "ACME".into(),
        |record| record.model = "HP".into(),
        |record| record.path = "/other/".into(),
        |record| record.id = ShipId::new("i:1"),
        |record| record.categories.push(2),
        |record| record.ecc = true,
    ];
    let mut solo = Solo::new();
    let mut now = sighting(1, "ACME", None);
    solo.give(Input::Seen(now.clone()));
    solo.wait(secs(1));
    for change in changes {
        solo.fresh();
        solo.give(Input::Seen(now.clone()));
        assert_eq!(events(&solo), []);
        change(&mut now.record);
        solo.give(Input::Seen(now.clone()));
        assert_eq!(events(&solo).len(), 1);
        let view = solo.node.view();
        let seen: Vec<_> = view.peer(PeerId(0)).unwrap().sightings().cloned().collect();
        assert_eq!((&seen[0].sighting, seen[0].since, seen.len()), (&now, Instant::ZERO, 1));
        assert_eq!(view.peer(PeerId(0)).unwrap().ship_id, Some(&now.record.id));
    }
}

#[test]
fn more_instances_of_one_ski_than_are_kept_are_ignored() {
    let mut solo = Solo::new();
    for n in 0..MAX_SIGHTINGS * 2 {
        solo.give(Input::Seen(sighting(1, &format!("ACME {n}"), None)));
    }
    assert_eq!(places(&solo, 1).len(), MAX_SIGHTINGS);
}

/// Announces `number` strangers.
fn flood(solo: &mut Solo, number: u32) {
    for n in 0..number {
        let mut octets = [0xaa; 20];
        octets[16..].copy_from_slice(&n.to_be_bytes());
        let record = Record::new(ShipId::new("flood"), Ski::new(octets));
        let endpoints = vec![Endpoint::new(address(9))];
        solo.give(Input::Seen(Sighting { instance: format!("{n}"), interface: None, record, endpoints }));
    }
}

fn small() -> Config {
    let mut config = config();
    config.max_peers = 8;
    config
}

#[test]
fn a_flood_of_announcements_keeps_the_newest_and_takes_nobodys_room() {
    for config in [config(), small()] {
        let max = config.max_peers;
        let mut solo = Solo::with(config, None);
        let trusted = solo.trusted(1);
        let conn = solo.in_data(1);
        let named = solo.add(2, Vec::new());
        let refused = solo.add(3, Vec::new());
        solo.call(Call::Refuse { peer: refused }).unwrap();
        let asking = solo.accepted(4);
        let asked = solo.accepted(5);
        solo.lost(asked);
        flood(&mut solo, 1_000);
        let view = solo.node.view();
        assert_eq!(view.peers().count(), max.min(MAX_SEEN_STRANGERS + 5));
        assert!([trusted, named, refused].iter().all(|peer| view.peer(*peer).is_some()));
        assert!([4, 5].iter().all(|octet| view.find(key(*octet).ski).is_some()));
        assert_eq!((solo.session(trusted), solo.live()), (Some(conn), vec![conn, asking]));
        let newest = view.peers().filter_map(|peer| Some(peer.sightings().next()?.sighting.instance.clone()));
        assert_eq!(newest.last().as_deref(), Some("999"));
        // Whoever is named or connects now finds room all the same.
        solo.add(6, Vec::new());
        let conn = solo.accepted(7);
        assert!(solo.live().contains(&conn));
    }
}

#[test]
fn a_stranger_with_a_connection_is_not_the_oldest_that_makes_room() {
    let mut solo = Solo::new();
    solo.give(Input::Seen(sighting(1, "first", None)));
    let conn = solo.socket();
    solo.give(Input::Secured { conn, peer: key(1) });
    flood(&mut solo, 200);
    assert_eq!(places(&solo, 1).len(), 1);
}
