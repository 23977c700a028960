//! The rules of a partial update (SPINE 5.3.4, table of combinations), one test a rule.

use super::*;

/// Merges `update` into `before`; expects `after`, and that `changed` is told.
#[track_caller]
fn merges<T: Typed>(before: &str, update: &str, after: &str) {
    let mut stored = data::<T>(before);
    let original = stored.clone();
    let changed = super::super::merge(&mut stored, data::<T>(update).root()).unwrap();
    assert_is(&stored, after);
    assert_eq!(changed, stored != original);
}

#[track_caller]
fn refused<T: Typed>(before: &str, update: &str, fault: ExchangeFault) {
    let mut stored = data::<T>(before);
    let bytes = written(&stored);
    assert_eq!(super::super::merge(&mut stored, data::<T>(update).root()), Err(fault));
    assert_eq!(written(&stored), bytes);
}

#[test]
fn all_identifiers_present_merges_or_appends() {
    merges::<LoadControlLimitListData>(
        r#"{"loadControlLimitData":[{"limitId":1,"isLimitActive":false},{"limitId":2,"isLimitActive":false}]}"#,
        r#"{"loadControlLimitData":[{"limitId":3,"isLimitActive":true},{"limitId":2,"isLimitActive":true}]}"#,
        r#"{"loadControlLimitData":[{"limitId":1,"isLimitActive":false},{"limitId":2,"isLimitActive":true},{"limitId":3,"isLimitActive":true}]}"#,
    );
}

#[test]
fn the_search_finds_entries_in_any_order() {
    let entry = |id: u32, on: bool| format!(r#"{{"limitId":{id},"isLimitActive":{on}}}"#);
    let list = |ids: &[u32], on| {
        let entries: Vec<_> = ids.iter().map(|id| entry(*id, on)).collect();
        format!(r#"{{"loadControlLimitData":[{}]}}"#, entries.join(","))
    };
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]] {
        merges::<LoadControlLimitListData>(
            &list(&[0, 1, 2, 3], false),
            &list(&order, true),
            &list(&[0, 1, 2, 3], true),
        );
    }
}

