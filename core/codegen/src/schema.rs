//! The tables of `core/schema` as they stand there (`core/schema/README.md` explains each column).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A SPINE function.
#[derive(Debug, Deserialize)]
pub struct Function {
    /// Name of the function and of its data element.
    pub function: String,
    /// `list`, `call` or `plain`.
    pub kind: String,
    /// Type of the data.
    pub data_type: String,
    /// Type of a list entry.
    pub item_type: String,
    /// Name of the selectors in a filter.
    pub selectors_element: String,
    /// Type of the selectors.
    pub selectors_type: String,
    /// Name of the elements in a filter.
    pub elements_element: String,
    /// Type of the elements.
    pub elements_type: String,
    /// `item` or `function`.
    pub elements_scope: String,
    /// Feature type, `*` for any.
    pub feature_types: String,
}

/// A complex type.
#[derive(Debug, Deserialize)]
pub struct Complex {
    /// XSD name, anonymous ones by path.
    #[serde(rename = "type")]
    pub name: String,
    /// Name of the Rust struct.
    pub rust_name: String,
    /// Schema file.
    #[serde(default)]
    pub file: String,
    /// The type it narrows.
    #[serde(default)]
    pub restricts: String,
    /// The type it mirrors with presence markers.
    #[serde(default)]
    pub elements_of: String,
    /// `yes` where exactly one field is meant.
    #[serde(default)]
    pub one_of: String,
}

/// An element of a complex type.
#[derive(Debug, Deserialize)]
pub struct Element {
    /// The complex type.
    #[serde(rename = "type")]
    pub parent: String,
    /// Name of the element; empty for a choice group.
    pub element: String,
    /// Its type, or the name of the choice group.
    pub field_type: String,
    /// `many` or empty.
    pub occurs: String,
}

/// A simple type.
#[derive(Debug, Deserialize)]
pub struct Simple {
    /// XSD name.
    #[serde(rename = "type")]
    pub name: String,
    /// Name of the Rust type.
    pub rust_name: String,
    /// Schema file.
    #[serde(default)]
    pub file: String,
    /// `u8` … `i64`, `text`, `enum`, `closed`, `member` or `unused`.
    pub kind: String,
    /// Smallest number, or fewest characters.
    pub min: String,
    /// Largest number, or most characters.
    pub max: String,
    /// Pattern of a text.
    pub rule: String,
}

/// A value of an enum.
#[derive(Debug, Deserialize)]
pub struct EnumValue {
    /// The enum.
    #[serde(rename = "enum")]
    pub parent: String,
    /// The value as it is sent.
    pub value: String,
    /// Name of the Rust variant.
    pub rust_name: String,
}

/// An identifier of a list entry.
#[derive(Debug, Deserialize)]
pub struct Identifier {
    /// Type of the entry.
    pub item_type: String,
    /// The identifying element.
    pub field: String,
    /// `yes` where a peer may leave it out.
    pub optional: String,
}

/// A field that says whether a peer may change the entry.
#[derive(Debug, Deserialize)]
pub struct WriteFlag {
    /// Type of the entry.
    pub item_type: String,
    /// The flag.
    pub field: String,
}

/// Types of one protocol.
#[derive(Debug)]
pub struct Schema {
    /// Complex types.
    pub types: Vec<Complex>,
    /// Their elements by type, in wire order.
    pub fields: BTreeMap<String, Vec<Element>>,
    /// Simple types.
    pub simple: Vec<Simple>,
    /// Values by enum.
    pub enums: BTreeMap<String, Vec<EnumValue>>,
    /// Identifiers of list entries.
    pub identifiers: Vec<Identifier>,
    /// Write flags.
    pub write_flags: Vec<WriteFlag>,
    /// SPINE functions.
    pub functions: Vec<Function>,
}

impl Schema {
    /// SPINE 1.3.0.
    pub fn spine() -> Self {
        Self {
            identifiers: rows("identifiers.csv"),
            write_flags: rows("write_flags.csv"),
            functions: rows("functions.csv"),
            ..Self::read("")
        }
    }

    /// SHIP 1.0.1 with the certificate update of 1.1.0.
    pub fn ship() -> Self {
        let mut schema = Self::read("ship_");
        for file in
            schema.types.iter_mut().map(|t| &mut t.file).chain(schema.simple.iter_mut().map(|s| &mut s.file))
        {
            "Ship".clone_into(file);
        }
        schema
    }

    fn read(prefix: &str) -> Self {
        let elements: Vec<Element> = rows(&format!("{prefix}fields.csv"));
        let values: Vec<EnumValue> = rows(&format!("{prefix}enums.csv"));
        Self {
            types: rows(&format!("{prefix}types.csv")),
            fields: group(elements, |e| e.parent.clone()),
            simple: rows(&format!("{prefix}simple_types.csv")),
            enums: group(values, |v| v.parent.clone()),
            identifiers: Vec::new(),
            write_flags: Vec::new(),
            functions: Vec::new(),
        }
    }

    /// The elements of a type; none for an empty one.
    pub fn fields(&self, name: &str) -> &[Element] {
        self.fields.get(name).map_or(&[], Vec::as_slice)
    }

    /// The complex type of this name.
    pub fn complex(&self, name: &str) -> Option<&Complex> {
        self.types.iter().find(|t| t.name == name)
    }

    /// The simple type of this name.
    pub fn simple(&self, name: &str) -> Option<&Simple> {
        self.simple.iter().find(|s| s.name == name)
    }
}

/// The folder of the crate `eebus-core`.
pub fn core_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn rows<T: DeserializeOwned>(file: &str) -> Vec<T> {
    let path = core_folder().join("schema").join(file);
    let read = csv::Reader::from_path(&path).and_then(|mut table| table.deserialize().collect());
    read.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn group<T>(rows: Vec<T>, key: impl Fn(&T) -> String) -> BTreeMap<String, Vec<T>> {
    let mut groups = BTreeMap::<String, Vec<T>>::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
}
