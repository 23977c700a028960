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
