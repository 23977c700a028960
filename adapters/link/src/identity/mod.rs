//! The identity of a node: its certificate and private key, made once and kept for ever (SHIP 12.1, 12.2).

mod check;
mod error;
mod file;
mod text;

pub use check::{Check, SkiRule, Verdict};
pub use error::IdentityError;

use std::fmt;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use eebus_core::ship::identity::{Fingerprint, PeerKey, ShipId, Ski};
use eebus_core::time::WallTime;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, KeyIdMethod, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData, SerialNumber, SignatureAlgorithm, date_time_ymd,
};
use ring::rand::{SecureRandom, SystemRandom};
use rustls::SignatureScheme;
use rustls::crypto::ring::sign::any_ecdsa_type;
use rustls::sign::{CertifiedKey, SigningKey};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::certificate::{POINT, computed_ski};
use crate::{Certificate, CertificateError};
use file::write_new;
use text::Parts;

/// How long a certificate is valid, in seconds: 50 years, as the key is kept for ever. Peers must not check it
/// (SHIP 12.1.1).
const VALIDITY: u64 = 50 * 365 * 86_400;
/// How long before its creation a certificate is valid, in seconds: one day, for peers whose clock is behind.
const CLOCK_SKEW: u64 = 86_400;
/// The last second X.509 can express, 9999-12-31T23:59:59Z.
const LAST_SECOND: u64 = 253_402_300_799;

/// Certificate, private key and SHIP ID of a node: what peers know it by. Cloning is cheap; `Debug` shows no secret.
///
/// Four things are kept apart: [`load`](Self::load) takes what is there and never makes anything, [`Check::of`] judges
/// any text, [`create`](Self::create) makes a new identity, and [`rotate`](Self::rotate) replaces the key of one.
#[derive(Clone)]
pub struct Identity {
    certificate: Certificate,
    certified: Arc<CertifiedKey>,
    key: Arc<PrivateKeyDer<'static>>,
    /// Where it is not the common name of the certificate.
    ship_id: Option<ShipId>,
    keeps_stored_ski: bool,
}

impl Identity {
    /// Makes a new key and a self-signed certificate with the SHIP ID as its common name (SHIP 12.1.1).
    ///
    /// `now` dates the certificate; a wrong clock does no harm.
    ///
    /// # Errors
    /// [`IdentityError::Creation`] without randomness.
    pub fn create(ship_id: &ShipId, now: WallTime) -> Result<Self, IdentityError> {
        let key = KeyPair::generate().map_err(creation)?;
        let der = certify(&key, ship_id, now)?;
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        Ok(Self::new(der, key, SkiRule::Computed)?.named(Some(ship_id.clone())))
    }

    /// A new key for the same SHIP ID. The SKI is another one: every peer has to trust it anew.
    ///
    /// # Errors
    /// [`IdentityError::Creation`] without randomness.
    pub fn rotate(&self, now: WallTime) -> Result<Self, IdentityError> {
        Self::create(&self.ship_id(), now)
    }

    /// A new certificate for the same key and SHIP ID, with the SKI of the key. Where this one
    /// [kept another](Self::keeps_stored_ski), every peer has to trust it anew.
    ///
    /// # Errors
    /// [`IdentityError::Creation`] without randomness.
    pub fn renew(&self, now: WallTime) -> Result<Self, IdentityError> {
        let ship_id = self.ship_id();
        let signer = Arc::clone(&self.certified.key);
        let der = certify(&Kept { signer, point: self.certificate.point() }, &ship_id, now)?;
        Ok(Self::new(der, self.key.clone_key(), SkiRule::Computed)?.named(Some(ship_id)))
    }

