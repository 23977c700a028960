//! `eebus decode`: messages in every form, and what is none.

mod common;

use common::{eebus, eebus_reads};

const WRITE: &str = r#"{"datagram":[{"header":[{"specificationVersion":"1.3.0"},{"addressSource":[{"device":"d:_n:acme_Box"},{"entity":[1]},{"feature":1}]},{"addressDestination":[{"device":"d:_n:acme_Pump"},{"entity":[1,2]},{"feature":3}]},{"msgCounter":42},{"cmdClassifier":"write"},{"ackRequest":true}]},{"payload":[{"cmd":[[{"function":"loadControlLimitListData"},{"filter":[[{"cmdControl":[{"delete":[]}]},{"loadControlLimitListDataSelectors":[{"limitId":0}]},{"loadControlLimitDataElements":[{"timePeriod":[]}]}],[{"cmdControl":[{"partial":[]}]}]]},{"loadControlLimitListData":[{"loadControlLimitData":[[{"limitId":0},{"isLimitActive":true},{"value":[{"number":42},{"scale":2}]}]]}]}]]}]}]}"#;

const WRITE_VIEW: &str = "\
standard input
d:_n:acme_Box [1]/1 → d:_n:acme_Pump [1,2]/3: write loadControlLimitListData #42, wants an acknowledgement, SPINE 1.3.0
  filter: delete
    loadControlLimitListDataSelectors:
      limitId: 0
    loadControlLimitDataElements:
      timePeriod: (empty)
  filter: partial
  loadControlLimitListData:
    loadControlLimitData:
    - limitId: 0
      isLimitActive: true
      value: 4200

";

#[test]
fn a_datagram_is_shown_with_addresses_filters_and_scaled_numbers() {
    let ran = eebus_reads(&["decode", "-"], WRITE.as_bytes());
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(0), WRITE_VIEW, ""));
}

#[test]
fn a_data_frame_is_shown_alike_as_octets_and_as_hex() {
    let mut frame = b"\x02{\"data\":[{\"header\":[{\"protocolId\":\"ee1.0\"}]},{\"payload\":".to_vec();
    frame.extend_from_slice(WRITE.as_bytes());
    frame.extend_from_slice(b"}]}");
    let head = format!("SHIP data: {} octets of SPINE\n", WRITE.len());
    let view = WRITE_VIEW.replacen('\n', &format!("\n{head}"), 1);
    let hex: String = frame.iter().map(|octet| format!("{octet:02x} ")).collect();
    for input in [frame.as_slice(), hex.as_bytes(), &frame[1..]] {
        let ran = eebus_reads(&["decode", "-"], input);
        assert_eq!((ran.code, ran.out.as_str()), (Some(0), view.as_str()), "{}", ran.err);
    }
}

#[test]
fn other_forms_are_shown() {
    for (input, view) in [
        ("00 00", "SHIP init: CMI, 2 octets\n"),
        (
            r#"{"connectionHello":[{"phase":"ready"},{"waiting":60000}]}"#,
            "SHIP control\n  connectionHello:\n    phase: ready\n    waiting: 60000\n",
        ),
        (
            r#"{"connectionPinInput":[{"pin":"1234567890"}]}"#,
            "SHIP control\n  connectionPinInput:\n    pin: (hidden)\n",
        ),
        (
            r#"{"connectionClose":[{"phase":"announce"}]}"#,
            "SHIP end\n  connectionClose:\n    phase: announce\n",
        ),
        (
            "{\n  \"resultData\": {\n    \"errorNumber\": 7\n  }\n}\n",
            "resultData:\n  errorNumber: 7\n  written as ordinary JSON\n",
        ),
        (
            r#"{"measurementListData":[{"measurementData":[[{"valueType":"vendor\u001bThing"},{"measurementId":1}]]}]}"#,
            "measurementListData:\n  measurementData:\n  - measurementId: 1\n    valueType: vendor\\u{1b}Thing (not in the schema)\n  repaired: 1 × unknown enum value, 1 × order of elements\n",
        ),
    ] {
        let ran = eebus_reads(&["decode", "-"], input.as_bytes());
        let expected = format!("standard input\n{view}\n");
        assert_eq!((ran.code, ran.out, ran.err.as_str()), (Some(0), expected, ""), "{input}");
    }
}

