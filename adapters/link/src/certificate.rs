//! What a node reads in a certificate: the public key, the SKI and a name for people (SHIP 12.1.1, 12.2).
//!
//! Field devices encode a BOOLEAN TRUE as `01` instead of `ff`, which strict DER parsers refuse. This reader walks
//! the outer structure, looks at nothing it does not need and never reads past the end of what it was given.

use std::fmt;

use eebus_core::model::XsDateTime;
use eebus_core::ship::identity::{Fingerprint, PeerKey, Ski};
use eebus_core::time::WallTime;
use ring::digest;

/// The longest subject name kept for people, in characters (X.520 ub-common-name).
const MAX_COMMON_NAME: usize = 64;

/// The DER of a P-256 SubjectPublicKeyInfo (RFC 5480) up to the point.
const P256_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// An uncompressed P-256 point: `04`, X, Y.
pub(crate) const POINT: usize = 65;

const OID_EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const OID_P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const OID_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const OID_COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
pub(crate) const OID_SUBJECT_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 0x0e];

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
pub(crate) const VERSION: u8 = 0xa0;
pub(crate) const EXTENSIONS: u8 = 0xa3;

/// A certificate a SHIP node may present: ECDSA P-256, its SKI extension, if any, true to its key.
///
/// Issuer, validity, names and usages are not looked at (SHIP 12.1.1); trust is SHIP's business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    key: PeerKey,
    point: [u8; POINT],
    common_name: Option<String>,
}

/// Why a certificate is not one of a SHIP node.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateError {
    /// Not an X.509 certificate in DER; carries the part that could not be read.
    Malformed(&'static str),
    /// The public key is not an elliptic curve key, for instance RSA (SHIP 9.1, 12.1.1).
    NotEllipticCurve,
    /// An elliptic curve other than secp256r1 (SHIP 9.3).
    NotP256,
    /// The point is not in the uncompressed form, 65 octets that begin with `04`.
    PointForm,
    /// The SKI extension does not hold 20 octets; carries the octets found.
    SkiLength(usize),
    /// The SKI extension is not the SHA-1 of the public key (SHIP 12.2).
    SkiMismatch {
        /// What the extension says.
        stored: Ski,
        /// What the public key yields.
        computed: Ski,
    },
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(part) => write!(f, "the certificate can't be read: {part} is malformed"),
            Self::NotEllipticCurve => {
                f.write_str("the certificate's key is not an elliptic curve key; SHIP requires secp256r1")
            }
            Self::NotP256 => {
                f.write_str("the certificate's key is on another curve; SHIP requires secp256r1")
            }
            Self::PointForm => f.write_str("the certificate's key is not an uncompressed secp256r1 point"),
            Self::SkiLength(n) => write!(f, "the certificate's SKI extension has {n} octets instead of 20"),
            Self::SkiMismatch { stored, computed } => {
                write!(f, "the certificate's SKI extension says {stored}, but its key yields {computed}")
            }
        }
    }
}

impl std::error::Error for CertificateError {}

impl Certificate {
    /// Reads a DER certificate.
    ///
    /// # Errors
    /// [`CertificateError`] where it isn't one a SHIP node may present.
    pub fn parse(der: &[u8]) -> Result<Self, CertificateError> {
        let (certificate, stored) = Self::read(der)?;
        let computed = certificate.key.ski;
        match stored.into_iter().find(|ski| *ski != computed) {
            Some(stored) => Err(CertificateError::SkiMismatch { stored, computed }),
            None => Ok(certificate),
        }
    }

    /// The certificate, and what its SKI extensions say; there need not be one.
    pub(crate) fn read(der: &[u8]) -> Result<(Self, Vec<Ski>), CertificateError> {
        let parts = Parts::read(der)?;
        let point = point(parts.public_key)?;
        let key = PeerKey { ski: computed_ski(&point), fingerprint: fingerprint(der) };
        let stored = stored_skis(parts.rest)?;
        Ok((Self { key, point, common_name: common_name(parts.subject) }, stored))
    }

