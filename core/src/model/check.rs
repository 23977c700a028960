//! What a value says against the schema although it can be read: the rules of its strings and the values of its enums.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::{TimeError, XsDate, XsDateTime, XsDuration, XsTime};
use crate::json::table::{Kind, Names, TextRule, Ty};
use crate::json::{Cursor, Tape};

/// Longest text of a specification version and of a feature group.
const MAX_SHORT: usize = 128;
/// Longest text of a device address and of an enum value that is not listed.
const MAX_LONG: usize = 256;
/// Characters of a text that a [`Violation`] quotes.
const MAX_QUOTE: usize = 64;

/// A text the schema does not allow where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where it stands: `datagram.header.specificationVersion`.
    pub path: String,
    /// The text, up to 64 characters; of a PIN nothing.
    pub text: String,
    /// What the schema demands.
    pub demand: Demand,
}

/// What the schema demands of a text.
#[derive(Clone, Copy, Debug)]
pub enum Demand {
    /// This rule.
    Rule(TextRule),
    /// A value of this enum or, where the enum is open, a vendor's: `_i:46925_name`, `_n:acme_name`.
    ValueOf(&'static Names),
}

impl PartialEq for Demand {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Rule(a), Self::Rule(b)) => a == b,
            (Self::ValueOf(a), Self::ValueOf(b)) => core::ptr::eq(*a, *b),
            _ => false,
        }
    }
}

impl Eq for Demand {}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?} is ", self.path, self.text)?;
        let rule = match self.demand {
            Demand::ValueOf(names) => return write!(f, "no value of {}", names.name),
            Demand::Rule(rule) => rule,
        };
        f.write_str(match rule {
            TextRule::Free => "no text",
            TextRule::Length { min, max } => return write!(f, "not {min} to {max} characters long"),
            TextRule::SpecificationVersion => "no version of three numbers",
            TextRule::AddressDevice => "no device address (d:_i:46925_name, d:_n:acme_name)",
            TextRule::FeatureGroup => "no feature group (#1#2)",
            TextRule::Pin => "not 8 to 16 hex digits",
            TextRule::HexBinary => "no octets as hex digits",
            TextRule::Duration => "no xs:duration",
            TextRule::DateTime => "no xs:dateTime",
            TextRule::Date => "no xs:date",
            TextRule::Time => "no xs:time",
            TextRule::AbsoluteOrRelativeTime => "neither an xs:duration nor an xs:dateTime",
        })
    }
}

/// Everything a value says against the schema, in the order of the schema.
pub fn violations(tape: &Tape) -> Vec<Violation> {
    let mut found = Vec::new();
    visit(tape.ty(), tape.root(), "", &mut found);
    found
}

fn visit(ty: &'static Ty, object: Cursor<'_>, path: &str, found: &mut Vec<Violation>) {
    for value in object.fields() {
        let Some(field) = ty.fields.get(usize::from(value.number())) else { continue };
        let dot = if path.is_empty() { "" } else { "." };
        let path = format!("{path}{dot}{}", value.name());
        if field.many && !matches!(field.kind, Kind::Choice(_)) {
            for (index, item) in value.items().enumerate() {
                visit_value(field.kind, item, format!("{path}[{index}]"), found);
            }
        } else {
            visit_value(field.kind, value, path, found);
        }
    }
}

fn visit_value(kind: Kind, value: Cursor<'_>, path: String, found: &mut Vec<Violation>) {
    let text = value.str().unwrap_or_default();
    let demand = match kind {
        Kind::Object(ty) => return visit(ty, value, &path, found),
        Kind::Choice(group) => {
            let ty = value.choice(group).and_then(|number| group.types.get(usize::from(number)));
            return ty.into_iter().for_each(|ty| visit(ty, value, &path, found));
        }
        Kind::Text(rule) if !rule.allows(text) => Demand::Rule(rule),
        Kind::Enum(names) if value.enum_number().is_none() && (names.closed || !is_extension(text)) => {
            Demand::ValueOf(names)
        }
        _ => return,
    };
    let shown = if demand == Demand::Rule(TextRule::Pin) { "" } else { text };
    found.push(Violation { path, text: shown.chars().take(MAX_QUOTE).collect(), demand });
}

impl TextRule {
    /// Whether `text` keeps to the rule.
    pub fn allows(self, text: &str) -> bool {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
        let hex = |text: &str| text.bytes().all(|c| c.is_ascii_hexdigit());
        match self {
            Self::Free => true,
            Self::Length { min, max } => {
                (usize::from(min)..=usize::from(max)).contains(&text.chars().count())
            }
            Self::SpecificationVersion => {
                let is_version = |major: &str, rest: &str| {
                    let minor = rest.split_once('.');
                    is_positive(major) && minor.is_some_and(|(minor, patch)| digits(minor) && digits(patch))
                };
                text.len() <= MAX_SHORT && text.split_once('.').is_some_and(|(a, rest)| is_version(a, rest))
            }
            Self::AddressDevice => {
                text.strip_prefix("d:").is_some_and(is_extension) && text.len() <= MAX_LONG
            }
            Self::FeatureGroup => {
                let mut groups = text.split('#');
                groups.next() == Some("") && groups.all(is_positive) && text.len() <= MAX_SHORT
            }
            Self::Pin => (8..=16).contains(&text.len()) && hex(text),
            Self::HexBinary => text.len().is_multiple_of(2) && hex(text),
            // Weeks can be read, but XML Schema does not have them.
            Self::Duration => is_time(XsDuration::from(text).to_core()) && !text.contains('W'),
            Self::DateTime => is_time(XsDateTime::from(text).to_wall()),
            Self::Date => is_time(XsDate::from(text).to_civil()),
            Self::Time => is_time(XsTime::from(text).since_midnight()),
            Self::AbsoluteOrRelativeTime => Self::Duration.allows(text) || Self::DateTime.allows(text),
        }
    }
}

