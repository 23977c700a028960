//! Deletes and partial reads (SPINE 5.3.4.4 to 5.3.4.7), one test a rule.

use super::*;

const LIMITS: &str = r#"{"loadControlLimitData":[{"limitId":1,"isLimitActive":true,"timePeriod":{"startTime":"PT0S","endTime":"PT2H"}},{"limitId":2,"timePeriod":{"endTime":"PT1H"}},{"limitId":3}]}"#;

fn limit(id: u32) -> Tape {
    data::<LoadControlLimitListDataSelectors>(&format!(r#"{{"limitId":{id}}}"#))
}

/// Deletes from [`LIMITS`] and expects what is left.
#[track_caller]
fn leaves(selectors: &[&Tape], elements: Option<&str>, after: &str) {
    let mut stored = data::<LoadControlLimitListData>(LIMITS);
    let selectors: Vec<Criterion<'_>> = selectors.iter().map(|tape| Criterion::from(*tape)).collect();
    let elements = elements.map(data::<LoadControlLimitDataElements>);
    let changed = delete(&mut stored, &selectors, elements.as_ref().map(Criterion::from)).unwrap();
    assert_is(&stored, &format!(r#"{{"loadControlLimitData":[{after}]}}"#));
    assert_eq!(changed, stored != data::<LoadControlLimitListData>(LIMITS));
    assert_eq!(delete(&mut stored, &selectors, elements.as_ref().map(Criterion::from)), Ok(false));
}

#[test]
fn selectors_remove_entries() {
    leaves(&[&limit(1), &limit(3)], None, r#"{"limitId":2,"timePeriod":{"endTime":"PT1H"}}"#);
    leaves(&[&limit(9)], None, LIMITS.split_once('[').unwrap().1.strip_suffix("]}").unwrap());
}

#[test]
fn the_last_entry_leaves_no_list_behind() {
    let mut stored = data::<LoadControlLimitListData>(r#"{"loadControlLimitData":[{"limitId":1}]}"#);
    assert_eq!(delete(&mut stored, &[Criterion::from(&limit(1))], None), Ok(true));
    assert_eq!(written(&stored), "[]");
}

#[test]
fn nested_elements_descend_and_a_struct_goes_with_its_last_element() {
    leaves(
        &[],
        Some(r#"{"timePeriod":{"endTime":{}}}"#),
        r#"{"limitId":1,"isLimitActive":true,"timePeriod":{"startTime":"PT0S"}},{"limitId":2},{"limitId":3}"#,
    );
    leaves(
        &[&limit(1)],
        Some(r#"{"timePeriod":{"startTime":{},"endTime":{}}}"#),
        r#"{"limitId":1,"isLimitActive":true},{"limitId":2,"timePeriod":{"endTime":"PT1H"}},{"limitId":3}"#,
    );
}

#[test]
fn an_empty_element_means_the_whole_struct() {
    leaves(
        &[],
        Some(r#"{"timePeriod":{}}"#),
        r#"{"limitId":1,"isLimitActive":true},{"limitId":2},{"limitId":3}"#,
    );
}

#[test]
fn identifiers_stay() {
    leaves(
        &[],
        Some(r#"{"limitId":{},"isLimitActive":{},"timePeriod":{}}"#),
        r#"{"limitId":1},{"limitId":2},{"limitId":3}"#,
    );
}

#[test]
fn a_delete_says_what() {
    let mut stored = data::<LoadControlLimitListData>(LIMITS);
    let empty = data::<LoadControlLimitListDataSelectors>("{}");
    let no_elements = data::<LoadControlLimitDataElements>("{}");
    let nothing = Err(ExchangeFault::NothingNamed);
    assert_eq!(delete(&mut stored, &[], None), nothing);
    assert_eq!(delete(&mut stored, &[Criterion::from(&limit(1)), Criterion::from(&empty)], None), nothing);
    assert_eq!(
        delete(&mut stored, &[Criterion::from(&limit(1))], Some(Criterion::from(&no_elements))),
        nothing
    );
    assert_is(&stored, LIMITS);
}

#[test]
fn what_can_not_be_deleted_in_part() {
    let selectors =
        data::<SensingListDataSelectors>(r#"{"timestampInterval":{"startTime":"2026-01-01T00:00:00Z"}}"#);
    let mut stored = data::<SensingListData>(r#"{"sensingData":[{"state":"on"}]}"#);
    assert_eq!(delete(&mut stored, &[Criterion::from(&selectors)], None), Err(ExchangeFault::NoIdentifiers));
    let mut stored = data::<DeviceClassificationUserData>(r#"{"userLabel":"x"}"#);
    assert_eq!(delete(&mut stored, &[Criterion::from(&selectors)], None), Err(ExchangeFault::NoList));
    let mut stored = data::<TimeSeriesListData>(r#"{"timeSeriesData":[{"timeSeriesId":1}]}"#);
    let selectors = data::<TimeSeriesListDataSelectors>(r#"{"timeSeriesId":1,"timeSeriesSlotId":2}"#);
    let unknown = ExchangeFault::UnknownSelector("timeSeriesSlotId");
    assert_eq!(delete(&mut stored, &[Criterion::from(&selectors)], None), Err(unknown));
}

/// Reads a part of `stored` and expects it.
#[track_caller]
fn reads<T: Typed>(stored: &str, selectors: &[&Tape], elements: Option<&Tape>, part: &str) {
    let selectors: Vec<Criterion<'_>> = selectors.iter().map(|tape| Criterion::from(*tape)).collect();
    let part_read = project(&data::<T>(stored), &selectors, elements.map(Criterion::from)).unwrap();
    assert_is(&part_read, part);
}

#[test]
fn a_partial_read_has_the_structure_of_the_whole() {
    reads::<LoadControlLimitListData>(LIMITS, &[], None, LIMITS);
    reads::<LoadControlLimitListData>(
        LIMITS,
        &[&limit(3), &limit(9)],
        None,
        r#"{"loadControlLimitData":[{"limitId":3}]}"#,
    );
    reads::<LoadControlLimitListData>(LIMITS, &[&limit(9)], None, "{}");
    let all = data::<LoadControlLimitListDataSelectors>("{}");
    reads::<LoadControlLimitListData>(LIMITS, &[&all], None, LIMITS);
}

#[test]
fn a_partial_read_keeps_identifiers_and_descends() {
    let elements = data::<LoadControlLimitDataElements>(r#"{"timePeriod":{"startTime":{}}}"#);
    let part = r#"{"loadControlLimitData":[{"limitId":1,"timePeriod":{"startTime":"PT0S"}},{"limitId":2},{"limitId":3}]}"#;
    reads::<LoadControlLimitListData>(LIMITS, &[], Some(&elements), part);
    let nothing = data::<LoadControlLimitDataElements>("{}");
    reads::<LoadControlLimitListData>(LIMITS, &[], Some(&nothing), LIMITS);
}

#[test]
fn elements_of_the_whole_function_describe_its_entries() {
    let stored = r#"{"incentiveTable":[{"tariff":{"tariffId":1},"incentiveSlot":[{"tier":[{"tier":{"tierId":7},"boundary":[{"boundaryId":3,"lowerBoundaryValue":{"number":1}}]}]}]}]}"#;
    let elements =
        data::<IncentiveTableDataElements>(r#"{"incentiveTable":{"incentiveSlot":{"tier":{"tier":{}}}}}"#);
    let part = r#"{"incentiveTable":[{"incentiveSlot":[{"tier":[{"tier":{"tierId":7}}]}]}]}"#;
    reads::<IncentiveTableData>(stored, &[], Some(&elements), part);
}

#[test]
fn a_part_is_of_its_own_and_keeps_canonical_text() {
    let stored = data::<LoadControlLimitListData>(
        r#"[{"loadControlLimitData":[[{"limitId":1}],[{"limitId":2},{"isLimitActive":true}]]}]"#,
    );
    let part = project(&stored, &[Criterion::from(&limit(2))], None).unwrap();
    assert_eq!(part.text_len(), r#"[{"limitId":2},{"isLimitActive":true}]"#.len());
    assert_eq!(written(&part), r#"[{"loadControlLimitData":[[{"limitId":2},{"isLimitActive":true}]]}]"#);
}
