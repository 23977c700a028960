//! Every selector and every element of every function.

use super::*;
use crate::json::Builder;
use crate::json::table::Kind;
use crate::model::tests::{fill, value};

/// A struct with one field, filled as `fill` fills it.
fn with_one(ty: &'static Ty, number: u8) -> Tape {
    let mut builder = Builder::new(ty);
    builder.object(ty, |b| {
        let field = ty.fields[usize::from(number)];
        match field.many {
            true => b.key(number).list_with(&[number, number + 1], |seed, b| value(field.kind, *seed, b)),
            false => value(field.kind, number, b.key(number)),
        }
    });
    builder.finish()
}

fn full(ty: &'static Ty) -> Tape {
    let mut builder = Builder::new(ty);
    fill(ty, &mut builder);
    builder.finish()
}

#[test]
fn every_selector_of_a_list_can_be_evaluated() {
    let mut refused = Vec::new();
    for function in FunctionId::all() {
        let info = function.info();
        let (FunctionKind::List { .. }, Some(ty)) = (info.kind, info.selectors) else { continue };
        let stored = full(info.ty);
        for number in 0..ty.fields.len() as u8 {
            let selectors = with_one(ty, number);
            if let Err(fault) = project(&stored, &[Criterion::from(&selectors)], None) {
                refused.push(format!("{function}: {fault}"));
            }
        }
    }
    assert_eq!(refused, [""; 0]);
}

#[test]
fn what_every_selector_means_is_deleted_or_left_alone_alike() {
    let mut deleted = 0;
    for function in FunctionId::all() {
        let info = function.info();
        let (FunctionKind::List { item }, Some(ty)) = (info.kind, info.selectors) else { continue };
        for number in 0..ty.fields.len() as u8 {
            let selectors = with_one(ty, number);
            let selectors = [Criterion::from(&selectors)];
            let mut stored = full(info.ty);
            let read = project(&stored, &selectors, None).unwrap();
            let kept = entries(stored.root()).count() - entries(read.root()).count();
            match delete(&mut stored, &selectors, None) {
                Ok(changed) => {
                    assert_eq!(changed, entries(read.root()).next().is_some(), "{function}");
                    assert_eq!(entries(stored.root()).count(), kept, "{function}");
                    deleted += usize::from(changed);
                }
                Err(ExchangeFault::NoIdentifiers) => assert_eq!(item.identifiers, 0, "{function}"),
                Err(ExchangeFault::UnknownSelector(name)) => assert_eq!(name, "timeSeriesSlotId"),
                Err(ExchangeFault::NothingNamed) => assert!(ty.fields.len() == 1, "{function}"),
                Err(fault) => panic!("{function}: {fault}"),
            }
            assert_sound(&stored);
        }
    }
    assert!(deleted > 20, "{deleted}");
}

#[test]
fn every_element_is_deleted_and_read_alone_and_identifiers_stay() {
    for function in FunctionId::all() {
        let info = function.info();
        let Some(ty) = info.elements.filter(|_| info.elements_scope == ElementsScope::Item) else { continue };
        let FunctionKind::List { item } = info.kind else { panic!("{function} has items") };
        for number in 0..ty.fields.len() as u8 {
            let name = ty.literals.name(ty.keys[usize::from(number)]);
            let Some(field) = item.field_named(name) else { panic!("{function}: {name}") };
            // The whole element: a tag, or a struct with nothing inside.
            let mut builder = Builder::new(ty);
            builder.object(ty, |b| match ty.fields[usize::from(number)].kind {
                Kind::Object(inner) => b.key(number).object(inner, |_| {}),
                _ => b.key(number).tag(),
            });
            let elements = builder.finish();
            let elements = Some(Criterion::from(&elements));
            let stored = full(info.ty);
            let is_key = |number: u8| item.identifiers >> number & 1 == 1;
            let part = project(&stored, &[], elements).unwrap();
            for (whole, part) in entries(stored.root()).zip(entries(part.root())) {
                let named = whole.fields().filter(|f| f.number() == field || is_key(f.number()));
                assert!(named.eq(part.fields()), "{function}: {name}");
            }
            let mut rest = stored.clone();
            match delete(&mut rest, &[], elements) {
                Err(ExchangeFault::NoIdentifiers) => assert_eq!(item.identifiers, 0),
                done => assert_eq!(done, Ok(!is_key(field)), "{function}: {name}"),
            }
            assert_sound(&part);
            assert_sound(&rest);
        }
    }
}
