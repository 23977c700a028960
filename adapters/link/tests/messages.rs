//! WebSocket messages, pings, close codes and limits (SHIP 10.2 to 10.4).

#[expect(dead_code, reason = "this topic needs some of it")]
mod common;

use common::raw::Raw;
use common::{Pair, feed, frame, take, transmitted};
use eebus_link::{Blame, DEFAULT_LIMIT, Layer, LinkError, LinkEvent};

const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;
const BINARY_BEGIN: u8 = 0x02;
const CONTINUE: u8 = 0x00;
const CONTINUE_END: u8 = 0x80;

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

fn closed(code: u16, reason: &str) -> LinkEvent {
    LinkEvent::Closed { code: Some(code), reason: reason.to_owned() }
}

/// An open link, what it says to these bytes of the peer, and what it sends.
fn answer(bytes: &[u8]) -> (Raw, eebus_link::Link) {
    let (mut raw, mut link) = Raw::open_client();
    raw.write(bytes);
    raw.exchange(&mut link);
    (raw, link)
}

/// The peer broke a rule: the link names it, sends this close code and ends.
fn assert_ends(bytes: &[u8], why: LinkError, code: u16) {
    assert_eq!((why.blame(), why.layer()), (Blame::Peer, Layer::WebSocket));
    let (mut raw, link) = answer(bytes);
    assert_eq!(raw.events, [LinkEvent::Failed(why)]);
    assert_eq!(raw.plain, frame(CLOSE, &code.to_be_bytes(), false));
    assert!(raw.tls.process_new_packets().unwrap().peer_has_closed());
    assert!(link.is_finished() && !link.wants_read());
}

#[test]
fn messages_of_every_length_form_pass_both_ways() {
    let mut pair = Pair::open();
    pair.client.limit(1 << 20);
    pair.server.limit(1 << 20);
    let messages = [0, 1, 125, 126, 65_535, 65_536, (1 << 20) - 1, 1 << 20].map(pattern);
    for message in &messages {
        pair.client.send(message);
        pair.server.send(message);
    }
    pair.run();
    let expected = messages.map(LinkEvent::Frame);
    assert_eq!(pair.at_server, expected);
    assert_eq!(pair.at_client, expected);
}

#[test]
fn a_fragmented_message_is_put_together_around_a_ping() {
    let bytes =
        [frame(BINARY_BEGIN, b"\x01{", true), frame(PING, b"between", true), frame(CONTINUE, b"", true)]
            .concat();
    let (mut raw, mut link) = answer(&bytes);
    assert_eq!(raw.events, []);
    assert_eq!(raw.plain, frame(PONG, b"between", false));
    raw.write(&frame(CONTINUE_END, b"}", true));
    raw.exchange(&mut link);
    assert_eq!(raw.events, [LinkEvent::Frame(b"\x01{}".to_vec())]);
}

#[test]
fn a_ping_is_answered_by_the_next_transmit_and_a_pong_is_told() {
    let mut pair = Pair::open();
    pair.client.ping();
    pair.server.ping();
    pair.run();
    assert_eq!(pair.at_client, [LinkEvent::Pong]);
    assert_eq!(pair.at_server, [LinkEvent::Pong]);
}

/// RFC 6455 5.5.3: a pong for the latest ping is enough.
#[test]
fn of_many_pings_the_latest_is_answered() {
    let pings: Vec<u8> = (0..100u8).flat_map(|n| frame(PING, &[n], true)).collect();
    let (raw, _) = answer(&pings);
    assert_eq!(raw.plain, frame(PONG, &[99], false));
}

#[test]
fn close_codes_and_reasons_reach_the_other_end() {
    for (code, reason) in [(4001, "close"), (4452, "Node rejected by application"), (4500, "User close")] {
        for client_closes in [true, false] {
            let mut pair = Pair::open();
            let link = if client_closes { &mut pair.client } else { &mut pair.server };
            link.send(b"last words");
            link.close(code, reason);
            pair.run();
            let told = vec![LinkEvent::Frame(b"last words".to_vec()), closed(code, reason)];
            let (at_client, at_server) = if client_closes { (vec![], told) } else { (told, vec![]) };
            assert_eq!(pair.at_client, at_client);
            assert_eq!(pair.at_server, at_server);
            assert!(pair.client.is_finished() && pair.server.is_finished());
        }
    }
}

#[test]
fn a_close_reason_is_cut_at_a_character() {
    let mut pair = Pair::open();
    pair.client.close(4001, &"ä".repeat(100));
    pair.run();
    assert_eq!(pair.at_server, [closed(4001, &"ä".repeat(61))]);
}

#[test]
fn a_close_frame_is_echoed_and_nothing_follows_it() {
    let bytes = [frame(CLOSE, b"\x0f\xa1close", true), frame(BINARY, b"late", true)].concat();
    let (raw, _) = answer(&bytes);
    assert_eq!(raw.events, [closed(4001, "close")]);
    assert_eq!(raw.plain, frame(CLOSE, b"\x0f\xa1close", false));

    let (raw, _) = answer(&frame(CLOSE, b"", true));
    assert_eq!(raw.events, [LinkEvent::Closed { code: None, reason: String::new() }]);
    assert_eq!(raw.plain, frame(CLOSE, b"", false));
}

