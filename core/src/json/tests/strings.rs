//! Strings of every length and with every escape sequence (RFC 8259 7).

use super::super::Expected;
use super::super::fixture::*;
use super::*;

fn label(raw: &str) -> String {
    alloc::format!("[{{\"userLabel\":\"{raw}\"}}]")
}

fn text(tape: &Tape) -> &str {
    tape.root().fields().next().unwrap().str().unwrap()
}

#[test]
fn escape_sequences_stand_for_their_characters() {
    for (raw, plain) in [
        (r#"\""#, "\""),
        (r"\\", "\\"),
        (r"\/", "/"),
        (r"\b\f\n\r\t", "\u{8}\u{c}\n\r\t"),
        (r"\u0041\u00e4\u20AC", "Aä€"),
        (r"\uD83D\uDE00", "😀"),
        (r"\uDBFF\uDFFF\u0000", "\u{10ffff}\0"),
        (r"\uFFFF\uD7FF\uE000", "\u{ffff}\u{d7ff}\u{e000}"),
    ] {
        let (tape, repairs) = read(&USER, &label(raw));
        assert!(repairs.is_empty());
        assert_eq!(text(&tape), plain);
        assert_eq!(text(&read(&USER, &written(&tape)).0), plain);
    }
}

#[test]
fn an_escape_sequence_may_stand_anywhere() {
    for length in 0..40 {
        for at in 0..=length {
            let (before, after) = ("a".repeat(at), "ü".repeat(length - at));
            let (tape, _) = read(&USER, &label(&alloc::format!("{before}\\n{after}")));
            assert_eq!(text(&tape), alloc::format!("{before}\n{after}"));
            assert_eq!(written(&tape), label(&alloc::format!("{before}\\n{after}")));
            let (tape, _) = read(&USER, &label(&alloc::format!("{before}\\u0062{after}")));
            assert_eq!(written(&tape), label(&alloc::format!("{before}b{after}")));
        }
    }
}

#[test]
fn what_must_be_escaped_is_written_so_and_nothing_else() {
    let all: String =
        (0..0x80).map(char::from_u32).map(Option::unwrap).chain("ä€😀\u{2028}".chars()).collect();
    let value = alloc::vec![all.clone()];
    let tape = {
        let tier = super::super::fixture::Tier { label: value, ..Default::default() };
        Tape::of(&tier)
    };
    let json = written(&tape);
    assert!(json.contains(r##"\u0000\u0001"##) && json.contains(r##"\u0007\b\t\n\u000b\f\r\u000e"##));
    assert!(
        json.contains(r##"\u001f !\"#$"##)
            && json.contains(r##"[\\]^"##)
            && json.contains("~\u{7f}ä€😀\u{2028}")
    );
    let (again, _) = read(&TIER, &json);
    assert_eq!(again, tape);
    assert_eq!(again.get::<Tier>().unwrap().label, [all]);
}

#[test]
fn invalid_escape_sequences_are_refused_where_they_stand() {
    for raw in [
        r"\x",
        r"\u12",
        r"\u+123",
        r"\u12g4",
        r"\uD800",
        r"\uD800x",
        r"\uD800\n",
        r"\uD800\u0041",
        r"\uDC00",
        r"\uD800\uD800",
        r"\U0041",
    ] {
        let error = refuse(&USER, &label(&alloc::format!("abc{raw}")));
        assert_eq!((error.path.as_str(), error.expected), ("userLabel", Expected::Escape), "{raw}");
        assert_eq!(error.at, label("abc").len() - 3, "{raw}");
        // The same where nobody needs the text.
        let error = refuse(&USER, &alloc::format!("[{{\"new\":\"abc{raw}\"}}]"));
        assert_eq!(error.expected, Expected::Escape, "{raw}");
    }
}

#[test]
fn control_characters_and_open_ends_are_refused() {
    for control in 0..0x20u8 {
        let error = refuse(&USER, &label(&alloc::format!("abcdefghij{}", char::from(control))));
        assert_eq!((error.expected, error.at), (Expected::EndOfText, 25));
    }
    for open in [
        "[{\"userLabel\":\"",
        "[{\"userLabel\":\"abc",
        "[{\"userLabel\":\"abc\\",
        "[{\"userLabel\":\"abc\\\"",
    ] {
        assert!(matches!(refuse(&USER, open).expected, Expected::EndOfText));
    }
}

#[test]
fn keys_and_enum_values_may_be_escaped() {
    let (tape, repairs) =
        read(&CMD, r#"[{"set\u0070ointListData":[{"setpointD\u0061ta":[[{"setpointId":1}]]}]}]"#);
    assert!(repairs.is_empty());
    assert_eq!(written(&tape), r#"[{"setpointListData":[{"setpointData":[[{"setpointId":1}]]}]}]"#);
    let (tape, repairs) = read(&MEASUREMENT, r#"[{"valueType":"m\/s"}]"#);
    assert!(repairs.is_empty());
    assert_eq!(tape.root().field(1).unwrap().enum_number(), Some(2));
    assert_eq!(written(&tape), r#"[{"valueType":"m/s"}]"#);
}
