//! The first run, pairing, limits, the end, and what can be wrong.

use crate::common::*;
use crate::process::Home;
use std::net::TcpListener;

#[test]
fn an_energy_manager_limits_a_wallbox_for_a_while() {
    let home = Home::new("limit");
    let (hems_ski, evse_ski) = (home.introduce("hems"), home.introduce("evse"));
    let evse = home.start("evse", 0, &hems_ski, &[]);
    let hems =
        home.start("hems", 0, &evse_ski, &["--dial", &evse.address(), "--limit", "4200", "--for", "3s"]);
    let (evse_id, hems_id) =
        (format!("EEBUS-EVSE-{}", &evse_ski[..8]), format!("EEBUS-HEMS-{}", &hems_ski[..8]));
    hems.wait(&format!("{evse_id}: device d:_n:EEBUS_EVSE-{}, ChargingStation", &evse_ski[..8]));
    let tree = hems.wait_after("[1]/6 Generic client");
    let expected = [
        "  entity [0] DeviceInformation",
        "    feature [0]/0 NodeManagement special",
        "    feature [0]/1 DeviceClassification server",
        "      deviceClassificationManufacturerData: read (also in part)",
        "  entity [1] EVSE",
        "    feature [1]/1 LoadControl server",
        "      loadControlLimitDescriptionListData: read (also in part)",
        "      loadControlLimitListData: read (also in part), write (also in part)",
    ];
    assert_eq!(tree[..expected.len()], expected);
    let use_case = "use case limitationOfPowerConsumption 1.0.0 as ControllableSystem on entity [1]";
    hems.wait(&format!("{evse_id}: {use_case}: scenarios 1, 2, 3, 4"));
    hems.wait(&format!("{evse_id}: [0]/1 brand EEBUS, model EVSE, serial number {}", &evse_ski[..8]));
    hems.wait(&format!("{evse_id}: [1]/2 failsafeConsumptionActivePowerLimit: 4,200 W"));
    hems.wait(&format!("{evse_id}: [1]/4 powerConsumptionNominalMax: 11,040 W"));
    hems.wait(&format!("{evse_id} accepts the limit 4,200 W for 3s"));
    hems.wait(&format!("{evse_id} reports no limit"));

    evse.wait("paired");
    evse.wait(&format!("{hems_id} is in control"));
    let limited = evse.wait(": limited");
    assert!(limited.starts_with("own ceiling 4,200 W for "), "{limited}");
    assert!(
        limited.ends_with(" s: limited, since its first limit after the start was accepted (LPC-904)"),
        "{limited}"
    );
    let over = evse.wait("own ceiling");
    assert_eq!(over, "own ceiling none: unlimited/controlled, since the time of the limit is over (LPC-908)");

    hems.signal("TERM");
    hems.wait("ended");
    let (status, err) = hems.end();
    assert_eq!((status.code(), err.as_str()), (Some(0), ""));
    evse.wait(&format!("{hems_id}: disconnected: the peer closed the connection"));
    evse.signal("INT");
    let (status, err) = evse.end();
    assert_eq!((status.code(), err.as_str()), (Some(0), ""));
}

#[test]
fn a_second_signal_ends_at_once() {
    let home = Home::new("twice");
    let (hems_ski, evse_ski) = (home.introduce("hems"), home.introduce("evse"));
    let evse = home.start("evse", 0, &hems_ski, &[]);
    let hems = home.start("hems", 0, &evse_ski, &["--dial", &evse.address()]);
    hems.wait("can be limited");
    // Who is frozen does not answer the goodbye.
    evse.signal("STOP");
    hems.signal("TERM");
    hems.wait("once more ends at once");
    hems.signal("TERM");
    assert_eq!(hems.end().0.code(), Some(128 + 15));
    evse.signal("CONT");
}

/// It failed with one sentence that says these two things.
fn assert_failed(ran: &Ran, what: &str, remedy: &str) {
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains(what) && ran.err.contains(remedy), "{}", ran.err);
}

#[test]
fn what_does_not_fit_is_named_with_what_to_try() {
    let home = Home::new("wrong");
    let (ski, other) = (home.introduce("hems"), home.introduce("evse"));
    let run = |role: &str, port: &str, ski: &str, cert: &str, key: &str| {
        eebus(&[role, port, ski, &home.file(cert, "crt"), &home.file(key, "key"), "--no-mdns"])
    };
    let key = run("evse", "0", &ski, "hems", "evse");
    let what = "the private key does not belong to the certificate";
    assert_failed(&key, what, "the port alone makes new ones");
    assert_failed(&run("evse", "0", &ski, "none", "evse"), "cannot read", "name one that exists");
    let taken = TcpListener::bind("[::]:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let listens = run("hems", &port, &other, "hems", "hems");
    assert_failed(&listens, "cannot listen on port", "choose another port");
    let own = run("hems", "0", &ski, "hems", "hems");
    assert_failed(&own, "cannot pair with", "the node's own SKI");
}

#[test]
fn a_duration_or_an_address_that_is_none_is_an_argument_error() {
    let ski = "0".repeat(40);
    let with = |option: &str, value: &str| {
        eebus(&["hems", "0", &ski, "hems.crt", "hems.key", "--limit", "1", option, value])
    };
    for (option, value, why) in [
        ("--for", "soon", "try 90s, 15min or 2h"),
        ("--for", "0", "whole seconds, one at least"),
        ("--for", "1500ms", "whole seconds"),
        ("--dial", "fe80::1", "[fe80::1%eth0]:4712"),
        ("--dial", "192.0.2.7:x", "\"x\" is no port"),
        ("--dial", "fe80::1%nowhere", "there is no interface nowhere"),
        ("--dial", "", "nobody can be reached there"),
    ] {
        let ran = with(option, value);
        assert!(ran.code == Some(2) && ran.err.contains(why), "{option} {value}: {}", ran.err);
    }
}
