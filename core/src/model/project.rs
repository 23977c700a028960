//! Parts of a function's data: what a partial read answers and what a delete removes (SPINE 5.3.4.4 to 5.3.4.7).

use super::list::{Criterion, ExchangeFault, List, entries, is_identifier, rewrite, write_entries};
use super::select::{selected, to_change};
use crate::json::table::{Kind, Ty};
use crate::json::{Cursor, Edit, Tape};

/// What happens to the elements that are named.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    Stay,
    Go,
}

/// The part of `stored` that `selectors` (any of them; none: all entries) and `elements` (none: all) name. An entry keeps
/// its identifiers.
///
/// # Errors
///
/// [`ExchangeFault::NoList`], [`ExchangeFault::UnknownSelector`].
pub fn project(
    stored: &Tape,
    selectors: &[Criterion<'_>],
    elements: Option<Criterion<'_>>,
) -> Result<Tape, ExchangeFault> {
    let (ty, data) = (stored.ty(), stored.root());
    let elements = elements.filter(|elements| !elements.is_empty());
    let mut edit = Edit::new(stored);
    match List::of(ty) {
        Some(list) => {
            let selected = selected(selectors, list, data)?;
            let elements = elements
                .and_then(|elements| elements.for_entry(list))
                .filter(|elements| !elements.is_empty());
            let all = entries(data).zip(selected).filter(|(_, selected)| *selected);
            write_entries(&mut edit, data, data.fields().next(), all, |edit, (entry, _)| match elements {
                Some(elements) => restrict(edit, list.entry, entry, elements, Named::Stay),
                None => edit.put(entry),
            });
        }
        None if !selectors.is_empty() => return Err(ExchangeFault::NoList),
        None => match elements {
            Some(elements) => restrict(&mut edit, ty, data, elements, Named::Stay),
            None => edit.put(data),
        },
    }
    Ok(edit.into_tape())
}

/// Deletes the entries that `selectors` mean or, with `elements`, the elements they name in these entries (without
/// selectors: in all); answers whether that changed the stored data. Identifiers stay; a struct without its last
/// element goes too.
///
/// # Errors
///
/// [`ExchangeFault::NothingNamed`], [`ExchangeFault::NoIdentifiers`], [`ExchangeFault::NoList`],
/// [`ExchangeFault::UnknownSelector`].
pub fn delete(
    stored: &mut Tape,
    selectors: &[Criterion<'_>],
    elements: Option<Criterion<'_>>,
) -> Result<bool, ExchangeFault> {
    let ty = stored.ty();
    let list = List::identified(ty)?;
    let inner = |criterion: Criterion<'_>| match list {
        Some(list) => criterion.for_entry(list).is_none_or(Criterion::is_empty),
        None => criterion.is_empty(),
    };
    if selectors.is_empty() && elements.is_none() || selectors.iter().copied().chain(elements).any(inner) {
        return Err(ExchangeFault::NothingNamed);
    }
    let Some(list) = list else {
        let elements = elements.filter(|_| selectors.is_empty()).ok_or(ExchangeFault::NoList)?;
        return Ok(rewrite(stored, |edit, data| restrict(edit, ty, data, elements, Named::Go)));
    };
    let selected = to_change(selectors, list, stored.root())?;
    let elements = elements.and_then(|elements| elements.for_entry(list));
    Ok(rewrite(stored, |edit, data| {
        let all = entries(data).zip(selected);
        write_entries(edit, data, data.fields().next(), all, |edit, (entry, selected)| match elements {
            _ if !selected => edit.put(entry),
            Some(elements) => restrict(edit, list.entry, entry, elements, Named::Go),
            None => {}
        });
    }))
}

/// Writes a struct of which the elements that are named stay or go.
fn restrict(edit: &mut Edit<'_>, ty: &'static Ty, data: Cursor<'_>, elements: Criterion<'_>, named: Named) {
    let object = edit.open(data);
    restrict_fields(edit, ty, data, elements, named);
    edit.close(object);
}

/// The same for a struct inside, which goes with its last element.
fn restrict_part(
    edit: &mut Edit<'_>,
    ty: &'static Ty,
    data: Cursor<'_>,
    elements: Criterion<'_>,
    named: Named,
) {
    let object = edit.open(data);
    restrict_fields(edit, ty, data, elements, named);
    edit.close_unless_empty(object);
}

fn restrict_fields(
    edit: &mut Edit<'_>,
    ty: &'static Ty,
    data: Cursor<'_>,
    elements: Criterion<'_>,
    named: Named,
) {
    for value in data.fields() {
        let Some(field) = ty.fields.get(usize::from(value.number())) else { continue };
        let part = elements.part(value.name()).filter(|part| !part.is_empty());
        match (field.kind, part) {
            (Kind::Object(ty), Some(part)) if field.many => {
                let list = edit.open(value);
                value.items().for_each(|item| restrict_part(edit, ty, item, part, named));
                edit.close_unless_empty(list);
            }
            (Kind::Object(ty), Some(part)) => restrict_part(edit, ty, value, part, named),
            _ if is_identifier(ty, value.number()) => edit.put(value),
            _ if elements.names(value.name()) == (named == Named::Stay) => edit.put(value),
            _ => {}
        }
    }
}
