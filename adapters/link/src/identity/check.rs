//! What is to be said of a certificate and its key, whether they can be used or not.

use std::fmt;

use eebus_core::ship::identity::{Fingerprint, ShipId, Ski};
use eebus_core::time::WallTime;
use ring::digest;

use super::signer_of;
use super::text::Parts;
use crate::certificate::{self, Certificate};
use crate::{CertificateError, IdentityError};

/// Which SKI an identity goes by where its certificate states another one than its key yields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SkiRule {
    /// That of the key, as SHIP 12.2 has it; a certificate that states another one is refused.
    #[default]
    Computed,
    /// The stated one.
    Stored,
}

/// An identity, judged. What can't be read is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Check {
    /// The SHIP ID the text names.
    pub ship_id: Option<ShipId>,
    /// The common name of the certificate.
    pub common_name: Option<String>,
    /// The SKI the key yields.
    pub computed_ski: Option<Ski>,
    /// The SKI the certificate states.
    pub stored_ski: Option<Ski>,
    /// Whether the text asks for the stored SKI.
    pub keeps_stored_ski: bool,
    /// The SHA-256 of the certificate.
    pub fingerprint: Option<Fingerprint>,
    /// First and last moment of validity.
    pub validity: Option<(WallTime, WallTime)>,
    /// Everything there is to complain about; empty where all is well.
    pub verdicts: Vec<Verdict>,
}

/// Something to complain about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// The stated SKI was made of the key by another rule than SHIP 12.2: old software did so.
    WrongSki {
        /// What the certificate states.
        stored: Ski,
        /// What the key yields.
        computed: Ski,
        /// How the stated one was made.
        rule: &'static str,
    },
    /// The stated SKI has nothing to do with the key.
    RandomSki {
        /// What the certificate states.
        stored: Ski,
        /// What the key yields.
        computed: Ski,
    },
    /// The certificate states no SKI.
    NoSki,
    /// The certificate ran out.
    Expired {
        /// When.
        since: WallTime,
    },
    /// The certificate is not valid yet, or the clock is wrong.
    NotYetValid {
        /// From when on it is.
        from: WallTime,
    },
    /// The key is an RSA key.
    Rsa,
    /// The certificate is not one of a SHIP node for another reason.
    Certificate(CertificateError),
    /// The private key belongs to another certificate.
    KeyMismatch,
    /// There is no private key, no certificate, or the key can't be used.
    Incomplete(IdentityError),
}

impl Verdict {
    /// Whether the identity works all the same, at least with some peers.
    pub const fn is_bearable(&self) -> bool {
        matches!(self, Self::NoSki | Self::Expired { .. } | Self::NotYetValid { .. })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const STORED: &str =
            "keep the stored SKI for peers that know it, while they trust a new identity beside it";
        match self {
            Self::WrongSki { stored, computed, rule } => write!(
                f,
                "wrong SKI: the certificate states {stored}, {rule}, but SHIP wants {computed}, and peers that check refuse it; {STORED}"
            ),
            Self::RandomSki { stored, computed } => write!(
                f,
                "random SKI: the certificate states {stored}, its key yields {computed}, and peers that check refuse it; {STORED}"
            ),
            Self::NoSki => f.write_str(
                "no SKI in the certificate: peers on ship-go refuse it; renew the certificate, the key keeps its SKI",
            ),
            Self::Expired { since } => write!(
                f,
                "expired {since}: peers must not mind (SHIP 12.1.1); renew the certificate where one does"
            ),
            Self::NotYetValid { from } => {
                write!(f, "not valid before {from}: peers must not mind (SHIP 12.1.1); check the clock")
            }
            Self::Rsa => f.write_str("an RSA key: SHIP wants secp256r1; create a new identity"),
            Self::Certificate(error) => write!(f, "{error}; create a new identity"),
            Self::KeyMismatch => write!(f, "{}", IdentityError::KeyMismatch),
            Self::Incomplete(error) => write!(f, "{error}"),
        }
    }
}

