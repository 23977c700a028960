//! However the bytes are cut, the events are the same.

#[expect(dead_code, reason = "this topic needs some of it")]
mod common;

use common::raw::{REQUEST, Raw};
use common::{Pair, frame, identity};
use eebus_link::{LinkError, LinkEvent};

const CHUNKS: [usize; 5] = [usize::MAX, 1, 7, 13, 1000];

#[test]
fn a_whole_conversation_in_pieces_of_any_size() {
    let (client, server) = (identity("client"), identity("server"));
    let conversations = CHUNKS.map(|chunk| {
        let mut pair = Pair::new(&client, &server);
        pair.chunk = chunk;
        pair.run();
        pair.client.limit(200_000);
        pair.server.limit(200_000);
        for length in [0, 1, 125, 126, 1023, 1024, 1025, 65_535, 65_536, 150_000] {
            pair.client.send(&vec![0xc1; length]);
            pair.server.send(&vec![0x5e; length]);
            pair.server.ping();
        }
        pair.run();
        pair.server.close(4500, "User close");
        pair.run();
        (pair.at_client, pair.at_server)
    });
    assert_eq!(conversations[0].0.len(), 2 + 10 + 1, "secured, opened, messages, closed");
    assert_eq!(
        conversations[0].1.len(),
        2 + 10 + 1,
        "secured, opened, messages, one pong for the latest ping"
    );
    assert!(conversations.iter().all(|other| *other == conversations[0]));
}

#[test]
fn a_failure_in_pieces_of_any_size() {
    let cases: [(Vec<u8>, Vec<LinkEvent>); 3] = [
        (
            [frame(0x82, b"ok", true), frame(0x81, b"text", true), frame(0x82, b"late", true)].concat(),
            vec![LinkEvent::Frame(b"ok".to_vec()), LinkEvent::Failed(LinkError::TextFrame)],
        ),
        (
            [frame(0x82, b"ok", true), frame(0x82, &[0; 5000], true)].concat(),
            vec![
                LinkEvent::Frame(b"ok".to_vec()),
                LinkEvent::Failed(LinkError::TooLarge { limit: 4096, size: 5000 }),
            ],
        ),
        (
            [frame(0x8a, b"", true), frame(0x88, b"\x0f\xa1close", true), frame(0x82, b"late", true)]
                .concat(),
            vec![LinkEvent::Pong, LinkEvent::Closed { code: Some(4001), reason: "close".to_owned() }],
        ),
    ];
    for (bytes, expected) in cases {
        for chunk in CHUNKS {
            let (mut raw, mut link) = Raw::secured_client(&identity("server"));
            raw.chunk = chunk;
            raw.write(REQUEST.as_bytes());
            raw.write(&bytes);
            raw.exchange(&mut link);
            assert_eq!(raw.events.remove(0), LinkEvent::Opened { names_ship: true });
            assert_eq!(raw.events, expected);
        }
    }
}

/// Random frames, most of them nearly right, after the upgrade or instead of it.
#[test]
fn random_octets_end_a_link_at_most_once_and_alike_in_pieces_of_any_size() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let server = identity("server");
    let mut ended = 0;
    for round in 0..150 {
        let mut bytes = if round % 10 == 0 { Vec::new() } else { REQUEST.as_bytes().to_vec() };
        for _ in 0..random(6) {
            let first = [0x82, 0x02, 0x00, 0x80, 0x89, 0x8a, 0x88, 0x81, random(256) as u8][random(9)];
            let payload: Vec<u8> = (0..random(140)).map(|_| random(256) as u8).collect();
            bytes.extend(frame(first, &payload, random(20) > 0));
        }
        let told = [usize::MAX, 1, 29 + random(40)].map(|chunk| {
            let (mut raw, mut link) = Raw::secured_client(&server);
            raw.chunk = chunk;
            raw.write(&bytes);
            raw.exchange(&mut link);
            raw.events
        });
        assert!(told.iter().all(|other| *other == told[0]), "{bytes:02x?}");
        let last = |event: &LinkEvent| {
            matches!(event, LinkEvent::Closed { .. } | LinkEvent::Ended | LinkEvent::Failed(_))
        };
        assert!(told[0].iter().rev().skip(1).all(|event| !last(event)));
        ended += usize::from(told[0].last().is_some_and(last));
    }
    assert!((30..150).contains(&ended), "{ended}");
}