    /// Reads a PEM file with the certificate and its private key.
    ///
    /// # Errors
    /// [`IdentityError`] of reading the file or of what is in it.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, IdentityError> {
        let path = path.as_ref();
        let text = fs::read(path)
            .map_err(|error| IdentityError::Unreadable { path: path.to_owned(), kind: error.kind() })?;
        Self::from_pem(&String::from_utf8_lossy(&text))
    }

    /// Reads a certificate and its private key (PKCS#8 or SEC1) in any order; further certificates are ignored.
    /// Where they are in two files, join the texts.
    ///
    /// # Errors
    /// [`IdentityError`] of what is missing or does not fit.
    pub fn from_pem(text: &str) -> Result<Self, IdentityError> {
        let mut parts = Parts::read(text)?;
        let rule = if parts.keeps_stored_ski { SkiRule::Stored } else { SkiRule::Computed };
        let (certificate, key) = parts.pair()?;
        Ok(Self::new(certificate, key, rule)?.named(parts.ship_id))
    }

    /// As [`from_pem`](Self::from_pem), for an identity whose certificate states an SKI its key does not yield: the
    /// node goes on under it, for peers that read it there and do not compute it, as ship-go did. Others refuse it.
    ///
    /// # Errors
    /// [`IdentityError`] of what is missing or does not fit.
    pub fn from_pem_with_stored_ski(text: &str) -> Result<Self, IdentityError> {
        let mut parts = Parts::read(text)?;
        let (certificate, key) = parts.pair()?;
        Ok(Self::new(certificate, key, SkiRule::Stored)?.named(parts.ship_id))
    }

    /// Takes an identity over from another program: its certificate and key as PEM in any order, also within the YAML
    /// of evcc, joined into one text, as [`from_pem`](Self::from_pem) or, by `rule`, with the stored SKI.
    ///
    /// A peer that knows the SKI closes with 4450 once the SHIP ID differs, so that is never guessed: it is `ship_id`,
    /// or stands in the text as `SHIP-ID:` or as evcc's `shipid:`.
    ///
    /// # Errors
    /// [`IdentityError::NoShipId`], or what is missing or does not fit.
    pub fn import(text: &str, ship_id: Option<ShipId>, rule: SkiRule) -> Result<Self, IdentityError> {
        let plain = text::unwrapped(text);
        let identity = match rule {
            SkiRule::Computed => Self::from_pem(&plain)?,
            SkiRule::Stored => Self::from_pem_with_stored_ski(&plain)?,
        };
        let known =
            ship_id.or_else(|| Parts::read(&plain).ok()?.ship_id).or_else(|| text::evcc_ship_id(text));
        match known {
            Some(ship_id) => Ok(identity.named(Some(ship_id))),
            None => {
                let common_name = identity.certificate.common_name().unwrap_or_default().to_owned();
                Err(IdentityError::NoShipId { common_name })
            }
        }
    }

    /// Loads the identity in a file or, only where there is no such file, creates and saves one.
    ///
    /// # Errors
    /// [`IdentityError`] of loading or saving. A file that can't be read is never replaced.
    pub fn load_or_create(
        path: impl AsRef<Path>,
        ship_id: &ShipId,
        now: WallTime,
    ) -> Result<Self, IdentityError> {
        let path = path.as_ref();
        match Self::load(path) {
            Err(IdentityError::Unreadable { kind: ErrorKind::NotFound, .. }) => {
                let identity = Self::create(ship_id, now)?;
                identity.save(path)?;
                Ok(identity)
            }
            loaded => loaded,
        }
    }

    fn new(
        der: CertificateDer<'static>,
        key: PrivateKeyDer<'static>,
        rule: SkiRule,
    ) -> Result<Self, IdentityError> {
        let certificate = match rule {
            SkiRule::Computed => Certificate::parse(&der),
            SkiRule::Stored => Certificate::read(&der).map(|(certificate, stored)| match stored.first() {
                Some(stored) => certificate.with_stored_ski(*stored),
                None => certificate,
            }),
        };
        let certificate = certificate.map_err(|error| match error {
            CertificateError::SkiMismatch { stored, computed } => {
                IdentityError::SkiMismatch { stored, computed }
            }
            other => IdentityError::Certificate(other),
        })?;
        let signer = signer_of(&certificate, &key)?;
        let certified = Arc::new(CertifiedKey::new(vec![der], signer));
        let keeps_stored_ski = certificate.key().ski != computed_ski(&certificate.point());
        Ok(Self { certificate, certified, key: Arc::new(key), ship_id: None, keeps_stored_ski })
    }

    /// The identity with this SHIP ID, where it is not what the certificate says.
    fn named(mut self, ship_id: Option<ShipId>) -> Self {
        self.ship_id = ship_id.filter(|id| self.certificate.common_name() != Some(id.as_str()));
        self
    }

    /// Writes the certificate and the private key to a new file only its owner can read (mode 0600). The file appears
    /// whole or not at all.
    ///
    /// # Errors
    /// [`IdentityError::Exists`] where there is such a file, [`IdentityError::Unwritable`] where writing fails.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), IdentityError> {
        let path = path.as_ref();
        write_new(path, &self.certificate.key().ski.to_string(), &self.to_pem()).map_err(|error| match error
            .kind()
        {
            ErrorKind::AlreadyExists => IdentityError::Exists { path: path.to_owned() },
            kind => IdentityError::Unwritable { path: path.to_owned(), kind },
        })
    }

    /// The certificate and the **private key** as PEM, for stores other than a file. Where the certificate does not
    /// say everything, lines before it do.
    pub fn to_pem(&self) -> String {
        [text::names(self.ship_id.as_ref(), self.keeps_stored_ski), self.certificate_pem(), self.key_pem()]
            .concat()
    }

    /// The certificate alone as PEM, for programs that want it in a file of its own.
    pub fn certificate_pem(&self) -> String {
        text::section("CERTIFICATE", self.certificate_der())
    }

    /// The **private key** alone as PEM, for programs that want it in a file of its own.
    pub fn key_pem(&self) -> String {
        let label = match *self.key {
            PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
            _ => "PRIVATE KEY",
        };
        text::section(label, self.key.secret_der())
    }

    /// The certificate as DER.
    pub fn certificate_der(&self) -> &[u8] {
        self.certified.cert.first().map_or(&[], AsRef::as_ref)
    }

    /// The SKI peers know this node by.
    pub const fn ski(&self) -> Ski {
        self.certificate.key().ski
    }

    /// The SHIP ID that goes with it: what the text named, else the common name of the certificate.
    pub fn ship_id(&self) -> ShipId {
        let common_name = || ShipId::new(self.certificate.common_name().unwrap_or_default());
        self.ship_id.clone().unwrap_or_else(common_name)
    }

    /// Whether the SKI is the one the certificate states, whatever its key yields.
    pub const fn keeps_stored_ski(&self) -> bool {
        self.keeps_stored_ski
    }

    /// The SHA-256 of the certificate.
    pub const fn fingerprint(&self) -> Fingerprint {
        self.certificate.key().fingerprint
    }

    pub(crate) fn certified_key(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.certified)
    }
}

