//! The tables agree with themselves, and every typed struct with its table.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;

use super::generated::*;
use crate::json::table::{Choice, Kind, TextRule, Ty};
use crate::json::{AnyJson, Builder, Enumeration, Limits, Tape, Typed, Value};
use crate::model::*;

/// Every type that a datagram or a SHIP message can hold.
fn types() -> BTreeMap<&'static str, &'static Ty> {
    fn visit(ty: &'static Ty, seen: &mut BTreeMap<&'static str, &'static Ty>) {
        if seen.insert(ty.name, ty).is_some_and(|before| core::ptr::eq(before, ty)) {
            return;
        }
        for field in ty.fields {
            match field.kind {
                Kind::Object(ty) => visit(ty, seen),
                Kind::Choice(group) => group.types.iter().for_each(|ty| visit(ty, seen)),
                _ => {}
            }
        }
    }
    let mut seen = BTreeMap::new();
    visit(ShipMessage::TY, &mut seen);
    visit(ShipCommissioning::TY, &mut seen);
    visit(&SPINE_DOCUMENT, &mut seen);
    seen
}

#[test]
fn every_type_is_reached_from_a_root() {
    // SPINE has 682, of which 33 are aliases, 2 no structs (tag, string with a name) and 7 only bases of others (6 of
    // bills, 1 of possible operations). SHIP has 34, of which `HeaderType` shares its name; the document is one more.
    assert_eq!(types().len(), 682 - 33 - 2 - 7 + 34 - 1 + 1);
}

/// A value of each field, two of each list.
pub(super) fn fill(ty: &'static Ty, b: &mut Builder) {
    b.object(ty, |b| {
        for (number, field) in (0..).zip(ty.fields) {
            if let Kind::Choice(group) = field.kind {
                fill(group.types[0], b.alternative(number, 0));
            } else if field.many {
                b.key(number).list_with(&[number, number + 1], |seed, b| value(field.kind, *seed, b));
            } else {
                value(field.kind, number, b.key(number));
            }
        }
    });
}

pub(super) fn value(kind: Kind, seed: u8, b: &mut Builder) {
    match kind {
        Kind::Bool => b.bool(seed.is_multiple_of(2)),
        Kind::Unsigned { min, max } => b.unsigned(max - u64::from(min.max(seed))),
        Kind::Signed { bits } => b.signed(i64::from(seed) - (1 << (bits - 2))),
        Kind::Text(TextRule::Duration) => b.text("PT2M"),
        Kind::Text(TextRule::AbsoluteOrRelativeTime | TextRule::DateTime) => b.text("2026-01-31T12:00:00Z"),
        Kind::Text(_) => b.text(&format!("text {seed}")),
        Kind::Enum(names) => b.enumeration(names, Some(u16::from(seed) % names.values.len() as u16), ""),
        Kind::Tag => b.tag(),
        Kind::Object(ty) => fill(ty, b),
        Kind::Any => AnyJson::default().write(b),
        Kind::Choice(_) => unreachable!("a choice is filled by its struct"),
    }
}

#[test]
fn every_type_is_written_and_read_back() {
    for ty in types().into_values() {
        let mut builder = Builder::new(ty);
        fill(ty, &mut builder);
        let full = builder.finish();
        let mut text = Vec::new();
        full.write(&mut text);
        let (read, repairs) = Tape::read(ty, &text, &Limits::default()).unwrap();
        assert!(repairs.is_empty(), "{}", ty.name);
        assert_eq!(read, full);
    }
}

#[test]
fn every_typed_struct_holds_what_its_table_lists() {
    type RoundTrip = fn(&Tape) -> Option<Tape>;
    let groups: [(&Choice, &[RoundTrip]); 3] =
        [(&DATA, DATA_ROUND_TRIPS), (&SELECTORS, SELECTORS_ROUND_TRIPS), (&ELEMENTS, ELEMENTS_ROUND_TRIPS)];
    for (group, round_trips) in groups {
        assert_eq!(group.types.len(), round_trips.len());
        for (ty, round_trip) in group.types.iter().zip(round_trips) {
            let mut builder = Builder::new(ty);
            fill(ty, &mut builder);
            let full = builder.finish();
            assert_eq!(round_trip(&full).as_ref(), Some(&full));
        }
    }
}

#[test]
fn functions_are_found_by_name_and_number() {
    assert_eq!(FunctionId::all().count(), 142);
    for (number, function) in FunctionId::all().enumerate() {
        let info = function.info();
        assert_eq!(FunctionId::from_name(info.name), Some(function));
        assert_eq!(FunctionId::try_from(&Function::from(function)), Ok(function));
        assert_eq!(Function::from(function).as_str(), info.name);
        assert!(core::ptr::eq(DATA.types[number], info.ty));
    }
    assert_eq!(FunctionId::from_name("electricalConnectionCharacteristicData"), None);
    assert_eq!(FunctionId::try_from(&Function::extended("_n:acme_x")), Err(UnknownFunction));
    assert_eq!(FunctionId::LOAD_CONTROL_LIMIT_LIST_DATA.name(), "loadControlLimitListData");
}

