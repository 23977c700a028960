//! The data model of SPINE 1.3.0 and SHIP 1.0.1.

mod cmd;
mod function;
mod generated;
mod macros;
mod scaled_number;
#[cfg(test)]
mod tests;
mod time;
mod value;

pub use cmd::{Cmd, CmdView, Datagram, Filter, FilterView, write_datagram};
pub use function::{ElementsScope, FunctionData, FunctionId, FunctionInfo, FunctionKind, UnknownFunction};
pub use generated::*;
pub use scaled_number::NumberError;
pub use time::{AbsoluteOrRelativeTime, TimeError, TimePoint, XsDate, XsDateTime, XsDuration, XsTime};
pub use value::{HexBinary, PinValue};
