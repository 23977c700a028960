//! What a hostile message can make the reader hold: [`MEMORY_PER_OCTET`] octets an octet of input, and a constant.

use eebus_core::json::{Limits, MEMORY_CONSTANT, MEMORY_PER_OCTET};
use eebus_core::model::{Datagram, Envelope};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const HEAD: &str = r#"{"datagram":[{"header":[{"msgCounter":1}]},{"payload":[{"cmd":[["#;
const END: &str = "]]}]}]}";

/// Nearly a MiB: lists `[item,item,…]` of as many items as a list may have, each between `open` and `close`.
fn flood(open: &str, item: &str, close: &str) -> String {
    let list = format!("{open}{}{close}", vec![item; 4000].join(","));
    let lists = ((1 << 20) - 400) / (list.len() + 1);
    vec![list; lists.max(1)].join(",")
}

fn datagram(cmd: &str) -> String {
    format!("{HEAD}{cmd}{END}")
}

/// The data of a list function.
fn relations(entries: &str) -> String {
    let list = format!(r#"[{{"measurementThresholdRelationData":[{entries}]}}]"#);
    datagram(&format!(r#"{{"measurementThresholdRelationListData":{list}}}"#))
}

fn result(text: &str) -> String {
    datagram(&format!(r#"{{"resultData":[{{"description":"{text}"}}]}}"#))
}

/// Octets held at most while `read` runs, and what it answers.
fn held<T>(read: impl FnOnce() -> T) -> (usize, T) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let result = read();
    (MEMORY.peak_usage() - before, result)
}

/// One test, as the allocator counts for the whole process.
#[test]
fn memory_is_bounded_by_the_input() {
    let inputs = [
        ("numbers", relations(&flood(r#"[{"thresholdId":["#, "1", "]}]"))),
        ("numbers and white space", relations(&flood(r#"[{"thresholdId":["#, "1 ", "]}]"))),
        ("one element again and again", datagram(&flood("", r#"{"function":"x"}"#, ""))),
        ("unknown elements", datagram(&flood("", r#"{"a":1}"#, ""))),
        ("commands", datagram(&format!("],{},[", flood("", "[]", "")))),
        ("escapes", result(&"\\n".repeat(30_000))),
        ("a string of a MiB", result(&"x".repeat((1 << 20) - 400))),
        ("opening brackets", "[".repeat(1 << 20)),
        ("NULs", "\0".repeat(1 << 20)),
        ("a usual message", result("")),
    ];
    let mut most = 0;
    for (name, input) in &inputs {
        assert!(input.len() <= 1 << 20, "{name}: {}", input.len());
        let bound = MEMORY_PER_OCTET * input.len() + MEMORY_CONSTANT;
        let (peak, read) = held(|| Datagram::read(input.as_bytes(), &Limits::default()));
        assert!(peak <= bound, "{name}: {peak} for {} octets", input.len());
        most = most.max(peak / input.len());
        let kept = read.map_or(0, |(datagram, _)| datagram.as_tape().memory());
        assert!(kept <= bound, "{name} keeps {kept}");
        let (peak, opened) = held(|| Envelope::open(input.as_bytes(), &Limits::default()).is_ok());
        assert!(!opened || peak <= 4096, "{name}: a header costs {peak}");
        assert_eq!(opened, input.starts_with(HEAD), "{name}");
    }
    assert!(most * 2 >= MEMORY_PER_OCTET, "the bound is far from what was met: {most}");
}
