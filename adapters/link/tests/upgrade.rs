//! The HTTP upgrade, both sides (SHIP 10.1, 10.2).

#[expect(dead_code, reason = "this topic needs some of it")]
mod common;

use common::raw::{REQUEST, Raw};
use common::{certificate, frame, identity, signer};
use eebus_link::{Blame, Layer, Link, LinkError, LinkEvent, UpgradeError};

const OPENED: LinkEvent = LinkEvent::Opened { names_ship: true };

/// The status line and the whole answer of our server, and its events.
fn request(text: &str) -> (String, Vec<LinkEvent>, Link) {
    let (mut raw, mut link) = Raw::secured_client(&identity("server"));
    raw.write(text.as_bytes());
    raw.exchange(&mut link);
    (String::from_utf8(raw.plain).unwrap(), raw.events, link)
}

fn assert_refused(text: &str, status: &str, why: &UpgradeError) {
    let (answer, events, link) = request(text);
    assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{answer}");
    assert!(answer.ends_with(&format!("\r\n\r\n{why}\n")), "{answer}");
    let error = LinkError::Upgrade(why.clone());
    assert_eq!((error.blame(), error.layer()), (Blame::Peer, Layer::Upgrade));
    assert_eq!(events, [LinkEvent::Failed(error)]);
    assert!(link.is_finished() && !link.wants_read());
}

/// What our client says to this answer; `{accept}` is replaced by the right value.
fn response(text: &str) -> (Vec<LinkEvent>, String) {
    let (der, key) = certificate(|_| {});
    let mut raw = Raw::server(der, signer(&key));
    let mut link = Link::client(&identity("client"), None, "server.local:4712", "/ship/").unwrap();
    raw.exchange(&mut link);
    let request = String::from_utf8(std::mem::take(&mut raw.plain)).unwrap();
    let key = request.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap();
    let salted = format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    let hash = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, salted.as_bytes());
    raw.write(text.replace("{accept}", &data_encoding::BASE64.encode(hash.as_ref())).as_bytes());
    raw.exchange(&mut link);
    raw.events.remove(0);
    (raw.events, request)
}

#[test]
fn the_server_accepts_the_request_of_rfc_6455_1_3_on_any_path() {
    for path in ["/ship/", "/", "/any/other?path=1", "*"] {
        let (answer, events, _) = request(&REQUEST.replace("/ship/", path));
        assert_eq!(events, [OPENED]);
        assert_eq!(
            answer,
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: ship\r\n\r\n"
        );
    }
}

#[test]
fn header_names_in_any_case_and_tokens_in_lists_are_understood() {
    let text = "GET / HTTP/1.1\r\nhost:x\r\nUPGRADE: h2c, WebSocket\r\nconnection: keep-alive,upgrade\r\n\
        sec-websocket-key:  dGhlIHNhbXBsZSBub25jZQ==\r\nSEC-WEBSOCKET-VERSION: 13\r\n\
        sec-websocket-protocol: other, ship\r\n\r\n";
    assert_eq!(request(text).1, [OPENED]);
}

#[test]
fn a_request_is_understood_octet_by_octet_and_frames_behind_it_are_kept() {
    let (mut raw, mut link) = Raw::secured_client(&identity("server"));
    for octet in REQUEST.bytes() {
        raw.write(&[octet]);
        raw.exchange(&mut link);
    }
    assert_eq!(raw.events, [OPENED]);

    let (mut raw, mut link) = Raw::secured_client(&identity("server"));
    raw.write(&[REQUEST.as_bytes(), &frame(0x82, b"\0\0", true)].concat());
    raw.exchange(&mut link);
    assert_eq!(raw.events, [OPENED, LinkEvent::Frame(vec![0, 0])]);
}

#[test]
fn ship_10_2_a_request_without_the_subprotocol_is_refused() {
    let without = REQUEST.replace("Sec-WebSocket-Protocol: ship\r\n", "");
    assert_refused(&without, "400 Bad Request", &UpgradeError::NoSubprotocol);
    let other = REQUEST.replace("Protocol: ship", "Protocol: shipping");
    assert_refused(&other, "400 Bad Request", &UpgradeError::NoSubprotocol);
}

