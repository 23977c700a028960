//! `docs/functions.md`: every function, for people.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use crate::schema::{Function, Schema, core_folder};

/// What a node does with a function beside carrying, storing and exchanging its data.
///
/// A test looks for each name in the core, so that no claim outlives its code.
pub const NODE: [(&str, &str); 16] = [
    ("deviceConfigurationKeyValueDescriptionListData", "LPC: read and offered"),
    ("deviceConfigurationKeyValueListData", "LPC: failsafe values, read, written and offered"),
    ("deviceDiagnosisHeartbeatData", "sent to subscribers, watched at partners"),
    ("electricalConnectionCharacteristicListData", "LPC: nominal maximum, read and offered"),
    ("loadControlLimitDescriptionListData", "LPC: read and offered"),
    ("loadControlLimitListData", "LPC: the limit, read, written and offered"),
    ("nodeManagementBindingData", "answered"),
    ("nodeManagementBindingDeleteCall", "carried out and called"),
    ("nodeManagementBindingRequestCall", "carried out and called"),
    ("nodeManagementDestinationListData", "answered"),
    ("nodeManagementDetailedDiscoveryData", "answered, read, told and heard"),
    ("nodeManagementSubscriptionData", "answered"),
    ("nodeManagementSubscriptionDeleteCall", "carried out and called"),
    ("nodeManagementSubscriptionRequestCall", "carried out and called"),
    ("nodeManagementUseCaseData", "answered, read, told and heard"),
    ("resultData", "answers requests, awaited"),
];

const HEAD: &str = "\
# The functions of SPINE 1.3.0

<!-- Written by `cargo run -p eebus-codegen` from core/schema. Do not edit. -->

Of every function below the data, selectors and elements are read and written, as a tape and as a typed struct
(`eebus_core::model`), in EEBUS JSON and in ordinary JSON. A node stores and exchanges them for whatever feature offers
them; what it does of its own accord stands in the last column.

- **Data**: the struct in `eebus_core::model`. **Entry**: that of an entry, where the data is a list.
- **Keys**: what identifies an entry; `?` where a peer may leave it out, then it is the first value of its enum.
- **Selectors**: what a filter can select entries by. **Elements**: the struct that names elements, `*` where it
  describes the whole data rather than one entry.
- **Flag**: the field of an entry that says whether a peer may write it.
- **Exchange**: `full` as a whole; `read` parts of it can be read; `merge` it is updated in part, a list entry by its
  keys; `select` the entries that selectors mean are updated alike; `delete` of entries or elements; `call` is executed,
  not stored.
";

/// Where the page lies.
pub fn path() -> PathBuf {
    core_folder().join("../docs/functions.md")
}

/// The page.
pub fn functions() -> String {
    let schema = Schema::spine();
    let mut groups = BTreeMap::<&str, Vec<&Function>>::new();
    for function in &schema.functions {
        let group = match function.feature_types.as_str() {
            "*" => "On every feature",
            "" => "Without a feature type of their own",
            feature => feature,
        };
        groups.entry(group).or_default().push(function);
    }
    let mut out = HEAD.to_owned();
    for (group, functions) in groups {
        let _ = writeln!(out, "\n## {group}\n");
        out.push_str(
            "| Function | Data | Entry | Keys | Selectors | Elements | Flag | Exchange | A node |\n",
        );
        out.push_str("|---|---|---|---|---|---|---|---|---|\n");
        for function in functions {
            out.push_str(&row(&schema, function));
        }
    }
    out
}

fn row(schema: &Schema, function: &Function) -> String {
    let rust = |name: &str| schema.complex(name).map_or("", |ty| &ty.rust_name);
    let item = function.item_type.as_str();
    let keys = schema.identifiers.iter().filter(|key| key.item_type == item && !item.is_empty());
    let keys: Vec<_> = keys
        .map(|key| format!("`{}`{}", key.field, if key.optional.is_empty() { "" } else { "?" }))
        .collect();
    let selectors = schema.fields(&function.selectors_type).iter().map(|field| code(&field.element));
    let selectors = match (function.selectors_type.is_empty(), selectors.collect::<Vec<_>>().join(" ")) {
        (false, empty) if empty.is_empty() => "(empty)".into(),
        (_, selectors) => selectors,
    };
    let scope = if function.elements_scope == "function" && function.kind == "list" { "*" } else { "" };
    let elements = format!("{}{scope}", code(rust(&function.elements_type)));
    let flag = schema.write_flags.iter().find(|flag| flag.item_type == item);
    let exchange = match (function.kind.as_str(), keys.is_empty()) {
        ("call", _) => "call",
        ("list", true) => "full, read",
        ("list", false) => "full, read, merge, select, delete",
        _ if function.elements_type.is_empty() => "full",
        _ => "full, read, merge, delete",
    };
    let node = NODE.iter().find(|(name, _)| *name == function.function).map_or("", |(_, does)| does);
    let item = if function.kind == "list" && rust(item).is_empty() { "String" } else { rust(item) };
    format!(
        "| {} | {} | {} | {} | {selectors} | {elements} | {} | {exchange} | {node} |\n",
        code(&function.function),
        code(rust(&function.data_type)),
        code(item),
        keys.join(" "),
        code(flag.map_or("", |flag| &flag.field)),
    )
}

/// A word as code; nothing for nothing.
fn code(word: &str) -> String {
    if word.is_empty() { String::new() } else { format!("`{word}`") }
}
