//! The golden messages: written byte for byte, and read back.

use super::super::message::*;
use super::*;

fn hello(phase: HelloPhase, waiting: impl Into<Option<u32>>, prolongation_request: bool) -> Message {
    Message::Hello(Hello { phase, waiting: waiting.into(), prolongation_request, update_counter: None })
}

fn handshake(handshake_type: HandshakeType, version: Version) -> Message {
    Message::Handshake(Handshake { handshake_type, version, formats: vec!["JSON-UTF8".into()] })
}

fn methods(mdns: bool, uri: Option<&str>) -> Message {
    Message::AccessMethods(AccessMethods {
        id: ShipId::new("i:46925_u:0001"),
        mdns,
        uri: uri.map(Into::into),
    })
}

fn close(phase: ClosePhase, max_time: Option<u32>, reason: Option<CloseReason>) -> Message {
    Message::Close(Close { phase, max_time, reason })
}

/// Number, message, total octets and wire text of the table of golden messages.
fn golden_1_0() -> Vec<(u8, Message, usize, &'static str)> {
    use InputPermission::{Busy, Ok};
    let announce = ClosePhase::Announce;
    vec![
        (1, hello(HelloPhase::Ready, 120_000, false), 59, READY),
        (2, hello(HelloPhase::Pending, 120_000, false), 61, PENDING),
        (3, hello(HelloPhase::Pending, None, true), 71, PROLONG),
        (
            4,
            hello(HelloPhase::Ready, 195_000, false),
            59,
            r#"01 {"connectionHello":[{"phase":"ready"},{"waiting":195000}]}"#,
        ),
        (5, hello(HelloPhase::Aborted, None, false), 42, ABORTED),
        (7, handshake(HandshakeType::AnnounceMax, Version::V1_0), 140, ANNOUNCE),
        (
            8,
            handshake(HandshakeType::AnnounceMax, Version::V1_1),
            140,
            r#"01 {"messageProtocolHandshake":[{"handshakeType":"announceMax"},{"version":[{"major":1},{"minor":1}]},{"formats":[{"format":["JSON-UTF8"]}]}]}"#,
        ),
        (9, handshake(HandshakeType::Select, Version::V1_0), 135, SELECT),
        (10, Message::HandshakeError(1), 48, ERROR_TIMEOUT),
        (11, Message::HandshakeError(2), 48, ERROR_UNEXPECTED),
        (12, Message::HandshakeError(3), 48, ERROR_MISMATCH),
        (14, Message::PinState(PinState::None), 45, PIN_NONE),
        (
            15,
            Message::PinState(PinState::Required(Ok)),
            74,
            r#"01 {"connectionPinState":[{"pinState":"required"},{"inputPermission":"ok"}]}"#,
        ),
        (
            16,
            Message::PinState(PinState::Required(Busy)),
            76,
            r#"01 {"connectionPinState":[{"pinState":"required"},{"inputPermission":"busy"}]}"#,
        ),
        (
            17,
            Message::PinState(PinState::Optional(Ok)),
            74,
            r#"01 {"connectionPinState":[{"pinState":"optional"},{"inputPermission":"ok"}]}"#,
        ),
        (18, Message::PinState(PinState::Ok), 46, r#"01 {"connectionPinState":[{"pinState":"pinOk"}]}"#),
        (
            19,
            Message::PinInput("1234ABCD".parse().unwrap()),
            44,
            r#"01 {"connectionPinInput":[{"pin":"1234ABCD"}]}"#,
        ),
        (20, Message::PinError(1), 37, r#"01 {"connectionPinError":[{"error":1}]}"#),
        (21, Message::AccessMethodsRequest, 28, ASK),
        (22, methods(false, None), 44, r#"01 {"accessMethods":[{"id":"i:46925_u:0001"}]}"#),
        (23, methods(true, None), 62, METHODS),
        (
            24,
            methods(true, Some("wss://hems.example.org:4712/ship/")),
            116,
            r#"01 {"accessMethods":[{"id":"i:46925_u:0001"},{"dnsSd_mDns":[]},{"dns":[{"uri":"wss://hems.example.org:4712/ship/"}]}]}"#,
        ),
        (27, close(announce, Some(2_000), Some(CloseReason::Unspecific)), 84, ANNOUNCE_CLOSE),
        (28, close(announce, Some(2_000), Some(CloseReason::RemovedConnection)), 91, ANNOUNCE_REMOVED),
        (29, close(ClosePhase::Confirm, None, None), 42, CONFIRM_CLOSE),
    ]
}

/// Those of SHIP 1.1.0 too.
fn golden() -> Vec<(u8, Message, usize, &'static str)> {
    let mut all = golden_1_0();
    all.extend([
        (33, Message::KeyMaterialState(KeyMaterial::of(A805.parse().unwrap())), 148, KEYS),
        (
            34,
            Message::KeyMaterialStateResponse(true),
            47,
            r#"01 {"keyMaterialStateResponse":[{"accept":true}]}"#,
        ),
        (
            35,
            Message::KeyMaterialStateRequest(1),
            55,
            r#"01 {"keyMaterialStateRequest":[{"knownUpdateCounter":1}]}"#,
        ),
    ]);
    all
}

const A805: &str = "A80556A243F57CA17B0D577A59B711B79EB4856C";
const KEYS: &str = r#"01 {"keyMaterialState":[{"updateCounter":1},{"entry":[[{"currentState":"current"},{"curve":23},{"ski":"A80556A243F57CA17B0D577A59B711B79EB4856C"}]]}]}"#;

/// The messages of commissioning tools: number, name and wire text.
const COMMISSIONING: [(u8, &str, &str); 7] = [
    (30, "commissioningRequest", r#"01 {"commissioningRequest":[]}"#),
    (31, "commissioningResponse", r#"01 {"commissioningResponse":[{"accept":true}]}"#),
    (32, "keyMaterialRequest", r#"01 {"keyMaterialRequest":[]}"#),
    (
        0,
        "keyMaterial",
        r#"01 {"keyMaterial":[{"maxEntries":16},{"entry":[[{"curve":23},{"ski":"A80556A243F57CA17B0D577A59B711B79EB4856C"},{"publicKey":"00"},{"userTrust":32},{"commissioningTool":true},{"id":"i:1_u:2"},{"note":"x"}]]}]}"#,
    ),
    (
        0,
        "keyMaterialResponse",
        r#"01 {"keyMaterialResponse":[{"entry":[[{"curve":23},{"ski":"A80556A243F57CA17B0D577A59B711B79EB4856C"},{"userTrust":32}],[{"curve":26}]]}]}"#,
    ),
    (
        36,
        "keyMaterialDelete",
        r#"01 {"keyMaterialDelete":[{"entry":[[{"curve":23},{"ski":"A80556A243F57CA17B0D577A59B711B79EB4856C"}]]}]}"#,
    ),
    (
        0,
        "keyMaterialDeleteResponse",
        r#"01 {"keyMaterialDeleteResponse":[{"entry":[[{"curve":23},{"id":"i:1_u:2"}]]}]}"#,
    ),
];

#[test]
fn ship_12_6_messages_of_commissioning_tools_are_read_and_written() {
    for (number, name, wire) in COMMISSIONING {
        let message = read(wire).unwrap();
        assert_eq!((message.name(), text(&message.frame()).as_str()), (name, wire), "message {number}");
    }
}

fn read(frame: &str) -> Option<Message> {
    match read_frame(&octets(frame)) {
        Ok((Received::Message(message), _)) => Some(message),
        _ => None,
    }
}

#[test]
fn golden_messages_are_written_byte_for_byte_and_read_back() {
    for (number, message, size, wire) in golden() {
        let frame = message.frame();
        assert_eq!(text(&frame), wire, "message {number}");
        assert_eq!(frame.len(), size, "message {number}");
        assert_eq!(read(wire), Some(message), "message {number}");
    }
}

#[test]
fn golden_message_6_hello_carries_the_counter_of_the_key_material() {
    let counter = r#"01 {"connectionHello":[{"phase":"ready"},{"waiting":120000},{"keyMaterialState":[{"updateCounter":1}]}]}"#;
    let Message::Hello(plain) = hello(HelloPhase::Ready, 120_000, false) else { unreachable!() };
    let message = Message::Hello(Hello { update_counter: Some(1), ..plain });
    assert_eq!(text(&message.frame()), counter);
    assert_eq!(read(counter), Some(message));
}

#[test]
fn golden_message_13_an_error_without_its_wrapper() {
    assert_eq!(read(r#"01 {"error":2}"#), Some(Message::HandshakeError(2)));
}

#[test]
fn ship_11_4_every_golden_message_is_read_in_the_forms_of_the_field() {
    for (number, message, _, wire) in golden() {
        let spaced = wire.replace([':'], " :\t").replace(',', "\r\n, ");
        let objects = wire.replace("[{", "{").replace("},{", ",").replace("}]", "}");
        let objects = objects.replace("\":[]", "\":{}");
        let nul = format!("{wire}\0\0");
        let unknown = wire.replace("}]}", "},{\"unknown\":[{\"a\":null}]}]}");
        for form in [objects, nul, unknown] {
            assert_eq!(read(&form), Some(message.clone()), "message {number}: {form}");
        }
        // White space may not change the strings of the last three.
        if !matches!(message, Message::AccessMethods(_)) {
            assert_eq!(read(&spaced), Some(message), "message {number}: {spaced}");
        }
    }
}

#[test]
fn ship_11_4_members_in_any_order_and_the_last_of_equal_members() {
    assert_eq!(
        read(r#"01 {"connectionHello":[{"waiting":1},{"phase":"pending"},{"phase":"ready"},{"waiting":2}]}"#),
        Some(hello(HelloPhase::Ready, 2, false))
    );
}

#[test]
fn no_message_survives_ship_go_textually_wrong() {
    // ship-go turns the arrays into objects by replacing text, and takes whatever contains `datagram` for data.
    for (number, _, _, wire) in golden() {
        let replaced = wire.replace("[{", "{").replace("},{", ",").replace("}]", "}").replace("[]", "{}");
        assert!(!replaced.contains("]}]") && !wire.contains("datagram"), "message {number}");
        assert_eq!(replaced.matches('{').count(), replaced.matches('}').count(), "message {number}");
    }
}
