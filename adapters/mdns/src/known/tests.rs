use super::*;

const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const NAME: &str = "Pump._ship._tcp.local.";

fn service(full_name: &str, ski: &str, address: &str) -> Service {
    Service {
        full_name: full_name.into(),
        host: String::new(),
        port: 4712,
        addresses: vec![(address.parse().unwrap(), 2)],
        txt: ["txtvers=1", "id=x", &format!("ski={ski}")].map(|text| text.as_bytes().to_vec()).into(),
    }
}

fn shown(found: &Found) -> String {
    let at = |interface: &Option<String>| interface.clone().unwrap();
    match found {
        Found::Seen(seen) => {
            let endpoints: Vec<_> = seen.endpoints.iter().map(ToString::to_string).collect();
            let (ski, at) = (seen.ski().to_string(), at(&seen.interface));
            format!("{} {} on {at} at {}", seen.instance, &ski[..1], endpoints.join(" "))
        }
        Found::Gone { ski, instance, interface } => {
            format!("{instance} {} on {} gone", &ski.to_string()[..1], at(interface))
        }
        Found::Warning(warning) => warning.to_string(),
        Found::Recovered => "recovered".into(),
    }
}

fn all(known: &mut Known, now: Instant) -> Vec<String> {
    std::iter::from_fn(|| known.next(now)).map(|found| shown(&found)).collect()
}

#[test]
fn news_are_collected_told_once_and_a_goodbye_at_once() {
    let (mut known, now) = (Known::default(), Instant::now());
    known.resolved(("eth0", 0), &service(NAME, A, "10.0.0.1"), now);
    known.resolved(("eth0", 0), &service(NAME, A, "10.0.0.2"), now + DEBOUNCE / 2);
    assert_eq!((known.due(), known.next(now)), (Some(now + DEBOUNCE), None));
    assert_eq!(all(&mut known, now + DEBOUNCE), ["Pump a on eth0 at 10.0.0.2:4712/ship/"]);
    assert_eq!(known.due(), None);

    known.resolved(("eth0", 0), &service("pump._ship._tcp.local.", A, "10.0.0.2"), now + DEBOUNCE);
    assert_eq!(all(&mut known, now + DEBOUNCE * 2), [""; 0]);

    known.removed(("eth0", 0), "PUMP._ship._tcp.local.", now);
    assert_eq!(all(&mut known, now), ["Pump a on eth0 gone"]);
    known.removed(("eth0", 0), NAME, now);
    assert_eq!((all(&mut known, now), known.due()), (vec![], None));
}

#[test]
fn a_goodbye_before_anything_was_told_is_no_news() {
    let (mut known, now) = (Known::default(), Instant::now());
    known.resolved(("eth0", 0), &service(NAME, A, "10.0.0.1"), now);
    known.removed(("eth0", 0), NAME, now);
    assert_eq!(all(&mut known, now + DEBOUNCE), [""; 0]);
}

#[test]
fn a_node_on_two_interfaces_is_two_sightings() {
    let (mut known, now) = (Known::default(), Instant::now());
    known.resolved(("wlan0", 0), &service(NAME, A, "10.0.1.1"), now);
    known.resolved(("eth0", 0), &service(NAME, A, "10.0.0.1"), now);
    let both = ["Pump a on eth0 at 10.0.0.1:4712/ship/", "Pump a on wlan0 at 10.0.1.1:4712/ship/"];
    assert_eq!(all(&mut known, now + DEBOUNCE), both);
    known.removed(("eth0", 0), NAME, now);
    assert_eq!(all(&mut known, now), ["Pump a on eth0 gone"]);
    assert_eq!(all(&mut known, now + DISPUTE_TIME * 2), [""; 0]);
}

#[test]
fn both_ip_versions_of_a_node_are_one_sighting_until_both_are_gone() {
    let (mut known, now) = (Known::default(), Instant::now());
    known.resolved(("eth0", 1), &service(NAME, A, "fe80::1"), now);
    known.resolved(("eth0", 0), &service(NAME, A, "10.0.0.1"), now);
    assert_eq!(
        all(&mut known, now + DEBOUNCE),
        ["Pump a on eth0 at 10.0.0.1:4712/ship/ [fe80::1%2]:4712/ship/"]
    );
    known.removed(("eth0", 0), NAME, now);
    assert_eq!(all(&mut known, now), ["Pump a on eth0 at [fe80::1%2]:4712/ship/"]);
    known.removed(("eth0", 1), NAME, now);
    assert_eq!(all(&mut known, now), ["Pump a on eth0 gone"]);
}

