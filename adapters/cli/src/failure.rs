//! How the program fails: one sentence, one exit code.

use std::fmt::Display;
use std::path::Path;
use std::process::ExitCode;

/// Why the program ends with an exit code other than 0.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The thing itself failed (exit code 1): a sentence that names what to try next.
    Failed(String),
    /// The thing itself failed, and everything is said already (exit code 1).
    Told,
}

impl Failure {
    /// A file or folder that can't be read.
    pub(crate) fn unreadable(path: &Path, error: impl Display) -> Self {
        Self::Failed(format!("cannot read {}: {error}; name one that exists and may be read", path.display()))
    }

    /// Says it on stderr.
    pub(crate) fn report(self) -> ExitCode {
        if let Self::Failed(sentence) = self {
            eprintln!("eebus: {sentence}");
        }
        ExitCode::FAILURE
    }
}