#[test]
fn a_function_knows_its_parts() {
    let limits = FunctionId::LOAD_CONTROL_LIMIT_LIST_DATA.info();
    let FunctionKind::List { item } = limits.kind else { panic!("a list") };
    assert!(core::ptr::eq(item, LoadControlLimitData::TY));
    assert!(core::ptr::eq(limits.selectors.unwrap(), LoadControlLimitListDataSelectors::TY));
    assert!(core::ptr::eq(limits.elements.unwrap(), LoadControlLimitDataElements::TY));
    assert_eq!(limits.elements_scope, ElementsScope::Item);
    assert_eq!(limits.features, [FeatureType::LoadControl]);
    assert_eq!((item.identifiers, item.write_flag), (0b1, Some(1)));

    let result = FunctionId::RESULT_DATA.info();
    assert!(result.any_feature && result.selectors.is_none() && result.elements.is_none());
    assert_eq!(MeasurementData::TY.identifiers, 0b11);
    assert_eq!(MeasurementData::TY.optional_identifiers, 0b10);
    assert!(DeviceConfigurationKeyValueValue::TY.one_of);
}

#[test]
fn enums_keep_what_they_do_not_list() {
    let read = |text: &str| {
        let json = format!(r#"[{{"scopeType":"{text}"}}]"#);
        let (tape, _) =
            Tape::read(MeasurementDescriptionData::TY, json.as_bytes(), &Limits::default()).unwrap();
        let mut out = Vec::new();
        Tape::of(&tape.get::<MeasurementDescriptionData>().unwrap()).write(&mut out);
        assert_eq!(out, json.as_bytes());
        tape.get::<MeasurementDescriptionData>().unwrap().scope_type.unwrap()
    };
    for (text, scope) in
        [("acPowerTotal", ScopeType::AcPowerTotal), ("_n:acme_x", ScopeType::Extended("_n:acme_x".into()))]
    {
        assert_eq!(read(text), scope);
        assert_eq!(ScopeType::from(text), scope);
    }
}

#[test]
fn a_pin_does_not_show_in_debug_output() {
    let input = ConnectionPinInput { pin: Some("12345678".into()) };
    assert!(!format!("{input:?}").contains("1234"));
}

#[test]
fn whatever_holds_a_pin_is_a_secret() {
    let mut pins = 0;
    for ty in types().into_values() {
        for (key, field) in ty.keys.iter().zip(ty.fields) {
            let is_pin = matches!(field.kind, Kind::Text(TextRule::Pin));
            pins += usize::from(is_pin);
            assert_eq!(LITERALS.secrets.contains(&LITERALS.name(*key)), is_pin, "{}", ty.name);
        }
    }
    assert_eq!(pins, 1);
}

#[test]
fn repairs_are_named_with_their_place() {
    use crate::json::Repair::*;
    let json = r#"{"datagram":[{"header":[{"msgCounter":1,"colour":"red"},{"ackRequest":null}]},
        {"payload":[{"cmd":[[{"filter":[[{"cmdControl":{"delete":{}}},{"loadControlLimitDataElements":[
        {"value":[{"number":[]},{"timePeriod":[]}]}, {"timePeriod":[{"endTime":[{"odd":1}]}]}]}]]},
        {"loadControlLimitListData":[{"loadControlLimitData":[[{"limitId":0}],null,
        [{"value":[{"scale":0},{"number":1.0},{"scale":1}]},{"limitId":1}],[{"limit_size":[{"a":[1]}]}]]}]}]]}]}]}"#;
    let (datagram, notes) = Datagram::inspect(json.as_bytes(), &Limits::default()).unwrap();
    let (read, repairs) = Datagram::read(json.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(datagram, read);
    assert_eq!(notes.len() as u32, repairs.iter().map(|(_, count)| count).sum::<u32>());
    let data = "datagram.payload.cmd[0].loadControlLimitListData.loadControlLimitData";
    let filter = "datagram.payload.cmd[0].filter[0]";
    let expected = [
        (SeveralKeys, "datagram.header".into()),
        (UnknownElement, "datagram.header.colour".into()),
        (Null, "datagram.header.ackRequest".into()),
        (ObjectForm, format!("{filter}.cmdControl")),
        (EmptyObject, format!("{filter}.cmdControl.delete")),
        (UnknownElement, format!("{filter}.loadControlLimitDataElements.value.timePeriod")),
        (UnknownElement, format!("{filter}.loadControlLimitDataElements.timePeriod.endTime.odd")),
        (Order, format!("{filter}.loadControlLimitDataElements")),
        (Null, data.into()),
        (NumberForm, format!("{data}[1].value")),
        (Order, format!("{data}[1].value")),
        (Duplicate, format!("{data}[1].value")),
        (Order, format!("{data}[1]")),
        (UnknownElement, format!("{data}[2].limit_size")),
    ];
    let notes: Vec<_> = notes.into_iter().map(|note| (note.repair, note.path)).collect();
    assert_eq!(notes, expected);
}

