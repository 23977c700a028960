//! One test a repair: what it makes of the input, and that it is counted.

use super::super::Repair::{self, *};
use super::super::fixture::*;
use super::*;

/// Reads `json` as a limit, expects these repairs and this canonical form.
#[track_caller]
fn repaired(json: &str, expected: &[(Repair, u32)], canonical: &str) {
    let (tape, repairs) = read(&LIMIT, json);
    assert_eq!(repairs.iter().collect::<Vec<_>>(), expected);
    assert_eq!(written(&tape), canonical);
    assert_eq!(written(&without_spans(&tape)), canonical);
}

#[test]
fn byte_order_mark_and_nuls() {
    repaired("\u{feff}[{\"limitId\":1}]", &[(Leading, 1)], r#"[{"limitId":1}]"#);
    repaired("\0[{\"limitId\":1}]\0\0 \0", &[(Leading, 1), (Trailing, 3)], r#"[{"limitId":1}]"#);
}

#[test]
fn white_space_is_no_repair() {
    let json = " [ { \"limitId\" :\t1 } ,\r\n{ \"value\" : [ { \"number\" : 2 } ] } ] ";
    repaired(json, &[], r#"[{"limitId":1},{"value":[{"number":2}]}]"#);
}

#[test]
fn object_form() {
    let canonical = r#"[{"limitId":1},{"value":[{"number":2},{"scale":0}]}]"#;
    repaired(r#"{"limitId":1,"value":{"number":2,"scale":0}}"#, &[(ObjectForm, 2)], canonical);
    repaired(r#"[{"limitId":1},{"value":{"number":2,"scale":0}}]"#, &[(ObjectForm, 1)], canonical);
}

#[test]
fn several_keys_an_entry() {
    let canonical = r#"[{"limitId":1},{"isLimitActive":true},{"value":[{"number":2}]}]"#;
    repaired(
        r#"[{"limitId":1,"isLimitActive":true},{"value":[{"number":2}]}]"#,
        &[(SeveralKeys, 1)],
        canonical,
    );
}

#[test]
fn list_items_in_object_form() {
    let (tape, repairs) =
        read(&LIMITS, r#"{"loadControlLimitData":[{"limitId":1},[{"limitId":2}],{"limitId":3}]}"#);
    assert_eq!(repairs.iter().collect::<Vec<_>>(), [(ObjectForm, 3)]);
    assert_eq!(
        written(&tape),
        r#"[{"loadControlLimitData":[[{"limitId":1}],[{"limitId":2}],[{"limitId":3}]]}]"#
    );
}

#[test]
fn empty_objects() {
    repaired("{}", &[(EmptyObject, 1)], "[]");
    repaired(r#"[{},{"limitId":1},{},{"value":{}}]"#, &[(EmptyObject, 3)], r#"[{"limitId":1},{"value":[]}]"#);
    let (tape, repairs) = read(&CONTROL, r#"[{"delete":{}},{"partial":[ ]}]"#);
    assert_eq!(repairs.iter().collect::<Vec<_>>(), [(EmptyObject, 1)]);
    assert_eq!(written(&tape), r#"[{"delete":[]},{"partial":[]}]"#);
    let (tape, repairs) = read(&LIMITS, r#"[{"loadControlLimitData":{}}]"#);
    assert_eq!(repairs.iter().collect::<Vec<_>>(), [(EmptyObject, 1)]);
    assert_eq!(written(&tape), "[]");
}

#[test]
fn null() {
    repaired(r#"[{"limitId":null},{"timePeriod":null},{"isLimitActive":null}]"#, &[(Null, 3)], "[]");
    let (tape, repairs) =
        read(&CMD, r#"[{"filter":[[{"cmdControl":[{"partial":null}]}],null]},{"empty":null}]"#);
    assert_eq!(repairs.iter().collect::<Vec<_>>(), [(Null, 3)]);
    assert_eq!(written(&tape), r#"[{"filter":[[{"cmdControl":[{"partial":[]}]}]]},{"empty":[]}]"#);
}

#[test]
fn another_name_of_an_element() {
    repaired(r#"[{"limit_id":1},{"value":[]}]"#, &[(Alias, 1)], r#"[{"limitId":1},{"value":[]}]"#);
}

#[test]
fn unknown_elements() {
    let json =
        r#"[{"new":[{"limitId":7},[1,2.5e-1,null,true,"a\"]"]]},{"limitId":1},{"other":{"a":{},"b":[]}}]"#;
    repaired(json, &[(UnknownElement, 2)], r#"[{"limitId":1}]"#);
    let (tape, repairs) = read(&CONTROL, r#"[{"partial":[{"number":[]}]}]"#);
    assert_eq!(repairs.iter().collect::<Vec<_>>(), [(UnknownElement, 1)]);
    assert_eq!(written(&tape), r#"[{"partial":[]}]"#);
}

#[test]
fn an_unlisted_alternative_is_kept() {
    let json = r#"[{"function":"newData"},{"newData":[{"x":1}]},{"lastUpdateAt":"PT1S"}]"#;
    let (tape, repairs) = read(&CMD, json);
    assert_eq!(repairs.iter().collect::<Vec<_>>(), [(UnknownElement, 1), (UnknownValue, 1)]);
    let unknown = tape.root().fields().nth(1).unwrap();
    assert_eq!(
        (unknown.number(), unknown.unknown(), unknown.choice(&DATA_GROUP)),
        (2, Some("newData"), None)
    );
    assert_eq!(written(&tape), json);
    assert_eq!(written(&without_spans(&tape)), json);
}

#[test]
fn unknown_enum_values() {
    for (ty, json) in
        [(&MEASUREMENT, r#"[{"valueType":"_n:ACME_x"}]"#), (&HEADER, r#"[{"cmdClassifier":"shout"}]"#)]
    {
        let (tape, repairs) = read(ty, json);
        assert_eq!(repairs.iter().collect::<Vec<_>>(), [(UnknownValue, 1)]);
        let value = tape.root().fields().next().unwrap();
        assert_eq!(value.enum_number(), None);
        assert_eq!(written(&tape), json);
    }
}

#[test]
fn order() {
    repaired(
        r#"[{"value":[{"scale":0},{"number":2}]},{"limitId":1},{"isLimitActive":true}]"#,
        &[(Order, 2)],
        r#"[{"limitId":1},{"isLimitActive":true},{"value":[{"number":2},{"scale":0}]}]"#,
    );
}

#[test]
fn of_a_repeated_element_the_last_counts() {
    repaired(
        r#"[{"limitId":1},{"limitId":2},{"value":[{"number":1}]},{"limitId":3},{"value":[{"scale":4}]}]"#,
        &[(Order, 1), (Duplicate, 3)],
        r#"[{"limitId":3},{"value":[{"scale":4}]}]"#,
    );
}

#[test]
fn repeated_selectors_are_kept() {
    let json = r#"[{"setpointDataElements":[]},{"setpointListDataSelectors":[{"setpointId":2}]},{"setpointListDataSelectors":[{"setpointId":4}]}]"#;
    let (tape, repairs) = read(&FILTER, json);
    assert_eq!(repairs.iter().collect::<Vec<_>>(), [(Order, 1)]);
    let alternatives: Vec<_> =
        tape.root().fields().map(|c| (c.number(), c.choice(&SELECTORS_GROUP))).collect();
    assert_eq!(alternatives, [(2, Some(1)), (2, Some(1)), (3, None)]);
}

#[test]
fn forms_of_numbers() {
    for (text, value) in [
        ("4200.0", "4200"),
        ("4.2e3", "4200"),
        ("42E+2", "4200"),
        ("42000e-1", "4200"),
        ("-0", "0"),
        ("-0.0", "0"),
    ] {
        let json = alloc::format!("[{{\"value\":[{{\"number\":{text}}}]}}]");
        let canonical = alloc::format!("[{{\"value\":[{{\"number\":{value}}}]}}]");
        repaired(&json, &[(NumberForm, 1)], &canonical);
    }
}
