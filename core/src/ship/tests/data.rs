//! SHIP 13.4.5 and 13.4.2: what is handed on, what is ignored.

use super::*;

const GOLDEN: &str = r#"02 {"data":[{"header":[{"protocolId":"ee1.0"}]},{"payload":{"datagram":[{"header":[{"specificationVersion":"1.3.0"},{"addressSource":[{"device":"d:_i:46925_HEMS"},{"entity":[0]},{"feature":0}]},{"addressDestination":[{"entity":[0]},{"feature":0}]},{"msgCounter":1},{"cmdClassifier":"read"}]},{"payload":[{"cmd":[[{"nodeManagementDetailedDiscoveryData":[]}]]}]}]}}]}"#;
const EXTENSION: &str = r#"02 {"data":[{"header":[{"protocolId":"ee1.0"}]},{"payload":{"datagram":[]}},{"extension":[{"extensionId":"x"},{"binary":"00FF"},{"string":"text"}]}]}"#;

fn document() -> &'static str {
    // The text has two characters of the message type and a blank where the frame has one octet.
    &GOLDEN[DATA_PREFIX.len() + 2..GOLDEN.len() - DATA_SUFFIX.len()]
}

#[test]
fn a_document_is_handed_on_as_a_slice_of_the_frame() {
    let mut bench = Bench::data();
    assert_eq!(bench.give(GOLDEN), [format!("slice {}", document())]);
    let nuls = format!("{GOLDEN}\0\0");
    assert_eq!(bench.give(&nuls), ["repaired 2 NULs behind".into(), format!("payload {}", document())]);
}

#[test]
fn a_document_is_wrapped_as_it_is_recognised() {
    let frame = data_frame(|frame| frame.extend_from_slice(document().as_bytes()));
    assert_eq!(frame, octets(GOLDEN));
    assert_eq!(frame.len(), 363);
}

#[test]
fn other_forms_of_a_data_message_are_taken_apart() {
    let spaced = DATA.replace(':', " : ").replace("},{", "} ,\n\t{");
    let objects = r#"02 {"data":{"header":{"protocolId":"ee1.0"},"payload":{"datagram":[]}}}"#;
    let reversed = r#"02 {"data":[{"payload":{"datagram":[]}},{"header":[{"protocolId":"ee1.0"}]}]}"#;
    let payload = r#"payload {"datagram":[]}"#;
    let mut bench = Bench::data();
    assert_eq!(bench.give(EXTENSION), [payload]);
    assert_eq!(bench.give(&spaced), [r#"payload {"datagram" : []}"#]);
    assert_eq!(bench.give(objects), ["repaired 2 object instead of array of single-key objects", payload]);
    assert_eq!(bench.give(reversed), ["repaired 1 order of elements", payload]);
}

#[test]
fn an_empty_value_and_a_reserved_type_are_ignored() {
    let mut bench = Bench::data();
    for (frame, what) in [
        ("02", "a message type without a value"),
        ("01 00", "a message type without a value"),
        ("FF 00", "the reserved message type 0xff"),
        ("", "an empty message"),
    ] {
        assert_eq!(
            bench.give(frame),
            [format!("fault data exchange: the peer sent {what} (SHIP 13.4.2)")],
            "{frame}"
        );
        assert_eq!(bench.wait(3_000), [""; 0]);
        assert_eq!(bench.give(ASK), [METHODS]);
    }
}

#[test]
fn ship_ig_2_2_white_space_is_legal() {
    let mut bench = Bench::data();
    assert_eq!(bench.give("01 \r\n\t{ \"accessMethodsRequest\"\r\n :\t[ \n] } \r\n"), [METHODS]);
}

#[test]
fn nothing_wrong_ends_data_exchange() {
    let mut bench = Bench::data();
    for (frame, what) in [
        (CMI, "a second CMI message (SHIP 13.4.3)"),
        (READY, "an unexpected `connectionHello` (SHIP 13.4.4)"),
        (ABORTED, "an unexpected `connectionHello` (SHIP 13.4.4)"),
        (ERROR_UNEXPECTED, "an unexpected `messageProtocolHandshakeError` (SHIP 13.4.4)"),
        (
            r#"01 {"connectionPinState":[{"pinState":"required"},{"inputPermission":"ok"}]}"#,
            "an unexpected `connectionPinState` (SHIP 13.4.4)",
        ),
        (
            r#"01 {"keyMaterialStateRequest":[{"knownUpdateCounter":1}]}"#,
            "an unexpected `keyMaterialStateRequest` (SHIP 13.4.4)",
        ),
        (
            r#"02 {"accessMethodsRequest":[]}"#,
            "`accessMethodsRequest` under the wrong message type (SHIP 13.4.2)",
        ),
        (&DATA.replace("02 ", "01 "), "`data` under the wrong message type (SHIP 13.4.2)"),
        (&DATA.replace("ee1.0", "ee9.0"), "data of the protocol `ee9.0` (SHIP 13.4.5)"),
        (CONFIRM_CLOSE, "a confirmation of a close nobody announced (SHIP 13.4.7)"),
    ] {
        assert_eq!(bench.give(frame), [format!("fault data exchange: the peer sent {what}")], "{frame}");
    }
    for unreadable in [
        "01 7b",
        "02 7b",
        r#"01 {"unknown":[]}"#,
        r#"01 {"accessMethodsRequest":[],"connectionHello":[]}"#,
        r#"02 {"data":[{"header":[{"protocolId":"ee1.0"}]}]}"#,
        &format!(r#"01 {{"accessMethods":[{{"id":"{}"}}]}}"#, "x".repeat(MAX_CONTROL)),
    ] {
        let items = bench.give(unreadable);
        assert_eq!(items.len(), 1);
        assert!(items[0].starts_with("fault data exchange: the peer sent an unreadable message: "));
    }
    assert_eq!(bench.give(DATA), [r#"slice {"datagram":[]}"#]);
}
