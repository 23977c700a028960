//! The text of a node's QR code (SRIP 3.1): `SHIP;SKI:…;ID:…;…;ENDSHIP;`.

use super::identity::{Fingerprint, ShipId, Ski, cut, hex};
use super::pairing::PairingSecret;
use super::pin::Pin;
use super::txt::{MAX_CATEGORIES, MAX_VALUE, Record, clean};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// Longest text that is read, in octets: what the largest QR code holds.
pub const MAX_QR: usize = 2_953;

/// What a QR code tells of a node. Empty texts are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Qr {
    /// `SKI` of the secp256r1 certificate.
    pub ski: Ski,
    /// `PIN` that the node demands.
    pub pin: Option<Pin>,
    /// `ID`: the SHIP ID.
    pub id: ShipId,
    /// `BRAND`.
    pub brand: String,
    /// `TYPE`.
    pub device_type: String,
    /// `MODEL`.
    pub model: String,
    /// `BSKI` and `B2SKI`: the SKIs of certificates on brainpoolP256r1 and brainpoolP384r1.
    pub brainpool: [Option<Ski>; 2],
    /// `PKEY`, `PBKEY` and `PB2KEY`: public keys on secp256r1 and the two Brainpool curves.
    pub keys: [String; 3],
    /// `CERTURL`, `CERTBURL` and `CERTB2URL`: where the certificates can be fetched.
    pub urls: [String; 3],
    /// `SERIAL`.
    pub serial: String,
    /// `CAT`: as in the TXT record.
    pub categories: Vec<u16>,
    /// `NOMINALPOWER`.
    pub nominal_power: Option<NominalPower>,
    /// `FPH256`: SHA-256 of the certificate, for the Pairing Service.
    pub fingerprint: Option<Fingerprint>,
    /// `SPSEC`: the secret of the Pairing Service.
    pub secret: Option<PairingSecret>,
}

/// The power of a device (SRIP-310/12 to /14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NominalPower {
    /// What it can feed in, in W; 0 or less.
    pub production: i64,
    /// What it can draw, in W; 0 or more.
    pub consumption: i64,
}

/// Why a text is not the QR code of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QrFault {
    /// Longer than [`MAX_QR`].
    TooLong,
    /// Does not begin with `SHIP;`.
    NotShip,
    /// This mandatory key is missing.
    Missing(&'static str),
    /// The value of this key, on which identity or trust rests, is malformed.
    Malformed(&'static str),
}

impl fmt::Display for QrFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "the text has more than {MAX_QR} octets"),
            Self::NotShip => f.write_str("the text does not begin with `SHIP;`"),
            Self::Missing(key) => write!(f, "`{key}` is missing"),
            Self::Malformed(key) => write!(f, "the value of `{key}` is malformed"),
        }
    }
}

impl core::error::Error for QrFault {}

/// The keys in the order they are written.
const KEYS: [&str; 19] = [
    "SKI",
    "PIN",
    "ID",
    "BRAND",
    "TYPE",
    "MODEL",
    "BSKI",
    "B2SKI",
    "PKEY",
    "PBKEY",
    "PB2KEY",
    "CERTURL",
    "CERTBURL",
    "CERTB2URL",
    "SERIAL",
    "CAT",
    "NOMINALPOWER",
    "FPH256",
    "SPSEC",
];

impl Qr {
    /// The QR code of a node by what it announces.
    pub fn of(record: &Record) -> Self {
        Self {
            brand: record.brand.clone(),
            device_type: record.device_type.clone(),
            model: record.model.clone(),
            serial: record.serial.clone(),
            categories: record.categories.clone(),
            ..Self::new(record.ski, record.id.clone())
        }
    }

    fn new(ski: Ski, id: ShipId) -> Self {
        Self {
            ski,
            pin: None,
            id,
            brand: String::new(),
            device_type: String::new(),
            model: String::new(),
            brainpool: [None; 2],
            keys: Default::default(),
            urls: Default::default(),
            serial: String::new(),
            categories: Vec::new(),
            nominal_power: None,
            fingerprint: None,
            secret: None,
        }
    }

