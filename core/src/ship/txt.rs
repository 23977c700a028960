//! The TXT record of `_ship._tcp` (SHIP 7.3.2, SRIP 2.2) as plain data.

use super::identity::{ShipId, Ski, cut};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// Longest `path`, `brand`, `type`, `model` and `serial` that is announced (SHIP 7.3.2).
pub const MAX_TEXT: usize = 32;
/// Longest TXT record that is announced, length octets included (SHIP 5.3).
pub const MAX_RECORD: usize = 400;
/// Longest value kept of a record: what one string of a TXT record can hold.
pub const MAX_VALUE: usize = 255;
/// Most categories kept of a record: SRIP 2.2 lists 7.
pub const MAX_CATEGORIES: usize = 16;

/// What a node announces of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Record {
    /// `id`: the SHIP ID.
    pub id: ShipId,
    /// `path` of the WebSocket; contains `/`.
    pub path: String,
    /// `ski` of the secp256r1 certificate.
    pub ski: Ski,
    /// `register`: the user opened a pairing window. Never a reason to accept or refuse a peer.
    pub register: bool,
    /// `ecc`: curves beyond secp256r1 are supported (SHIP 1.1.0).
    pub ecc: bool,
    /// `brand`; empty where unknown.
    pub brand: String,
    /// `type`: what people call the device; empty where unknown.
    pub device_type: String,
    /// `model`; empty where unknown.
    pub model: String,
    /// `serial`; empty where unknown.
    pub serial: String,
    /// `cat`: 1 grid connection point hub, 2 energy management system, 3 e-mobility, 4 HVAC, 5 inverter, 6 domestic
    /// appliance, 7 metering.
    pub categories: Vec<u16>,
}

/// Why a record is dropped (SHIP 7.3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TxtFault {
    /// `txtvers` is missing or not 1.
    Version,
    /// `id` is missing or empty.
    Id,
    /// `ski` is missing or no SKI.
    Ski,
}

impl fmt::Display for TxtFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Version => "`txtvers` is not 1",
            Self::Id => "`id` is missing",
            Self::Ski => "`ski` is missing or no SKI",
        })
    }
}

impl core::error::Error for TxtFault {}

impl Record {
    /// The record of `id` and `ski` with the usual path and nothing else.
    pub fn new(id: ShipId, ski: Ski) -> Self {
        Self {
            id,
            path: "/ship/".into(),
            ski,
            register: false,
            ecc: false,
            brand: String::new(),
            device_type: String::new(),
            model: String::new(),
            serial: String::new(),
            categories: Vec::new(),
        }
    }

    /// The strings of the TXT record in the order they are announced, `txtvers=1` first.
    ///
    /// The describing values are cut to [`MAX_TEXT`] octets and lose what must not stand in them (SRIP-220/1 to /3).
    /// An empty value is left out: OpenEEBUS drops a record with `brand=`.
    pub fn strings(&self) -> Vec<String> {
        let categories: Vec<String> = self.categories.iter().map(u16::to_string).collect();
        let values = [
            "1".into(),
            cut(&self.path, MAX_TEXT).into(),
            self.id.to_string(),
            self.ski.to_string(),
            self.register.to_string(),
            self.ecc.to_string(),
            clean(&self.brand),
            clean(&self.device_type),
            clean(&self.model),
            clean(&self.serial),
            categories.join(","),
        ];
        let named = KEYS.into_iter().zip(&values).filter(|(_, value)| !value.is_empty());
        named.map(|(key, value)| [key, value].join("=")).collect()
    }

    /// Reads the strings of a TXT record in any order and case of keys; the first of equal keys counts.
    ///
    /// Only what identifies the peer is demanded: the connection proves the rest.
    ///
    /// # Errors
    ///
    /// The first of `txtvers`, `id` and `ski` that is missing or wrong.
    pub fn read<'a>(strings: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, TxtFault> {
        let mut values: [Option<&str>; KEYS.len()] = [None; KEYS.len()];
        for text in strings.into_iter().filter_map(|octets| core::str::from_utf8(octets).ok()) {
            let (key, value) = text.split_once('=').unwrap_or((text, ""));
            let known = KEYS.iter().position(|known| key.trim().eq_ignore_ascii_case(known));
            if let Some(slot) = known.and_then(|n| values.get_mut(n)) {
                slot.get_or_insert(value);
            }
        }
        let [version, path, id, ski, register, ecc, brand, device_type, model, serial, categories] = values;
        if version != Some("1") {
            return Err(TxtFault::Version);
        }
        let id = id.filter(|id| !id.is_empty()).ok_or(TxtFault::Id)?;
        let ski = ski.and_then(|ski| ski.parse().ok()).ok_or(TxtFault::Ski)?;
        let text = |value: Option<&str>| String::from(cut(value.unwrap_or_default(), MAX_VALUE));
        let flag = |value: Option<&str>| value.is_some_and(|value| value.eq_ignore_ascii_case("true"));
        Ok(Self {
            path: text(path.or(Some("/ship/"))),
            register: flag(register),
            ecc: flag(ecc),
            brand: text(brand),
            device_type: text(device_type),
            model: text(model),
            serial: text(serial),
            categories: categories
                .unwrap_or_default()
                .split(',')
                .filter_map(|number| number.trim().parse().ok())
                .take(MAX_CATEGORIES)
                .collect(),
            ..Self::new(ShipId::new(id), ski)
        })
    }
}

