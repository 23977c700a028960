//! EEBUS connections in memory: TLS, HTTP upgrade and WebSocket as one pipe without sockets, and the identity
//! of a node (SHIP 9, 10, 12.1).
//!
//! - [`Identity`]: certificate and private key, made once and kept for ever.
//! - [`Link`]: one connection. Bytes from the socket go in, [`LinkEvent`]s and bytes for the socket come out.
//! - [`Certificate`]: what a node reads in a certificate, tolerant of those the field really has.
//!
//! # Logs
//!
//! Stages are logged with `tracing` under the target `eebus::link`: progress at `DEBUG`, failures and tolerated
//! faults at `WARN`, contents of messages never. The WebSocket library logs those through `log` at `TRACE` under
//! the target `tungstenite`: keep that off.
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
mod error;
mod identity;
mod link;
mod tls;
mod upgrade;
mod websocket;

pub use certificate::{Certificate, CertificateError};
pub use error::{Blame, Layer, LinkError};
pub use identity::{Identity, IdentityError};
pub use link::{DEFAULT_LIMIT, Link, LinkEvent};
pub use upgrade::UpgradeError;
