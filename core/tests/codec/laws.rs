//! The laws of a partial update, for every function.

use super::fuzz::generate::{Entropy, tape};
use super::{cases, octets};
use eebus_core::json::table::Ty;
use eebus_core::json::{Builder, Cursor, Tape};
use eebus_core::model::{Cmd, Criterion, Filter, FunctionId, FunctionKind, delete, entries, merge};
use eebus_core::spine::exchange;
use proptest::prelude::*;

/// Every entry of an update names one entry, not all of them.
fn names_entries(item: &Ty, update: &Tape) -> bool {
    let required = item.identifiers & !item.optional_identifiers;
    let stated = |entry: Cursor<'_>| entry.fields().fold(0u16, |all, field| all | 1 << field.number());
    required != 0 && entries(update.root()).all(|entry| stated(entry) & required == required)
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn a_merge_twice_is_a_merge_once(stored in octets(), update in octets()) {
        for function in FunctionId::all() {
            let info = function.info();
            let update = tape(info.ty, &Entropy::new(&update));
            let mut once = tape(info.ty, &Entropy::new(&stored));
            let named = match info.kind {
                FunctionKind::List { item } => names_entries(item, &update),
                _ => true,
            };
            if !named || merge(&mut once, update.root()).is_err() {
                continue;
            }
            let mut twice = once.clone();
            prop_assert_eq!(merge(&mut twice, update.root()), Ok(false), "{}", function);
            prop_assert_eq!(&twice, &once);
        }
    }

    #[test]
    fn the_order_of_delete_and_partial_does_not_matter(stored in octets(), update in octets(), which in octets()) {
        for function in FunctionId::all() {
            let info = function.info();
            let Some(selectors) = info.selectors else { continue };
            let stored = tape(info.ty, &Entropy::new(&stored));
            let delete = Filter {
                delete: true,
                selectors: vec![tape(selectors, &Entropy::new(&which))],
                ..Filter::default()
            };
            let data = tape(info.ty, &Entropy::new(&update));
            let cmd = |filters| exchange::apply(&stored, &Cmd { function, filters, data: data.clone() });
            let (one, other) = (cmd(vec![delete.clone(), Filter::partial()]), cmd(vec![Filter::partial(), delete]));
            prop_assert_eq!(one, other, "{}", function);
        }
    }

    #[test]
    fn nothing_stated_is_nothing_changed(stored in octets()) {
        for function in FunctionId::all() {
            let ty = function.info().ty;
            let before = tape(ty, &Entropy::new(&stored));
            let mut after = before.clone();
            if let Ok(changed) = merge(&mut after, Tape::empty(ty).root()) {
                prop_assert!(!changed);
            }
            prop_assert_eq!(after, before, "{}", function);
        }
    }

    #[test]
    fn what_an_update_omits_stays_and_what_it_states_is_there(stored in octets(), update in octets()) {
        for function in FunctionId::all().filter(|f| !matches!(f.info().kind, FunctionKind::List { .. })) {
            let ty = function.info().ty;
            let before = tape(ty, &Entropy::new(&stored));
            let update = tape(ty, &Entropy::new(&update));
            let mut after = before.clone();
            merge(&mut after, update.root()).expect("no list");
            for number in 0..ty.fields.len() as u8 {
                match update.root().field(number) {
                    None => prop_assert_eq!(after.root().field(number), before.root().field(number)),
                    Some(_) => prop_assert!(
                        after.root().field(number).is_some() || update.root().field(number).is_some_and(|u| u.fields().next().is_none())
                    ),
                }
            }
        }
    }

    #[test]
    fn entries_that_are_deleted_and_merged_again_are_as_in_the_update(stored in octets(), update in octets()) {
        for function in FunctionId::all() {
            let info = function.info();
            let (FunctionKind::List { item }, Some(selectors_ty)) = (info.kind, info.selectors) else { continue };
            let primary = item.identifiers.trailing_zeros() as usize;
            if item.identifiers.count_ones() != 1 {
                continue;
            }
            let name = item.literals.name(item.keys[primary]);
            let Some(number) = selectors_ty.field_named(name) else { continue };
            let update = tape(info.ty, &Entropy::new(&update));
            let Some(entry) = entries(update.root()).next() else { continue };
            let Some(id) = entry.field(primary as u8) else { continue };
            let mut builder = Builder::new(selectors_ty);
            builder.object(selectors_ty, |b| b.key(number).copy(id));
            let selectors = builder.finish();
            let mut after = tape(info.ty, &Entropy::new(&stored));
            delete(&mut after, &[Criterion::from(&selectors)], None).expect("a selector of an identifier");
            prop_assert!(entries(after.root()).all(|other| other.field(primary as u8) != Some(id)), "{}", function);
            if !names_entries(item, &update) || merge(&mut after, update.root()).is_err() {
                continue;
            }
            let same = |all: &Tape| entries(all.root()).filter(|other| other.field(primary as u8) == Some(id)).count();
            prop_assert_eq!(same(&after), 1);
            if same(&update) == 1 {
                prop_assert!(entries(after.root()).any(|other| other == entry), "{}", function);
            }
        }
    }
}
