//! What selectors match (SPINE 5.3.4.7.2), one test a rule.

use super::*;

/// Does the selectors element mean the item?
#[track_caller]
fn selects<S: Typed, I: Typed>(selectors: &str, item: &str) -> Result<bool, ExchangeFault> {
    super::super::selects(Criterion::from(&data::<S>(selectors)), I::TY, data::<I>(item).root())
}

#[test]
fn all_fields_have_to_match() {
    type Selectors = MeasurementDescriptionListDataSelectors;
    type Item = MeasurementDescriptionData;
    let item = r#"{"measurementId":1,"measurementType":"power","scopeType":"acPowerTotal"}"#;
    for (selectors, matches) in [
        ("{}", true),
        (r#"{"measurementId":1}"#, true),
        (r#"{"measurementId":2}"#, false),
        (r#"{"measurementType":"power","scopeType":"acPowerTotal"}"#, true),
        (r#"{"measurementType":"power","scopeType":"acPower"}"#, false),
        (r#"{"measurementType":"Power"}"#, false),
        // The item lacks the element.
        (r#"{"commodityType":"gas"}"#, false),
    ] {
        assert_eq!(selects::<Selectors, Item>(selectors, item), Ok(matches), "{selectors}");
    }
}

#[test]
fn a_repeated_field_matches_if_it_contains_the_value() {
    let item = r#"{"tierId":1,"activeIncentiveId":[3,5]}"#;
    for (id, matches) in [(3, true), (5, true), (4, false)] {
        let selectors = format!(r#"{{"activeIncentiveId":{id}}}"#);
        assert_eq!(selects::<TierListDataSelectors, TierData>(&selectors, item), Ok(matches));
    }
    assert_eq!(selects::<TierListDataSelectors, TierData>(r#"{"activeIncentiveId":3}"#, "{}"), Ok(false));
}

#[test]
fn stated_parts_of_an_address_are_equal_and_an_entity_path_exactly() {
    type Selectors = SubscriptionManagementEntryListDataSelectors;
    type Item = SubscriptionManagementEntryData;
    let item = r#"{"subscriptionId":1,"clientAddress":{"device":"d:_n:A_1","entity":[1,4],"feature":2}}"#;
    for (address, matches) in [
        (r#"{"device":"d:_n:A_1","entity":[1,4],"feature":2}"#, true),
        (r#"{"entity":[1,4]}"#, true),
        (r#"{"entity":[4]}"#, false),
        (r#"{"entity":[1]}"#, false),
        (r#"{"feature":3}"#, false),
        (r#"{"device":"d:_n:a_1"}"#, false),
    ] {
        let selectors = format!(r#"{{"clientAddress":{address}}}"#);
        assert_eq!(selects::<Selectors, Item>(&selectors, item), Ok(matches), "{address}");
    }
}

#[test]
fn a_repeated_struct_matches_if_one_item_does_in_all_parts() {
    type Selectors = NodeManagementUseCaseDataSelectors;
    let stored = r#"{"useCaseInformation":[{"actor":"EV","useCaseSupport":[{"useCaseName":"a","scenarioSupport":[1]},{"useCaseName":"b","scenarioSupport":[2]}]}]}"#;
    for (support, matches) in [
        (r#"{"useCaseName":"a","scenarioSupport":1}"#, true),
        (r#"{"useCaseName":"b"}"#, true),
        (r#"{"useCaseName":"a","scenarioSupport":2}"#, false),
    ] {
        // The selectors wrap an entry in the name of the list.
        let selectors = data::<Selectors>(&format!(
            r#"{{"useCaseInformation":{{"actor":"EV","useCaseSupport":{support}}}}}"#
        ));
        let part = project(&data::<NodeManagementUseCaseData>(stored), &[Criterion::from(&selectors)], None)
            .unwrap();
        assert_is(&part, if matches { stored } else { "{}" });
    }
}

#[test]
fn empty_selectors_mean_every_entry_also_where_they_are_wrapped() {
    let stored = r#"{"useCaseInformation":[{"actor":"EV"}]}"#;
    for selectors in ["{}", r#"{"useCaseInformation":{}}"#] {
        let selectors = data::<NodeManagementUseCaseDataSelectors>(selectors);
        let part = project(&data::<NodeManagementUseCaseData>(stored), &[Criterion::from(&selectors)], None);
        assert_is(&part.unwrap(), stored);
    }
}

#[test]
fn a_nested_selector_descends() {
    let selectors = r#"{"tariff":{"tariffId":2}}"#;
    let selects = |item: &str| selects::<IncentiveTableDataSelectors, IncentiveTable>(selectors, item);
    assert_eq!(selects(r#"{"tariff":{"tariffId":2}}"#), Ok(true));
    assert_eq!(selects(r#"{"tariff":{"tariffId":1}}"#), Ok(false));
    assert_eq!(selects("{}"), Ok(false));
}

#[test]
fn a_time_is_in_an_interval_with_both_its_bounds() {
    let (start, end) = (r#""startTime":"2026-01-01T10:00:00Z""#, r#""endTime":"2026-01-01T12:00:00+01:00""#);
    let both = format!("{start},{end}");
    for (bounds, time, matches) in [
        (both.as_str(), "2026-01-01T10:00:00Z", true),
        (&both, "2026-01-01T11:00:00Z", true),
        (&both, "2026-01-01T09:59:59.9Z", false),
        (&both, "2026-01-01T11:00:00.1Z", false),
        (start, "2027-01-01T00:00:00Z", true),
        (end, "2025-01-01T00:00:00Z", true),
        ("", "2025-01-01T00:00:00Z", true),
    ] {
        let selectors = format!(r#"{{"timestampInterval":{{{bounds}}}}}"#);
        let item = format!(r#"{{"measurementId":1,"timestamp":"{time}"}}"#);
        let result = selects::<MeasurementListDataSelectors, MeasurementData>(&selectors, &item);
        assert_eq!(result, Ok(matches), "{bounds} {time}");
    }
    let selectors = format!(r#"{{"potentialStartTimeInterval":{{{start}}}}}"#);
    let item = r#"{"sequenceId":1,"potentialStartTime":"2026-01-01T10:00:01Z"}"#;
    assert_eq!(
        selects::<PowerSequencePriceListDataSelectors, PowerSequencePriceData>(&selectors, item),
        Ok(true)
    );
}

#[test]
fn what_can_not_be_evaluated_is_no_guess() {
    let interval = |bound: &str| format!(r#"{{"timestampInterval":{{"startTime":"{bound}"}}}}"#);
    let item = |time: &str| format!(r#"{{"timestamp":"{time}"}}"#);
    let now = "2026-01-01T00:00:00Z";
    let unknown = Err(ExchangeFault::UnknownSelector("timestampInterval"));
    for (bound, time) in [("-PT1H", now), (now, "PT1H"), ("yesterday", now)] {
        let result = selects::<MeasurementListDataSelectors, MeasurementData>(&interval(bound), &item(time));
        assert_eq!(result, unknown, "{bound} {time}");
    }
    let without = selects::<MeasurementListDataSelectors, MeasurementData>(&interval(now), "{}");
    assert_eq!(without, Ok(false));
    // Also where another field decides already.
    let selectors = format!(r#"{{"measurementId":1,{}"#, &interval("-PT1H")[1..]);
    let item = format!(r#"{{"measurementId":9,{}"#, &item(now)[1..]);
    assert_eq!(selects::<MeasurementListDataSelectors, MeasurementData>(&selectors, &item), unknown);
}

#[test]
fn a_field_of_the_structs_inside_selects_for_a_read_and_for_no_change() {
    let stored = data::<TimeSeriesListData>(
        r#"{"timeSeriesData":[{"timeSeriesId":1,"timeSeriesSlot":[{"timeSeriesSlotId":1},{"timeSeriesSlotId":2}]},
        {"timeSeriesId":2,"timeSeriesSlot":[{"timeSeriesSlotId":3}]},{"timeSeriesId":3}]}"#,
    );
    for (slot, found) in [(1, Some(1)), (2, Some(1)), (3, Some(2)), (4, None)] {
        let selectors = data::<TimeSeriesListDataSelectors>(&format!(r#"{{"timeSeriesSlotId":{slot}}}"#));
        let read = project(&stored, &[Criterion::from(&selectors)], None).unwrap();
        let read: TimeSeriesListData = read.get().unwrap();
        let ids: Vec<_> = read.time_series_data.iter().map(|entry| entry.time_series_id.unwrap().0).collect();
        assert_eq!(ids, Vec::from_iter(found));
        let refused = Err(ExchangeFault::UnknownSelector("timeSeriesSlotId"));
        let mut changed = stored.clone();
        assert_eq!(delete(&mut changed, &[Criterion::from(&selectors)], None), refused);
        let update = Tape::empty(stored.ty());
        assert_eq!(merge_selected(&mut changed, &[Criterion::from(&selectors)], update.root()), refused);
    }
}