/// A time that has a value, or one that only a Rust type cannot hold.
fn is_time<T>(read: Result<T, TimeError>) -> bool {
    !matches!(read, Err(TimeError::Syntax))
}

/// `[1-9][0-9]*`
fn is_positive(text: &str) -> bool {
    text.bytes().all(|c| c.is_ascii_digit()) && text.bytes().next().is_some_and(|c| c != b'0')
}

/// `_(i:[1-9][0-9]*|n:[a-zA-Z0-9-]+)_` and a text without controls and white space (`EnumExtendType`).
fn is_extension(text: &str) -> bool {
    let parts = text.strip_prefix('_').and_then(|text| text.split_once('_'));
    let Some((vendor, name)) = parts.filter(|_| text.len() <= MAX_LONG) else { return false };
    let named =
        |vendor: &str| !vendor.is_empty() && vendor.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-');
    let vendor =
        vendor.strip_prefix("i:").is_some_and(is_positive) || vendor.strip_prefix("n:").is_some_and(named);
    vendor && !name.is_empty() && !name.contains(|c: char| c.is_control() || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Limits, Typed};
    use crate::model::{Datagram, ShipMessage};
    use alloc::string::ToString;

    #[test]
    fn each_rule_allows_what_the_schema_allows() {
        use TextRule as Rule;
        let rows: [(Rule, &[&str], &[&str]); 12] = [
            (Rule::Free, &["", "ä\u{1}"], &[]),
            (Rule::Length { min: 1, max: 3 }, &["a", "äöü"], &["", "four"]),
            (
                Rule::SpecificationVersion,
                &["1.3.0", "10.0.00"],
                &["", "1.3", "0.3.0", "1.0.1b", "1.0.0 draft3", "v1.3.0", "1..0", "1.3.0.1"],
            ),
            (
                Rule::AddressDevice,
                &["d:_i:46925_Box-1", "d:_n:acme-2_x_y"],
                &["", "_i:1_x", "d:_i:_x", "d:_i:EVCC_x", "d:_n:a b_x", "d:_i:1_", "d:_i:1_a b", "d:_i:01_x"],
            ),
            (Rule::FeatureGroup, &["", "#1", "#1#20"], &["1", "#", "#0", "#1#"]),
            (Rule::Pin, &["12345678", "0123456789abcDEF"], &["1234567", "0123456789abcdef0", "1234567g"]),
            (Rule::HexBinary, &["", "0aF0"], &["0", "0x"]),
            (Rule::Duration, &["PT2M", "-P1Y", "P1DT0.5S"], &["", "P1W", "PT", "2M"]),
            (
                Rule::DateTime,
                &["2026-01-31T24:00:00", "-0001-01-01T00:00:00.5+14:00"],
                &["2026-01-31", "PT1S"],
            ),
            (Rule::Date, &["2024-02-29Z", "12024-01-01"], &["2025-02-29", "24-01-01"]),
            (Rule::Time, &["24:00:00", "06:30:00.25-01:30"], &["24:00:01", "6:30"]),
            (Rule::AbsoluteOrRelativeTime, &["PT1S", "2026-01-31T00:00:00Z"], &["", "now"]),
        ];
        for (rule, allowed, refused) in rows {
            for text in allowed {
                assert!(rule.allows(text), "{rule:?} {text:?}");
            }
            for text in refused {
                assert!(!rule.allows(text), "{rule:?} {text:?}");
            }
        }
        assert!(!Rule::SpecificationVersion.allows(&format!("1.3.{:0129}", 0)));
    }

    #[test]
    fn what_a_message_says_against_the_schema_is_named_with_its_path() {
        let json = r#"{"datagram":[{"header":[{"specificationVersion":"1.0.0 draft3"},{"cmdClassifier":"shout"}]},
            {"payload":[{"cmd":[[{"measurementListData":[{"measurementData":[[{"valueType":"value"}],
            [{"valueType":"_n:acme_peak"},{"valueState":"odd"}]]}]}]]}]}]}"#;
        let (datagram, _) = Datagram::read(json.as_bytes(), &Limits::default()).unwrap();
        let found: Vec<_> = violations(datagram.as_tape()).iter().map(Violation::to_string).collect();
        assert_eq!(
            found,
            [
                "datagram.header.specificationVersion: \"1.0.0 draft3\" is no version of three numbers",
                "datagram.header.cmdClassifier: \"shout\" is no value of CmdClassifierType",
                "datagram.payload.cmd[0].measurementListData.measurementData[1].valueState: \"odd\" is no value of \
                 MeasurementValueStateType",
            ]
        );
    }

    #[test]
    fn a_wrong_pin_is_named_but_not_shown() {
        let json = br#"{"connectionPinInput":[{"pin":"secret"}]}"#;
        let (tape, _) = Tape::read_document(ShipMessage::TY, json, &Limits::default()).unwrap();
        let found = violations(&tape);
        assert_eq!(found[0].to_string(), "connectionPinInput.pin: \"\" is not 8 to 16 hex digits");
        assert_eq!(found.len(), 1);
        assert!(!format!("{tape:?} {found:?}").contains("secret"), "{tape:?}");
        assert_eq!(tape.root().plain().to_string(), r#"{"connectionPinInput":{"pin":"secret"}}"#);
    }
}
