//! How far a peer is trusted and why (SHIP 12.3.2), and what is done with strangers (SHIP 12.3.1).

use crate::ship::pairing::PairingSecret;
use core::fmt;
use core::time::Duration;

/// Trust in a peer: where it comes from and how far it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Trusted {
    /// Who or what said so.
    pub source: TrustSource,
    /// How far it goes.
    pub level: TrustLevel,
}

/// Who or what said that a peer is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum TrustSource {
    /// The peer asked while [`TrustPolicy::Window`] was open; no user looked at its SKI.
    AutoAccept,
    /// A user saw the SKI of a peer that was there, and said yes.
    UserVerified,
    /// A user typed or scanned the SKI.
    UserInput,
    /// The peer proved to know this node's pairing secret (SHIP Pairing Service).
    PairingSecret,
    /// It was kept by a version that did not keep why.
    Restored,
}

impl TrustSource {
    /// The trust that comes from it (SHIP 12.3.2, Table 10).
    pub const fn trust(self) -> Trusted {
        let user = match self {
            Self::AutoAccept => 8,
            Self::UserVerified | Self::PairingSecret | Self::Restored => 32,
            Self::UserInput => 64,
        };
        Trusted { source: self, level: TrustLevel { user, pki: 0, second_factor: 0 } }
    }
}

impl fmt::Display for TrustSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AutoAccept => "accepted unseen in a pairing window",
            Self::UserVerified => "verified by the user",
            Self::UserInput => "SKI entered by the user",
            Self::PairingSecret => "knows the pairing secret",
            Self::Restored => "kept by an earlier version",
        })
    }
}

/// Trust in three categories that are never added up (SHIP 12.3.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TrustLevel {
    /// User trust: 8 to be talked to, 32 to be sent a PIN or to commission.
    pub user: u8,
    /// PKI trust; never enough by itself.
    pub pki: u16,
    /// Second factor trust.
    pub second_factor: u8,
}

/// What is done with strangers that ask for trust. What discovery announces as `register` is another matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum TrustPolicy {
    /// They wait until the user decides.
    #[default]
    Manual,
    /// Whoever connects within this time is trusted unseen, then as [`TrustPolicy::Manual`] (SHIP 12.3.1.1). Whoever
    /// was refused stays refused.
    Window(Duration),
    /// The secret of this node's QR code, for the SHIP Pairing Service; strangers wait as with [`TrustPolicy::Manual`].
    QrSecret(PairingSecret),
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn a_policy_does_not_show_its_secret() {
        let secret = PairingSecret::new(&[0xab; 16]).unwrap();
        assert_eq!(format!("{:?}", TrustPolicy::QrSecret(secret)), "QrSecret(PairingSecret(…))");
    }

    #[test]
    fn ship_12_3_2_table_10() {
        for (source, user) in
            [(TrustSource::AutoAccept, 8), (TrustSource::UserVerified, 32), (TrustSource::UserInput, 64)]
        {
            assert_eq!(source.trust().level, TrustLevel { user, pki: 0, second_factor: 0 });
        }
    }
}
