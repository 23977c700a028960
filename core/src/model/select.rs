//! Which entries selectors mean (SPINE 5.3.4.7.2): all fields of one selectors element have to match.

use alloc::vec::Vec;

use super::list::{Criterion, ExchangeFault, List, entries};
use super::{AbsoluteOrRelativeTime, TimePoint};
use crate::json::Cursor;
use crate::json::table::{Field, Kind, Ty};

/// Does one selectors element mean `item`? Strings compare octet by octet; a repeated field matches if one of its
/// items does; a struct matches if its stated parts do; an entry without a selected field does not match. A field that
/// only the structs inside have (`timeSeriesSlotId`) matches if one of them does.
///
/// # Errors
///
/// [`ExchangeFault::UnknownSelector`], also where another field decides already.
pub fn selects(
    selectors: Criterion<'_>,
    item_ty: &'static Ty,
    item: Cursor<'_>,
) -> Result<bool, ExchangeFault> {
    let mut all = true;
    for selector in selectors.at.fields() {
        all &= matches(selectors.ty, selector, item_ty, item)?;
    }
    Ok(all)
}

/// Which entries one of the selectors elements means, in their order; without selectors, all.
pub(super) fn selected(
    selectors: &[Criterion<'_>],
    list: List,
    data: Cursor<'_>,
) -> Result<Vec<bool>, ExchangeFault> {
    entries(data).map(|entry| is_selected(selectors, list, entry)).collect()
}

/// The same for a change. A selector of a struct inside is not evaluated there: it might mean the entry or its part.
pub(super) fn to_change(
    selectors: &[Criterion<'_>],
    list: List,
    data: Cursor<'_>,
) -> Result<Vec<bool>, ExchangeFault> {
    let stated = selectors.iter().filter_map(|criterion| criterion.for_entry(list));
    let mut names = stated.flat_map(|criterion| criterion.at.fields()).map(Cursor::name);
    match names.find(|name| holder(list.entry, name).is_some()) {
        Some(name) => Err(ExchangeFault::UnknownSelector(name)),
        None => selected(selectors, list, data),
    }
}

/// The field of a struct inside `ty` that has an element which `ty` itself does not have.
fn holder(ty: &'static Ty, name: &str) -> Option<(u8, &'static Ty)> {
    let inside = |(number, field): (u8, &Field)| match field.kind {
        Kind::Object(inner) if inner.field_named(name).is_some() => Some((number, inner)),
        _ => None,
    };
    if ty.field_named(name).is_some() { None } else { (0..).zip(ty.fields).find_map(inside) }
}

fn is_selected(selectors: &[Criterion<'_>], list: List, entry: Cursor<'_>) -> Result<bool, ExchangeFault> {
    let mut any = selectors.is_empty();
    for criterion in selectors {
        any |= match criterion.for_entry(list) {
            Some(criterion) => selects(criterion, list.entry, entry)?,
            None => true,
        };
    }
    Ok(any)
}

fn matches(
    selectors_ty: &'static Ty,
    selector: Cursor<'_>,
    item_ty: &'static Ty,
    item: Cursor<'_>,
) -> Result<bool, ExchangeFault> {
    let unknown = ExchangeFault::UnknownSelector(selector.name());
    let field = |ty: &'static Ty, number: u8| ty.fields.get(usize::from(number)).copied();
    let Some(selector_field) = field(selectors_ty, selector.number()) else { return Err(unknown) };
    if let Some((number, inner)) = holder(item_ty, selector.name()) {
        let Some(parts) = item.field(number) else { return Ok(false) };
        let is_list = field(item_ty, number).is_some_and(|field| field.many);
        if !is_list {
            return matches(selectors_ty, selector, inner, parts);
        }
        let mut items = parts.items();
        return items.try_fold(false, |any, part| Ok(any | matches(selectors_ty, selector, inner, part)?));
    }
    let Some(number) = item_ty.field_named(selector.name()) else {
        let Kind::Object(ty) = selector_field.kind else { return Err(unknown) };
        return in_interval(Criterion { ty, at: selector }, item_ty, item);
    };
    let (Some(item_field), Some(value)) = (field(item_ty, number), item.field(number)) else {
        return Ok(false);
    };
    let one = |value: Cursor<'_>| match (selector_field.kind, item_field.kind) {
        (Kind::Object(ty), Kind::Object(inner)) => selects(Criterion { ty, at: selector }, inner, value),
        _ => Ok(selector == value),
    };
    match (selector_field.many, item_field.many) {
        (false, false) => one(value),
        (false, true) => value.items().try_fold(false, |any, value| Ok(any | one(value)?)),
        _ => Ok(selector == value),
    }
}

/// `timestampInterval` selects by `timestamp`, any `…Interval` by the field it is named after; both bounds count in.
fn in_interval(
    interval: Criterion<'_>,
    item_ty: &'static Ty,
    item: Cursor<'_>,
) -> Result<bool, ExchangeFault> {
    let name = interval.at.name();
    let unknown = ExchangeFault::UnknownSelector(name);
    let number = name.strip_suffix("Interval").and_then(|name| item_ty.field_named(name)).ok_or(unknown)?;
    let bound = |name| interval.ty.field_named(name).ok_or(unknown).map(|number| interval.at.field(number));
    let (start, end) = (bound("startTime")?, bound("endTime")?);
    let Some(time) = item.field(number) else { return Ok(false) };
    // A relative time has no place among absolute ones once it is stored.
    let wall = |time: Cursor<'_>| match time.get::<AbsoluteOrRelativeTime>().to_point() {
        Ok(TimePoint::At(wall)) => Ok(wall),
        _ => Err(unknown),
    };
    let time = wall(time)?;
    let (start, end) = (start.map(wall).transpose()?, end.map(wall).transpose()?);
    Ok(start.is_none_or(|start| start <= time) && end.is_none_or(|end| time <= end))
}