    /// The same under the SKI its extension says, which is not that of its key.
    pub(crate) fn with_stored_ski(mut self, stored: Ski) -> Self {
        self.key.ski = stored;
        self
    }

    /// SKI and fingerprint. A peer's SKI is computed from the key, never read.
    pub const fn key(&self) -> PeerKey {
        self.key
    }

    /// The subject's common name for people: at most 64 characters, control characters replaced. Proves nothing.
    pub fn common_name(&self) -> Option<&str> {
        self.common_name.as_deref()
    }

    /// The public key.
    pub(crate) const fn point(&self) -> [u8; POINT] {
        self.point
    }

    /// The public key as canonical SubjectPublicKeyInfo.
    pub(crate) fn public_key_info(&self) -> Vec<u8> {
        [P256_PREFIX.as_slice(), &self.point].concat()
    }
}

/// The parts of a certificate that are looked at, unread.
pub(crate) struct Parts<'a> {
    validity: Der<'a>,
    subject: Der<'a>,
    public_key: Der<'a>,
    /// What follows the public key in the signed part.
    rest: Der<'a>,
}

impl<'a> Parts<'a> {
    pub(crate) fn read(der: &'a [u8]) -> Result<Self, CertificateError> {
        use CertificateError::Malformed;

        let mut certificate = Der(der).value(SEQUENCE).ok_or(Malformed("the outer sequence"))?;
        let mut tbs = certificate.value(SEQUENCE).ok_or(Malformed("the signed part"))?;
        tbs.value(VERSION);
        tbs.value(INTEGER).ok_or(Malformed("the serial number"))?;
        tbs.value(SEQUENCE).ok_or(Malformed("the signature algorithm"))?;
        tbs.value(SEQUENCE).ok_or(Malformed("the issuer"))?;
        let validity = tbs.value(SEQUENCE).ok_or(Malformed("the validity"))?;
        let subject = tbs.value(SEQUENCE).ok_or(Malformed("the subject"))?;
        let public_key = tbs.value(SEQUENCE).ok_or(Malformed("the public key"))?;
        Ok(Self { validity, subject, public_key, rest: tbs })
    }

    pub(crate) fn is_rsa(&self) -> bool {
        let mut public_key = self.public_key;
        let algorithm = public_key.value(SEQUENCE).and_then(|mut name| name.value(OBJECT_IDENTIFIER));
        algorithm.is_some_and(|name| name.0 == OID_RSA)
    }

    pub(crate) fn common_name(&self) -> Option<String> {
        common_name(self.subject)
    }

    /// First and last moment of validity, where they can be read (RFC 5280 4.1.2.5).
    pub(crate) fn validity(&self) -> Option<(WallTime, WallTime)> {
        let mut validity = self.validity;
        Some((moment(validity.next()?)?, moment(validity.next()?)?))
    }
}

/// A UTCTime or a GeneralizedTime.
fn moment((tag, text): (u8, &[u8])) -> Option<WallTime> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (year, rest) = match tag {
        UTC_TIME => {
            let (year, rest) = text.split_at_checked(2)?;
            (if year < "50" { format!("20{year}") } else { format!("19{year}") }, rest)
        }
        GENERALIZED_TIME => text.split_at_checked(4).map(|(year, rest)| (year.to_owned(), rest))?,
        _ => return None,
    };
    let mut rest = rest;
    let mut two = || {
        let (part, after) = rest.split_at_checked(2)?;
        rest = after;
        Some(part)
    };
    let (month, day, hour, minute, second) = (two()?, two()?, two()?, two()?, two()?);
    XsDateTime::from(format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z").as_str()).to_wall().ok()
}

/// SHA-1 over the public key bits (SHIP 12.2, RFC 5280 4.2.1.2 method 1).
pub(crate) fn computed_ski(point: &[u8]) -> Ski {
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, point);
    let mut ski = [0; 20];
    ski.iter_mut().zip(hash.as_ref()).for_each(|(to, from)| *to = *from);
    Ski::new(ski)
}