#[test]
fn plain_http_and_garbage_are_refused_with_a_named_reason() {
    let upgrade = UpgradeError::NotAnUpgrade;
    assert_refused("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "426 Upgrade Required", &upgrade);
    assert_refused(&REQUEST.replace("GET", "POST"), "426 Upgrade Required", &upgrade);
    assert_refused(
        &REQUEST.replace("Version: 13", "Version: 8"),
        "426 Upgrade Required",
        &UpgradeError::Version,
    );
    let keyless = REQUEST.replace("dGhlIHNhbXBsZSBub25jZQ==", "");
    assert_refused(&keyless, "400 Bad Request", &UpgradeError::NoKey);
    assert_refused("\x16\x03\x01 garbage", "400 Bad Request", &UpgradeError::NotHttp);
}

#[test]
fn a_header_beyond_its_bounds_is_refused() {
    let status = "431 Request Header Fields Too Large";
    let endless = format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(9000));
    assert_refused(&endless, status, &UpgradeError::HeaderTooLarge);
    let large = REQUEST.replace("Host: x", &format!("Host: {}", "x".repeat(9000)));
    assert_refused(&large, status, &UpgradeError::HeaderTooLarge);
    let lines = REQUEST.replace("Host: x", &"X: y\r\n".repeat(100));
    assert_refused(lines.replace("\r\n\r\n", "\r\n").as_str(), status, &UpgradeError::HeaderTooLarge);
}

#[test]
fn the_client_asks_for_ship_and_accepts_the_right_answer() {
    let (events, request) = response(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
         sec-websocket-accept: {accept}\r\nsec-websocket-protocol: ship\r\n\r\n",
    );
    assert_eq!(events, [OPENED]);
    assert!(request.starts_with("GET /ship/ HTTP/1.1\r\nHost: server.local:4712\r\nUpgrade: websocket\r\n"));
    assert!(request.ends_with("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ship\r\n\r\n"));
}

#[test]
fn a_server_that_does_not_name_ship_is_tolerated_and_reported() {
    let (events, _) = response("HTTP/1.1 101 OK\r\nSec-WebSocket-Accept: {accept}\r\n\r\n");
    assert_eq!(events, [LinkEvent::Opened { names_ship: false }]);
}

#[test]
fn wrong_answers_of_a_server_are_named() {
    let ok = "HTTP/1.1 101 Switching Protocols\r\n";
    for (text, blame, why) in [
        ("HTTP/1.1 404 Not Found\r\n\r\n".to_owned(), Blame::Either, UpgradeError::Status(404)),
        (format!("{ok}\r\n"), Blame::Peer, UpgradeError::Accept),
        (format!("{ok}Sec-WebSocket-Accept: AAAA\r\n\r\n"), Blame::Peer, UpgradeError::Accept),
        (
            format!("{ok}Sec-WebSocket-Accept: {{accept}}\r\nSec-WebSocket-Protocol: chat\r\n\r\n"),
            Blame::Peer,
            UpgradeError::OtherSubprotocol,
        ),
        ("\0\0".to_owned(), Blame::Peer, UpgradeError::NotHttp),
        (format!("{ok}X: {}", "x".repeat(9000)), Blame::Peer, UpgradeError::HeaderTooLarge),
    ] {
        let error = LinkError::Upgrade(why);
        assert_eq!(error.blame(), blame);
        assert_eq!(response(&text).0, [LinkEvent::Failed(error)]);
    }
}

/// Host and path are announced by the peer: neither may add a header line.
#[test]
fn an_announced_path_cannot_break_the_request() {
    let (der, key) = certificate(|_| {});
    let mut raw = Raw::server(der, signer(&key));
    let path = "ship path\r\nX-Evil: 1";
    let mut link = Link::client(&identity("client"), None, "a b\r\nX: 1", path).unwrap();
    raw.exchange(&mut link);
    let request = String::from_utf8(raw.plain).unwrap();
    assert!(
        request
            .starts_with("GET /ship%20path%0D%0AX-Evil:%201 HTTP/1.1\r\nHost: a%20b%0D%0AX:%201\r\nUpgrade:")
    );
}

#[test]
fn the_host_name_is_sent_as_sni_and_an_address_is_not() {
    let sends = |authority: &str, name: &str| {
        let mut link = Link::client(&identity("client"), None, authority, "/").unwrap();
        let hello = common::transmitted(&mut link);
        hello.windows(name.len()).any(|window| window == name.as_bytes())
    };
    assert!(sends("hems.local:4712", "hems.local"));
    assert!(sends("hems.local", "hems.local"));
    assert!(!sends("hems.local:4712", "4712"));
    for address in ["192.0.2.1", "2001:db8::1", "fe80::1"] {
        let start = &address[..4];
        for authority in [format!("{address}:4712"), address.to_owned(), format!("[{address}%2]:4712")] {
            assert!(!sends(&authority, start), "{authority}");
        }
    }
    assert!(!sends("no name:4712", "no name"));
}
