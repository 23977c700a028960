//! Data as readable lines: one walk over the schema tables for every type.

use super::view::{View, plain};
use eebus_core::json::Cursor;
use eebus_core::json::table::{Kind, TextRule, Ty};
use eebus_core::model::ScaledNumber;

/// Adds the fields of a struct, one or more lines each.
pub(crate) fn fields(view: &mut View, depth: usize, ty: &'static Ty, value: Cursor<'_>) {
    for cursor in value.fields() {
        let Some(field) = ty.fields.get(usize::from(cursor.number())) else { continue };
        if let Some(name) = cursor.unknown() {
            view.line(depth, format_args!("{}: not in the schema", plain(name)));
        } else if field.many && !matches!(field.kind, Kind::Choice(_)) {
            list(view, depth, field.kind, cursor);
        } else {
            single(view, depth, field.kind, cursor);
        }
    }
}

/// Adds a struct under its name.
pub(crate) fn named(view: &mut View, depth: usize, name: &str, ty: &'static Ty, value: Cursor<'_>) {
    if let Some(text) = short(ty, value) {
        view.line(depth, format_args!("{name}: {text}"));
    } else if value.fields().next().is_none() {
        view.line(depth, format_args!("{name}: (empty)"));
    } else {
        view.line(depth, format_args!("{name}:"));
        fields(view, depth + 1, ty, value);
    }
}

fn single(view: &mut View, depth: usize, kind: Kind, value: Cursor<'_>) {
    let name = value.name();
    match kind {
        Kind::Object(ty) => named(view, depth, name, ty, value),
        Kind::Choice(group) => {
            let ty = value.choice(group).and_then(|number| group.types.get(usize::from(number)));
            if let Some(ty) = ty {
                named(view, depth, name, ty, value);
            }
        }
        Kind::Tag => view.line(depth, name),
        _ => view.line(depth, format_args!("{name}: {}", scalar(kind, value))),
    }
}

fn list(view: &mut View, depth: usize, kind: Kind, list: Cursor<'_>) {
    let name = list.name();
    let Kind::Object(ty) = kind else {
        let items: Vec<_> = list.items().map(|item| scalar(kind, item)).collect();
        return view.line(depth, format_args!("{name}: [{}]", items.join(", ")));
    };
    view.line(depth, format_args!("{name}:"));
    for item in list.items() {
        view.item(depth + 1, |view| match short(ty, item) {
            Some(text) => view.line(depth + 1, text),
            None => fields(view, depth + 1, ty, item),
        });
    }
}

/// Structs that people know in a form of one line.
fn short(ty: &'static Ty, value: Cursor<'_>) -> Option<String> {
    match ty.name.rsplit('/').next().unwrap_or_default() {
        "ScaledNumberType" => Some(value.get::<ScaledNumber>().to_string()),
        "PossibleOperationsType" => Some(operations(value)),
        leaf if leaf.ends_with("AddressType") || leaf.ends_with("Address") => address(value),
        _ => None,
    }
}

/// `read, write partial`; `none`.
fn operations(value: Cursor<'_>) -> String {
    let operation = |field: Cursor<'_>| {
        let partial = if field.fields().next().is_some() { " partial" } else { "" };
        format!("{}{partial}", field.name())
    };
    let all: Vec<_> = value.fields().map(operation).collect();
    if all.is_empty() { "none".into() } else { all.join(", ") }
}

/// `d:_n:ACME_Box-1 [1,2]/3`, or what there is of it.
fn address(value: Cursor<'_>) -> Option<String> {
    let mut text = String::new();
    for field in value.fields() {
        match field.name() {
            "device" => text.push_str(&plain(field.str()?)),
            "entity" => {
                let path: Vec<_> = field.items().map(|number| number.get::<u32>().to_string()).collect();
                let space = if text.is_empty() { "" } else { " " };
                text.push_str(&format!("{space}[{}]", path.join(",")));
            }
            "feature" => text.push_str(&format!("/{}", field.u64()?)),
            _ => return None,
        }
    }
    (!text.is_empty()).then_some(text)
}

fn scalar(kind: Kind, value: Cursor<'_>) -> String {
    let text = || plain(value.str().unwrap_or_default());
    match kind {
        Kind::Bool => value.get::<bool>().to_string(),
        Kind::Unsigned { .. } => value.get::<u64>().to_string(),
        Kind::Signed { .. } => value.get::<i64>().to_string(),
        Kind::Enum(_) if value.enum_number().is_none() => format!("{} (not in the schema)", text()),
        Kind::Text(TextRule::Pin) => "(hidden)".into(),
        Kind::Text(TextRule::Free | TextRule::Length { .. }) => {
            format!("{:?}", value.str().unwrap_or_default())
        }
        Kind::Any => plain(value.raw()),
        _ => text(),
    }
}