fn fingerprint(der: &[u8]) -> Fingerprint {
    let hash = digest::digest(&digest::SHA256, der);
    let mut fingerprint = [0; 32];
    fingerprint.iter_mut().zip(hash.as_ref()).for_each(|(to, from)| *to = *from);
    Fingerprint(fingerprint)
}

fn point(mut info: Der<'_>) -> Result<[u8; POINT], CertificateError> {
    let malformed = CertificateError::Malformed("the public key");
    let mut algorithm = info.value(SEQUENCE).ok_or(malformed.clone())?;
    if algorithm.value(OBJECT_IDENTIFIER).ok_or(malformed.clone())?.0 != OID_EC_PUBLIC_KEY {
        return Err(CertificateError::NotEllipticCurve);
    }
    // Curve parameters that are not a name are another curve to us.
    if algorithm.value(OBJECT_IDENTIFIER).is_none_or(|curve| curve.0 != OID_P256) {
        return Err(CertificateError::NotP256);
    }
    let Some((0, point)) = info.value(BIT_STRING).and_then(|bits| bits.0.split_first().map(|(n, p)| (*n, p)))
    else {
        return Err(malformed);
    };
    match point.first_chunk::<POINT>() {
        Some(exact) if point.len() == POINT && point.first() == Some(&0x04) => Ok(*exact),
        _ => Err(CertificateError::PointForm),
    }
}

/// What every SKI extension in the rest of the signed part says. There need not be one.
fn stored_skis(mut tbs: Der<'_>) -> Result<Vec<Ski>, CertificateError> {
    let malformed = || CertificateError::Malformed("the extensions");
    let mut extensions = None;
    while !tbs.0.is_empty() {
        // Unique identifiers of issuer and subject may stand before.
        if let (EXTENSIONS, list) = tbs.next().ok_or_else(malformed)? {
            extensions = Some(Der(list).value(SEQUENCE).ok_or_else(malformed)?);
        }
    }
    let mut extensions = extensions.unwrap_or(Der(&[]));
    let mut stored = Vec::new();
    while !extensions.0.is_empty() {
        let mut extension = extensions.value(SEQUENCE).ok_or_else(malformed)?;
        let name = extension.value(OBJECT_IDENTIFIER).ok_or_else(malformed)?;
        extension.value(BOOLEAN);
        let mut content = extension.value(OCTET_STRING).ok_or_else(malformed)?;
        if name.0 == OID_SUBJECT_KEY_IDENTIFIER {
            let ski = content.value(OCTET_STRING).ok_or_else(malformed)?.0;
            stored.push(Ski::new(ski.try_into().map_err(|_| CertificateError::SkiLength(ski.len()))?));
        }
    }
    Ok(stored)
}

pub(crate) fn common_name(mut subject: Der<'_>) -> Option<String> {
    while let Some(mut set) = subject.value(SET) {
        while let Some(mut attribute) = set.value(SEQUENCE) {
            if attribute.value(OBJECT_IDENTIFIER)?.0 == OID_COMMON_NAME {
                let text = String::from_utf8_lossy(attribute.next()?.1);
                let shown = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
                return Some(text.chars().map(shown).take(MAX_COMMON_NAME).collect());
            }
        }
    }
    None
}

/// What is left to read of a DER value.
#[derive(Clone, Copy)]
pub(crate) struct Der<'a>(pub(crate) &'a [u8]);

impl<'a> Der<'a> {
    /// The next tag and its value; `None`, and nothing consumed, where they are not whole.
    pub(crate) fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let [tag, first, rest @ ..] = self.0 else { return None };
        let (length, rest) = match first {
            0..=0x7f => (usize::from(*first), rest),
            // Four octets of length are plenty for anything TLS carries; 0x80 is BER's indefinite form.
            0x81..=0x84 => {
                let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (octets.iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet)), rest)
            }
            _ => return None,
        };
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((*tag, value))
    }

    /// The next value if it has this tag; else `None`, and nothing consumed.
    pub(crate) fn value(&mut self, tag: u8) -> Option<Self> {
        let mut ahead = *self;
        let (found, value) = ahead.next()?;
        (found == tag).then(|| {
            *self = ahead;
            Self(value)
        })
    }
}