#[test]
fn units_differ_by_case() {
    assert_eq!(UnitOfMeasurement::from("s"), UnitOfMeasurement::Second);
    assert_eq!(UnitOfMeasurement::from("S"), UnitOfMeasurement::Siemens);
    assert_eq!(UnitOfMeasurement::Siemens.as_str(), "S");
}

#[test]
fn what_other_stacks_name_differently_is_read() {
    fn reads<T: Typed>(json: &str, canonical: &str) {
        let (tape, repairs) = Tape::read(T::TY, json.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(repairs.iter().collect::<Vec<_>>(), [(crate::json::Repair::Alias, 1)]);
        let mut out = Vec::new();
        tape.write(&mut out);
        assert_eq!(out, canonical.as_bytes());
    }
    reads::<AlarmListData>(
        r#"[{"alarmListData":[[{"alarmId":1}]]}]"#,
        r#"[{"alarmData":[[{"alarmId":1}]]}]"#,
    );
    reads::<DirectControlActivityListData>(
        r#"[{"directControlActivityDataElements":[[]]}]"#,
        r#"[{"directControlActivityData":[[]]}]"#,
    );
    reads::<DirectControlActivityData>(r#"[{"sequence_id":1}]"#, r#"[{"sequenceId":1}]"#);
    reads::<PowerTimeSlotValueListData>(
        r#"[{"powerTimeSlotValueListData":[[]]}]"#,
        r#"[{"powerTimeSlotValueData":[[]]}]"#,
    );
    reads::<SupplyConditionThresholdRelationListData>(
        r#"[{"SupplyConditionThresholdRelationDataType":[[]]}]"#,
        r#"[{"supplyConditionThresholdRelationData":[[]]}]"#,
    );
}

#[cfg(feature = "serde")]
#[test]
fn every_type_becomes_ordinary_json_and_comes_back() {
    for ty in types().into_values() {
        let mut builder = Builder::new(ty);
        fill(ty, &mut builder);
        let full = builder.finish();
        let plain = serde_json::to_value(full.root().plain()).unwrap();
        assert_eq!(Tape::deserialize_plain(ty, &plain).as_ref().ok(), Some(&full), "{}", ty.name);
        let text = format!("{}", full.root().plain());
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), plain, "{}", ty.name);
        let (read, _) = Tape::read(ty, text.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(read, full);
    }
}

#[cfg(feature = "serde")]
#[test]
fn typed_structs_are_ordinary_json_and_refuse_what_they_would_lose() {
    let limit = LoadControlLimitData {
        limit_id: Some(1.into()),
        is_limit_active: Some(true),
        time_period: Some(TimePeriod { end_time: Some("PT2H".into()), ..Default::default() }),
        value: Some(ScaledNumber::new(42, 2)),
        ..Default::default()
    };
    let json = r#"{"limitId":1,"isLimitActive":true,"timePeriod":{"endTime":"PT2H"},"value":{"number":42,"scale":2}}"#;
    assert_eq!(serde_json::to_string(&limit).unwrap(), json);
    assert_eq!(serde_json::from_str::<LoadControlLimitData>(json).unwrap(), limit);
    assert_eq!(serde_json::to_string(&LoadControlLimitId(7)).unwrap(), "7");
    assert_eq!(serde_json::from_str::<AddressDevice>("\"d:_n:a_b\"").unwrap().as_str(), "d:_n:a_b");
    for (json, error) in [
        (r#"{"limitld":1}"#, "limitld: unknown element"),
        (r#"{"value":{"number":1.5}}"#, "expected a whole number"),
        (r#"{"value":{"numbers":1}}"#, "value.numbers: unknown element"),
        ("[1]", "expected a struct LoadControlLimitDataType"),
    ] {
        let told = format!("{}", serde_json::from_str::<LoadControlLimitData>(json).unwrap_err());
        assert!(told.contains(error), "{told}");
    }
    let message =
        r#"{"data":{"header":{"protocolId":"ee1.0"},"payload":{"a":[1,-2,2.5,true,null,"x\"y",{}]}}}"#;
    let typed: ShipMessage = serde_json::from_str(message).unwrap();
    assert_eq!(serde_json::to_string(&typed).unwrap(), message);
}

#[test]
fn only_a_struct_or_list_has_canonical_text() {
    let unit = |id| MeasurementDescriptionData {
        measurement_id: Some(MeasurementId(id)),
        unit: Some("1".into()),
        label: Some("a longer label than the place of the unit".into()),
        ..Default::default()
    };
    let units =
        Tape::of(&MeasurementDescriptionListData { measurement_description_data: [unit(0), unit(1)].into() });
    let beat = Tape::of(&DeviceDiagnosisHeartbeatData {
        heartbeat_counter: Some(1 << 32),
        heartbeat_timeout: Some("PT60S".into()),
        ..Default::default()
    });
    for built in [units, beat] {
        let copy = built.root().to_tape(built.ty());
        assert_eq!(copy, built);
        let (mut a, mut b) = (Vec::new(), Vec::new());
        built.write(&mut a);
        copy.write(&mut b);
        assert_eq!(a, b);
    }
}
