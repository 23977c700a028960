//! Who a node is: SKI, certificate fingerprint and SHIP ID (SHIP 12.1, 12.2).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

/// Subject Key Identifier: SHA-1 over the public key bits of a node's certificate (SHIP 12.2).
///
/// The order is that of the 160-bit number; it decides double connections (SHIP 12.2.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ski([u8; 20]);

impl Ski {
    /// From the 20 octets.
    pub const fn new(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// The 20 octets.
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// Upper case in groups of four, as people compare it (SRIP-310/9): `A805 56A2 …`.
    pub const fn grouped(self) -> Grouped {
        Grouped(self)
    }
}

/// 40 lower-case hex digits, the form most peers announce and compare.
impl fmt::Display for Ski {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Ski {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ski({self})")
    }
}

/// A text that is not an SKI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SkiError {
    /// Not 40 hex digits once separators are removed; carries the number of digits found.
    Length(usize),
    /// A character that is neither a hex digit nor one of blank, `-`, `:`, `_`.
    Character(char),
}

impl fmt::Display for SkiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(n) => write!(f, "an SKI has 40 hex digits, this text has {n}"),
            Self::Character(c) => write!(f, "{c:?} is not a hex digit"),
        }
    }
}

impl core::error::Error for SkiError {}

/// Accepts either case and the separators people type: blank, `-`, `:`, `_`.
impl FromStr for Ski {
    type Err = SkiError;

    fn from_str(text: &str) -> Result<Self, SkiError> {
        let mut bytes = [0u8; 20];
        let mut digits = 0usize;
        for c in text.chars().filter(|c| !matches!(c, ' ' | '-' | ':' | '_')) {
            let value = c.to_digit(16).ok_or(SkiError::Character(c))?;
            if let Some(byte) = bytes.get_mut(digits / 2) {
                *byte = *byte << 4 | u8::try_from(value).unwrap_or(0);
            }
            digits = digits.saturating_add(1);
        }
        if digits == 40 { Ok(Self(bytes)) } else { Err(SkiError::Length(digits)) }
    }
}

#[cfg(feature = "serde")]
crate::as_text::as_text!(Ski: |text| text.parse().ok());

/// An SKI for people: `A805 56A2 43F5 …`.
#[derive(Clone, Copy, Debug)]
pub struct Grouped(Ski);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.0.0.iter().enumerate() {
            if i > 0 && i % 2 == 0 {
                f.write_str(" ")?;
            }
            write!(f, "{byte:02X}")?;
        }
        Ok(())
    }
}

/// SHA-256 over a node's DER certificate (SHIP Pairing Service).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

#[cfg(feature = "serde")]
crate::as_text::as_text!(Fingerprint: |text| hex(text)?.try_into().ok().map(Fingerprint));

/// What TLS proved about the other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PeerKey {
    /// Computed from the public key the peer proved to hold.
    pub ski: Ski,
    /// Of the certificate it presented.
    pub fingerprint: Fingerprint,
}

/// SHIP ID: the name a node announces as TXT `id` and answers as `accessMethods.id` (at most 63 octets).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShipId(String);

/// The longest SHIP ID that is announced (SHIP 7.3.2).
pub const MAX_SHIP_ID: usize = 63;

impl ShipId {
    /// Keeps what a peer sent, cut to [`MAX_SHIP_ID`] octets at a character boundary.
    pub fn new(text: &str) -> Self {
        Self(cut(text, MAX_SHIP_ID).into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ShipId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(feature = "serde")]
crate::as_text::as_text!(ShipId: |text| Some(ShipId::new(text)));

/// The octets of pairs of hex digits.
pub(crate) fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |c: char| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let digits: Vec<u8> = text.chars().map(digit).collect::<Option<_>>()?;
    let pairs = digits.chunks(2);
    pairs.map(|pair| if let [high, low] = pair { Some(high << 4 | low) } else { None }).collect()
}

/// The longest beginning of `text` that has at most `max` octets.
pub(super) fn cut(text: &str, max: usize) -> &str {
    let ends = text.char_indices().map(|(at, c)| at.saturating_add(c.len_utf8()));
    text.get(..ends.take_while(|&end| end <= max).last().unwrap_or(0)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn ski_is_read_as_people_type_it_and_shown_in_groups() {
        let ski: Ski = "A805-56A2 43F5:7CA1_7B0D577A59B711B79EB4856C".parse().unwrap();
        assert_eq!(ski.to_string(), "a80556a243f57ca17b0d577a59b711b79eb4856c");
        assert_eq!(ski.grouped().to_string(), "A805 56A2 43F5 7CA1 7B0D 577A 59B7 11B7 9EB4 856C");
        assert_eq!("a805".parse::<Ski>(), Err(SkiError::Length(4)));
        assert_eq!("g805".parse::<Ski>(), Err(SkiError::Character('g')));
    }

    #[test]
    fn ski_order_is_that_of_the_number() {
        let (small, big) = (Ski::new([0x0f; 20]), Ski::new([0xf0; 20]));
        assert!(small < big);
    }

    #[test]
    fn ship_id_is_cut_at_a_character() {
        let long = "ä".repeat(40);
        assert_eq!(ShipId::new(&long).as_str().len(), 62);
    }
}
