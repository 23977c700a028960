//! The data model of SPINE 1.3.0 and SHIP 1.0.1, generated from the tables in `core/schema`.
//!
//! - A **datagram** that came in is an [`Envelope`] with its header; the payload stays a slice until somebody needs it.
//!   Read as a whole it is one tape: [`Datagram::read`]. Either way its commands are views ([`CmdView`], [`FilterView`])
//!   that materialise nothing, or [`CmdView::get`] for a typed struct.
//! - What is to be **sent** is plain data: a [`Header`] and a [`Cmd`], written by [`write_datagram`].
//! - Every complex type of the schemas is a struct with optional fields; a repeated element is a `Vec`. A restriction
//!   that repeats its base is an alias of it. Types of SHIP that share a name with SPINE begin with `Ship`.
//! - Every enum keeps text it does not list in `Extended`, the closed ones too: the reader is tolerant.
//! - [`FunctionId`] names one of the 142 functions and leads to what the tables know of it ([`FunctionInfo`]).
//!
//! ```
//! use eebus_core::model::*;
//!
//! let limit = LoadControlLimitData {
//!     limit_id: Some(LoadControlLimitId(0)),
//!     is_limit_active: Some(true),
//!     value: Some(ScaledNumber::from_integer(4200)),
//!     ..LoadControlLimitData::default()
//! };
//! let cmd = Cmd::partial(&LoadControlLimitListData { load_control_limit_data: vec![limit] });
//! let header = Header { cmd_classifier: Some(CmdClassifier::Write), ..Header::default() };
//!
//! let mut bytes = Vec::new();
//! write_datagram(&header, &cmd, &mut bytes);
//!
//! let (datagram, repairs) = Datagram::read(&bytes, &Default::default())?;
//! assert!(repairs.is_empty());
//! let cmd = datagram.cmds().next().expect("one command");
//! let limits: LoadControlLimitListData = cmd.get().expect("limits");
//! assert_eq!(limits.load_control_limit_data[0].value, Some(4200.into()));
//! # Ok::<(), eebus_core::json::Error>(())
//! ```

mod check;
mod cmd;
mod envelope;
#[cfg(test)]
mod exchange_tests;
mod function;
mod generated;
mod list;
mod macros;
mod merge;
mod project;
mod protect;
mod recurring;
mod scaled_number;
mod select;
#[cfg(feature = "serde")]
mod tape_text;
#[cfg(test)]
mod tests;
mod time;
mod value;

pub use check::{Demand, Violation, violations};
pub use cmd::{Cmd, CmdView, Datagram, Filter, FilterView, write_datagram};
pub use envelope::{Envelope, Payload};
pub use function::{ElementsScope, FunctionData, FunctionId, FunctionInfo, FunctionKind, UnknownFunction};
pub use generated::*;
pub use list::{Criterion, ExchangeFault, entries};
pub use merge::{merge, merge_selected};
pub use project::{delete, project};
pub use protect::{ProtectionFault, protect};
pub use scaled_number::NumberError;
pub use select::selects;
pub use time::{AbsoluteOrRelativeTime, TimeError, TimePoint, XsDate, XsDateTime, XsDuration, XsTime};
pub use value::{HexBinary, PinValue};
