//! Partial updates (SPINE 5.3.4): one merge for the data of every function.
//!
//! A stated element overwrites the stored one, a struct element by element, a repeated element as a whole; what is not
//! stated stays. Values are put in place where every stated element is there already, which is the usual case; else a
//! new version is written beside the stored one. Faults are found before anything changes.

use alloc::vec::Vec;

use super::list::{
    Criterion, ExchangeFault, List, entries, is_identifier, rewrite, stated_identifier, write_entries,
};
use super::select::to_change;
use crate::json::table::{Kind, Ty};
use crate::json::{Cursor, Edit, Tape};

/// Merges a partial update into the stored data of the same function; answers whether that changed it.
///
/// An entry of a list with all its identifiers is merged into the entry it names, or appended; an entry without any is
/// merged into every stored one.
///
/// # Errors
///
/// [`ExchangeFault::MissingIdentifier`], [`ExchangeFault::NoIdentifiers`].
pub fn merge(stored: &mut Tape, update: Cursor<'_>) -> Result<bool, ExchangeFault> {
    let ty = stored.ty();
    let Some(list) = List::identified(ty)? else {
        let done = overlay(stored, 0, ty, update);
        return Ok(finish(stored, done, |edit, data| lay(edit, ty, &[data, update])));
    };
    for entry in entries(update) {
        names_entry(list.entry, entry)?;
    }
    let done = overlay_entries(stored, list.entry, update);
    Ok(finish(stored, done, |edit, data| merge_entries(edit, list.entry, data, update)))
}

