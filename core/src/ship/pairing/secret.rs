//! The secret of a QR code, and what it proves.

use crate::ship::identity::hex;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::str::FromStr;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// Fewest octets of a secret: those of the example of the Pairing Service.
pub const MIN_SECRET: usize = 16;
/// Most octets of a secret: what ship-go takes.
pub const MAX_SECRET: usize = 128;

/// Octets drawn anew for every request (PS 6.3).
pub type Nonce = [u8; 16];

/// The proof of a request.
pub type Digest = [u8; 32];

/// The pairing secret of a node, in its QR code as `SPSEC`.
///
/// `Debug` does not show it, the comparison does not tell where it differs, and dropping it wipes it.
#[derive(Clone)]
pub struct PairingSecret(Vec<u8>);

impl PairingSecret {
    /// From 16 to 128 octets of a good generator.
    pub fn new(octets: &[u8]) -> Option<Self> {
        (MIN_SECRET..=MAX_SECRET).contains(&octets.len()).then(|| Self(octets.to_vec()))
    }

    /// Upper-case hex digits: for the QR code, never for a log.
    pub fn reveal(&self) -> String {
        self.0.iter().fold(String::new(), |mut text, octet| {
            let _ = write!(text, "{octet:02X}");
            text
        })
    }

    /// Proves a message (PS 7.3).
    pub(super) fn digest(&self, nonce: &Nonce, message: &str) -> Digest {
        self.mac(nonce, message).map_or([0; 32], |mac| mac.finalize().into_bytes().into())
    }

    /// Whether a digest proves a message, in constant time.
    pub(super) fn proves(&self, nonce: &Nonce, message: &str, digest: &Digest) -> bool {
        self.mac(nonce, message).is_some_and(|mac| mac.verify_slice(digest).is_ok())
    }

    /// HMAC takes keys of every length, so this is never `None`.
    fn mac(&self, nonce: &Nonce, message: &str) -> Option<Hmac<Sha256>> {
        let mut key = [&self.0[..], nonce].concat();
        let mac = Hmac::<Sha256>::new_from_slice(&key).ok();
        key.zeroize();
        mac.map(|mac| mac.chain_update(message.as_bytes()))
    }
}

impl PartialEq for PairingSecret {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for PairingSecret {}

impl fmt::Debug for PairingSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PairingSecret(…)")
    }
}

impl Drop for PairingSecret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// A text that is no secret: not 32 to 256 hex digits. Does not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSecret;

impl fmt::Display for NoSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a pairing secret has {} to {} hex digits", MIN_SECRET * 2, MAX_SECRET * 2)
    }
}

impl core::error::Error for NoSecret {}

/// Accepts either case.
impl FromStr for PairingSecret {
    type Err = NoSecret;

    fn from_str(text: &str) -> Result<Self, NoSecret> {
        let mut octets = hex(text).ok_or(NoSecret)?;
        let secret = Self::new(&octets).ok_or(NoSecret);
        octets.zeroize();
        secret
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for PairingSecret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.reveal())
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for PairingSecret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut text: String = serde::Deserialize::deserialize(deserializer)?;
        let secret = text.parse().map_err(serde::de::Error::custom);
        text.zeroize();
        secret
    }
}
