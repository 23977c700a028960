//! How the program fails: one sentence, one exit code.

use std::fmt::Display;
use std::path::Path;
use std::process::ExitCode;

/// What every exit code of every command means.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  done, and it was right
  1  the thing itself failed; one sentence on standard error says what, and what to try next
  2  wrong arguments, or a wrong environment variable";

/// Why the program ends with an exit code other than 0.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The thing itself failed (exit code 1): a sentence that names what to try next.
    Failed(String),
    /// The program was called wrongly (exit code 2).
    Usage(String),
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
        match self {
            Self::Failed(sentence) => eprintln!("eebus: {sentence}"),
            Self::Usage(sentence) => {
                eprintln!("eebus: {sentence}");
                return ExitCode::from(2);
            }
            Self::Told => {}
        }
        ExitCode::FAILURE
    }
}
