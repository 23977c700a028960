//! Typed values, cursors and the builder.

use super::super::fixture::*;
use super::super::{AnyJson, Builder, Enumeration, Value};
use super::*;

fn measurement() -> Measurement {
    Measurement {
        measurement_id: Some(7),
        value_type: Some(ValueType::Value),
        timestamp: Some("a \"quoted\" text".into()),
        value: Some(Scaled { number: Some(-42), scale: Some(-1) }),
    }
}

#[test]
fn a_typed_value_becomes_canonical_json_and_comes_back() {
    let tape = Tape::of(&measurement());
    let json = r#"[{"measurementId":7},{"valueType":"value"},{"timestamp":"a \"quoted\" text"},{"value":[{"number":-42},{"scale":-1}]}]"#;
    assert_eq!(written(&tape), json);
    let (again, _) = read(&MEASUREMENT, json);
    assert_eq!(again, tape);
    assert_eq!(again.get::<Measurement>(), Some(measurement()));
    assert_eq!(again.get::<Tier>(), None);
}

#[test]
fn absent_fields_and_empty_lists_are_not_written() {
    assert_eq!(written(&Tape::of(&Measurement::default())), "[]");
    assert_eq!(written(&Tape::of(&Tier::default())), "[]");
    assert_eq!(Tape::of(&Tier::default()), Tape::empty(&TIER));
    let tier = Tier { tier_id: None, active_incentive_id: alloc::vec![3, 4], label: alloc::vec!["x".into()] };
    let tape = Tape::of(&tier);
    assert_eq!(written(&tape), r#"[{"activeIncentiveId":[3,4]},{"label":["x"]}]"#);
    assert_eq!(tape.get::<Tier>(), Some(tier));
}

#[test]
fn an_unlisted_enum_value_keeps_its_text() {
    let (tape, _) = read(&MEASUREMENT, r#"[{"valueType":"_i:1_new"}]"#);
    let value = tape.get::<Measurement>().unwrap();
    assert_eq!(value.value_type, Some(ValueType::extended("_i:1_new")));
    assert_eq!(Tape::of(&value), tape);
    // A listed text in the extension variant is still the listed value.
    let value = Measurement { value_type: Some(ValueType::extended("minValue")), ..Measurement::default() };
    assert_eq!(Tape::of(&value), read(&MEASUREMENT, r#"[{"valueType":"minValue"}]"#).0);
}

#[test]
fn a_cursor_reads_every_kind_of_value() {
    let (tape, _) = read_document(LIMIT_WRITE);
    let datagram = tape.root().field(0).unwrap();
    assert_eq!((datagram.name(), datagram.number()), ("datagram", 0));
    let header = datagram.field(0).unwrap();
    assert_eq!(header.field(1).unwrap().u64(), Some(u64::MAX));
    assert_eq!(header.field(1).unwrap().i64(), None);
    assert_eq!(header.field(2).unwrap().enum_number(), Some(3));
    assert_eq!(header.field(2).unwrap().str(), Some("write"));
    assert_eq!(header.field(3).unwrap().bool(), Some(true));
    assert_eq!(header.field(4), None);
    let address = header.field(0).unwrap();
    assert_eq!(address.field(0).unwrap().str(), Some("d:_n:ACME_1"));
    assert_eq!(address.field(1).unwrap().get::<Vec<u32>>(), [1, 2]);
    assert_eq!(address.items().count(), 0);
    let cmd = datagram.field(1).unwrap().field(0).unwrap().items().next().unwrap();
    let data = cmd.field(2).unwrap();
    assert_eq!((data.name(), data.choice(&DATA_GROUP)), ("loadControlLimitListData", Some(1)));
    assert_eq!(data.choice(&SELECTORS_GROUP), None);
    let numbers: Vec<i64> = data
        .field(0)
        .unwrap()
        .items()
        .map(|item| item.field(4).unwrap().get::<Scaled>().number.unwrap())
        .collect();
    assert_eq!(numbers, [4200, -5]);
    // Nothing of it is a value of another kind.
    assert_eq!((data.bool(), data.u64(), data.i64(), data.str(), data.raw()), (None, None, None, None, ""));
}

#[test]
fn any_value_keeps_its_text() {
    let (tape, _) = read_document(SHIP);
    let payload = tape.root().field(1).unwrap().field(1).unwrap();
    assert_eq!(payload.raw(), r#"{"datagram":[{"header":[]},{"x":-1.5e3}]}"#);
    let any: AnyJson = payload.get();
    assert_eq!(AnyJson::new(any.as_str()), Some(any));
    for invalid in ["", "[", "1 2", "{\"a\":}", "[1,]", "\"\\x\"", "01", "[}"] {
        assert_eq!(AnyJson::new(invalid), None, "{invalid}");
    }
}

#[test]
fn a_builder_takes_alternatives_and_copies() {
    let (limits, _) = read(&LIMITS, r#"[{"loadControlLimitData":[[{"limitId":1}]]}]"#);
    let (escaped, _) = read(&TIER, r#"[{"label":["a\"b","c"]}]"#);
    let mut builder = Builder::new(&CMD);
    builder.object(&CMD, |b| {
        b.key(0).enumeration(&FUNCTION, Some(1), "");
        b.alternative(2, 1).copy(limits.root());
        let text = escaped.root().field(3).unwrap().items().next().unwrap();
        b.key(3).copy(text);
        String::from("PT1S").write(b.key(4));
    });
    let tape = builder.finish();
    let json = r#"[{"function":"loadControlLimitListData"},{"loadControlLimitListData":[{"loadControlLimitData":[[{"limitId":1}]]}]},{"manufacturerSpecificExtension":"a\"b"},{"lastUpdateAt":"PT1S"}]"#;
    assert_eq!(written(&tape), json);
    assert_eq!(written(&without_spans(&tape)), json);
    assert_eq!(read(&CMD, json).0, tape);
    assert_eq!(Builder::new(&CMD).finish(), Tape::empty(&CMD));
}
