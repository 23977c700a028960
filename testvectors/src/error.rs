//! Why a trace was not replayed to its end.

use crate::Difference;
use crate::line::VERSION;
use eebus_core::node::UnknownActor;
use std::{fmt, io};

/// Why a trace was not replayed to its end.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReplayError {
    /// The trace cannot be read.
    Read(io::Error),
    /// There is nothing in it.
    Empty,
    /// The first line is not that of a trace.
    NotATrace,
    /// It is a trace of another version.
    Version {
        /// The version it states.
        found: String,
    },
    /// The line is not as it was written: its check value does not fit.
    Check {
        /// The line, counted from 1.
        line: u64,
        /// What stands where the check value should be.
        stated: String,
        /// What should stand there.
        computed: String,
    },
    /// The line is as it was written, but says nothing a trace may say there.
    Malformed {
        /// The line, counted from 1.
        line: u64,
        /// What is wrong.
        detail: String,
    },
    /// The trace ends before the node can be made.
    HeaderIncomplete {
        /// The line, counted from 1.
        line: u64,
        /// What should stand there.
        expected: &'static str,
    },
    /// The node has an actor outside the core, and nobody makes it.
    UnknownActor {
        /// The line, counted from 1.
        line: u64,
        /// The actor.
        actor: UnknownActor,
    },
    /// The node acts otherwise than recorded.
    Differs(Box<Difference>),
}

impl ReplayError {
    pub(crate) fn malformed(line: u64, detail: impl Into<String>) -> Self {
        Self::Malformed { line, detail: detail.into() }
    }

    /// The line of the trace it is about, counted from 1.
    pub fn line(&self) -> Option<u64> {
        match self {
            Self::Read(_) => None,
            Self::Empty | Self::NotATrace | Self::Version { .. } => Some(1),
            Self::Check { line, .. }
            | Self::Malformed { line, .. }
            | Self::HeaderIncomplete { line, .. }
            | Self::UnknownActor { line, .. } => Some(*line),
            Self::Differs(difference) => Some(difference.line),
        }
    }
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line() {
            write!(f, "line {line}: ")?;
        }
        match self {
            Self::Read(error) => write!(f, "the trace cannot be read: {error}"),
            Self::Empty => f.write_str("the trace is empty"),
            Self::NotATrace => f.write_str("this is no trace of an EEBUS node"),
            Self::Version { found } => write!(f, "the trace has version {found:?}, known is {VERSION}"),
            Self::Check { stated, computed, .. } => {
                write!(
                    f,
                    "changed after it was written: it ends with {stated:?}, its content asks for {computed:?}"
                )
            }
            Self::Malformed { detail, .. } => f.write_str(detail),
            Self::HeaderIncomplete { expected, .. } => {
                write!(f, "the trace ends where `{expected}` should stand")
            }
            Self::UnknownActor { actor, .. } => actor.fmt(f),
            Self::Differs(difference) => difference.fmt(f),
        }
    }
}

impl std::error::Error for ReplayError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read(error) => Some(error),
            Self::UnknownActor { actor, .. } => Some(actor),
            _ => None,
        }
    }
}
