//! The folder: one process, one identity, nothing overwritten.

use crate::common::eebus;
use crate::node::Home;
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn folder_and_files_are_their_owners_alone() {
    let home = Home::new("modes");
    let (node, mut control) = home.start(&[]);
    control.decide(&"ab".repeat(20), "Refuse").unwrap();
    assert_eq!(
        (mode(&home.0), mode(&home.file("identity.pem")), mode(&home.file("node.json"))),
        (0o700, 0o600, 0o600)
    );
    drop(node);
    fs::set_permissions(home.file("identity.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(&home.0, fs::Permissions::from_mode(0o755)).unwrap();
    let _ = home.start(&[]);
    assert_eq!((mode(&home.0), mode(&home.file("identity.pem"))), (0o700, 0o600));

    let other = home.0.parent().unwrap().join("shared");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("something"), "").unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o755)).unwrap();
    let ran =
        eebus(&["run", "--state", other.to_str().unwrap(), "--role", "hems", "--no-mdns", "--port", "0"]);
    assert!(ran.code == Some(1) && ran.err.contains("open to others"), "{ran:?}");
    assert_eq!(mode(&other), 0o755, "not ours to close");
}

#[test]
fn two_processes_never_run_one_folder_and_a_killed_one_leaves_it_free() {
    let home = Home::new("two");
    let (node, control) = home.start(&[]);
    let second = eebus(&["run", "--state", home.path(), "--no-mdns", "--port", "0"]);
    assert_eq!(second.code, Some(1));
    assert!(second.err.contains(&format!("process {} runs the device", node.id())), "{}", second.err);
    let taken = eebus(&["identity", "create", "--state", home.path()]);
    assert!(taken.code == Some(1) && taken.err.contains("left as it is"), "{taken:?}");
    let ski = control.hello["ski"].clone();
    drop((node, control));
    assert!(home.file("control.sock").exists(), "it had no time to tidy up");
    let (_node, control) = home.start(&[]);
    assert_eq!(control.hello["ski"], ski);
}

#[test]
fn a_lost_or_damaged_identity_is_never_replaced() {
    let home = Home::new("lost");
    let (node, mut control) = home.start(&[]);
    control.decide(&"ab".repeat(20), "Refuse").unwrap();
    drop((node, control));
    let identity = fs::read(home.file("identity.pem")).unwrap();
    let run = || eebus(&["run", "--state", home.path(), "--no-mdns", "--port", "0"]);
    for content in [&b""[..], b"-----BEGIN CERTIFICATE-----\n", &identity[..200]] {
        fs::write(home.file("identity.pem"), content).unwrap();
        let ran = run();
        assert!(ran.code == Some(1) && ran.err.contains("left as it is"), "{ran:?}");
        assert_eq!(fs::read(home.file("identity.pem")).unwrap(), content);
    }
    fs::remove_file(home.file("identity.pem")).unwrap();
    let ran = run();
    assert!(ran.code == Some(1) && ran.err.contains("put it back from a backup"), "{ran:?}");
    assert!(!home.file("identity.pem").exists());
}

#[test]
fn a_damaged_store_is_kept_aside_and_reported_and_one_of_a_newer_version_stops_the_node() {
    let home = Home::new("damaged");
    let (node, mut control) = home.start(&[]);
    control.decide(&"ab".repeat(20), "Trust").unwrap();
    drop((node, control));
    let store = home.file("node.json");
    let text = fs::read(&store).unwrap();
    fs::write(&store, &text[..text.len() / 2]).unwrap();
    let listed = eebus(&["pair", "--state", home.path(), "--no-mdns", "--seconds", "0"]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
    assert!(
        listed.err.contains("node.json.damaged-1") && listed.err.contains("put a backup in its place"),
        "{}",
        listed.err
    );
    assert!(listed.out.contains("Nobody is there"), "{}", listed.out);
    assert_eq!(fs::read(home.file("node.json.damaged-1")).unwrap(), text[..text.len() / 2]);

    let newer = r#"{"version":99,"saved":{}}"#;
    fs::write(&store, newer).unwrap();
    let ran = eebus(&["run", "--state", home.path(), "--no-mdns", "--port", "0"]);
    assert!(ran.code == Some(1) && ran.err.contains("version 99"), "{ran:?}");
    assert_eq!(fs::read_to_string(&store).unwrap(), newer);
}

#[test]
fn the_socket_answers_every_line_and_survives_what_is_not_understood() {
    let home = Home::new("lines");
    let (_node, mut control) = home.start(&["--auto-accept", "2min", "--register"]);
    assert_eq!((&control.hello["eebus"], &control.hello["version"]), (&json!("control"), &json!(1)));
    let node = control.ask(json!({ "view": "node" })).unwrap()["ok"].clone();
    assert!(node["register"] == true && node["accepts_s"].as_u64().is_some_and(|left| left <= 120), "{node}");
    for line in ["nonsense", "{}", r#"{"id":1,"view":"nothing"}"#, r#"{"id":1,"more":2}"#] {
        control.put(line).unwrap();
        assert_eq!(control.line().unwrap()["error"]["kind"], "protocol", "{line}");
    }
    let both = control.ask(json!({ "view": "peers", "call": "Shutdown" })).unwrap();
    assert_eq!(both["error"]["kind"], "protocol");
    let nobody = control.ask(json!({ "call": { "Trust": { "peer": 7 } } })).unwrap();
    assert_eq!(nobody["error"]["kind"], "misuse");
    assert_eq!(control.ask(json!({ "view": "connections" })).unwrap()["ok"], json!([]));

    assert_eq!(control.ask(json!({ "events": true })).unwrap()["ok"], true);
    let mut other = home.control().unwrap();
    other.decide(&"ab".repeat(20), "Refuse").unwrap();
    let event = control.line().unwrap();
    assert!(event["event"].is_object(), "{event}");

    let mut many: Vec<_> = (0..14).map(|_| home.control().expect("one of 16")).collect();
    assert!(home.control().is_none(), "the 17th is turned away");
    drop(many.pop());
    crate::pair::wait(|| home.control().is_some());
    other.put(&"x".repeat(2 << 20));
    assert_eq!(other.line().map(|line| line["error"]["kind"].clone()), Some(json!("protocol")));
    assert!(other.line().is_none(), "a line without an end is the last one");
}