/// What the identity is to a `Config`.
impl From<&Identity> for PeerKey {
    fn from(identity: &Identity) -> Self {
        identity.certificate.key()
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("certificate", &self.certificate)
            .field("key", &"[redacted]")
            .finish()
    }
}

/// Octets from the system's random source, to seed a node with.
///
/// # Errors
///
/// There is no randomness.
pub fn entropy() -> io::Result<[u8; 32]> {
    let mut octets = [0; 32];
    let filled = SystemRandom::new().fill(&mut octets);
    filled.map(|()| octets).map_err(|_| io::Error::other("the system has no randomness"))
}

/// The private key at work, if it is the certificate's.
fn signer_of(
    certificate: &Certificate,
    key: &PrivateKeyDer<'static>,
) -> Result<Arc<dyn SigningKey>, IdentityError> {
    let signer = any_ecdsa_type(key)
        .ok()
        .filter(|signer| signer.choose_scheme(&[SignatureScheme::ECDSA_NISTP256_SHA256]).is_some())
        .ok_or(IdentityError::NotP256)?;
    match signer.public_key() {
        Some(info) if info.as_ref() == certificate.public_key_info() => Ok(signer),
        _ => Err(IdentityError::KeyMismatch),
    }
}

/// A self-signed certificate as the installed base makes them.
fn certify(
    key: &impl rcgen::SigningKey,
    ship_id: &ShipId,
    now: WallTime,
) -> Result<CertificateDer<'static>, IdentityError> {
    let mut serial = [0; 16];
    SystemRandom::new().fill(&mut serial).map_err(|_| IdentityError::Creation("no randomness".to_owned()))?;
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, ship_id.as_str());
    let date = |second: u64| {
        let since_1970 = Duration::from_secs(second.min(LAST_SECOND));
        date_time_ymd(1970, 1, 1).saturating_add(since_1970.try_into().unwrap_or_default())
    };
    let today = u64::try_from(now.as_unix_micros() / 1_000_000).unwrap_or(0);

    let mut params = CertificateParams::default();
    params.distinguished_name = name;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params.not_before = date(today.saturating_sub(CLOCK_SKEW));
    params.not_after = date(today.saturating_add(VALIDITY));
    // SKI extension and usages as the installed base makes them.
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.key_identifier_method =
        KeyIdMethod::PreSpecified(computed_ski(key.der_bytes()).as_bytes().to_vec());
    Ok(params.self_signed(key).map_err(creation)?.der().clone())
}

/// A key that signs a new certificate.
struct Kept {
    signer: Arc<dyn SigningKey>,
    point: [u8; POINT],
}

impl PublicKeyData for Kept {
    fn der_bytes(&self) -> &[u8] {
        &self.point
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

impl rcgen::SigningKey for Kept {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let signer = self.signer.choose_scheme(&[SignatureScheme::ECDSA_NISTP256_SHA256]);
        signer.and_then(|signer| signer.sign(message).ok()).ok_or(rcgen::Error::RemoteKeyError)
    }
}

fn creation(error: rcgen::Error) -> IdentityError {
    IdentityError::Creation(error.to_string())
}
