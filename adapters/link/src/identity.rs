//! The identity of a node: its certificate and private key, made once and kept for ever (SHIP 12.1, 12.2).

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64;
use eebus_core::ship::identity::{Fingerprint, PeerKey, ShipId, Ski};
use eebus_core::time::WallTime;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, KeyIdMethod, KeyPair,
    KeyUsagePurpose, PublicKeyData, SerialNumber, date_time_ymd,
};
use ring::rand::{SecureRandom, SystemRandom};
use rustls::SignatureScheme;
use rustls::crypto::ring::sign::any_ecdsa_type;
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::{PemObject, SectionKind};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::certificate::computed_ski;
use crate::{Certificate, CertificateError};

/// How long a certificate is valid, in seconds: 50 years, as the key is kept for ever. Peers must not check it
/// (SHIP 12.1.1).
const VALIDITY: u64 = 50 * 365 * 86_400;
/// How long before its creation a certificate is valid, in seconds: one day, for peers whose clock is behind.
const CLOCK_SKEW: u64 = 86_400;
/// The last second X.509 can express, 9999-12-31T23:59:59Z.
const LAST_SECOND: u64 = 253_402_300_799;

/// Certificate and private key of a node. Cloning is cheap; `Debug` shows no secret.
#[derive(Clone)]
pub struct Identity {
    certificate: Certificate,
    certified: Arc<CertifiedKey>,
    key: Arc<PrivateKeyDer<'static>>,
}

/// Why there is no identity.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdentityError {
    /// The file can't be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        kind: ErrorKind,
    },
    /// The file can't be written.
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        kind: ErrorKind,
    },
    /// There is a file of this name already; it is left as it is.
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The text is not PEM.
    NotPem,
    /// The PEM holds no certificate.
    NoCertificate,
    /// The PEM holds no private key.
    NoKey,
    /// The certificate is not one of a SHIP node.
    Certificate(CertificateError),
    /// The SKI extension of the certificate is not the SHA-1 of its public key (SHIP 12.2).
    SkiMismatch {
        /// What the extension says.
        stored: Ski,
        /// What the public key yields.
        computed: Ski,
    },
    /// The private key is not a usable key on secp256r1.
    NotP256,
    /// The private key belongs to another certificate.
    KeyMismatch,
    /// The certificate could not be made, for instance without randomness.
    Creation(String),
}

impl fmt::Display for IdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, kind } => {
                write!(f, "can't read {} ({kind}); check the path and the file's permissions", path.display())
            }
            Self::Unwritable { path, kind } => {
                write!(f, "can't write {} ({kind}); check the directory's permissions and space", path.display())
            }
            Self::Exists { path } => write!(
                f,
                "{} exists and is not overwritten, as the key in it is an identity peers trust; load it or choose another name",
                path.display()
            ),
            Self::NotPem => f.write_str("this is not PEM; convert the certificate and the private key to PEM"),
            Self::NoCertificate => f.write_str("the PEM holds no certificate; add the CERTIFICATE section"),
            Self::NoKey => f.write_str("the PEM holds no private key; add an unencrypted PRIVATE KEY section"),
            Self::Certificate(error) => write!(f, "{error}; load another certificate or create a new identity"),
            Self::SkiMismatch { stored, computed } => write!(
                f,
                "the certificate's SKI extension says {stored}, but its key yields {computed}, which peers refuse; create a new identity and pair again"
            ),
            Self::NotP256 => f.write_str(
                "the private key can't be used; provide a secp256r1 key in PKCS#8 or SEC1 form that includes its public key",
            ),
            Self::KeyMismatch => f.write_str(
                "the private key does not belong to the certificate; provide the key the certificate was made with",
            ),
            Self::Creation(reason) => {
                write!(f, "the certificate could not be created ({reason}); check the system's random source")
            }
        }
    }
}

impl std::error::Error for IdentityError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Certificate(error) => Some(error),
            _ => None,
        }
    }
}

