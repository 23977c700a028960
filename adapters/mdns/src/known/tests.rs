use super::*;

const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const NAME: &str = "Pump._ship._tcp.local.";

fn service(full_name: &str, ski: &str, address: &str, interface: &str) -> Service {
    Service {
        full_name: full_name.into(),
        host: String::new(),
        port: 4712,
        addresses: vec![(address.parse().unwrap(), 2)],
        interfaces: vec![interface.into()],
        txt: ["txtvers=1", "id=x", &format!("ski={ski}")].map(|text| text.as_bytes().to_vec()).into(),
    }
}

fn shown(found: &Found) -> String {
    match found {
        Found::Seen { sighting, interfaces } => {
            let endpoints: Vec<_> = sighting.endpoints.iter().map(ToString::to_string).collect();
            format!("{} at {} on {}", sighting.instance, endpoints.join(" "), interfaces.join(" "))
        }
        Found::Gone { instance, ski } => format!("{instance} gone, {}", &ski.to_string()[..1]),
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
    known.resolved("eth0", service(NAME, A, "10.0.0.1", "eth0"), now);
    known.resolved("eth0", service(NAME, A, "10.0.0.2", "eth0"), now + DEBOUNCE / 2);
    assert_eq!((known.due(), known.next(now)), (Some(now + DEBOUNCE), None));
    assert_eq!(all(&mut known, now + DEBOUNCE), ["Pump at 10.0.0.2:4712/ship/ on eth0"]);
    assert_eq!(known.due(), None);

    known.resolved("eth0", service("pump._ship._tcp.local.", A, "10.0.0.2", "eth0"), now + DEBOUNCE);
    assert_eq!(all(&mut known, now + DEBOUNCE * 2), [""; 0]);

    known.removed("eth0", "PUMP._ship._tcp.local.", now);
    assert_eq!(all(&mut known, now), ["Pump gone, a"]);
    known.removed("eth0", NAME, now);
    assert_eq!((all(&mut known, now), known.due()), (vec![], None));
}

#[test]
fn a_goodbye_before_anything_was_told_is_no_news() {
    let (mut known, now) = (Known::default(), Instant::now());
    known.resolved("eth0", service(NAME, A, "10.0.0.1", "eth0"), now);
    known.removed("eth0", NAME, now);
    assert_eq!(all(&mut known, now + DEBOUNCE), [""; 0]);
}

#[test]
fn a_node_on_two_links_is_one_sighting_and_gone_with_the_last() {
    let (mut known, now) = (Known::default(), Instant::now());
    known.resolved("wlan0", service(NAME, A, "10.0.1.1", "wlan0"), now);
    known.resolved("eth0", service(NAME, A, "10.0.0.1", "eth0"), now);
    let both = "Pump at 10.0.0.1:4712/ship/ 10.0.1.1:4712/ship/ on eth0 wlan0";
    assert_eq!(all(&mut known, now + DEBOUNCE), [both]);
    known.lost("eth0", now);
    assert_eq!(all(&mut known, now), ["Pump at 10.0.1.1:4712/ship/ on wlan0"]);
    known.removed("wlan0", NAME, now);
    assert_eq!(all(&mut known, now), ["Pump gone, a"]);
}

#[test]
fn two_units_of_one_name_on_two_links_are_told_apart_by_ski() {
    let (mut known, now) = (Known::default(), Instant::now());
    known.resolved("eth0", service(NAME, A, "10.0.0.1", "eth0"), now);
    known.resolved("eth1", service(NAME, B, "10.0.1.1", "eth1"), now);
    let seen = [
        "Pump at 10.0.0.1:4712/ship/ on eth0".to_owned(),
        format!("Pump ({B}) at 10.0.1.1:4712/ship/ on eth1"),
    ];
    assert_eq!(all(&mut known, now + DEBOUNCE), seen);
    let later = now + DISPUTE_TIME * 2;
    assert_eq!(all(&mut known, later), [""; 0]);
    known.removed("eth1", NAME, later);
    assert_eq!(all(&mut known, later), [format!("Pump ({B}) gone, b")]);
}

#[test]
fn of_two_units_of_one_name_on_one_link_whoever_is_heard_stays() {
    let (mut known, now) = (Known::default(), Instant::now());
    known.resolved("eth0", service(NAME, A, "10.0.0.1", "eth0"), now);
    known.resolved("eth0", service(NAME, B, "10.0.0.2", "eth0"), now);
    assert_eq!(all(&mut known, now + DEBOUNCE).len(), 2);

    known.resolved("eth0", service(NAME, A, "10.0.0.1", "eth0"), now + DISPUTE_TIME / 2);
    known.resolved("eth0", service(NAME, B, "10.0.0.2", "eth0"), now + DISPUTE_TIME / 2);
    assert_eq!(all(&mut known, now + DISPUTE_TIME), [""; 0]);
    let over = now + DISPUTE_TIME / 2 + DISPUTE_TIME;
    assert_eq!(known.due(), Some(over));
    assert_eq!(all(&mut known, over), ["Pump gone, a"]);
}

#[test]
fn more_instances_than_a_building_has_are_skipped() {
    let (mut known, now) = (Known::default(), Instant::now());
    for n in 0..MAX_INSTANCES + 9 {
        let name = format!("{n}._ship._tcp.local.");
        known.resolved("eth0", service(&name, A, "10.0.0.1", "eth0"), now);
    }
    assert_eq!(all(&mut known, now + DEBOUNCE).len(), MAX_INSTANCES);
    known.removed("eth0", "7._ship._tcp.local.", now);
    assert_eq!(all(&mut known, now), ["7 gone, a"]);
    known.resolved("eth0", service(NAME, A, "10.0.0.1", "eth0"), now);
    assert_eq!(all(&mut known, now + DEBOUNCE), ["Pump at 10.0.0.1:4712/ship/ on eth0"]);
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
