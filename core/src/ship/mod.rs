//! SHIP: identities, and one connection from its first octet to its close.
//!
//! [`Connection`] is the SHIP message exchange of one WebSocket connection as a state machine: frames, ticks and
//! decisions in, [`Item`]s out. There is one file a phase; what happens to a message a phase does not know stands
//! in one place (`state.rs`).

mod access;
mod closing;
mod cmi;
mod codec;
mod config;
mod connection;
mod data;
mod fault;
mod frame;
mod hello;
pub mod identity;
mod key_material;
pub mod message;
mod output;
pub mod pairing;
mod pin;
mod protocol;
pub mod qr;
mod state;
#[cfg(test)]
mod tests;
pub mod txt;

pub use access::AccessMethods;
pub use config::{Access, OutOfRange, Own, Role, Timers, Trust, Version};
pub use connection::{Connection, Loss};
pub use fault::{CloseCause, Ending, Fault, FaultKind};
pub use frame::{DATA_PREFIX, DATA_SUFFIX, MAX_CONTROL, MAX_DATA, Received, data_frame, read_frame};
pub use hello::Waiting;
pub use key_material::{KEY_MATERIAL_TIME, Key, KeyMaterial, KeyState, MAX_KEYS, SECP256R1};
pub use output::{Item, Output};
pub use pin::{
    LONG_PIN_PENALTY, MAX_EARLY_BYTES, MAX_EARLY_FRAMES, MAX_PIN, MIN_PIN, PIN_ENTRY_TIME, PIN_PENALTY,
    PIN_USER_TRUST, Pin, PinDemand, PinNews, PinTextError, Pins,
};
pub use state::{Phase, Timer};
