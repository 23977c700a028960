//! Write protection: what a peer's write may not touch (SPINE 5.3.4.2).

use super::list::{List, entries, rewrite, write_entries};
use super::merge::same_entry;
use crate::json::table::Ty;
use crate::json::{Cursor, Tape};
use core::fmt;

/// Why a peer may not write what it wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtectionFault {
    /// The write would add an entry.
    Added,
    /// The write changes or removes an entry whose flag does not allow it; carries the flag's name.
    Protected(&'static str),
}

impl fmt::Display for ProtectionFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added => f.write_str("a peer can't add an entry to this list"),
            Self::Protected(flag) => write!(f, "{flag} of an entry the write touches is not true"),
        }
    }
}

impl core::error::Error for ProtectionFault {}

/// Holds what a peer's write made of a list against what was stored: flags keep their stored value, and an entry that is
/// not changeable stays as it is. Only in an `open` list entries come into being, and are changeable where they have no
/// flag.
///
/// # Errors
///
/// What the peer may not do; `written` is of no use then.
pub fn protect(stored: &Tape, written: &mut Tape, open: bool) -> Result<(), ProtectionFault> {
    let Some(List { entry: ty, .. }) = List::of(stored.ty()).filter(|list| list.entry.identifiers != 0)
    else {
        return Ok(());
    };
    if !open && entries(written.root()).any(|new| counterpart(ty, stored, new).is_none()) {
        return Err(ProtectionFault::Added);
    }
    let Some(flag) = ty.write_flag else { return Ok(()) };
    rewrite(written, |edit, data| {
        write_entries(edit, data, data.fields().next(), entries(data), |edit, new| {
            let entry = edit.open(new);
            let old = counterpart(ty, stored, new);
            for (number, _) in (0..).zip(ty.fields) {
                let from = if number == flag { old } else { Some(new) };
                from.and_then(|from| from.field(number)).into_iter().for_each(|value| edit.put(value));
            }
            edit.close(entry);
        });
    });
    let untouched = |old| counterpart(ty, written, old) == Some(old);
    let changeable = |old: Cursor<'_>| old.field(flag).map_or(Some(open), Cursor::bool) == Some(true);
    match entries(stored.root()).find(|old| !changeable(*old) && !untouched(*old)) {
        Some(_) => {
            let name = ty.keys.get(usize::from(flag)).map_or("", |key| ty.literals.name(*key));
            Err(ProtectionFault::Protected(name))
        }
        None => Ok(()),
    }
}

/// The entry of `list` with the same identifiers.
fn counterpart<'a>(ty: &'static Ty, list: &'a Tape, entry: Cursor<'_>) -> Option<Cursor<'a>> {
    entries(list.root()).find(|other| same_entry(ty, *other, entry))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{LoadControlLimitData, LoadControlLimitId, LoadControlLimitListData, ScaledNumber};
    use alloc::vec::Vec;

    type Row = (u32, Option<bool>, i64);

    fn limits(rows: &[Row]) -> Tape {
        let entry = |&(id, changeable, watts): &Row| LoadControlLimitData {
            limit_id: Some(LoadControlLimitId(id)),
            is_limit_changeable: changeable,
            value: Some(ScaledNumber::new(watts, 0)),
            ..Default::default()
        };
        Tape::of(&LoadControlLimitListData {
            load_control_limit_data: rows.iter().map(entry).collect::<Vec<_>>(),
        })
    }

    #[test]
    fn a_write_touches_only_what_is_changeable() {
        use ProtectionFault::{Added, Protected};
        let stored = limits(&[(0, Some(true), 1), (1, Some(false), 1), (2, None, 1)]);
        let protected = Err(Protected("isLimitChangeable"));
        let rows: [(&[Row], _); 7] = [
            (&[(0, Some(true), 2), (1, Some(false), 1), (2, None, 1)], Ok(())),
            // The flag is the server's: what a peer writes there is not taken.
            (&[(0, Some(false), 2), (1, Some(true), 1), (2, Some(true), 1)], Ok(())),
            (&[(0, None, 1), (1, Some(false), 2), (2, None, 1)], protected),
            (&[(0, None, 1), (1, Some(true), 1), (2, Some(true), 2)], protected),
            (&[(1, Some(false), 1), (2, None, 1)], Ok(())),
            (&[(0, Some(true), 1), (2, None, 1)], protected),
            (&[(0, Some(true), 1), (1, Some(false), 1), (2, None, 1), (3, Some(true), 1)], Err(Added)),
        ];
        for (rows, expected) in rows {
            let mut written = limits(rows);
            assert_eq!(protect(&stored, &mut written, false), expected, "{rows:?}");
            let kept = [Some(true), Some(false), None];
            let list: LoadControlLimitListData = written.get().unwrap();
            for entry in list.load_control_limit_data.iter().filter(|_| expected.is_ok()) {
                assert_eq!(entry.is_limit_changeable, kept[entry.limit_id.unwrap().0 as usize]);
            }
        }
    }

    #[test]
    fn an_open_list_takes_new_entries_and_changes_of_those_without_a_flag() {
        let stored = limits(&[(0, Some(false), 1), (1, None, 1)]);
        let mut written = limits(&[(0, None, 1), (1, None, 2), (2, Some(true), 3)]);
        assert_eq!(protect(&stored, &mut written, true), Ok(()));
        assert_eq!(written, limits(&[(0, Some(false), 1), (1, None, 2), (2, None, 3)]));
        let mut touched = limits(&[(0, None, 2), (1, None, 1)]);
        let protected = Err(ProtectionFault::Protected("isLimitChangeable"));
        assert_eq!(protect(&stored, &mut touched, true), protected);
    }
}