#[test]
fn no_identifier_merges_into_every_entry_and_never_appends() {
    merges::<LoadControlLimitListData>(
        r#"{"loadControlLimitData":[{"limitId":1,"value":{"number":5}},{"limitId":2}]}"#,
        r#"{"loadControlLimitData":[{"isLimitActive":true}]}"#,
        r#"{"loadControlLimitData":[{"limitId":1,"isLimitActive":true,"value":{"number":5}},{"limitId":2,"isLimitActive":true}]}"#,
    );
    merges::<LoadControlLimitListData>("{}", r#"{"loadControlLimitData":[{"isLimitActive":true}]}"#, "{}");
}

#[test]
fn some_identifiers_are_refused_and_nothing_changes() {
    type Parameters = ElectricalConnectionParameterDescriptionListData;
    let list = |entries: &str| format!(r#"{{"electricalConnectionParameterDescriptionData":[{entries}]}}"#);
    let before = list(r#"{"electricalConnectionId":1,"parameterId":1}"#);
    let good = r#"{"electricalConnectionId":1,"parameterId":1,"label":"x"}"#;
    let update = list(&format!(r#"{good},{{"electricalConnectionId":1,"label":"y"}}"#));
    refused::<Parameters>(&before, &update, ExchangeFault::MissingIdentifier("parameterId"));
    let update = list(&format!(r#"{good},{{"parameterId":1,"label":"y"}}"#));
    refused::<Parameters>(&before, &update, ExchangeFault::MissingIdentifier("electricalConnectionId"));
}

#[test]
fn every_identifier_counts() {
    type Parameters = ElectricalConnectionParameterDescriptionListData;
    let entry = |a: u32, b: u32, label: &str| {
        format!(r#"{{"electricalConnectionId":{a},"parameterId":{b},"label":"{label}"}}"#)
    };
    let list = |entries: &[String]| {
        format!(r#"{{"electricalConnectionParameterDescriptionData":[{}]}}"#, entries.join(","))
    };
    merges::<Parameters>(
        &list(&[entry(1, 1, "a"), entry(1, 2, "b"), entry(2, 1, "c")]),
        &list(&[entry(1, 2, "x"), entry(2, 2, "y")]),
        &list(&[entry(1, 1, "a"), entry(1, 2, "x"), entry(2, 1, "c"), entry(2, 2, "y")]),
    );
}

#[test]
fn a_missing_value_type_means_value() {
    let list = |entries: &str| format!(r#"{{"measurementData":[{entries}]}}"#);
    for (before, update, after) in [
        (
            r#"{"measurementId":1}"#,
            r#"{"measurementId":1,"valueType":"value"}"#,
            r#"{"measurementId":1,"valueType":"value"}"#,
        ),
        (
            r#"{"measurementId":1,"valueType":"value"}"#,
            r#"{"measurementId":1}"#,
            r#"{"measurementId":1,"valueType":"value"}"#,
        ),
        (
            r#"{"measurementId":1}"#,
            r#"{"measurementId":1,"valueType":"minValue"}"#,
            r#"{"measurementId":1},{"measurementId":1,"valueType":"minValue"}"#,
        ),
        (
            r#"{"measurementId":1,"valueType":"_n:ACME_x"}"#,
            r#"{"measurementId":1}"#,
            r#"{"measurementId":1,"valueType":"_n:ACME_x"},{"measurementId":1}"#,
        ),
    ] {
        merges::<MeasurementListData>(&list(before), &list(update), &list(after));
    }
    let fault = ExchangeFault::MissingIdentifier("measurementId");
    refused::<MeasurementListData>(&list(""), &list(r#"{"valueType":"value"}"#), fault);
}

#[test]
fn a_list_without_identifiers_is_exchanged_as_a_whole() {
    let json = r#"{"sensingData":[{"state":"on"}]}"#;
    refused::<SensingListData>(json, json, ExchangeFault::NoIdentifiers);
}

#[test]
fn a_scaled_number_merges_number_and_scale_separately() {
    let list = |value: &str| format!(r#"{{"loadControlLimitData":[{{"limitId":1{value}}}]}}"#);
    for (before, update, after) in [
        (
            r#","value":{"number":1,"scale":2}"#,
            r#","value":{"number":3,"scale":4}"#,
            r#","value":{"number":3,"scale":4}"#,
        ),
        (
            r#","value":{"number":1,"scale":2}"#,
            r#","value":{"number":3}"#,
            r#","value":{"number":3,"scale":2}"#,
        ),
        (
            r#","value":{"number":1,"scale":2}"#,
            r#","value":{"scale":3}"#,
            r#","value":{"number":1,"scale":3}"#,
        ),
        (r#","value":{"number":1,"scale":2}"#, r#","value":{}"#, r#","value":{"number":1,"scale":2}"#),
        (r#","value":{"number":1}"#, r#","value":{"scale":2}"#, r#","value":{"number":1,"scale":2}"#),
        ("", r#","value":{"number":3}"#, r#","value":{"number":3}"#),
        ("", r#","value":{}"#, ""),
    ] {
        merges::<LoadControlLimitListData>(&list(before), &list(update), &list(after));
    }
}

#[test]
fn a_nested_struct_merges_element_by_element() {
    let list =
        |period: &str| format!(r#"{{"loadControlLimitData":[{{"limitId":1,"timePeriod":{period}}}]}}"#);
    merges::<LoadControlLimitListData>(
        &list(r#"{"startTime":"PT0S","endTime":"PT2H"}"#),
        &list(r#"{"endTime":"PT1H"}"#),
        &list(r#"{"startTime":"PT0S","endTime":"PT1H"}"#),
    );
    merges::<LoadControlLimitListData>(
        &list(r#"{"endTime":"PT2H"}"#),
        &list(r#"{"startTime":"a text with \"quotes\""}"#),
        &list(r#"{"startTime":"a text with \"quotes\"","endTime":"PT2H"}"#),
    );
}

#[test]
fn a_stated_alternative_clears_the_others() {
    type KeyValues = DeviceConfigurationKeyValueListData;
    let list = |value: &str| {
        format!(
            r#"{{"deviceConfigurationKeyValueData":[{{"keyId":1,"value":{value},"isValueChangeable":true}}]}}"#
        )
    };
    let number = r#"{"scaledNumber":{"number":1,"scale":2}}"#;
    merges::<KeyValues>(&list(number), &list(r#"{"string":"x"}"#), &list(r#"{"string":"x"}"#));
    merges::<KeyValues>(&list(r#"{"string":"x"}"#), &list(number), &list(number));
    merges::<KeyValues>(
        &list(number),
        &list(r#"{"scaledNumber":{"number":3}}"#),
        &list(r#"{"scaledNumber":{"number":3,"scale":2}}"#),
    );
    merges::<KeyValues>(&list(number), &list("{}"), &list(number));
    // Also where a peer stored two of them.
    merges::<KeyValues>(
        &list(r#"{"string":"x","integer":1}"#),
        &list(r#"{"string":"y"}"#),
        &list(r#"{"string":"y"}"#),
    );
    // A later entry of the same payload chooses again.
    let twice = |first: &str, second: &str| {
        format!(
            r#"{{"deviceConfigurationKeyValueData":[{{"keyId":1,"value":{first}}},{{"keyId":1,"value":{second}}}]}}"#
        )
    };
    let other = r#"{"scaledNumber":{"number":7}}"#;
    merges::<KeyValues>(&list(number), &twice(r#"{"string":"x"}"#, other), &list(other));
    merges::<KeyValues>(&list(number), &twice(other, r#"{"string":"x"}"#), &list(r#"{"string":"x"}"#));
}

#[test]
fn a_repeated_element_is_replaced_as_a_unit() {
    let list = |ids: &str| format!(r#"{{"tierData":[{{"tierId":1,"activeIncentiveId":{ids}}}]}}"#);
    merges::<TierListData>(&list("[1,2,3]"), &list("[4]"), &list("[4]"));
    merges::<TierListData>(&list("[1,2,3]"), &list("[1,2,4]"), &list("[1,2,4]"));
    merges::<TierListData>(&list("[1,2,3]"), &list("[]"), &list("[1,2,3]"));
}

#[test]
fn of_equal_identifiers_in_one_payload_the_last_wins() {
    merges::<LoadControlLimitListData>(
        r#"{"loadControlLimitData":[{"limitId":1,"isLimitActive":false}]}"#,
        r#"{"loadControlLimitData":[{"limitId":1,"isLimitActive":true,"value":{"number":1,"scale":0}},{"limitId":2},{"limitId":1,"value":{"number":2}},{"limitId":2,"isLimitActive":true}]}"#,
        r#"{"loadControlLimitData":[{"limitId":1,"isLimitActive":true,"value":{"number":2,"scale":0}},{"limitId":2,"isLimitActive":true}]}"#,
    );
}

#[test]
fn an_entry_for_all_meets_those_before_it_in_the_payload() {
    merges::<LoadControlLimitListData>(
        "{}",
        r#"{"loadControlLimitData":[{"limitId":1},{"isLimitActive":true},{"limitId":2}]}"#,
        r#"{"loadControlLimitData":[{"limitId":1,"isLimitActive":true},{"limitId":2}]}"#,
    );
}

#[test]
fn data_that_is_no_list_merges_element_by_element() {
    merges::<DeviceDiagnosisStateData>(
        r#"{"operatingState":"normalOperation","vendorStateCode":"1"}"#,
        r#"{"operatingState":"standby","powerSupplyCondition":"good"}"#,
        r#"{"operatingState":"standby","vendorStateCode":"1","powerSupplyCondition":"good"}"#,
    );
}

#[test]
fn selectors_say_which_entries_are_merged_into() {
    let before = r#"{"loadControlLimitData":[{"limitId":1},{"limitId":2},{"limitId":3}]}"#;
    let selectors = [
        data::<LoadControlLimitListDataSelectors>(r#"{"limitId":1}"#),
        data::<LoadControlLimitListDataSelectors>(r#"{"limitId":3}"#),
    ];
    let selectors: Vec<Criterion<'_>> = selectors.iter().map(Criterion::from).collect();
    let update = data::<LoadControlLimitListData>(
        r#"{"loadControlLimitData":[{"isLimitActive":true},{"timePeriod":{"endTime":"PT1H"}}]}"#,
    );
    let mut stored = data::<LoadControlLimitListData>(before);
    assert_eq!(merge_selected(&mut stored, &selectors, update.root()), Ok(true));
    let after = r#"{"limitId":1,"isLimitActive":true,"timePeriod":{"endTime":"PT1H"}},{"limitId":2},{"limitId":3,"isLimitActive":true,"timePeriod":{"endTime":"PT1H"}}"#;
    assert_is(&stored, &format!(r#"{{"loadControlLimitData":[{after}]}}"#));
    let text = stored.text_len();
    assert_eq!(merge_selected(&mut stored, &selectors, update.root()), Ok(false));
    assert_eq!(stored.text_len(), text);
    // Nothing selected: no effect, and nothing is appended.
    let none = data::<LoadControlLimitListDataSelectors>(r#"{"limitId":9}"#);
    let mut stored = data::<LoadControlLimitListData>(before);
    assert_eq!(merge_selected(&mut stored, &[Criterion::from(&none)], update.root()), Ok(false));
    assert_is(&stored, before);
}

#[test]
fn selectors_and_identifiers_exclude_each_other() {
    let mut stored = data::<LoadControlLimitListData>(r#"{"loadControlLimitData":[{"limitId":1}]}"#);
    let selectors = data::<LoadControlLimitListDataSelectors>(r#"{"limitId":1}"#);
    let update =
        data::<LoadControlLimitListData>(r#"{"loadControlLimitData":[{"limitId":1,"isLimitActive":true}]}"#);
    let result = merge_selected(&mut stored, &[Criterion::from(&selectors)], update.root());
    assert_eq!(result, Err(ExchangeFault::StatedIdentifier("limitId")));
    let mut stored = data::<DeviceDiagnosisStateData>("{}");
    let result = merge_selected(&mut stored, &[], data::<DeviceDiagnosisStateData>("{}").root());
    assert_eq!(result, Err(ExchangeFault::NoList));
}

#[test]
fn replaced_texts_do_not_pile_up() {
    let entry = |text: &str| data::<DeviceClassificationUserData>(&format!(r#"{{"userLabel":"{text}"}}"#));
    let mut stored = entry("first");
    for n in 0..1000 {
        let text = format!("label number {n}");
        assert_eq!(super::super::merge(&mut stored, entry(&text).root()), Ok(true));
        assert_is(&stored, &format!(r#"{{"userLabel":"{text}"}}"#));
        assert!(stored.text_len() < 600, "{} octets", stored.text_len());
    }
}
