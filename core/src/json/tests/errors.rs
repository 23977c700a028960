//! Each error with its path, what was expected and what was found.

use super::super::Expected;
use super::super::fixture::*;
use super::*;

#[track_caller]
fn document_error(json: &str) -> String {
    let error = Tape::read_document(&ROOTS, json.as_bytes(), &Limits::default()).unwrap_err();
    alloc::string::ToString::to_string(&error)
}

#[test]
fn a_wrong_value_is_named_by_its_path() {
    let json = LIMIT_WRITE.replace("-5}", "\"abc\"}");
    let error = Tape::read_document(&ROOTS, json.as_bytes(), &Limits::default()).unwrap_err();
    assert_eq!(
        error,
        Error {
            path: "datagram.payload.cmd[0].loadControlLimitListData.loadControlLimitData[1].value.number"
                .into(),
            expected: Expected::Number { min: i64::MIN.into(), max: i64::MAX.into() },
            found: "the string \"abc\"".into(),
            at: json.find("\"abc\"").unwrap(),
        }
    );
    assert_eq!(
        alloc::string::ToString::to_string(&error.expected),
        "a whole number in -9223372036854775808..=9223372036854775807"
    );
}

/// Reads `{"<key>":<value>}` and expects this error at the value.
#[track_caller]
fn refused(ty: &'static Ty, key: &str, value: &str, expected: &str) {
    let json = alloc::format!("[{{\"{key}\":{value}}}]");
    let (expected, found) = expected.split_once(", found ").unwrap();
    let error = refuse(ty, &json);
    assert_eq!(alloc::string::ToString::to_string(&error.expected), expected, "{json}");
    assert_eq!((error.path.as_str(), error.found.as_str()), (key, found), "{json}");
    assert_eq!(error.at, key.len() + 5, "{json}");
}

#[test]
fn scalars_of_another_type() {
    for (value, found) in [
        ("-1", "-1"),
        ("1.5", "1.5"),
        ("4294967296", "4294967296"),
        ("\"1\"", "the string \"1\""),
        ("01", "01"),
    ] {
        refused(&LIMIT, "limitId", value, &alloc::format!("a whole number in 0..=4294967295, found {found}"));
    }
    for value in ["32768", "-32769", "1e5", "true", "-", "99999999999999999999"] {
        let expected = alloc::format!("a whole number in -32768..=32767, found {value}");
        refused(&SCALED, "scale", value, &expected);
    }
    refused(&HEADER, "dayOfMonth", "0", "a whole number in 1..=31, found 0");
    refused(&HEADER, "dayOfMonth", "32", "a whole number in 1..=31, found 32");
    let beyond = "a whole number in 0..=18446744073709551615, found 18446744073709551616";
    refused(&HEADER, "msgCounter", "18446744073709551616", beyond);
    refused(&HEADER, "cmdClassifier", "3", "a string, found 3");
    refused(&LIMIT, "isLimitActive", "1", "true or false, found 1");
    refused(&TIME_PERIOD, "endTime", "7", "a string, found 7");
    refused(&TIME_PERIOD, "endTime", "[]", "a string, found an array");
}