impl Identity {
    /// Makes a new key and a self-signed certificate with the SHIP ID as its common name (SHIP 12.1.1).
    ///
    /// `now` dates the certificate; a wrong clock does no harm.
    ///
    /// # Errors
    /// [`IdentityError::Creation`] without randomness.
    pub fn create(ship_id: &ShipId, now: WallTime) -> Result<Self, IdentityError> {
        let failed = |error: rcgen::Error| IdentityError::Creation(error.to_string());
        let key = KeyPair::generate().map_err(failed)?;
        let mut serial = [0; 16];
        SystemRandom::new()
            .fill(&mut serial)
            .map_err(|_| IdentityError::Creation("no randomness".to_owned()))?;
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
        let certificate = params.self_signed(&key).map_err(failed)?;
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        Self::new(certificate.der().clone(), key)
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
        let (mut certificate, mut key) = (None, None);
        let mut sections = 0usize;
        for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(text.as_bytes()) {
            let (kind, der) = section.map_err(|_| IdentityError::NotPem)?;
            sections = sections.saturating_add(1);
            match kind {
                SectionKind::Certificate => _ = certificate.get_or_insert(CertificateDer::from(der)),
                other => key = key.or_else(|| PrivateKeyDer::from_pem(other, der)),
            }
        }
        match (certificate, key) {
            (Some(certificate), Some(key)) => Self::new(certificate, key),
            (None, None) if sections == 0 => Err(IdentityError::NotPem),
            (None, _) => Err(IdentityError::NoCertificate),
            (_, None) => Err(IdentityError::NoKey),
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

    fn new(der: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> Result<Self, IdentityError> {
        let certificate = Certificate::parse(&der).map_err(|error| match error {
            CertificateError::SkiMismatch { stored, computed } => {
                IdentityError::SkiMismatch { stored, computed }
            }
            other => IdentityError::Certificate(other),
        })?;
        let signer = any_ecdsa_type(&key)
            .ok()
            .filter(|signer| signer.choose_scheme(&[SignatureScheme::ECDSA_NISTP256_SHA256]).is_some())
            .ok_or(IdentityError::NotP256)?;
        if signer.public_key().is_none_or(|info| info.as_ref() != certificate.public_key_info()) {
            return Err(IdentityError::KeyMismatch);
        }
        let certified = Arc::new(CertifiedKey::new(vec![der], signer));
        Ok(Self { certificate, certified, key: Arc::new(key) })
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

    /// The certificate and the **private key** as PEM, for stores other than a file.
    pub fn to_pem(&self) -> String {
        let label = match *self.key {
            PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
            _ => "PRIVATE KEY",
        };
        [section("CERTIFICATE", self.certificate_der()), section(label, self.key.secret_der())].concat()
    }

    /// The certificate as DER.
    pub fn certificate_der(&self) -> &[u8] {
        self.certified.cert.first().map_or(&[], AsRef::as_ref)
    }

    /// The SKI peers know this node by.
    pub const fn ski(&self) -> Ski {
        self.certificate.key().ski
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

fn section(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    let encoded = BASE64.encode(der);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at_checked(64).unwrap_or((rest, ""));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

/// Writes beside the file first, then gives it its name: linking fails where the name is taken. `suffix` keeps two
/// writers apart.
fn write_new(path: &Path, suffix: &str, text: &str) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{suffix}.new"));
    let beside = PathBuf::from(name);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);

    if path.symlink_metadata().is_ok() {
        return Err(ErrorKind::AlreadyExists.into());
    }
    let mut file = options.open(&beside)?;
    let named = file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).and_then(|()| {
        match fs::hard_link(&beside, path) {
            // A file system without links, for instance FAT.
            Err(error) if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::PermissionDenied) => {
                options.open(path)?;
                fs::rename(&beside, path).inspect_err(|_| _ = fs::remove_file(path))
            }
            other => other,
        }
    });
    let _ = fs::remove_file(&beside);
    named?;
    // The name is on disk once the directory is; some systems can't open one.
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Ok(directory) = File::open(parent) {
        let _ = directory.sync_all();
    }
    Ok(())
}