#[test]
fn after_close_nothing_is_told_and_nothing_is_sent() {
    let (mut raw, mut link) = Raw::open_client();
    link.close(4001, "close");
    let close = transmitted(&mut link);
    assert!(!close.is_empty() && link.is_finished());
    link.send(b"late");
    link.ping();
    link.close(4500, "again");
    raw.write(&frame(BINARY, b"late", true));
    raw.exchange(&mut link);
    link.end();
    assert_eq!(link.poll_event(), None);
    assert_eq!(raw.events, []);
    assert_eq!(raw.plain, b"");
}

#[test]
fn ship_10_3_a_text_message_is_refused_with_1003() {
    assert_ends(&frame(TEXT, b"\x00\x00", true), LinkError::TextFrame, 1003);
}

#[test]
fn ship_10_3_a_reserved_opcode_is_refused_with_1002() {
    let why =
        LinkError::WebSocket { reason: "WebSocket protocol error: Encountered invalid opcode: 3".to_owned() };
    assert_ends(&frame(0x83, b"", true), why, 1002);
}

#[test]
fn an_unmasked_frame_of_a_client_is_refused_with_1002() {
    let reason = "WebSocket protocol error: Received an unmasked frame from client".to_owned();
    assert_ends(&frame(BINARY, b"\x00\x00", false), LinkError::WebSocket { reason }, 1002);
}

#[test]
fn a_message_over_the_limit_is_refused_with_1009_at_its_header() {
    let header_only = &frame(BINARY, &pattern(10_000_000), true)[..14];
    assert_ends(header_only, LinkError::TooLarge { limit: DEFAULT_LIMIT, size: 10_000_000 }, 1009);

    let fragments = [frame(BINARY_BEGIN, &pattern(4000), true), frame(CONTINUE, &pattern(97), true)].concat();
    assert_ends(&fragments, LinkError::TooLarge { limit: DEFAULT_LIMIT, size: 4097 }, 1009);
}

#[test]
fn a_message_of_exactly_the_limit_passes() {
    let (raw, _) = answer(&frame(BINARY, &pattern(DEFAULT_LIMIT), true));
    assert_eq!(raw.events, [LinkEvent::Frame(pattern(DEFAULT_LIMIT))]);
}

/// A large message in the same read as the one that makes the node raise the limit.
#[test]
fn a_limit_raised_on_an_event_holds_for_what_was_already_received() {
    let mut pair = Pair::open();
    pair.client.send(b"hello");
    pair.client.send(&pattern(100_000));
    let bytes = transmitted(&mut pair.client);
    pair.server.receive(&bytes);
    assert_eq!(pair.server.poll_event(), Some(LinkEvent::Frame(b"hello".to_vec())));
    pair.server.limit(100_000);
    assert_eq!(pair.server.poll_event(), Some(LinkEvent::Frame(pattern(100_000))));
}

#[test]
fn with_a_limit_of_0_messages_wait_and_reading_stops() {
    let mut pair = Pair::open();
    pair.server.limit(0);
    assert!(!pair.server.wants_read());
    pair.client.send(b"one");
    pair.client.send(b"two");
    pair.run();
    assert_eq!(pair.at_server, []);
    pair.server.limit(DEFAULT_LIMIT);
    assert!(pair.server.wants_read());
    pair.server.limit(0);
    pair.client.close(4001, "close");
    pair.run();
    assert_eq!(pair.at_server, []);
    pair.server.limit(DEFAULT_LIMIT);
    take(&mut pair.server, &mut pair.at_server);
    let expected =
        [LinkEvent::Frame(b"one".to_vec()), LinkEvent::Frame(b"two".to_vec()), closed(4001, "close")];
    assert_eq!(pair.at_server, expected);
}

#[test]
fn the_end_of_the_socket_is_told_even_with_a_limit_of_0() {
    let mut pair = Pair::open();
    pair.server.limit(0);
    pair.client.send(b"never read");
    pair.run();
    pair.server.end();
    take(&mut pair.server, &mut pair.at_server);
    assert_eq!(pair.at_server, [LinkEvent::Ended]);
}

#[test]
fn good_messages_before_a_broken_record_are_delivered() {
    let mut pair = Pair::open();
    pair.client.send(b"good");
    let good = transmitted(&mut pair.client);
    pair.client.send(b"broken");
    let mut broken = transmitted(&mut pair.client);
    *broken.last_mut().unwrap() ^= 1;
    feed(&mut pair.server, &[good, broken].concat(), usize::MAX, &mut pair.at_server);
    let [LinkEvent::Frame(good), LinkEvent::Failed(error)] = pair.at_server.as_slice() else {
        panic!("{:?}", pair.at_server);
    };
    assert_eq!(good, b"good");
    assert_eq!(*error, LinkError::Tls { reason: "cannot decrypt peer's message".to_owned() });
    assert_eq!((error.blame(), error.layer()), (Blame::Peer, Layer::Tls));
}

#[test]
fn what_is_sent_before_the_websocket_is_open_is_dropped() {
    let (mut raw, mut link) = Raw::secured_client(&common::identity("server"));
    link.send(b"early");
    link.ping();
    raw.exchange(&mut link);
    assert_eq!(raw.plain, b"");
}
