//! Why there is no identity.

use std::fmt;
use std::io::ErrorKind;
use std::path::PathBuf;

use eebus_core::ship::identity::Ski;

use crate::CertificateError;

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
    /// Nothing says which SHIP ID goes with the certificate.
    NoShipId {
        /// The common name of the certificate: the SHIP ID in many programs, but not in all.
        common_name: String,
    },
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
                "the certificate's SKI extension says {stored}, but its key yields {computed}, which peers refuse; keep the stored SKI for peers that know it, or create a new identity and pair again"
            ),
            Self::NotP256 => f.write_str(
                "the private key can't be used; provide a secp256r1 key in PKCS#8 or SEC1 form that includes its public key",
            ),
            Self::KeyMismatch => f.write_str(
                "the private key does not belong to the certificate; provide the key the certificate was made with",
            ),
            Self::NoShipId { common_name } => write!(
                f,
                "nothing says which SHIP ID goes with the certificate of {common_name:?}; name the one its peers know, as its program announces or logs it"
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
