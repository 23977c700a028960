//! Structs, enums, numbers and texts of one schema file.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::literals::{Places, wrap};
use crate::schema::{Complex, Element, EnumValue, Schema, Simple};
use crate::{index, snake};

/// Most fields of a type: a token has four bits for the number of a field.
const MAX_FIELDS: usize = 16;

/// The width that rustfmt keeps to.
pub(crate) const MAX_WIDTH: usize = 110;

/// Types of the command frame: they have a choice group or hold one, and are read through views.
pub(crate) const FRAME: [&str; 4] = ["DatagramType", "PayloadType", "CmdType", "FilterType"];

/// Types that are no structs: the presence marker and the string with a name.
const NO_STRUCT: [&str; 2] = ["ElementTagType", "SpecificationVersionDataType"];

/// Types that serve as keys of maps.
const ADDRESSES: [&str; 3] = ["DeviceAddressType", "EntityAddressType", "FeatureAddressType"];

/// The Rust of one schema file.
pub(crate) fn emit(schema: &Schema, places: &Places, file: &str) -> String {
    let mut macros = BTreeMap::<&str, String>::new();
    for simple in schema.simple.iter().filter(|s| s.file == file) {
        if let Some((name, row)) = simple_type(schema, places, simple) {
            let rows = macros.entry(name).or_default();
            if !rows.contains(&row) {
                rows.push_str(&row);
            }
        }
    }
    let roles = roles(schema);
    let mut aliases = String::new();
    for ty in schema.types.iter().filter(|t| t.file == file) {
        if NO_STRUCT.contains(&&*ty.name) || FRAME.contains(&&*ty.name) {
            continue;
        }
        let doc = describe(schema, &roles, ty);
        if let Some(base) = equal_base(schema, ty) {
            let line = format!("pub type {} = {base};", ty.rust_name);
            let line = if line.len() > MAX_WIDTH { line.replace("= ", "=\n    ") } else { line };
            let _ = writeln!(aliases, "\n/// {doc}\n{line}");
        } else {
            let rows = macros.entry("structs").or_default();
            rows.push_str(&structure(schema, places, ty, &doc));
        }
    }

    let names: Vec<&str> = macros.keys().copied().collect();
    let mut out = match names.as_slice() {
        [] => String::new(),
        [one] => format!("use crate::model::macros::{one};\n"),
        many => format!("use crate::model::macros::{{{}}};\n", many.join(", ")),
    };
    if names.contains(&"structs") {
        out.insert_str(0, "use super::*;\n");
    }
    for (name, rows) in macros {
        let _ = write!(out, "\n{name}! {{\n{rows}}}\n");
    }
    out + &aliases
}

/// A struct with the row of its type table and one row a field.
fn structure(schema: &Schema, places: &Places, ty: &Complex, doc: &str) -> String {
    let fields = schema.fields(&ty.name);
    assert!(fields.len() <= MAX_FIELDS, "{} has {} fields", ty.name, fields.len());
    let order = if ADDRESSES.contains(&&*ty.name) { "    #[derive(PartialOrd, Ord)]\n" } else { "" };
    let mut out = format!("    /// {doc}\n{order}    {} = {:?}", ty.rust_name, ty.name);
    let number = |name: &str| fields.iter().position(|f| f.element == name).expect("a field of its type");
    let listed = |which: &dyn Fn(&str) -> bool| -> String {
        let mine = schema.identifiers.iter().filter(|i| i.item_type == ty.name && which(&i.optional));
        mine.map(|i| format!(" {}", number(&i.field))).collect()
    };
    for (name, numbers) in [("identifiers", listed(&|_| true)), ("optional", listed(&|o| o == "yes"))] {
        if !numbers.is_empty() {
            let _ = write!(out, ", {name}{numbers}");
        }
    }
    if let Some(flag) = schema.write_flags.iter().find(|w| w.item_type == ty.name) {
        let _ = write!(out, ", flag {}", number(&flag.field));
    }
    if ty.one_of == "yes" {
        out.push_str(", one_of true");
    }
    out.push_str(" {\n");
    for (number, field) in fields.iter().enumerate() {
        let name = match snake(&field.element).as_str() {
            "type" => "r#type".into(),
            name => name.to_owned(),
        };
        let (key, value) = (places.key(&field.element), rust_type(schema, field));
        let holder = if field.occurs == "many" { "Vec" } else { "Option" };
        let _ = writeln!(out, "        {number} {name} {:?} {key} {holder}<{value}>,", field.element);
    }
    out.push_str("    }\n");
    out
}

/// The Rust type of one value of a field.
pub(crate) fn rust_type<'a>(schema: &'a Schema, field: &'a Element) -> &'a str {
    let name = field.field_type.as_str();
    let built_in = match name {
        "xs:boolean" => "bool",
        "xs:unsignedByte" => "u8",
        "xs:unsignedShort" => "u16",
        "xs:unsignedInt" => "u32",
        "xs:unsignedLong" => "u64",
        "xs:long" | "xs:integer" => "i64",
        "xs:string" => "String",
        "xs:hexBinary" => "HexBinary",
        "xs:duration" => "XsDuration",
        "xs:dateTime" => "XsDateTime",
        "xs:date" => "XsDate",
        "xs:time" => "XsTime",
        "xs:anyType" => "AnyJson",
        "SpecificationVersionDataType" => "SpecificationVersion",
        _ => "",
    };
    if !built_in.is_empty() {
        return built_in;
    }
    let simple = schema.simple(name).map(|s| &s.rust_name);
    simple.or(schema.complex(name).map(|t| &t.rust_name)).unwrap_or_else(|| panic!("no type {name}"))
}