impl Check {
    /// Judges the PEM of an identity at a wall time; without one, validity is not looked at.
    ///
    /// # Errors
    /// [`IdentityError::NotPem`], [`IdentityError::NoCertificate`]: there is nothing to judge.
    pub fn of(text: &str, now: Option<WallTime>) -> Result<Self, IdentityError> {
        let mut parts = Parts::read(text)?;
        let der = parts.certificate.take().ok_or(IdentityError::NoCertificate)?;
        let mut check = Self {
            ship_id: parts.ship_id.take(),
            common_name: None,
            computed_ski: None,
            stored_ski: None,
            keeps_stored_ski: parts.keeps_stored_ski,
            fingerprint: None,
            validity: None,
            verdicts: Vec::new(),
        };
        let is_rsa = match certificate::Parts::read(&der) {
            Ok(read) => {
                check.common_name = read.common_name();
                check.validity = read.validity();
                read.is_rsa()
            }
            Err(_) => false,
        };
        match Certificate::read(&der) {
            Ok((certificate, stored)) => check.judge(&certificate, &stored, &parts),
            Err(_) if is_rsa => check.verdicts.push(Verdict::Rsa),
            Err(error) => check.verdicts.push(Verdict::Certificate(error)),
        }
        if let (Some(now), Some((from, until))) = (now, check.validity) {
            let expired = (until < now).then_some(Verdict::Expired { since: until });
            check.verdicts.extend(expired.or((now < from).then_some(Verdict::NotYetValid { from })));
        }
        Ok(check)
    }

    /// Whether a node can run with it as it is.
    pub fn is_usable(&self) -> bool {
        let is_kept = |verdict: &Verdict| {
            self.keeps_stored_ski && matches!(verdict, Verdict::WrongSki { .. } | Verdict::RandomSki { .. })
        };
        self.verdicts.iter().all(|verdict| verdict.is_bearable() || is_kept(verdict))
    }

    fn judge(&mut self, certificate: &Certificate, stored: &[Ski], parts: &Parts) {
        let computed = certificate.key().ski;
        self.computed_ski = Some(computed);
        self.fingerprint = Some(certificate.key().fingerprint);
        let wrong = stored.iter().copied().find(|stored| *stored != computed);
        self.stored_ski = wrong.or(stored.first().copied());
        match (wrong, stored) {
            (Some(stored), _) => self.verdicts.push(match rule_of(certificate, stored) {
                Some(rule) => Verdict::WrongSki { stored, computed, rule },
                None => Verdict::RandomSki { stored, computed },
            }),
            (None, []) => self.verdicts.push(Verdict::NoSki),
            (None, _) => {}
        }
        match parts.key.as_ref().ok_or(IdentityError::NoKey).and_then(|key| signer_of(certificate, key)) {
            Ok(_) => {}
            Err(IdentityError::KeyMismatch) => self.verdicts.push(Verdict::KeyMismatch),
            Err(error) => self.verdicts.push(Verdict::Incomplete(error)),
        }
    }
}

/// How software is known to make an SKI in another way (RFC 7093 for SHA-256).
fn rule_of(certificate: &Certificate, stored: Ski) -> Option<&'static str> {
    let (point, info) = (certificate.point(), certificate.public_key_info());
    let (sha1, sha256) = (&digest::SHA1_FOR_LEGACY_USE_ONLY, &digest::SHA256);
    let rules = [
        (sha1, info.as_slice(), "the SHA-1 of the whole public key information"),
        (sha256, point.as_slice(), "the SHA-256 of the public key, cut"),
        (sha256, info.as_slice(), "the SHA-256 of the whole public key information, cut"),
    ];
    let is_made_so = |(algorithm, octets, _): &(&'static digest::Algorithm, &[u8], _)| {
        digest::digest(algorithm, octets).as_ref().starts_with(stored.as_bytes())
    };
    rules.into_iter().find(is_made_so).map(|(_, _, rule)| rule)
}
