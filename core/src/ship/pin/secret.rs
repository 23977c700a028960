//! The PIN itself.

use core::fmt;
use core::str::FromStr;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// Fewest digits of a PIN (SHIP 12.5).
pub const MIN_PIN: usize = 8;
/// Most digits of a PIN (SHIP 12.5).
pub const MAX_PIN: usize = 16;

/// A PIN: 8 to 16 hex digits (SHIP 12.5).
///
/// `Debug` does not show it, the comparison takes the same time for all PINs, and dropping it wipes it.
#[derive(Clone)]
pub struct Pin {
    /// Upper case, NULs behind.
    digits: [u8; MAX_PIN],
    len: u8,
}

impl Pin {
    /// What a peer sent: a text that is no PIN equals none.
    pub(in super::super) fn received(text: &str) -> Self {
        text.parse().unwrap_or(Self { digits: [0; MAX_PIN], len: 0 })
    }

    /// The digits in upper case: for the peer and for the QR code, never for a log.
    pub fn reveal(&self) -> &str {
        let digits = self.digits.get(..self.len.into()).unwrap_or_default();
        core::str::from_utf8(digits).unwrap_or_default()
    }
}

impl PartialEq for Pin {
    fn eq(&self, other: &Self) -> bool {
        (self.digits.ct_eq(&other.digits) & self.len.ct_eq(&other.len)).into()
    }
}

impl Eq for Pin {}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(…)")
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        self.digits.zeroize();
        self.len.zeroize();
    }
}

/// A text that is no PIN. Does not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PinTextError {
    /// Fewer than 8 or more than 16 hex digits; carries how many.
    Length(usize),
    /// A character that is neither a hex digit nor a separator.
    Character,
}

impl fmt::Display for PinTextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(n) => write!(f, "a PIN has {MIN_PIN} to {MAX_PIN} hex digits, this text has {n}"),
            Self::Character => f.write_str("a PIN has hex digits only"),
        }
    }
}

impl core::error::Error for PinTextError {}

/// Accepts either case and the separators people type: blank and `-`.
impl FromStr for Pin {
    type Err = PinTextError;

    fn from_str(text: &str) -> Result<Self, PinTextError> {
        let (mut pin, mut count) = (Self { digits: [0; MAX_PIN], len: 0 }, 0usize);
        for c in text.chars().filter(|c| !matches!(c, ' ' | '-')) {
            let octet = u8::try_from(c).ok().filter(u8::is_ascii_hexdigit).ok_or(PinTextError::Character)?;
            if let Some(digit) = pin.digits.get_mut(count) {
                *digit = octet.to_ascii_uppercase();
            }
            count = count.saturating_add(1);
        }
        if !(MIN_PIN..=MAX_PIN).contains(&count) {
            return Err(PinTextError::Length(count));
        }
        pin.len = u8::try_from(count).unwrap_or(0);
        Ok(pin)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Pin {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.reveal())
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Pin {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut text: alloc::string::String = serde::Deserialize::deserialize(deserializer)?;
        let pin = text.parse().map_err(serde::de::Error::custom);
        text.zeroize();
        pin
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    fn pin(text: &str) -> Result<Pin, PinTextError> {
        text.parse()
    }

    #[test]
    fn ship_12_5_a_pin_has_8_to_16_hex_digits_in_either_case_and_any_grouping() {
        assert_eq!(pin("1234abcd").unwrap().reveal(), "1234ABCD");
        assert_eq!(pin("1234 ABCD-5678 90ef"), pin("1234abcd567890EF"));
        for (text, error) in [
            ("", PinTextError::Length(0)),
            ("1234567", PinTextError::Length(7)),
            ("12345678901234567", PinTextError::Length(17)),
            ("1234567g", PinTextError::Character),
            ("1234567ä", PinTextError::Character),
        ] {
            assert_eq!(pin(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_pin_differs_by_any_digit_and_by_its_length_and_does_not_show_itself() {
        let right = pin("1234ABCD").unwrap();
        assert_eq!(format!("{right:?}"), "Pin(…)");
        for other in ["0234ABCD", "1234ABCE", "1234ABCD0", "1234ABCD00000000"] {
            assert_ne!(pin(other).unwrap(), right);
        }
        for text in ["", "1234", "no pin at all", "1234ABCD1234ABCD1"] {
            assert_ne!(Pin::received(text), right);
        }
        assert_eq!(Pin::received("1234abcd"), right);
    }
}