#[test]
fn containers_of_another_type() {
    refused(&LIMIT, "timePeriod", "true", "a struct TimePeriodType, found true");
    refused(&CONTROL, "partial", "true", "[], found true");
    refused(&TIER, "activeIncentiveId", "3", "an array, found 3");
    refused(&TIER, "activeIncentiveId", "{\"a\":1}", "an array, found an object");
    let error = refuse(&TIERS, r#"[{"tierData":[[],{"activeIncentiveId":[1,2,-3]}]}]"#);
    assert_eq!((error.path.as_str(), error.at), ("tierData[1].activeIncentiveId[2]", 43));
}

#[test]
fn the_smallest_and_the_largest_numbers_are_good() {
    let json = r#"[{"value":[{"number":-9223372036854775808},{"scale":-32768}]}]"#;
    assert_eq!(written(&read(&LIMIT, json).0), json);
    assert!(read(&LIMIT, json).1.is_empty());
    let json = r#"[{"value":[{"number":9223372036854775807},{"scale":32767}]}]"#;
    assert_eq!(written(&read(&LIMIT, json).0), json);
}

#[test]
fn syntax() {
    for (json, text) in [
        ("", "message: expected a struct LoadControlLimitDataType, found the end at octet 0"),
        ("[", "message: expected a struct LoadControlLimitDataType, found the end at octet 1"),
        (r#"[{"limitId":1}"#, "message: expected ',' or ']', found the end at octet 14"),
        (r#"[{"limitId":1]"#, "message: expected ',' or '}', found ']' at octet 13"),
        (r#"[{"limitId" 1}]"#, "message: expected ':', found 1 at octet 12"),
        (r#"[{limitId:1}]"#, "message: expected '\"', found limitId at octet 2"),
        (r#"[{"limitId":1}]]"#, "message: expected the end of the message, found ']' at octet 15"),
        (r#"[{"limitId":1},]"#, "message: expected a struct LoadControlLimitDataType, found ']' at octet 15"),
        (r#"[{"x":[1,2}]"#, "message: expected ',' or ']', found '}' at octet 10"),
        (r#"[{"x":nul}]"#, "message: expected a value, found nul at octet 6"),
        (r#"[{"x":1.}]"#, "message: expected a value, found 1. at octet 6"),
    ] {
        assert_eq!(alloc::string::ToString::to_string(&refuse(&LIMIT, json)), text);
    }
}

#[test]
fn a_document_has_exactly_one_known_member() {
    let expected = "expected an object with exactly one member of Roots";
    for (json, path, found, at) in [
        ("[]", "message", "an array", 0),
        ("{}", "message", "an object", 0),
        (r#"{"other":[]}"#, "message", "the string \"other\"", 1),
        (r#"{"datagram":[],"datagram":[]}"#, "message", "','", 14),
        (r#"{"datagram":null}"#, "message", "an object", 0),
        (r#"{"datagram":[]"#, "message", "the end", 14),
    ] {
        assert_eq!(document_error(json), alloc::format!("{path}: {expected}, found {found} at octet {at}"));
    }
    assert_eq!(
        document_error(r#"{"datagram":3}"#),
        "datagram: expected a struct DatagramType, found 3 at octet 12"
    );
}

#[test]
fn what_was_found_is_cut_to_40_characters() {
    let long = "ä".repeat(50);
    let error = refuse(&LIMIT, &alloc::format!("[{{\"limitId\":\"{long}\"}}]"));
    assert_eq!(error.found, alloc::format!("the string \"{}…\"", "ä".repeat(40)));
}

#[test]
fn text_that_is_not_utf_8() {
    let error = Tape::read(&LIMIT, b"[{\"limitId\xff\":1}]", &Limits::default()).unwrap_err();
    assert_eq!((error.expected, error.found.as_str(), error.at), (Expected::Utf8, "the octet 0xff", 10));
}

#[test]
fn limits_hold_and_reach_exactly_as_far() {
    let limits = |depth, size, string, list| Limits { depth, size, string, list };
    let json = r#"[{"timePeriod":[{"endTime":"PT2H"}]}]"#;
    assert!(Tape::read(&LIMIT, json.as_bytes(), &limits(2, json.len(), 7, 1)).is_ok());
    for (limits, max, of) in [
        (limits(1, json.len(), 10, 1), 1, "nested levels"),
        (limits(2, json.len() - 1, 10, 1), json.len() - 1, "octets"),
        (limits(2, json.len(), 3, 1), 3, "octets of text"),
    ] {
        let error = Tape::read(&LIMIT, json.as_bytes(), &limits).unwrap_err();
        assert_eq!(error.expected, Expected::AtMost { max, of });
    }
    let list =
        |len: usize| alloc::format!("[{{\"activeIncentiveId\":[{}]}}]", alloc::vec!["1"; len].join(","));
    let of_two = Limits { list: 2, ..Limits::default() };
    assert!(Tape::read(&TIER, list(2).as_bytes(), &of_two).is_ok());
    let error = Tape::read(&TIER, list(3).as_bytes(), &of_two).unwrap_err();
    assert_eq!(
        (error.path.as_str(), error.expected),
        ("activeIncentiveId", Expected::AtMost { max: 2, of: "items" })
    );
    let selectors = [r#"{"setpointListDataSelectors":[]}"#; 3].join(",");
    let error = Tape::read(&FILTER, alloc::format!("[{selectors}]").as_bytes(), &of_two).unwrap_err();
    assert_eq!(error.expected, Expected::AtMost { max: 2, of: "alternatives" });
}

#[test]
fn depth_ends_at_64_levels() {
    let nested = |levels: usize| alloc::format!("[{{\"x\":{}{}}}]", "[".repeat(levels), "]".repeat(levels));
    assert!(read(&LIMIT, &nested(63)).1.count(super::super::Repair::UnknownElement) == 1);
    let unbounded = Limits { depth: u8::MAX, ..Limits::default() };
    let error = Tape::read(&LIMIT, nested(64).as_bytes(), &unbounded).unwrap_err();
    assert_eq!(error.expected, Expected::AtMost { max: 64, of: "nested levels" });
}