/// The struct a restriction is equal to: it repeats its base without a change.
fn equal_base<'a>(schema: &'a Schema, ty: &Complex) -> Option<&'a str> {
    let shape = |name: &str| -> Vec<(String, String, String)> {
        let fields = schema.fields(name).iter();
        fields.map(|f| (f.element.clone(), f.field_type.clone(), f.occurs.clone())).collect()
    };
    let identifiers = |name: &str| -> Vec<&str> {
        schema.identifiers.iter().filter(|i| i.item_type == name).map(|i| i.field.as_str()).collect()
    };
    let base = schema.complex(&ty.restricts)?;
    let equal = shape(&base.name) == shape(&ty.name);
    assert!(
        !equal || identifiers(&ty.name).iter().all(|i| identifiers(&base.name).contains(i)),
        "{} has other identifiers than its base",
        ty.name
    );
    equal.then_some(&base.rust_name)
}

/// The macro and the row of a simple type; none where a type by hand or of the standard library serves.
fn simple_type(schema: &Schema, places: &Places, ty: &Simple) -> Option<(&'static str, String)> {
    let Simple { name, rust_name, kind, min, max, rule, .. } = ty;
    match kind.as_str() {
        "enum" | "closed" => Some(("enums", enumeration(places, ty, &schema.enums[name]))),
        _ if BY_HAND.contains(&rust_name.as_str()) => None,
        "text" if min.is_empty() => {
            let rule = match rule.as_str() {
                "" => "Free",
                "specificationVersion" => "SpecificationVersion",
                "addressDevice" => "AddressDevice",
                "featureGroup" => "FeatureGroup",
                other => panic!("no rule {other}"),
            };
            let row = format!("    /// A text (`{name}`).\n    {rust_name}: {rule},\n");
            Some(("texts", row))
        }
        "text" => {
            let row = format!(
                "    /// A text of {min} to {max} characters.\n    {rust_name}: Length {{ min: {min}, max: {max} }},\n"
            );
            Some(("texts", row))
        }
        "member" | "unused" => None,
        _ if rust_name.starts_with(|c: char| c.is_ascii_lowercase()) => None,
        number => {
            let range = if max.is_empty() { String::new() } else { format!(" {min} {max}") };
            let within = if max.is_empty() { String::new() } else { format!(", {min} to {max}") };
            let row = format!("    /// A number (`{name}`{within}).\n    {rust_name}: {number}{range},\n");
            Some(("numbers", row))
        }
    }
}

/// Texts that `model` defines by hand.
const BY_HAND: [&str; 4] = ["String", "XsDuration", "AbsoluteOrRelativeTime", "PinValue"];

fn enumeration(places: &Places, ty: &Simple, values: &[EnumValue]) -> String {
    let closed = ty.kind == "closed";
    let texts: Vec<&str> = values.iter().map(|v| v.value.as_str()).collect();
    let (displacements, slots) = index::build(&texts);
    let kind = if closed { "Closed" } else { "Extensible" };
    let mut out = format!("    /// {kind} set of values (`{}`).\n", ty.name);
    if !closed {
        out.push_str("    #[non_exhaustive]\n");
    }
    let _ = writeln!(out, "    {} = {:?}, closed {closed}, index [", ty.rust_name, ty.name);
    wrap(&mut out, displacements.iter().map(|d| format!("{d},")));
    out.push_str("    ] [\n");
    wrap(&mut out, slots.iter().map(|s| format!("{s},")));
    out.push_str("    ] {\n");
    for (number, value) in values.iter().enumerate() {
        let (text, at) = (&value.value, places.value(&value.value));
        let _ = writeln!(out, "        {number} {} {text:?} {at},", value.rust_name);
    }
    out.push_str("    }\n");
    out
}

/// What each type serves for, where a function names it.
fn roles(schema: &Schema) -> BTreeMap<&str, String> {
    let mut roles = BTreeMap::new();
    for f in &schema.functions {
        let name = &f.function;
        roles.insert(f.selectors_type.as_str(), format!("Selectors of `{name}`"));
        roles.insert(&f.item_type, format!("An entry of `{name}`"));
        roles.insert(&f.data_type, format!("Data of the function `{name}`"));
    }
    for ty in schema.types.iter().filter(|t| !t.elements_of.is_empty()) {
        roles.insert(&ty.name, format!("Elements of `{}`, by presence", ty.elements_of));
    }
    roles.remove("");
    roles
}

fn describe(schema: &Schema, roles: &BTreeMap<&str, String>, ty: &Complex) -> String {
    let name = &ty.name;
    let role = roles.get(name.as_str()).cloned().unwrap_or_else(|| {
        let users: Vec<&str> = schema
            .fields
            .values()
            .flatten()
            .filter(|f| f.field_type == *name)
            .map(|f| f.parent.as_str())
            .collect();
        match users.as_slice() {
            [] if name == "ShipMessage" => "Every root of a SHIP document, which has one of them".into(),
            [] if name == "ShipCommissioning" => "Every root of a message for commissioning tools".into(),
            [] => "A base of other types".into(),
            [one] => format!("A part of `{one}`"),
            many => format!("A part of {} types", many.len()),
        }
    });
    format!("{role} (`{name}`).")
}