    /// Reads the text: keys in any order and case, the first of equal keys counts, unknown ones are passed over
    /// (SRIP-310/15), `ENDSHIP` may be missing (SRIP-310/17). Power and categories that cannot be read count as absent.
    ///
    /// # Errors
    ///
    /// The text is not the QR code of a node, or what identity and trust rest on is malformed.
    pub fn read(text: &str) -> Result<Self, QrFault> {
        if text.len() > MAX_QR {
            return Err(QrFault::TooLong);
        }
        let (head, rest) = text.trim().split_once(';').ok_or(QrFault::NotShip)?;
        if !head.trim().eq_ignore_ascii_case("SHIP") {
            return Err(QrFault::NotShip);
        }
        let mut values: [&str; KEYS.len()] = [""; KEYS.len()];
        let fields = rest.split(';').map(str::trim);
        for field in fields.take_while(|field| !field.eq_ignore_ascii_case("ENDSHIP")) {
            let Some((key, value)) = field.split_once(':') else { continue };
            let known = KEYS.iter().position(|known| key.trim().eq_ignore_ascii_case(known));
            if let Some(slot) = known.and_then(|n| values.get_mut(n)).filter(|slot| slot.is_empty()) {
                *slot = value.trim();
            }
        }
        let [
            ski,
            pin,
            id,
            brand,
            device_type,
            model,
            bski,
            b2ski,
            pkey,
            pbkey,
            pb2key,
            url,
            burl,
            b2url,
            serial,
            cat,
            power,
            fingerprint,
            secret,
        ] = values;
        let text = |value: &str| String::from(cut(value, MAX_VALUE));
        let ski = mandatory("SKI", ski).and_then(|ski| ski.parse().map_err(|_| QrFault::Malformed("SKI")))?;
        let id = ShipId::new(mandatory("ID", id)?);
        Ok(Self {
            pin: optional("PIN", pin, |pin| pin.parse().ok())?,
            brand: text(brand),
            device_type: text(device_type),
            model: text(model),
            brainpool: [
                optional("BSKI", bski, |ski| ski.parse().ok())?,
                optional("B2SKI", b2ski, |ski| ski.parse().ok())?,
            ],
            keys: [pkey, pbkey, pb2key].map(text),
            urls: [url, burl, b2url].map(text),
            serial: text(serial),
            categories: cat.split(',').filter_map(|n| n.trim().parse().ok()).take(MAX_CATEGORIES).collect(),
            nominal_power: NominalPower::read(power),
            fingerprint: optional("FPH256", fingerprint, |text| {
                Some(Fingerprint(hex(text)?.try_into().ok()?))
            })?,
            secret: optional("SPSEC", secret, |text| text.parse().ok())?,
            ..Self::new(ski, id)
        })
    }

    /// The text with every key in its order (SRIP 3.1), secrets included.
    ///
    /// Describing values are cut and cleaned as in the TXT record; the others lose what must not stand in them.
    pub fn write(&self) -> String {
        let categories: Vec<String> = self.categories.iter().map(u16::to_string).collect();
        let ski = |ski: &Option<Ski>| ski.map(|ski| ski.grouped().to_string()).unwrap_or_default();
        let [bski, b2ski] = [&self.brainpool[0], &self.brainpool[1]].map(ski);
        let [pkey, pbkey, pb2key] = self.keys.each_ref().map(|key| bare(key));
        let [url, burl, b2url] = self.urls.each_ref().map(|url| bare(url));
        let power = self.nominal_power.map(NominalPower::write).unwrap_or_default();
        let fingerprint = self.fingerprint.map(|print| print.to_string()).unwrap_or_default();
        let secret = self.secret.as_ref().map(PairingSecret::reveal).unwrap_or_default();
        let values = [
            self.ski.grouped().to_string(),
            self.pin.as_ref().map(|pin| grouped(pin.reveal())).unwrap_or_default(),
            bare(self.id.as_str()),
            clean(&self.brand),
            clean(&self.device_type),
            clean(&self.model),
            bski,
            b2ski,
            pkey,
            pbkey,
            pb2key,
            url,
            burl,
            b2url,
            clean(&self.serial),
            categories.join(","),
            power,
            fingerprint,
            secret,
        ];
        let named = KEYS.iter().zip(&values).filter(|(_, value)| !value.is_empty());
        let fields: String = named.map(|(key, value)| [key, ":", value, ";"].concat()).collect();
        ["SHIP;", &fields, "ENDSHIP;"].concat()
    }
}

impl NominalPower {
    fn read(text: &str) -> Option<Self> {
        let (production, consumption) = text.split_once(',')?;
        let production = production.trim().parse().ok().filter(|watts| *watts <= 0)?;
        let consumption = consumption.trim().parse().ok().filter(|watts| *watts >= 0)?;
        Some(Self { production, consumption })
    }

    fn write(self) -> String {
        alloc::format!("{},{}", self.production.min(0), self.consumption.max(0))
    }
}

fn mandatory<'a>(key: &'static str, value: &'a str) -> Result<&'a str, QrFault> {
    if value.is_empty() { Err(QrFault::Missing(key)) } else { Ok(value) }
}

fn optional<T>(
    key: &'static str,
    value: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, QrFault> {
    let bare: String = value.chars().filter(|c| *c != ' ').collect();
    if bare.is_empty() { Ok(None) } else { read(&bare).map(Some).ok_or(QrFault::Malformed(key)) }
}

/// A value without what ends it, white space or control characters.
fn bare(text: &str) -> String {
    let kept: String = text.chars().filter(|&c| !(c == ';' || c.is_whitespace() || c.is_control())).collect();
    cut(&kept, MAX_VALUE).into()
}

/// Digits in groups of four.
fn grouped(digits: &str) -> String {
    let groups: Vec<&str> =
        digits.as_bytes().chunks(4).filter_map(|group| core::str::from_utf8(group).ok()).collect();
    groups.join(" ")
}