/// The keys in the order they are announced.
const KEYS: [&str; 11] =
    ["txtvers", "path", "id", "ski", "register", "ecc", "brand", "type", "model", "serial", "cat"];

/// The characters of Unicode class Format (Cf), which must not be announced (SRIP-220/2).
const FORMAT: [(u32, u32); 21] = [
    (0xad, 0xad),
    (0x600, 0x605),
    (0x61c, 0x61c),
    (0x6dd, 0x6dd),
    (0x70f, 0x70f),
    (0x890, 0x891),
    (0x8e2, 0x8e2),
    (0x180e, 0x180e),
    (0x200b, 0x200f),
    (0x202a, 0x202e),
    (0x2060, 0x2064),
    (0x2066, 0x206f),
    (0xfeff, 0xfeff),
    (0xfff9, 0xfffb),
    (0x110bd, 0x110bd),
    (0x110cd, 0x110cd),
    (0x13430, 0x1343f),
    (0x1bca0, 0x1bca3),
    (0x1d173, 0x1d17a),
    (0xe0001, 0xe0001),
    (0xe0020, 0xe007f),
];

/// A value as it may be announced: `-` for white space, nothing for `;`, `=` (ship-go drops the key), control and format
/// characters.
pub(super) fn clean(text: &str) -> String {
    let is_format = |c: char| FORMAT.iter().any(|&(from, to)| (from..=to).contains(&u32::from(c)));
    let kept = text.trim().chars().filter(|&c| !(c == ';' || c == '=' || is_format(c)));
    let clean: String = kept
        .filter(|c| c.is_whitespace() || !c.is_control())
        .map(|c| if c.is_whitespace() { '-' } else { c })
        .collect();
    cut(&clean, MAX_TEXT).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SKI: &str = "a80556a243f57ca17b0d577a59b711b79eb4856c";

    fn record() -> Record {
        Record {
            brand: "EXAMPLE".into(),
            device_type: "EMS".into(),
            model: "HEMS1".into(),
            serial: "0001".into(),
            categories: alloc::vec![2],
            ..Record::new(ShipId::new("i:46925_u:EEB01devA814"), SKI.parse().unwrap())
        }
    }

    fn read(strings: &[&str]) -> Result<Record, TxtFault> {
        Record::read(strings.iter().map(|text| text.as_bytes()))
    }

    #[test]
    fn the_record_holds_every_mandatory_key_in_order_and_is_read_back() {
        let strings = record().strings();
        assert_eq!(
            strings,
            [
                "txtvers=1",
                "path=/ship/",
                "id=i:46925_u:EEB01devA814",
                "ski=a80556a243f57ca17b0d577a59b711b79eb4856c",
                "register=false",
                "ecc=false",
                "brand=EXAMPLE",
                "type=EMS",
                "model=HEMS1",
                "serial=0001",
                "cat=2",
            ]
        );
        assert_eq!(Record::read(strings.iter().map(String::as_bytes)), Ok(record()));
    }

    #[test]
    fn srip_220_describing_values_are_cleaned_and_cut() {
        for (given, announced) in [
            ("ACME Heat Pump", "brand=ACME-Heat-Pump"),
            ("a;b=c\u{200b}\u{7}d\u{a0}e", "brand=abcd-e"),
            ("ääääääääääääääääää", "brand=ääääääääääääääää"),
        ] {
            let strings = Record { brand: given.into(), ..record() }.strings();
            assert_eq!(strings.get(6).map(String::as_str), Some(announced));
        }
        assert!(!Record { brand: " ".into(), ..record() }.strings().iter().any(|s| s.starts_with("brand")));
    }

    #[test]
    fn the_longest_record_stays_within_its_limit() {
        let long = "m".repeat(99);
        let longest = Record {
            id: ShipId::new(&long),
            path: long.clone(),
            brand: long.clone(),
            device_type: long.clone(),
            model: long.clone(),
            serial: long.clone(),
            categories: (1..=7).collect(),
            ..record()
        };
        let size: usize = longest.strings().iter().map(|text| text.len() + 1).sum();
        assert_eq!((size, size <= MAX_RECORD), (359, true));
    }

    #[test]
    fn a_record_is_read_in_any_order_and_case_and_without_what_does_not_identify() {
        let upper = ["SKI=A80556A243F57CA17B0D577A59B711B79EB4856C", "Id=x=y", "unknown=1", "TXTVERS=1"];
        let expected = Record::new(ShipId::new("x=y"), SKI.parse().unwrap());
        assert_eq!(read(&upper), Ok(expected.clone()));
        let other =
            ["txtvers=1", "id=x=y", "id=z", &["ski=", SKI].concat(), "cat=3, x,7", "register=True", "brand"];
        let read_back = read(&other);
        assert_eq!(read_back, Ok(Record { register: true, categories: alloc::vec![3, 7], ..expected }));
    }

    #[test]
    fn ship_7_3_2_a_record_without_version_1_or_identity_is_dropped() {
        let ski = ["ski=", SKI].concat();
        for (strings, fault) in [
            (&["txtvers=2", "id=x", &ski][..], TxtFault::Version),
            (&["id=x", &ski], TxtFault::Version),
            (&["txtvers=1", "id=", &ski], TxtFault::Id),
            (&["txtvers=1", "id=x", "ski=0815"], TxtFault::Ski),
            (&["txtvers=1", "id=x"], TxtFault::Ski),
        ] {
            assert_eq!(read(strings), Err(fault));
        }
    }
}
