//! Input nobody wrote: cut, changed and mixed. Nothing panics, and what is read once is read the same again.

use super::super::fixture::*;
use super::*;

/// Knuth's linear congruential generator.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

const SEEDS: [&str; 7] = [
    LIMIT_WRITE,
    DELETE,
    SHIP,
    r#"{"datagram":{"header":{"ackRequest":null,"msgCounter":-0.0},"payload":{"cmd":[{"setpointListData":{"setpointData":[{"setpointId":4.2e1,"value":{}}]}}]}}}"#,
    r#" { "datagram" : [ {"payload":[{"cmd":[[{"new":[1]},{"deviceClassificationUserData":[{"userLabel":"\u0041\n\uD83D\uDE00"}]}]]}]} , {"header":[]} ] } "#,
    r#"{"datagram":[{"payload":[{"cmd":[[{"filter":[[{"setpointDataElements":{}},{"setpointListDataSelectors":null},{"cmdControl":{"partial":[]}}]]},{"empty":[]},{"function":"x"}]]}]}]}"#,
    "\u{feff}{\"data\":[{\"payload\":[[{\"a\":\"\\\"\"}]]}]}\0",
];

/// Reads, and if that succeeds: all ways to write agree, and what is written is read to an equal tape.
fn check(bytes: &[u8]) -> bool {
    let Ok((tape, _)) = Tape::read_document(&ROOTS, bytes, &Limits::default()) else { return false };
    let json = document(&tape);
    assert_eq!(json, document(&without_spans(&tape)), "{}", String::from_utf8_lossy(bytes));
    let (again, _) = Tape::read_document(&ROOTS, json.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(again, tape, "{}", String::from_utf8_lossy(bytes));
    assert_eq!(document(&again), json);
    let mut copy = super::super::Builder::new(&ROOTS);
    copy.copy(tape.root());
    assert_eq!(copy.finish(), tape);
    true
}

#[test]
fn every_truncation_is_an_error() {
    for seed in SEEDS {
        assert!(check(seed.as_bytes()), "{seed}");
        let end = seed.trim_end_matches([' ', '\0']).len();
        for cut in 0..end {
            assert!(!check(&seed.as_bytes()[..cut]), "{} of {seed}", cut);
        }
    }
}

#[test]
fn changed_octets_never_panic_and_agree_with_themselves() {
    const OCTETS: &[u8] = b"[]{}\",:0123456789-.eE\\untrufalsx \0\xff\xc3";
    let mut random = Random(1);
    let mut good = 0;
    for _ in 0..4_000 {
        let mut bytes = SEEDS[random.below(SEEDS.len())].as_bytes().to_vec();
        for _ in 0..1 + random.below(4) {
            let at = random.below(bytes.len());
            let octet = OCTETS[random.below(OCTETS.len())];
            match random.below(3) {
                0 => bytes[at] = octet,
                1 => bytes.insert(at, octet),
                _ => _ = bytes.remove(at),
            }
        }
        good += usize::from(check(&bytes));
    }
    assert!(good > 200, "only {good} inputs were good");
}

/// Pieces of the message moved about stay mostly well-formed and exercise order, repetition and unknown keys.
#[test]
fn moved_pieces_never_panic_and_agree_with_themselves() {
    let mut random = Random(2);
    let mut good = 0;
    for _ in 0..4_000 {
        let seed = SEEDS[random.below(SEEDS.len())];
        let other = SEEDS[random.below(SEEDS.len())];
        let places = |text: &str, of| text.match_indices(of).map(|(at, _)| at).collect::<Vec<_>>();
        let (to, from) = (places(seed, '['), places(other, if random.below(2) == 0 { '{' } else { '[' }));
        let at = to[random.below(to.len())] + 1;
        let piece = &other[from[random.below(from.len())]..];
        let piece = &piece[..balanced(piece)];
        let comma = if seed[at..].starts_with(']') { "" } else { "," };
        let mixed = alloc::format!("{}{piece}{comma}{}", &seed[..at], &seed[at..]);
        good += usize::from(check(mixed.as_bytes()));
    }
    assert!(good > 200, "only {good} inputs were good");
}

/// The end of the value or entry that `text` begins with.
fn balanced(text: &str) -> usize {
    let mut depth = 0i32;
    for (at, c) in text.char_indices() {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            _ => {}
        }
        if depth <= 0 && at > 0 {
            return at + usize::from(depth == 0);
        }
    }
    text.len()
}