/// Merges the entries of a partial update, which have no identifiers, into every entry that one of `selectors` means
/// (without selectors, into all); answers whether that changed the stored data.
///
/// # Errors
///
/// [`ExchangeFault::StatedIdentifier`], [`ExchangeFault::NoIdentifiers`], [`ExchangeFault::NoList`],
/// [`ExchangeFault::UnknownSelector`].
pub fn merge_selected(
    stored: &mut Tape,
    selectors: &[Criterion<'_>],
    update: Cursor<'_>,
) -> Result<bool, ExchangeFault> {
    let list = List::identified(stored.ty())?.ok_or(ExchangeFault::NoList)?;
    if let Some(identifier) = entries(update).find_map(|entry| stated_identifier(list.entry, entry)) {
        return Err(ExchangeFault::StatedIdentifier(identifier.name()));
    }
    let selected = to_change(selectors, list, stored.root())?;
    Ok(rewrite(stored, |edit, data| {
        let all = entries(data).zip(&selected);
        write_entries(edit, data, data.fields().next(), all, |edit, (entry, selected)| {
            let updates = entries(update).filter(|_| *selected);
            let layers: Vec<_> = core::iter::once(entry).chain(updates).collect();
            lay(edit, list.entry, &layers);
        });
    }))
}

/// Writes a new version where not everything could be put in place; a merge may be repeated, so that does no harm.
fn finish(stored: &mut Tape, done: Overlay, write: impl FnOnce(&mut Edit<'_>, Cursor<'_>)) -> bool {
    let rewritten = !done.complete && rewrite(stored, write);
    stored.sweep();
    done.changed | rewritten
}

/// Does the entry name one of the list by its identifiers (true), or mean all (false)?
fn names_entry(ty: &'static Ty, entry: Cursor<'_>) -> Result<bool, ExchangeFault> {
    let numbers = entry.fields().map(Cursor::number).filter(|&number| is_identifier(ty, number));
    let stated = numbers.fold(0u16, |stated, number| stated | 1 << (number & 15));
    let missing = ty.identifiers & !ty.optional_identifiers & !stated;
    match ty.keys.get(missing.trailing_zeros() as usize) {
        _ if stated == 0 => Ok(false),
        Some(key) if missing != 0 => Err(ExchangeFault::MissingIdentifier(ty.literals.name(*key))),
        _ => Ok(true),
    }
}

/// Have two entries the same identifiers? A missing optional one is the first value of its enum.
#[inline]
pub(super) fn same_entry(ty: &'static Ty, a: Cursor<'_>, b: Cursor<'_>) -> bool {
    let mut left = ty.identifiers;
    while left != 0 {
        let number = left.trailing_zeros() as u8;
        left &= left.wrapping_sub(1);
        let same = match (a.field(number), b.field(number)) {
            (Some(a), Some(b)) => a == b,
            (None, None) => true,
            (Some(stated), None) | (None, Some(stated)) => {
                ty.optional_identifiers >> number & 1 == 1 && stated.enum_number() == Some(0)
            }
        };
        if !same {
            return false;
        }
    }
    true
}

/// Entries of an update whose places are kept without an allocation.
const FEW: usize = 16;

/// How far values could be put in place.
#[derive(Clone, Copy)]
struct Overlay {
    changed: bool,
    /// Everything stated was there already.
    complete: bool,
}

impl Overlay {
    const NOTHING: Self = Self { changed: false, complete: true };

    fn add(&mut self, other: Self) {
        self.changed |= other.changed;
        self.complete &= other.complete;
    }
}

/// Puts the entries of `update` over the stored ones, up to the first that does not fit. Nothing is put where an entry
/// would be updated twice, as it might end as it began.
fn overlay_entries(stored: &mut Tape, ty: &'static Ty, update: Cursor<'_>) -> Overlay {
    let Some(list) = stored.root().fields().next() else {
        return Overlay { changed: false, complete: entries(update).next().is_none() };
    };
    let list = list.place();
    let mut done = Overlay::NOTHING;
    if let Some(places) = in_order(stored, list, ty, update) {
        for (new, place) in entries(update).zip(places) {
            if done.complete {
                done.add(overlay_entry(stored, place, ty, new));
            }
        }
    } else {
        let Some(targets) = targets(stored, list, ty, update) else {
            return Overlay { changed: false, complete: false };
        };
        for (place, new) in targets {
            if done.complete {
                done.add(overlay_entry(stored, place, ty, new));
            }
        }
    }
    if done.changed {
        stored.touch(list);
        stored.touch(0);
    }
    done
}

/// Where the entries of `update` go, if they are few and each names a stored one behind the one before. That is how most
/// peers write.
fn in_order(stored: &Tape, list: usize, ty: &'static Ty, update: Cursor<'_>) -> Option<[usize; FEW]> {
    let (mut next, end) = (list.wrapping_add(1), stored.at(list).end());
    let mut places = [0; FEW];
    let mut free = places.iter_mut();
    for new in entries(update) {
        stated_identifier(ty, new)?;
        let place = find_entry(stored, ty, new, next, end)?;
        *free.next()? = place;
        next = stored.at(place).end();
    }
    Some(places)
}

fn overlay_entry(stored: &mut Tape, place: usize, ty: &'static Ty, new: Cursor<'_>) -> Overlay {
    let in_step = if ty.one_of { None } else { stored.overwrite_in_step(place, new) };
    match in_step {
        Some(changed) => Overlay { changed, complete: true },
        None => overlay(stored, place, ty, new),
    }
}

/// Where each entry of `update` goes; none where one has no place yet, or two go to the same.
fn targets<'u>(
    stored: &Tape,
    list: usize,
    ty: &'static Ty,
    update: Cursor<'u>,
) -> Option<Vec<(usize, Cursor<'u>)>> {
    let (first, end) = (list.wrapping_add(1), stored.at(list).end());
    let mut all = entries(update);
    if let (Some(new), None) = (all.next(), all.next())
        && stated_identifier(ty, new).is_none()
    {
        return Some(stored.at(list).items().map(|entry| (entry.place(), new)).collect());
    }
    let mut targets = Vec::new();
    let (mut next, mut ascending) = (first, true);
    for new in entries(update) {
        stated_identifier(ty, new)?;
        // Updates mostly have the order of the stored entries, so the search goes on behind the last hit.
        let ahead = find_entry(stored, ty, new, next, end);
        ascending &= ahead.is_some();
        let place = ahead.or_else(|| find_entry(stored, ty, new, first, next))?;
        targets.push((place, new));
        next = stored.at(place).end();
    }
    let again = |at: usize, place: usize| targets.iter().take(at).any(|(earlier, _)| *earlier == place);
    let twice = !ascending && targets.iter().enumerate().any(|(at, (place, _))| again(at, *place));
    (!twice).then_some(targets)
}

/// The entry between two places that has the identifiers of `new`.
fn find_entry(
    stored: &Tape,
    ty: &'static Ty,
    new: Cursor<'_>,
    mut place: usize,
    end: usize,
) -> Option<usize> {
    while place < end {
        let entry = stored.at(place);
        if same_entry(ty, entry, new) {
            return Some(place);
        }
        place = entry.end();
    }
    None
}