#[test]
fn every_message_of_the_vectors_is_read() {
    for (file, lines) in [("spine-golden-trace.jsonl", 74), ("ship-messages.jsonl", 31)] {
        let ran = eebus(&["decode", &format!("core/tests/data/{file}")]);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
        let places = ran.out.lines().filter(|line| line.starts_with("core/tests/data/")).count();
        assert_eq!(places, lines, "{file}");
    }
}

#[test]
fn what_cannot_be_read_is_named_with_its_place_and_the_rest_goes_on() {
    let bad = WRITE.replace(r#""number":42"#, r#""number":"42""#);
    let ran = eebus_reads(&["decode", "-"], format!("{bad}\n{WRITE}\n").as_bytes());
    assert_eq!(ran.code, Some(1));
    let path = "datagram.payload.cmd[0].loadControlLimitListData.loadControlLimitData[0].value.number";
    assert!(
        ran.err.starts_with(&format!("eebus: standard input:1: {path}: expected a whole number")),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("found the string \"42\" at octet"), "{}", ran.err);
    assert_eq!(ran.out, WRITE_VIEW.replacen("input", "input:2", 1));
}

#[test]
fn what_is_no_message_is_refused_in_one_sentence() {
    for (input, sentence) in [
        ("", "eebus: standard input is empty; give it a message\n"),
        (
            "hello",
            "eebus: standard input: neither a SHIP frame nor hex digits nor a JSON object: it begins with \"hello\"; `eebus decode --help` shows the forms\n",
        ),
        (
            r#"{"weather":{}}"#,
            "eebus: standard input: \"weather\" is neither `datagram` nor a SHIP message nor a function of SPINE 1.3.0\n",
        ),
        ("04", "eebus: standard input: the reserved message type 0x04\n"),
        (
            r#"{"resultData":{"errorNumber":true}}"#,
            "eebus: standard input: resultData.errorNumber: expected a whole number in 0..=4294967295, found true at octet 15\n",
        ),
    ] {
        let ran = eebus_reads(&["decode", "-"], input.as_bytes());
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(1), "", sentence), "{input}");
    }
}

