//! `eebus pair`, with nodes that run and without.

use crate::common::eebus;
use crate::node::{Control, Home};
use serde_json::{Value, json};

/// Runs `eebus pair` on a folder; answers its standard output.
fn pair(home: &Home, arguments: &[&str]) -> String {
    let ran = eebus(&[&["pair", "--state", home.path(), "--no-mdns"], arguments].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran.out
}

fn grouped(ski: &str) -> String {
    let groups: Vec<_> =
        ski.as_bytes().chunks(4).map(|four| String::from_utf8_lossy(four).to_uppercase()).collect();
    groups.join(" ")
}

#[test]
fn two_users_pair_their_nodes_and_every_node_keeps_it_when_killed() {
    let (box_home, pump_home) = (Home::new("box"), Home::new("pump"));
    let (_box, control) = box_home.start(&[]);
    let (pump, mut at_pump) = pump_home.start(&["--role", "evse"]);
    let (ski, pump_ski) = (text(&control.hello["ski"]), text(&at_pump.hello["ski"]));
    let mut port = Value::Null;
    wait(|| {
        port = at_pump.ask(json!({ "view": "node" })).unwrap()["ok"]["port"].clone();
        port.is_u64()
    });
    let address = format!("127.0.0.1:{port}");

    let empty = pair(&box_home, &[]);
    assert!(
        empty.starts_with(&format!("own SKI  {}\n", grouped(&ski))) && empty.contains("Nobody is there"),
        "{empty}"
    );
    let approved = pair(&box_home, &["approve", &grouped(&pump_ski), "--dial", &address, "--seconds", "1"]);
    assert!(approved.contains("its own user to trust this node"), "{approved}");
    assert!(approved.contains(&grouped(&ski)), "what to show the other device: {approved}");

    let asks = pair(&pump_home, &["list"]);
    assert!(asks.contains("waits for you") && asks.contains(&format!("approve {}", &ski[..8])), "{asks}");
    pair(&pump_home, &["approve", &ski[..8], "--seconds", "60"]);
    let connected = |home: &Home| pair(home, &["list"]).contains("trusted and connected");
    wait(|| connected(&box_home) && connected(&pump_home));

    drop(pump);
    let (_pump, _) = pump_home.start(&["--port", &port.to_string()]);
    wait(|| connected(&box_home) && connected(&pump_home));

    let forgotten = pair(&pump_home, &["forget", &ski[..8]]);
    assert!(forgotten.starts_with("forgotten"), "{forgotten}");
    let unknown = eebus(&["pair", "--state", box_home.path(), "forget", &"ab".repeat(20)]);
    assert!(unknown.code == Some(1) && unknown.err.contains("is not known"), "{unknown:?}");
}

#[test]
fn without_a_running_node_a_decision_is_kept_all_the_same() {
    let home = Home::new("alone");
    let (first, second) = ("ab".repeat(20), "cd".repeat(20));
    pair(&home, &["approve", &first, "--seconds", "0"]);
    pair(&home, &["refuse", &second]);
    let listed = pair(&home, &["list", "--json", "--seconds", "0"]);
    let lines: Vec<Value> = listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let decisions: Vec<_> =
        lines[1..].iter().map(|line| (text(&line["peer"]["ski"]), text(&line["peer"]["decision"]))).collect();
    assert_eq!(decisions, [(first.clone(), "trusted".to_owned()), (second, "refused".to_owned())]);
    assert_eq!(
        pair(&home, &["forget", &first[..8], "--seconds", "0"]).lines().next(),
        Some(&*format!("forgotten  {}", grouped(&first)))
    );
    assert!(!pair(&home, &["list", "--seconds", "0"]).contains(&grouped(&first)));
}

#[test]
fn the_demo_commands_use_a_folder_too_and_keep_whom_they_pair_with() {
    let home = Home::new("demo");
    let peer = "ab".repeat(20);
    let node = home.command(&["hems", "0", &peer, "--state", home.path(), "--no-mdns"]);
    let is_trusted =
        |mut control: Control| control.decisions().unwrap().get(&peer).is_some_and(|is| is == "trusted");
    wait(|| home.control().is_some_and(is_trusted));
    // What is acknowledged is kept, with everything before it.
    home.control().unwrap().decide(&"cd".repeat(20), "Refuse").unwrap();
    drop(node);
    let (_node, mut control) = home.start(&[]);
    assert_eq!(control.decisions().unwrap()[&peer], "trusted");
    let unnamed = eebus(&["hems", "0", &peer]);
    assert!(unnamed.code == Some(2) && unnamed.err.contains("--state"), "{unnamed:?}");
}

#[test]
fn what_names_nobody_is_explained() {
    let home = Home::new("names");
    let own = text(&home.start(&[]).1.hello["ski"]);
    for (ski, code, why) in [
        (own.as_str(), 1, "is this node itself"),
        ("a80556", 1, "the first 8 are enough"),
        ("not an SKI", 1, "the first 8 are enough"),
        ("a80556a2", 1, "wait longer with --seconds"),
    ] {
        let ran = eebus(&["pair", "--state", home.path(), "--no-mdns", "--seconds", "0", "approve", ski]);
        assert_eq!(ran.code, Some(code), "{ran:?}");
        assert!(ran.err.contains(why), "{ski}: {}", ran.err);
    }
    let ran = eebus(&["pair"]);
    assert!(ran.code == Some(2) && ran.err.contains("--state DIR"), "{ran:?}");
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

pub(crate) fn wait(mut is_so: impl FnMut() -> bool) {
    for _ in 0..1_200 {
        if is_so() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("it never came to pass");
}
