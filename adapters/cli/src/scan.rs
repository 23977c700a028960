//! `eebus scan`: which SHIP nodes mDNS finds, and what is odd about them.

use crate::control::SightingStatus;
use crate::device::Finding;
use crate::failure::Failure;
use eebus_core::node::Sighting;
use eebus_core::ship::identity::{ShipId, Ski};
use eebus_mdns::Found;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::task::{Context, Poll, Waker};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How often findings are collected.
const STEP: Duration = Duration::from_millis(20);

/// Show the SHIP nodes that mDNS finds: who they are, where they listen, whether they want to pair.
///
/// Needs no identity and announces nothing. Two devices with one SHIP ID, and one SKI announced twice, are flagged: peers
/// mix such devices up.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  eebus scan
  eebus scan --seconds 20 --interface eth0
  eebus scan --json")]
pub(crate) struct Arguments {
    /// How long to listen.
    #[arg(long, value_name = "N", default_value_t = 5)]
    seconds: u64,
    /// One JSON object a line: `node`, then `flag`.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    finding: Finding,
}

/// What tells sightings apart.
type Place = (Ski, String, Option<String>);

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Some(options) = arguments.finding.options() else {
        return Err(Failure::Usage("without mDNS there is nothing to scan; leave --no-mdns out".to_owned()));
    };
    let mut discovery = eebus_mdns::open(options).map_err(|error| Failure::Failed(error.to_string()))?;
    discovery.browse(true);
    let begin = Instant::now();
    let mut seen: BTreeMap<Place, Sighting> = BTreeMap::new();
    while begin.elapsed() < Duration::from_secs(arguments.seconds) {
        while let Poll::Ready(found) = discovery.poll(&mut Context::from_waker(Waker::noop())) {
            match found {
                Found::Seen(sighting) => {
                    let place = (sighting.ski(), sighting.instance.clone(), sighting.interface.clone());
                    seen.insert(place, sighting);
                }
                Found::Gone { ski, instance, interface } => drop(seen.remove(&(ski, instance, interface))),
                Found::Warning(warning) => eprintln!(
                    "eebus: {warning}; try another network with --interface, in a container the host's network"
                ),
                _ => {}
            }
        }
        sleep(STEP);
    }
    let seen: Vec<Sighting> = seen.into_values().collect();
    let flags = flags(&seen);
    if seen.is_empty() {
        eprintln!(
            "eebus: no SHIP node is heard within {} s: is it switched on and on this network? Wait longer with --seconds, \
             name the network with --interface; a container needs the host's network, a firewall has to let UDP port 5353 \
             through; where multicast does not work, a node is dialled by its address",
            arguments.seconds
        );
    }
    let lines = if arguments.json { as_json(&seen, &flags) } else { as_table(&seen, &flags) };
    let mut out = io::stdout().lock();
    match lines.iter().try_for_each(|line| writeln!(out, "{line}")) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Failed(format!("cannot write what was found: {error}")))
        }
        _ => Ok(()),
    }
}

/// What is odd: it makes peers mix devices up.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Flag {
    /// Devices with different SKIs announce one SHIP ID.
    SharedShipId { ship_id: ShipId, skis: Vec<Ski> },
    /// One SKI is announced by several instances: a copied identity, or a leftover of another name.
    SkiTwice { ski: Ski, instances: Vec<String> },
}

fn flags(seen: &[Sighting]) -> Vec<Flag> {
    let mut ids: BTreeMap<&ShipId, BTreeSet<Ski>> = BTreeMap::new();
    let mut instances: BTreeMap<Ski, BTreeSet<&str>> = BTreeMap::new();
    for sighting in seen {
        ids.entry(&sighting.record.id).or_default().insert(sighting.ski());
        instances.entry(sighting.ski()).or_default().insert(&sighting.instance);
    }
    let shared = ids.into_iter().filter(|(_, skis)| skis.len() > 1);
    let shared =
        shared.map(|(id, skis)| Flag::SharedShipId { ship_id: id.clone(), skis: skis.into_iter().collect() });
    let twice = instances.into_iter().filter(|(_, names)| names.len() > 1);
    let owned = |names: BTreeSet<&str>| names.into_iter().map(str::to_owned).collect();
    shared.chain(twice.map(|(ski, names)| Flag::SkiTwice { ski, instances: owned(names) })).collect()
}

