//! Canonical input comes back as it was, copied or written anew.

use super::super::fixture::*;
use super::*;

const CASES: [&str; 3] = [LIMIT_WRITE, DELETE, SHIP];

#[test]
fn a_canonical_document_comes_back_octet_for_octet() {
    for json in CASES {
        let (tape, repairs) = read_document(json);
        assert!(repairs.is_empty(), "{repairs:?}");
        assert_eq!(document(&tape), json);
    }
}

#[test]
fn copied_and_written_anew_agree() {
    for json in CASES {
        let (tape, _) = read_document(json);
        let anew = without_spans(&tape);
        assert_eq!(document(&anew), json);
        assert_eq!(anew, tape);
    }
}

#[test]
fn a_canonical_struct_is_remembered_as_such() {
    let (tape, _) = read_document(LIMIT_WRITE);
    let datagram = tape.root().field(0).unwrap();
    let start = LIMIT_WRITE.find('[').unwrap();
    assert_eq!(datagram.canonical(), Some(&LIMIT_WRITE[start..LIMIT_WRITE.len() - 1]));
}

#[test]
fn every_departure_spoils_the_containers_around_it_and_no_other() {
    let canonical = r#"[{"setpointData":[[{"setpointId":1},{"value":[{"number":3}]}],[{"setpointId":2}]]}]"#;
    for (from, to) in [
        (r#"[{"number":3}]"#, r#"[ {"number":3}]"#),
        (r#"[{"number":3}]"#, r#"[{"number": 3}]"#),
        (r#"[{"number":3}]"#, r#"[{"number":3} ]"#),
        (r#"[{"number":3}]"#, r#"{"number":3}"#),
        (r#"[{"number":3}]"#, r#"[{"number":3},{}]"#),
        (r#"[{"number":3}]"#, r#"[{"number":3,"scale":0}]"#),
        (r#"[{"number":3}]"#, r#"[{"scale":0},{"number":3}]"#),
        (r#"[{"number":3}]"#, r#"[{"number":2},{"number":3}]"#),
        (r#"[{"number":3}]"#, r#"[{"number":3},{"scale":null}]"#),
        (r#"[{"number":3}]"#, r#"[{"number":3},{"x":1}]"#),
        (r#"[{"number":3}]"#, r#"[{"number":3.0}]"#),
        (r#"[{"number":3}]"#, r#"[{"number":-0}]"#),
        (r#"[{"number":3}]"#, r#"[{"n\u0075mber":3}]"#),
    ] {
        let (tape, _) = read(&SETPOINTS, &canonical.replace(from, to));
        let list = tape.root().field(0).unwrap();
        let items: Vec<_> = list.items().collect();
        assert_eq!(tape.root().canonical(), None, "{to}");
        assert_eq!(list.canonical(), None, "{to}");
        assert_eq!(items[0].canonical(), None, "{to}");
        assert_eq!(items[0].field(1).unwrap().canonical(), None, "{to}");
        assert_eq!(items[1].canonical(), Some(r#"[{"setpointId":2}]"#), "{to}");
        assert_eq!(written(&tape), written(&without_spans(&tape)), "{to}");
    }
    assert!(read(&SETPOINTS, canonical).0.root().canonical().is_some());
}

#[test]
fn a_part_of_a_tape_is_a_tape() {
    for space in ["", " "] {
        let (tape, _) =
            read_document(&LIMIT_WRITE.replace("{\"limitId", &alloc::format!("{{{space}\"limitId")));
        let cmd = tape.root().field(0).unwrap().field(1).unwrap().field(0).unwrap().items().next().unwrap();
        let data = cmd.field(2).unwrap().to_tape(&LIMITS);
        assert_eq!(
            written(&data),
            r#"[{"loadControlLimitData":[[{"limitId":0},{"isLimitActive":true},{"timePeriod":[{"endTime":"PT2H"}]},{"value":[{"number":4200},{"scale":0}]}],[{"limitId":1},{"value":[{"number":-5},{"scale":-1}]}]]}]"#
        );
        assert_eq!(written(&without_spans(&data)), written(&data));
        assert_eq!(data.ty().name, "LoadControlLimitListDataType");
    }
}

#[test]
fn an_empty_list_is_not_written() {
    let (tape, repairs) = read(&TIER, r#"[{"tierId":1},{"activeIncentiveId":[]}]"#);
    assert!(repairs.is_empty());
    assert_eq!(written(&tape), r#"[{"tierId":1}]"#);
    assert_eq!(tape, read(&TIER, r#"[{"tierId":1}]"#).0);
}

#[test]
fn equality_is_by_value() {
    let a = read(&LIMIT, r#"[{"limitId":1},{"value":[{"number":2}]}]"#).0;
    let b = read(&LIMIT, r#" {"value":{"number":2.0},"limitId":1}"#).0;
    assert_eq!(a, b);
    for other in ["[]", r#"[{"limitId":1}]"#, r#"[{"limitId":1},{"value":[{"scale":2}]}]"#] {
        assert_ne!(a, read(&LIMIT, other).0);
    }
    assert_ne!(Tape::empty(&LIMIT), Tape::empty(&SETPOINT));
}

#[test]
fn debug_is_ordinary_json() {
    let (tape, _) =
        read(&LIMIT, r#"[{"limitId":1},{"isLimitActive":true},{"timePeriod":[]},{"value":[{"number":-2}]}]"#);
    assert_eq!(
        alloc::format!("{tape:?}"),
        r#"LoadControlLimitDataType {"limitId":1,"isLimitActive":true,"timePeriod":{},"value":{"number":-2}}"#
    );
}
