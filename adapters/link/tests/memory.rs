//! What a hostile peer can make one link hold.

#[expect(dead_code, reason = "this topic needs some of it")]
mod common;

use common::raw::Raw;
use common::{frame, take, transmitted};
use eebus_link::{DEFAULT_LIMIT, Link, LinkError, LinkEvent};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Octets carried at once.
const PIECE: usize = 1000;

/// Sends `bytes` as often as it takes to reach ten million octets or the end of the link, whose answers are not
/// read; the octets held at most beyond those held before, and the events.
fn flood(raw: &mut Raw, link: &mut Link, mut next: impl FnMut() -> Vec<u8>) -> (usize, Vec<LinkEvent>) {
    let mut events = Vec::new();
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let mut sent = 0;
    while sent < 10_000_000 && link.wants_read() {
        let piece = next();
        sent += piece.len();
        raw.write(&piece);
        let mut wire = Vec::new();
        while raw.tls.wants_write() {
            raw.tls.write_tls(&mut wire).unwrap();
        }
        link.receive(&wire);
        take(link, &mut events);
    }
    eprintln!("{}", MEMORY.peak_usage() - before);
    (MEMORY.peak_usage() - before, events)
}

/// One test, as the allocator counts for the whole process.
#[test]
fn ten_million_octets_of_a_stranger_cost_the_limit_and_a_small_constant() {
    // The peer of the test holds some copies of a piece.
    let bound = 2 * DEFAULT_LIMIT + 8 * PIECE;
    let too_large = |size| vec![LinkEvent::Failed(LinkError::TooLarge { limit: DEFAULT_LIMIT, size })];

    let (mut raw, mut link) = Raw::open_client();
    let mut header = frame(0x82, &[], true);
    header[1] = 0x80 | 127;
    header.splice(2..2, 10_000_000u64.to_be_bytes());
    let (held, events) = flood(&mut raw, &mut link, || {
        header.resize(PIECE, 0);
        std::mem::take(&mut header)
    });
    assert_eq!(events, too_large(10_000_000));
    assert!(held < bound, "one message of ten million octets: {held}");

    let (mut raw, mut link) = Raw::open_client();
    let mut first = Some(frame(0x02, &[0; 1000], true));
    let (held, events) =
        flood(&mut raw, &mut link, || first.take().unwrap_or_else(|| frame(0x00, &[0; 1000], true)));
    assert_eq!(events, too_large(5000));
    assert!(held < bound, "endless fragments: {held}");

    let (mut raw, mut link) = Raw::open_client();
    let pings = frame(0x89, &[0x70; 125], true).repeat(PIECE / 131);
    let (held, events) = flood(&mut raw, &mut link, || pings.clone());
    assert_eq!(events, []);
    assert!(held < bound, "pings without reading the answers: {held}");
    assert!(transmitted(&mut link).len() < 200, "one pong");

    let (mut raw, mut link) = Raw::open_client();
    link.limit(0);
    let (held, _) = flood(&mut raw, &mut link, || vec![0; PIECE]);
    assert!(held < PIECE && !link.wants_read(), "reading stopped: {held}");
}