/// Puts the fields of `update` over those of the struct at `place`, up to the first that is not there.
fn overlay(stored: &mut Tape, place: usize, ty: &'static Ty, update: Cursor<'_>) -> Overlay {
    let mut done = Overlay::NOTHING;
    let end = stored.at(place).end();
    let mut at = place.wrapping_add(1);
    done.complete = !ty.one_of || stored.at(place).fields().all(|old| update.field(old.number()).is_some());
    for new in update.fields() {
        let Some(field) = ty.fields.get(usize::from(new.number())).filter(|_| done.complete) else { break };
        while at < end && stored.at(at).number() < new.number() {
            at = stored.at(at).end();
        }
        let there = at < end && stored.at(at).number() == new.number();
        match field.kind {
            Kind::Object(inner) if !field.many && says_nothing(inner, new) => {}
            _ if !there => done.complete = false,
            Kind::Object(inner) if !field.many => done.add(overlay(stored, at, inner, new)),
            _ if field.many => done.complete = stored.at(at) == new,
            _ => done.changed |= stored.overwrite(at, new),
        }
    }
    if done.changed {
        stored.touch(place);
    }
    done
}

/// An empty struct in an update leaves the stored one as it is. Of a type without fields, presence is the information.
fn says_nothing(ty: &'static Ty, value: Cursor<'_>) -> bool {
    !ty.fields.is_empty() && value.fields().next().is_none()
}

/// Writes the list that results from merging `update` into `data`.
fn merge_entries(edit: &mut Edit<'_>, ty: &'static Ty, data: Cursor<'_>, update: Cursor<'_>) {
    let mut all: Vec<_> = entries(data).collect();
    let stored = all.len();
    // Which entry each one of the update names, by its place in `all`.
    let mut targets = Vec::new();
    let mut next = 0usize;
    for new in entries(update) {
        let target = stated_identifier(ty, new).map(|_| {
            let same = |at: &usize| all.get(*at).is_some_and(|entry| same_entry(ty, *entry, new));
            let found = (next..all.len()).find(same).or_else(|| (0..next).find(same));
            found.unwrap_or_else(|| {
                all.push(new);
                all.len().wrapping_sub(1)
            })
        });
        next = target.map_or(next, |at| at.wrapping_add(1));
        targets.push(target);
    }
    let list = data.fields().next().or_else(|| update.fields().next());
    write_entries(edit, data, list, all.iter().enumerate(), |edit, (at, &base)| {
        let mut layers = Vec::from([base]);
        let mut exists = at < stored;
        for (new, target) in entries(update).zip(&targets) {
            if exists && target.is_none_or(|target| target == at) {
                layers.push(new);
            }
            exists |= *target == Some(at);
        }
        lay(edit, ty, &layers);
    });
}

/// Writes the struct that results from laying each layer over those before it.
fn lay(edit: &mut Edit<'_>, ty: &'static Ty, layers: &[Cursor<'_>]) {
    let Some((&base, [_, ..])) = layers.split_first() else {
        return layers.iter().for_each(|layer| edit.put(*layer));
    };
    let object = edit.open(base);
    let chosen = layers.iter().rev().find(|layer| ty.one_of && layer.fields().next().is_some());
    let layers = chosen.map_or(layers, |chosen| since_chosen(layers, *chosen));
    let Some((stored, updates)) = layers.split_first() else { return };
    let in_force = |number: u8| chosen.is_none_or(|chosen| chosen.field(number).is_some());
    for (number, field) in (0..).zip(ty.fields).filter(|(number, _)| in_force(*number)) {
        let mut stated = updates.iter().filter_map(|update| update.field(number));
        match field.kind {
            Kind::Object(inner) if !field.many => {
                let stated = stated.filter(|value| !says_nothing(inner, *value));
                let layers: Vec<_> = stored.field(number).into_iter().chain(stated).collect();
                lay(edit, inner, &layers);
            }
            _ => stated.next_back().or(stored.field(number)).into_iter().for_each(|value| edit.put(value)),
        }
    }
    edit.close(object);
}

/// The layers behind the last one that chose another alternative than `chosen`.
fn since_chosen<'l, 'a>(layers: &'l [Cursor<'a>], chosen: Cursor<'_>) -> &'l [Cursor<'a>] {
    let other = |layer: &Cursor<'_>| {
        let mut stated = layer.fields().map(Cursor::number).peekable();
        stated.peek().is_some() && stated.all(|number| chosen.field(number).is_none())
    };
    let start = layers.iter().rposition(other).map_or(0, |at| at.wrapping_add(1));
    layers.get(start..).unwrap_or_default()
}
