//! The command frame and the functions.

use std::fmt::Write;

use crate::HEADER;
use crate::index;
use crate::literals::{DOCUMENT, Places, wrap};
use crate::schema::{Function, Schema};
use crate::types::{FRAME, rust_type};

/// `frame.rs`: the types that hold a choice group, and the document around them.
pub(crate) fn tables(schema: &Schema, places: &Places) -> String {
    let mut out = format!("{HEADER}//! The document, the command frame and its choice groups.\n\n");
    out.push_str("use super::*;\nuse crate::model::macros::{choices, frames};\n");
    out.push_str("\nframes! {\n    /// The SPINE document: the one root `datagram`.\n");
    let _ = writeln!(out, "    SPINE_DOCUMENT = \"SpineDocument\" {{");
    let _ = writeln!(out, "        {DOCUMENT:?} {} one Object DATAGRAM,\n    }}", places.key(DOCUMENT));
    out.push_str("    /// A string with a name (`SpecificationVersionDataType`): it has no fields.\n");
    out.push_str("    SPECIFICATION_VERSION = \"SpecificationVersionDataType\" {}\n");
    for name in FRAME {
        let _ = writeln!(out, "    /// `{name}`.\n    {} = {name:?} {{", frame_name(name));
        for field in schema.fields(name) {
            let kind = match field.field_type.as_str() {
                group if field.element.is_empty() => format!("Choice {}", group_name(group)),
                ty if FRAME.contains(&ty) => format!("Object {}", frame_name(ty)),
                _ => format!("of {}", rust_type(schema, field)),
            };
            let occurs = if field.occurs == "many" { "many" } else { "one" };
            let at = if field.element.is_empty() { 0 } else { places.key(&field.element) };
            let _ = writeln!(out, "        {:?} {at} {occurs} {kind},", field.element);
        }
        out.push_str("    }\n");
    }
    out.push_str("}\n\nchoices! {\n");
    choice(&mut out, schema, places, "DataChoiceGroup", |f| (&f.function, &f.data_type));
    choice(&mut out, schema, places, "DataSelectorsChoiceGroup", |f| {
        (&f.selectors_element, &f.selectors_type)
    });
    choice(&mut out, schema, places, "DataElementsChoiceGroup", |f| (&f.elements_element, &f.elements_type));
    out.push_str("}\n");
    out
}

/// One choice group: a row for each function that has this part.
fn choice(
    out: &mut String,
    schema: &Schema,
    places: &Places,
    group: &str,
    part: fn(&Function) -> (&String, &String),
) {
    let rows = schema.functions.iter().enumerate().map(|(number, f)| (number, part(f)));
    let rows: Vec<_> = rows.filter(|(_, (key, _))| !key.is_empty()).collect();
    let keys: Vec<&str> = rows.iter().map(|(_, (key, _))| key.as_str()).collect();
    let (displacements, slots) = index::build(&keys);
    let name = group_name(group);
    let _ = writeln!(
        out,
        "    /// `{group}`.\n    {name} {name}_FUNCTIONS {name}_ROUND_TRIPS = {group:?}, index ["
    );
    wrap(out, displacements.iter().map(|d| format!("{d},")));
    out.push_str("    ] [\n");
    wrap(out, slots.iter().map(|s| format!("{s},")));
    out.push_str("    ] {\n");
    for (number, (key, ty)) in rows {
        let ty = &schema.complex(ty).expect("a type").rust_name;
        let _ = writeln!(out, "        {number} {key:?} {} {ty},", places.key(key));
    }
    out.push_str("    }\n");
}

/// `functions.rs`: what is known of each function.
pub(crate) fn functions(schema: &Schema) -> String {
    let mut out = format!("{HEADER}//! The functions of SPINE 1.3.0.\n\n");
    out.push_str("use super::*;\nuse crate::json::Typed;\nuse crate::model::macros::functions;\n\n");
    let _ = writeln!(out, "functions! {{\n    {};", schema.functions.len());
    let ty = |name: &str| schema.complex(name).map_or("", |t| &t.rust_name);
    let features = &schema.enums["FeatureTypeType"];
    for (number, f) in schema.functions.iter().enumerate() {
        let name = &f.function;
        let (constant, data, selectors) =
            (crate::snake(name).to_uppercase(), ty(&f.data_type), ty(&f.selectors_type));
        let kind = match f.kind.as_str() {
            "list" if f.item_type == "SpecificationVersionDataType" => "List(&SPECIFICATION_VERSION)".into(),
            "list" => format!("List({}::TY)", ty(&f.item_type)),
            "call" => "Call".to_owned(),
            _ => "Plain".to_owned(),
        };
        let scope = if f.elements_scope == "item" { "Item" } else { "Function" };
        let elements = ty(&f.elements_type);
        let any = f.feature_types == "*";
        let feature = features.iter().find(|v| v.value == f.feature_types).map_or("", |v| &v.rust_name);
        let _ = writeln!(out, "    {number} {constant} {name:?} {data} {kind},");
        let _ = writeln!(
            out,
            "        selectors [{selectors}] elements {scope} [{elements}] features {any} [{feature}],"
        );
    }
    out.push_str("}\n");
    out
}

/// `CmdType` as `CMD`.
fn frame_name(ty: &str) -> String {
    crate::snake(ty.trim_end_matches("Type")).to_uppercase()
}

/// `DataChoiceGroup` as `DATA`, `DataSelectorsChoiceGroup` as `SELECTORS`.
fn group_name(group: &str) -> &'static str {
    match group {
        "DataSelectorsChoiceGroup" => "SELECTORS",
        "DataElementsChoiceGroup" => "ELEMENTS",
        _ => "DATA",
    }
}
