//! Refusals: what a request is answered with when it is not carried out.

use alloc::string::String;
use core::fmt;

/// `errorNumber` of `resultData` (SPINE Resource Specification, Table 19).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ErrorNumber(pub u32);

impl ErrorNumber {
    /// 0: success.
    pub const NO_ERROR: Self = Self(0);
    /// 1: malformed command, refused version, anything without a better number.
    pub const GENERAL: Self = Self(1);
    /// 2: could not be finished in time.
    pub const TIMEOUT: Self = Self(2);
    /// 3: a bound is reached.
    pub const OVERLOAD: Self = Self(3);
    /// 4: no such device, entity or feature here.
    pub const DESTINATION_UNKNOWN: Self = Self(4);
    /// 5: known, but not reachable.
    pub const DESTINATION_UNREACHABLE: Self = Self(5);
    /// 6: unknown function, or one this feature does not offer.
    pub const COMMAND_NOT_SUPPORTED: Self = Self(6);
    /// 7: understood and refused.
    pub const COMMAND_REJECTED: Self = Self(7);
    /// 8: this combination of filters is not offered.
    pub const RESTRICTED_EXCHANGE_NOT_SUPPORTED: Self = Self(8);
    /// 9: the sender holds no binding.
    pub const BINDING_REQUIRED: Self = Self(9);

    /// Name of the number; numbers from 10 are legal and have none.
    pub const fn name(self) -> &'static str {
        match self.0 {
            0 => "no error",
            1 => "general error",
            2 => "timeout",
            3 => "overload",
            4 => "destination unknown",
            5 => "destination unreachable",
            6 => "command not supported",
            7 => "command rejected",
            8 => "restricted function exchange not supported",
            9 => "binding required",
            _ => "other error",
        }
    }
}

impl fmt::Display for ErrorNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.0, self.name())
    }
}

impl fmt::Debug for ErrorNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a request is refused: the number that is sent, and the reason as text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Refusal {
    /// The number for `resultData`.
    pub error: ErrorNumber,
    /// What was wrong, where, by which rule.
    pub reason: String,
}

impl Refusal {
    /// A refusal with its reason.
    pub fn new(error: ErrorNumber, reason: impl Into<String>) -> Self {
        Self { error, reason: reason.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error, self.reason)
    }
}

impl core::error::Error for Refusal {}
