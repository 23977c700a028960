//! A request of the Pairing Service as a TXT record of `_shippairing._tcp` (PS 5.4).

use super::secret::{Digest, Nonce, PairingSecret};
use crate::ship::identity::{Fingerprint, MAX_SHIP_ID, ShipId, hex};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// The keys in the order of the record, which the digest covers up to `alg` (PS 5.4, 7.4).
const KEYS: [&str; 11] = [
    "txtvers",
    "parType",
    "forId",
    "forPar",
    "trustId",
    "trustPar",
    "trustCurve",
    "type",
    "trustNonce",
    "alg",
    "digest",
];
/// What the digest covers.
const COVERED: usize = 10;

/// Who a node is to the Pairing Service.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Party {
    /// Its SHIP ID, the primary name (PS 10.4).
    pub id: ShipId,
    /// SHA-256 of its certificate.
    pub fingerprint: Fingerprint,
}

/// The curve of the announced certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// The curve every node supports.
    Secp256r1,
    /// Brainpool, 256 bits.
    BrainpoolP256r1,
    /// Brainpool, 384 bits.
    BrainpoolP384r1,
}

impl Curve {
    const ALL: [Self; 3] = [Self::Secp256r1, Self::BrainpoolP256r1, Self::BrainpoolP384r1];

    /// The name in the record.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Secp256r1 => "secp256r1",
            Self::BrainpoolP256r1 => "brainpoolP256r1",
            Self::BrainpoolP384r1 => "brainpoolP384r1",
        }
    }
}

/// A request: one node asks another one to trust it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    asked: Party,
    asking: Party,
    curve: Curve,
    nonce: Nonce,
    digest: Digest,
    /// The covered values as they were written: their case counts.
    values: Vec<String>,
}

/// Why a record is no request (PS 5.4): names the first key that is missing or malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestFault(pub &'static str);

impl fmt::Display for RequestFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is missing or malformed", self.0)
    }
}

impl core::error::Error for RequestFault {}

impl Request {
    /// Asks `asked`, whose secret is known by its QR code, to trust `asking`.
    pub fn new(asked: Party, asking: Party, curve: Curve, secret: &PairingSecret, nonce: Nonce) -> Self {
        let hex =
            |octets: &[u8]| octets.iter().map(|octet| alloc::format!("{octet:02X}")).collect::<String>();
        let values = [
            "1".into(),
            "fpSha256".into(),
            asked.id.to_string(),
            asked.fingerprint.to_string(),
            asking.id.to_string(),
            asking.fingerprint.to_string(),
            curve.name().into(),
            "addCu".into(),
            hex(&nonce),
            "hmacSha256".into(),
        ];
        let mut request = Self { asked, asking, curve, nonce, digest: [0; 32], values: values.into() };
        request.digest = secret.digest(&nonce, &request.message());
        request
    }

    /// Reads the strings of a TXT record in any order and case of keys and hex digits; the first of equal keys counts.
    ///
    /// # Errors
    ///
    /// The first key that is missing or malformed.
    pub fn read<'a>(strings: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, RequestFault> {
        let mut found: [Option<&str>; KEYS.len()] = [None; KEYS.len()];
        for text in strings.into_iter().filter_map(|octets| core::str::from_utf8(octets).ok()) {
            let (key, value) = text.split_once('=').unwrap_or((text, ""));
            let known = KEYS.iter().position(|known| key.eq_ignore_ascii_case(known));
            if let Some(slot) = known.and_then(|n| found.get_mut(n)) {
                slot.get_or_insert(value);
            }
        }
        let [version, par_type, for_id, for_par, trust_id, trust_par, curve, kind, nonce, alg, digest] =
            found;
        let fixed =
            |key, value: Option<&str>, right| (value == Some(right)).then_some(()).ok_or(RequestFault(key));
        let party = |id_key, id: Option<&str>, par_key, par| {
            let id = id.filter(|id| (1..=MAX_SHIP_ID).contains(&id.len())).ok_or(RequestFault(id_key))?;
            let fingerprint = octets(par).map(Fingerprint).ok_or(RequestFault(par_key))?;
            Ok(Party { id: ShipId::new(id), fingerprint })
        };
        fixed("txtvers", version, "1")?;
        fixed("parType", par_type, "fpSha256")?;
        let asked = party("forId", for_id, "forPar", for_par)?;
        let asking = party("trustId", trust_id, "trustPar", trust_par)?;
        let curve = Curve::ALL.into_iter().find(|known| curve == Some(known.name()));
        let curve = curve.ok_or(RequestFault("trustCurve"))?;
        fixed("type", kind, "addCu")?;
        let nonce = octets(nonce).ok_or(RequestFault("trustNonce"))?;
        fixed("alg", alg, "hmacSha256")?;
        let digest = octets(digest).ok_or(RequestFault("digest"))?;
        let values = found.iter().take(COVERED).flatten().map(|value| (*value).into()).collect();
        Ok(Self { asked, asking, curve, nonce, digest, values })
    }

    /// The strings of the TXT record in the order of PS 5.4.
    pub fn strings(&self) -> Vec<String> {
        let digest = Fingerprint(self.digest).to_string();
        let values = self.values.iter().chain(core::iter::once(&digest));
        KEYS.iter().zip(values).map(|(key, value)| [key, value.as_str()].join("=")).collect()
    }

    /// What the digest covers (PS 7.4).
    fn message(&self) -> String {
        let pairs = KEYS.iter().zip(&self.values);
        pairs.map(|(key, value)| [key, "=", value, ";"].concat()).collect()
    }

    /// Whether who wrote this knows the secret.
    pub fn is_proved_by(&self, secret: &PairingSecret) -> bool {
        secret.proves(&self.nonce, &self.message(), &self.digest)
    }

    /// Who is asked.
    pub fn asked(&self) -> &Party {
        &self.asked
    }

    /// Who asks to be trusted.
    pub fn asking(&self) -> &Party {
        &self.asking
    }

    /// The curve of its certificate.
    pub fn curve(&self) -> Curve {
        self.curve
    }

    /// The digest, which no two requests share.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }
}

/// Exactly `N` octets as hex digits.
fn octets<const N: usize>(text: Option<&str>) -> Option<[u8; N]> {
    hex(text.filter(|text| text.len() == N.saturating_mul(2))?)?.try_into().ok()
}