#[cfg(feature = "mdns-sd")]
#[test]
fn two_units_of_one_name_on_two_interfaces_are_told_apart_by_ski() {
    let (mut known, now) = (Known::default(), Instant::now());
    known.resolved(("eth0", 0), &service(NAME, A, "10.0.0.1"), now);
    known.resolved(("eth1", 0), &service(NAME, B, "10.0.1.1"), now);
    let both = ["Pump a on eth0 at 10.0.0.1:4712/ship/", "Pump b on eth1 at 10.0.1.1:4712/ship/"];
    assert_eq!(all(&mut known, now + DEBOUNCE), both);
    assert_eq!(all(&mut known, now + DISPUTE_TIME * 2), [""; 0]);
    known.lost("eth1", now);
    assert_eq!(all(&mut known, now), ["Pump b on eth1 gone"]);
}

#[cfg(feature = "avahi")]
#[test]
fn once_who_told_it_is_gone_only_what_is_heard_again_stays() {
    let (mut known, now) = (Known::default(), Instant::now());
    known.resolved(("eth0", 0), &service(NAME, A, "10.0.0.1"), now);
    known.resolved(("eth0", 0), &service("Other._ship._tcp.local.", B, "10.0.0.2"), now);
    assert_eq!(all(&mut known, now + DEBOUNCE).len(), 2);
    known.doubt(now);
    known.resolved(("eth0", 0), &service(NAME, A, "10.0.0.1"), now);
    assert_eq!(all(&mut known, now + DISPUTE_TIME), ["Other b on eth0 gone"]);
}

#[test]
fn of_two_units_of_one_name_on_one_link_whoever_is_heard_stays() {
    let (mut known, now) = (Known::default(), Instant::now());
    known.resolved(("eth0", 0), &service(NAME, A, "10.0.0.1"), now);
    known.resolved(("eth0", 0), &service(NAME, B, "10.0.0.2"), now);
    assert_eq!(all(&mut known, now + DEBOUNCE).len(), 2);

    known.resolved(("eth0", 0), &service(NAME, A, "10.0.0.1"), now + DISPUTE_TIME / 2);
    known.resolved(("eth0", 0), &service(NAME, B, "10.0.0.2"), now + DISPUTE_TIME / 2);
    assert_eq!(all(&mut known, now + DISPUTE_TIME), [""; 0]);
    let over = now + DISPUTE_TIME / 2 + DISPUTE_TIME;
    assert_eq!(known.due(), Some(over));
    assert_eq!(all(&mut known, over), ["Pump a on eth0 gone"]);
}

#[test]
fn more_instances_than_a_building_has_are_skipped() {
    let (mut known, now) = (Known::default(), Instant::now());
    for n in 0..MAX_INSTANCES + 9 {
        let name = format!("{n}._ship._tcp.local.");
        known.resolved(("eth0", 0), &service(&name, A, "10.0.0.1"), now);
    }
    assert_eq!(all(&mut known, now + DEBOUNCE).len(), MAX_INSTANCES);
    known.removed(("eth0", 0), "7._ship._tcp.local.", now);
    assert_eq!(all(&mut known, now), ["7 a on eth0 gone"]);
    known.resolved(("eth0", 0), &service(NAME, A, "10.0.0.1"), now);
    assert_eq!(all(&mut known, now + DEBOUNCE), ["Pump a on eth0 at 10.0.0.1:4712/ship/"]);
}

#[test]
fn trouble_is_told_once_and_once_it_is_over() {
    let (mut known, now) = (Known::default(), Instant::now());
    let warning = Warning::NoMulticast("no interface is up".into());
    for trouble in [Some(warning.clone()), Some(warning), None, None] {
        known.trouble(trouble);
    }
    let told = all(&mut known, now);
    assert_eq!(told.last().map(String::as_str), Some("recovered"));
    assert_eq!(told.len(), 2);
}
