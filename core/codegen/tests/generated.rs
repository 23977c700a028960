//! The committed output is what the tables say, and the tables hold what the schema files hold.

use std::collections::BTreeSet;
use std::fs;

use eebus_codegen::page;
use eebus_codegen::schema::{Schema, core_folder};

#[test]
fn the_committed_output_is_a_fresh_generation() {
    let folder = eebus_codegen::generated_folder();
    let fresh = eebus_codegen::generate();
    for (file, text) in &fresh {
        let committed = fs::read_to_string(folder.join(file)).unwrap_or_default();
        assert!(committed == *text, "{}: run `cargo run -p eebus-codegen`", file.display());
    }
    let committed = fs::read_dir(folder).unwrap().count();
    assert_eq!(committed, fresh.len(), "files nobody generates");
}

#[test]
fn the_page_of_the_functions_is_up_to_date_and_claims_what_the_core_does() {
    let committed = fs::read_to_string(page::path()).unwrap_or_default();
    assert!(committed == page::functions(), "docs/functions.md: run `cargo run -p eebus-codegen`");
    assert_eq!(committed.lines().filter(|line| line.starts_with("| `")).count(), 142);
    let mut sources = String::new();
    let mut rooms = vec![core_folder().join("src/spine"), core_folder().join("src/usecase")];
    while let Some(room) = rooms.pop() {
        for entry in fs::read_dir(room).expect("a room").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                rooms.push(entry);
            } else {
                sources += &fs::read_to_string(entry).expect("a source");
            }
        }
    }
    for (function, _) in page::NODE {
        let row = Schema::spine().functions.into_iter().find(|f| f.function == function).expect(function);
        let ty = row.data_type.trim_end_matches("Type");
        assert!(sources.contains(ty), "nothing in the core names {function} any more");
    }
}

#[test]
fn the_tables_have_every_row_of_the_schema_files() {
    let spine = Schema::spine();
    let kind = |kind: &str| spine.functions.iter().filter(|f| f.kind == kind).count();
    assert_eq!((spine.functions.len(), kind("list"), kind("call"), kind("plain")), (142, 98, 20, 24));
    assert_eq!(spine.functions.iter().filter(|f| !f.selectors_type.is_empty()).count(), 100);
    assert_eq!(spine.functions.iter().filter(|f| !f.elements_type.is_empty()).count(), 141);

    let anonymous = spine.types.iter().filter(|t| t.name.contains('/')).count();
    assert_eq!((spine.types.len() - anonymous, anonymous), (563, 119));
    // Three rows of choice groups stand for their 383 alternatives, and `bindingEntry` keeps the 3 fields of its base.
    let fields: usize = spine.fields.values().map(Vec::len).sum();
    assert_eq!(fields - 3 + 383 - 3, 2548);

    let simple = |kind: &str| spine.simple.iter().filter(|s| s.kind == kind).count();
    assert_eq!((simple("enum"), simple("closed"), simple("member"), simple("unused")), (65, 8, 7, 1));
    assert_eq!(spine.enums.values().map(Vec::len).sum::<usize>(), 1143);
    assert_eq!((spine.identifiers.len(), spine.write_flags.len()), (103, 3));
}

#[test]
fn unions_have_the_values_of_every_member() {
    let spine = Schema::spine();
    for (union, count) in
        [("FeatureSpecificUsageType", 14), ("StateInformationType", 31), ("TaskManagementJobStateType", 16)]
    {
        let values: BTreeSet<&str> = spine.enums[union].iter().map(|v| v.value.as_str()).collect();
        assert_eq!(values.len(), count, "{union}");
    }
}

#[test]
fn every_name_that_a_row_mentions_exists() {
    for schema in [Schema::spine(), Schema::ship()] {
        let known = |name: &str| {
            name.starts_with("xs:") || schema.complex(name).is_some() || schema.simple(name).is_some()
        };
        for field in schema.fields.values().flatten() {
            assert!(schema.complex(&field.parent).is_some(), "{}", field.parent);
            assert!(known(&field.field_type) || field.element.is_empty(), "{}", field.field_type);
        }
        let mut seen = BTreeSet::new();
        for f in schema.fields.values().flatten().filter(|f| !f.element.is_empty()) {
            assert!(seen.insert((&f.parent, &f.element)), "{} has {} twice", f.parent, f.element);
        }
        for ty in &schema.types {
            assert!(ty.restricts.is_empty() || known(&ty.restricts), "{}", ty.restricts);
            assert!(ty.elements_of.is_empty() || known(&ty.elements_of), "{}", ty.elements_of);
        }
    }
}

#[test]
fn the_values_of_the_function_enum_are_the_functions_in_their_order() {
    let spine = Schema::spine();
    let functions: Vec<&str> = spine.functions.iter().map(|f| f.function.as_str()).collect();
    let values: Vec<&str> = spine.enums["FunctionType"].iter().map(|v| v.value.as_str()).collect();
    assert_eq!(functions, values);
}
