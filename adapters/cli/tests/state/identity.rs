//! `eebus identity`.

use crate::common::eebus;
use crate::node::Home;
use std::fs;

fn field(out: &str, name: &str) -> String {
    let line = out.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {out}"));
    line[name.len()..].trim().to_owned()
}

#[test]
fn an_identity_is_made_once_shown_judged_and_handed_on() {
    let home = Home::new("made");
    let identity = |arguments: &[&str]| eebus(&[&["identity", "--state", home.path()], arguments].concat());
    let nothing = identity(&["show"]);
    assert!(nothing.code == Some(1) && nothing.err.contains("identity create or import"), "{nothing:?}");
    let made = identity(&["create", "--ship-id", "i:1_u:2"]);
    assert_eq!((made.code, field(&made.out, "SHIP ID")), (Some(0), "i:1_u:2".to_owned()));
    assert_eq!(identity(&["create"]).code, Some(1), "it is never replaced");
    let shown = identity(&["show"]);
    assert_eq!(shown.out, made.out);
    let checked = identity(&["check"]);
    assert!(checked.code == Some(0) && checked.out.ends_with("A node can run with it.\n"), "{checked:?}");

    let beside = |name: &str| home.0.with_file_name(name).to_str().unwrap().to_owned();
    let (pem, cert, key, copy) = (beside("a.pem"), beside("a.crt"), beside("a.key"), beside("copy"));
    assert_eq!(identity(&["export", &pem]).code, Some(0));
    assert_eq!(identity(&["export", &pem]).code, Some(1), "no file is overwritten");
    assert_eq!(identity(&["export", "--cert", &cert, "--key", &key, "--backup", &copy]).code, Some(0));
    assert_eq!(eebus(&["identity", "show", "--state", &copy]).out, made.out);
    let split = eebus(&["identity", "check", &cert, &key]);
    assert_eq!(field(&split.out, "SKI of the key"), field(&made.out, "SKI"));
}

#[test]
fn a_demo_of_eebus_go_is_taken_over_with_the_ship_id_its_peers_know() {
    let home = Home::new("import");
    let demo = eebus(&["hems", "4711"]);
    let (ski, pem) = demo.out.split_once('\n').unwrap();
    let (certificate, key) = pem.split_at(pem.find("-----BEGIN PRIVATE KEY-----").unwrap());
    let beside = |name: &str| home.0.with_file_name(name).to_str().unwrap().to_owned();
    let (cert, key_file) = (beside("demo.crt"), beside("demo.key"));
    fs::write(&cert, certificate).unwrap();
    fs::write(&key_file, key).unwrap();
    let import = |more: &[&str]| {
        eebus(&[&["identity", "import", "--state", home.path(), &cert, &key_file], more].concat())
    };
    let unnamed = import(&[]);
    assert!(unnamed.code == Some(1) && unnamed.err.contains("which SHIP ID"), "{unnamed:?}");
    let taken = import(&["--ship-id", "Demo-HEMS-123456789"]);
    assert_eq!(taken.code, Some(0), "{taken:?}");
    assert_eq!(format!("SKI: {}", field(&taken.out, "SKI")), ski);
    let (_node, control) = home.start(&[]);
    assert_eq!(control.hello["ship_id"], "Demo-HEMS-123456789");
    assert_eq!(import(&["--ship-id", "another"]).code, Some(1), "it is never replaced");
}

#[test]
fn what_no_node_can_run_with_is_said_by_the_exit_code_too() {
    let home = Home::new("judged");
    let (one, other) = (eebus(&["hems", "1"]).out, eebus(&["hems", "1"]).out);
    let split = |text: &str| text.find("-----BEGIN PRIVATE KEY-----").unwrap();
    let file = home.0.with_file_name("mixed.pem");
    fs::write(&file, [&one[..split(&one)], &other[split(&other)..]].concat()).unwrap();
    let ran = eebus(&["identity", "check", file.to_str().unwrap()]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("problem  the private key does not belong to the certificate;"), "{}", ran.out);
}
