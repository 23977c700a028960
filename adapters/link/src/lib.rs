//! EEBUS connections in memory: TLS, HTTP upgrade and WebSocket as one pipe without sockets, and the identity
//! of a node (SHIP 9, 10, 12.1).
//!
//! - [`Identity`]: certificate and private key, made once and kept for ever.
//! - [`Driver`]: a whole node without sockets, a `Node` with its links. What a runtime pumps.
//! - [`Link`]: one connection. Bytes from the socket go in, [`LinkEvent`]s and bytes for the socket come out.
//! - [`Certificate`]: what a node reads in a certificate, tolerant of those the field really has.
//!
//! # Logs
//!
//! A [`Driver`] tells `tracing` everything that goes in and out of its node, as the docs of `eebus-pump` say; a
//! [`Link`] alone tells its stages under `eebus::link`.
#![forbid(unsafe_code)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects,
        reason = "a test that fails may panic"
    )
)]

mod certificate;
mod driver;
mod error;
mod facts;
mod identity;
mod key_log;
mod link;
mod tls;
mod upgrade;
mod websocket;

pub use certificate::{Certificate, CertificateError};
pub use driver::{CLOSE_TIME, Doing, Driver, Interest, MAX_CLOSING};
pub use error::{Blame, Layer, LinkError};
pub use facts::CertificateFacts;
pub use identity::{Check, Identity, IdentityError, SkiRule, Verdict, entropy};
pub use key_log::{KEY_LOG_VARIABLE, log_tls_keys};
pub use link::{DEFAULT_LIMIT, Link, LinkEvent};
pub use upgrade::UpgradeError;
