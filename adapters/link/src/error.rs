//! Why a link failed, whose fault it is and in which layer.

use std::fmt;

use eebus_core::node::Cause;
use eebus_core::ship::identity::Ski;

use crate::{CertificateError, UpgradeError};

/// Why a link failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkError {
    /// The peer's first octets are not TLS, for instance plain HTTP.
    NotTls,
    /// No TLS version, cipher suite or curve that both ends have (SHIP 9.1, 9.3).
    NothingInCommon {
        /// What is missing.
        reason: String,
    },
    /// The peer broke TLS.
    Tls {
        /// What it did.
        reason: String,
    },
    /// The peer ended TLS by a fatal alert (RFC 5246 7.2), for instance as it refuses our certificate.
    Alert {
        /// The alert's number.
        code: u8,
        /// The alert's name.
        name: String,
    },
    /// The peer presented no certificate (SHIP 9, 12.1.1).
    NoCertificate,
    /// The peer's certificate is not one of a SHIP node.
    Certificate(CertificateError),
    /// The peer does not hold the private key of the certificate it presented.
    NotTheKeyHolder,
    /// Another node than the wanted one answered.
    UnexpectedSki {
        /// The node that was dialled.
        expected: Ski,
        /// The node that answered.
        found: Ski,
    },
    /// The HTTP upgrade to a WebSocket failed (SHIP 10.1).
    Upgrade(UpgradeError),
    /// A message larger than the limit in force.
    TooLarge {
        /// Octets accepted.
        limit: usize,
        /// Octets announced or received so far.
        size: usize,
    },
    /// A text message where SHIP allows binary ones only (SHIP 10.3).
    TextFrame,
    /// The peer broke the WebSocket protocol (RFC 6455).
    WebSocket {
        /// What it did.
        reason: String,
    },
    /// A fault of this end, for instance no randomness.
    Internal {
        /// What failed.
        reason: String,
    },
}

/// Who has to mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Blame {
    /// The peer broke a rule.
    Peer,
    /// The ends do not fit or disagree; either may be right.
    Either,
    /// This end.
    Us,
}

/// The layer of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// TLS and the certificates (SHIP 9, 12.1).
    Tls,
    /// The HTTP upgrade (SHIP 10.1).
    Upgrade,
    /// WebSocket messages (SHIP 10).
    WebSocket,
}

impl LinkError {
    /// Who has to mend it.
    pub const fn blame(&self) -> Blame {
        match self {
            Self::NothingInCommon { .. } | Self::Alert { .. } | Self::UnexpectedSki { .. } => Blame::Either,
            Self::Upgrade(error) => error.blame(),
            Self::Internal { .. } => Blame::Us,
            _ => Blame::Peer,
        }
    }

    /// What the node is told it failed of.
    pub const fn cause(&self) -> Cause {
        match self {
            Self::NotTls => Cause::NotTls,
            Self::NothingInCommon { .. } => Cause::NothingInCommon,
            Self::Alert { code, .. } => Cause::Alert(*code),
            Self::NoCertificate | Self::Certificate(_) => Cause::Certificate,
            Self::UnexpectedSki { found, .. } => Cause::WrongSki(*found),
            _ => Cause::Other,
        }
    }

    /// The layer that failed.
    pub const fn layer(&self) -> Layer {
        match self {
            Self::Upgrade(_) => Layer::Upgrade,
            Self::TooLarge { .. } | Self::TextFrame | Self::WebSocket { .. } => Layer::WebSocket,
            _ => Layer::Tls,
        }
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotTls => f.write_str("the peer does not speak TLS on this port"),
            Self::NothingInCommon { reason } => write!(f, "no common TLS parameters: {reason}"),
            Self::Tls { reason } => write!(f, "the peer broke TLS: {reason}"),
            Self::Alert { code, name } => write!(f, "the peer ended TLS with alert {code} ({name})"),
            Self::NoCertificate => f.write_str("the peer presented no certificate"),
            Self::Certificate(error) => write!(f, "the peer's certificate was refused: {error}"),
            Self::NotTheKeyHolder => f.write_str("the peer does not hold the private key of its certificate"),
            Self::UnexpectedSki { expected, found } => {
                write!(f, "another node answered: expected SKI {expected}, found {found}")
            }
            Self::Upgrade(error) => write!(f, "no WebSocket: {error}"),
            Self::TooLarge { limit, size } => {
                write!(f, "the peer sent a message of {size} octets or more; {limit} are accepted now")
            }
            Self::TextFrame => f.write_str("the peer sent a text message; SHIP allows binary ones only"),
            Self::WebSocket { reason } => write!(f, "the peer broke the WebSocket protocol: {reason}"),
            Self::Internal { reason } => write!(f, "a fault of this end: {reason}"),
        }
    }
}

impl std::error::Error for LinkError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Certificate(error) => Some(error),
            Self::Upgrade(error) => Some(error),
            _ => None,
        }
    }
}
