//! Values of any type of the model, made of octets: the same octets, the same value; no octets, an empty one.

use eebus_core::json::table::{Kind, Names, TextRule, Ty};
use eebus_core::json::{AnyJson, Builder, Tape, Value};
use std::cell::Cell;

/// The octets that values are made of, and 0 for ever behind them.
#[derive(Debug)]
pub struct Entropy<'a>(Cell<&'a [u8]>);

impl<'a> Entropy<'a> {
    /// These octets.
    pub fn new(octets: &'a [u8]) -> Self {
        Self(Cell::new(octets))
    }

    /// The next octet.
    pub fn octet(&self) -> u8 {
        let Some((&first, rest)) = self.0.get().split_first() else { return 0 };
        self.0.set(rest);
        first
    }

    /// A number below `end`, which is 1 to 256.
    pub fn below(&self, end: usize) -> usize {
        usize::from(self.octet()) % end
    }

    /// One of these.
    fn pick<'t>(&self, texts: &[&'t str]) -> &'t str {
        texts[self.below(texts.len())]
    }

    fn number(&self) -> u64 {
        u64::from_le_bytes(std::array::from_fn(|_| self.octet()))
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.get().is_empty()
    }
}

/// A value of type `ty`.
pub fn tape(ty: &'static Ty, entropy: &Entropy<'_>) -> Tape {
    let mut builder = Builder::new(ty);
    object(ty, entropy, &mut builder);
    builder.finish()
}

fn object(ty: &'static Ty, entropy: &Entropy<'_>, b: &mut Builder) {
    // Two octets say which of the fields, sixteen at most, there are.
    let stated = u16::from_le_bytes([entropy.octet(), entropy.octet()]);
    b.object(ty, |b| {
        for (number, field) in (0u8..).zip(ty.fields).filter(|(number, _)| stated >> number & 1 == 1) {
            if let Kind::Choice(group) = field.kind {
                let alternative = entropy.below(group.types.len());
                object(group.types[alternative], entropy, b.alternative(number, alternative as u16));
            } else if field.many {
                let items = vec![(); 1 + entropy.below(3)];
                b.key(number).list_with(&items, |(), b| value(field.kind, entropy, b));
            } else {
                value(field.kind, entropy, b.key(number));
            }
        }
    });
}

fn value(kind: Kind, entropy: &Entropy<'_>, b: &mut Builder) {
    match kind {
        Kind::Bool => b.bool(entropy.octet() & 1 == 1),
        // Mostly small numbers, so that identifiers meet.
        Kind::Unsigned { min, max } => b.unsigned(match entropy.octet() {
            small @ 0..=199 => u64::from(min.max(small % 4)),
            200..=227 => max,
            _ => (entropy.number() % max).max(u64::from(min)),
        }),
        Kind::Signed { bits } => {
            let spare = u32::from(64 - bits);
            b.signed(match entropy.octet() {
                small @ 0..=199 => i64::from(small % 5) - 2,
                200..=212 => i64::MAX >> spare,
                213..=227 => i64::MIN >> spare,
                _ => entropy.number() as i64 >> spare,
            });
        }
        Kind::Text(rule) => b.text(&text(rule, entropy)),
        Kind::Enum(names) => enumeration(names, entropy, b),
        Kind::Tag => b.tag(),
        Kind::Object(ty) => object(ty, entropy, b),
        Kind::Any => {
            let json =
                entropy.pick(&["[]", "{\"a\":[1,{\"b\":null}]}", "\"\\u00e4\"", "-0.5e3", "[[{}],true]"]);
            AnyJson::new(json).expect("JSON").write(b);
        }
        Kind::Choice(_) => unreachable!("a choice is made in its struct"),
    }
}

fn enumeration(names: &'static Names, entropy: &Entropy<'_>, b: &mut Builder) {
    match entropy.octet() {
        240.. => b.enumeration(names, None, entropy.pick(&["_n:acme_x", "", "not listed", "\"\\\n"])),
        octet => b.enumeration(names, Some(u16::from(octet) % names.values.len() as u16), ""),
    }
}

fn text(rule: TextRule, entropy: &Entropy<'_>) -> String {
    let spans = ["PT2M", "PT0S", "P1DT0.5S", "-P1Y", "soon"];
    let times = ["2026-01-31T12:00:00Z", "2026-02-01T24:00:00", "-0001-01-01T00:00:00.5+14:00", "now"];
    let texts = [
        "",
        "a",
        "\"quoted\\\"",
        "two\nlines\u{1}\u{7f}",
        "äöü 😀",
        "}]},{\"payload\":",
        "a longer text, as labels are",
    ];
    match rule {
        TextRule::Duration => entropy.pick(&spans).into(),
        TextRule::DateTime => entropy.pick(&times).into(),
        TextRule::AbsoluteOrRelativeTime if entropy.octet() & 1 == 0 => entropy.pick(&times).into(),
        TextRule::AbsoluteOrRelativeTime => entropy.pick(&spans).into(),
        _ if entropy.octet() < 250 => entropy.pick(&texts).into(),
        _ => char::from(entropy.octet()).to_string().repeat(1000),
    }
}
