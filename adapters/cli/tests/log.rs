//! What the program logs, where to, and what never.

mod common;

use common::{Ran, eebus, eebus_with};
use serde_json::Value;
use std::fs;
use std::path::Path;

fn demo(arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
    let ran = eebus_with(&[&["demo"], arguments].concat(), environment, b"");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(
        ran.out.contains("The heat pump was limited to 4,200 W") && !ran.out.contains("eebus::"),
        "{}",
        ran.out
    );
    ran
}

#[test]
fn it_is_silent_until_it_is_asked() {
    assert_eq!(demo(&[], &[]).err, "");
    let info = demo(&[], &[("RUST_LOG", "eebus::usecase=info")]).err;
    assert!(info.contains(r#"INFO eebus::usecase: limit state=limited ceiling="4,200 W""#), "{info}");
    assert!(!info.contains("eebus::node") && !info.contains("DEBUG"), "{info}");
}

#[test]
fn more_v_tell_more() {
    let debug = demo(&["-v"], &[("RUST_LOG", "off")]).err;
    assert!(debug.contains("eebus::spine: sent frame=write loadControlLimitListData"), "{debug}");
    assert!(debug.contains("eebus::ship: received frame=connectionHello ready octets="), "{debug}");
    assert!(!debug.contains("TRACE") && !debug.contains(r#"{"datagram""#), "{debug}");
    let trace = demo(&["-vv"], &[]).err;
    assert!(trace.contains(r#"{"datagram""#), "{trace}");
}

#[test]
fn every_line_is_json_where_that_is_wanted() {
    let ran = demo(&["-v", "--log-json"], &[]);
    let records: Vec<Value> = ran.err.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let write = records
        .iter()
        .find(|record| {
            let fields = &record["fields"];
            fields["message"] == "received"
                && fields["frame"]
                    .as_str()
                    .is_some_and(|frame| frame.starts_with("write loadControlLimitListData"))
        })
        .unwrap();
    assert_eq!((&write["level"], &write["target"]), (&"DEBUG".into(), &"eebus::spine".into()));
    assert_eq!((&write["span"]["name"], &write["span"]["conn"]), (&"conn".into(), &"conn-0".into()));
    assert_eq!(write["span"]["ski"].as_str().unwrap().len(), 40);
}

#[test]
fn keys_of_tls_are_written_only_on_request_and_with_a_warning() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tls-keys.log");
    let _ = fs::remove_file(&file);
    let variable = [("SSLKEYLOGFILE", file.to_str().unwrap())];
    assert_eq!(demo(&[], &variable).err, "");
    assert!(!file.exists());
    let ran = demo(&["--tls-key-log"], &variable);
    assert!(ran.err.starts_with("eebus: warning: the keys of every connection go to "), "{}", ran.err);
    let keys = fs::read_to_string(&file).unwrap();
    // Both ends of the one connection are this process.
    assert_eq!(keys.lines().filter(|line| line.starts_with("CLIENT_RANDOM ")).count(), 2, "{keys}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let missing = eebus(&["demo", "--tls-key-log"]);
    assert_eq!(missing.code, Some(2));
    assert!(missing.err.contains("SSLKEYLOGFILE is not set; name a file"), "{}", missing.err);
}

#[test]
fn a_filter_that_is_none_is_named() {
    let ran = eebus_with(&["demo"], &[("RUST_LOG", "eebus=loud")], b"");
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.err.contains("RUST_LOG is no filter") && ran.err.contains("try RUST_LOG=eebus=debug"),
        "{}",
        ran.err
    );
}