#[test]
fn what_is_written_as_this_project_writes_is_byte_exact() {
    let hex = "027b2264617461223a5b7b22686561646572223a5b7b2270726f746f636f6c4964223a22656531\
               2e30227d5d7d2c7b227061796c6f6164223a7b22646174616772616d223a5b7b22686561646572223a5b5d7d5d7d7d5d7d";
    for input in
        [WRITE, &format!("{WRITE}\n\0\0 \r\n"), "0000", hex, r#"{"connectionHello":[{"phase":"ready"}]}"#]
    {
        let ran = eebus_reads(&["decode", "--check", "-"], input.as_bytes());
        assert_eq!(
            (ran.code, ran.out.as_str(), ran.err.as_str()),
            (Some(0), "standard input: byte-exact\n", "")
        );
    }
    let ran = eebus(&[
        "decode",
        "--check",
        "core/tests/data/ship-messages.jsonl",
        "core/tests/data/spine-golden-trace.jsonl",
    ]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let verdicts: Vec<_> = ran.out.lines().map(|line| line.split_once(": ").unwrap().1).collect();
    assert_eq!(verdicts, ["byte-exact", "37 of 74 messages byte-exact, 37 in ordinary JSON"]);
}

#[test]
fn what_is_not_byte_exact_is_named_with_its_place() {
    let cases = [
        (
            WRITE.replace(
                r#"{"limitId":0},{"isLimitActive":true}"#,
                r#"{"limitId":0,"colour":[1]},{"isLimitActive":true}"#,
            ),
            "  octet 598: \",\\\"colour\\\":[1]},{\\\"isLimit\"… where \"},{\\\"isLimitActive\\\":true}\"… is written\n\
             \x20 datagram.payload.cmd[0].loadControlLimitListData.loadControlLimitData[0]: entry with several keys\n\
             \x20 datagram.payload.cmd[0].loadControlLimitListData.loadControlLimitData[0].colour: unknown element\n",
        ),
        (
            WRITE.replace(r#""msgCounter":42"#, r#""msgCounter": 42"#),
            "  octet 231: \" 42},{\\\"cmdClassifier\\\":\\\"w\"… where \"42},{\\\"cmdClassifier\\\":\\\"wr\"… is written\n",
        ),
        (
            WRITE.replace("1.3.0", "1.3"),
            "  datagram.header.specificationVersion: \"1.3\" is no version of three numbers\n",
        ),
    ];
    for (input, expected) in cases {
        let ran = eebus_reads(&["decode", "--check", "-"], input.as_bytes());
        let exact = !expected.contains("octet");
        let head = if exact { "standard input: byte-exact\n" } else { "standard input: not byte-exact\n" };
        assert_eq!((ran.code, ran.out), (Some(i32::from(!exact)), format!("{head}{expected}")));
    }
}

#[test]
fn ordinary_json_is_not_checked_but_what_the_schema_does_not_allow_is_named() {
    let ordinary = r#"{"datagram":{"header":{"msgCounter":1},"payload":{"cmd":[{"resultData":{"errorNumber":0,"odd":1}}]}}}"#;
    let ran = eebus_reads(&["decode", "--check", "-"], ordinary.as_bytes());
    let expected = "standard input: not applicable, ordinary JSON\n  datagram.payload.cmd[0].resultData.odd: unknown element\n";
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(0), expected, ""));
    let ran = eebus_reads(&["decode", "--check", "-"], b"{\"datagram\":1}");
    assert_eq!(ran.code, Some(1));
}

#[test]
fn both_notations_lead_to_each_other_without_loss() {
    let turn = |flag, input: &str| {
        let ran = eebus_reads(&["decode", flag, "-"], input.as_bytes());
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{input}");
        ran.out
    };
    let lines = std::fs::read_to_string(common::root().join("core/tests/data/ship-messages.jsonl")).unwrap();
    let ship = format!(r#"{{"data":[{{"header":[{{"protocolId":"ee1.0"}}]}},{{"payload":{WRITE}}}]}}"#);
    let data =
        r#"{"measurementListData":[{"measurementData":[[{"valueType":"a\"b\\\n"}]]}],"resultData":[]}"#;
    for wire in lines.lines().chain([WRITE, &ship, data, r#"{"connectionPinInput":[{"pin":"12345678"}]}"#]) {
        let plain = turn("--plain", wire);
        assert_eq!(turn("--eebus", &plain), format!("{wire}\n"));
        assert_eq!(turn("--eebus", wire), format!("{wire}\n"));
        assert_eq!(turn("--plain", &plain), plain);
    }
    assert_eq!(
        turn("--plain", r#"{"connectionHello":[{"phase":"ready"},{"waiting":60000}]}"#),
        "{\"connectionHello\":{\"phase\":\"ready\",\"waiting\":60000}}\n"
    );
    let ran = eebus_reads(&["decode", "--plain", "-"], br#"{"resultData":[{"odd":1}]}"#);
    let told = "eebus: standard input: resultData.odd: unknown element, left out\n";
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(0), "{\"resultData\":{}}\n", told));
}

#[test]
fn an_unreadable_file_and_wrong_arguments_have_their_exit_codes() {
    let ran = eebus(&["decode", "no-such-file"]);
    assert_eq!(ran.code, Some(1));
    let sentence = "eebus: cannot read no-such-file: No such file or directory (os error 2); name one that exists and may be read\n";
    assert_eq!(ran.err, sentence);
    for wrong in [
        &["decode"][..],
        &["decode", "--sideways", "-"],
        &["decode", "--check", "--plain", "-"],
        &["wobble"],
        &[],
    ] {
        assert_eq!(eebus(wrong).code, Some(2), "{wrong:?}");
    }
}