fn as_json(seen: &[Sighting], flags: &[Flag]) -> Vec<String> {
    let node = |sighting: &Sighting| {
        let mut node = json!(SightingStatus::of(sighting));
        node["ski"] = json!(sighting.ski());
        node["serial"] = json!(sighting.record.serial);
        json!({ "node": node })
    };
    let flag = |flag: &Flag| match flag {
        Flag::SharedShipId { ship_id, skis } => {
            json!({ "flag": "shared_ship_id", "ship_id": ship_id, "skis": skis })
        }
        Flag::SkiTwice { ski, instances } => {
            json!({ "flag": "ski_twice", "ski": ski, "instances": instances })
        }
    };
    let lines = seen.iter().map(node).chain(flags.iter().map(flag));
    lines.map(|line: Value| line.to_string()).collect()
}

fn as_table(seen: &[Sighting], flags: &[Flag]) -> Vec<String> {
    let mut lines = Vec::new();
    for (ski, node) in seen.iter().map(|sighting| (sighting.ski(), SightingStatus::of(sighting))) {
        let product = [&node.brand, &node.model, &node.device_type].map(String::as_str).join(" ");
        let wants = if node.register { "  wants to pair" } else { "" };
        lines.push(format!("{}  {}{wants}", ski.grouped(), product.trim()));
        lines.push(format!("  SHIP ID {}, instance {:?}", node.ship_id, node.instance));
        let interface = node.interface.unwrap_or_else(|| "unknown".to_owned());
        lines.push(format!("  interface {interface}, {}", node.addresses.join(", ")));
    }
    for flag in flags {
        lines.push(match flag {
            Flag::SharedShipId { ship_id, skis } => {
                let skis: Vec<_> = skis.iter().map(Ski::to_string).collect();
                format!(
                    "odd: {} devices announce the SHIP ID {ship_id}: {}; tell them apart by SKI, and ask their maker",
                    skis.len(),
                    skis.join(", ")
                )
            }
            Flag::SkiTwice { ski, instances } => format!(
                "odd: the SKI {ski} is announced as {}: an identity that was copied, or one device under two names",
                instances.join(" and as ")
            ),
        });
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use eebus_core::node::Endpoint;
    use eebus_core::ship::txt::Record;

    fn sighting(instance: &str, id: &str, ski: u8, interface: &str) -> Sighting {
        let record = Record {
            brand: "ACME".into(),
            model: "Box".into(),
            device_type: "EnergyManagementSystem".into(),
            register: true,
            ..Record::new(ShipId::new(id), Ski::new([ski; 20]))
        };
        let endpoints = vec![Endpoint::new(([192, 0, 2, ski], 4712).into())];
        Sighting { instance: instance.into(), interface: Some(interface.into()), record, endpoints }
    }

    #[test]
    fn one_device_on_two_interfaces_is_not_odd() {
        let seen = [sighting("box", "ACME-1", 1, "eth0"), sighting("box", "ACME-1", 1, "wlan0")];
        assert_eq!(flags(&seen), []);
        let table = as_table(&seen, &[]);
        assert_eq!(
            table[..3],
            [
                "0101 0101 0101 0101 0101 0101 0101 0101 0101 0101  ACME Box EnergyManagementSystem  wants to pair",
                "  SHIP ID ACME-1, instance \"box\"",
                "  interface eth0, 192.0.2.1:4712",
            ]
        );
    }

    #[test]
    fn two_devices_with_one_ship_id_and_one_ski_under_two_names_are_flagged() {
        let seen = [
            sighting("box", "ACME-1", 1, "eth0"),
            sighting("box (2)", "ACME-1", 2, "eth0"),
            sighting("copy", "ACME-2", 2, "eth0"),
        ];
        let expected = [
            Flag::SharedShipId {
                ship_id: ShipId::new("ACME-1"),
                skis: vec![Ski::new([1; 20]), Ski::new([2; 20])],
            },
            Flag::SkiTwice { ski: Ski::new([2; 20]), instances: vec!["box (2)".into(), "copy".into()] },
        ];
        assert_eq!(flags(&seen), expected);
        let told = as_table(&[], &expected).join("\n");
        assert!(
            told.contains("2 devices announce the SHIP ID ACME-1") && told.contains("as box (2) and as copy"),
            "{told}"
        );
        let json = as_json(&seen[..1], &expected[..1]);
        let lines: Vec<Value> = json.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0]["node"]["addresses"], json!(["192.0.2.1:4712"]));
        assert_eq!(
            (&lines[0]["node"]["type"], &lines[1]["flag"]),
            (&json!("EnergyManagementSystem"), &json!("shared_ship_id"))
        );
    }
}
