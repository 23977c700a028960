//! `eebus replay`: runs recorded sessions against the node as it is now.

use crate::explain::explain;
use crate::failure::Failure;
use std::fs::{self, File};
use std::io::{BufReader, stdout};
use std::path::{Path, PathBuf};

/// What a file in a folder has to end with to count as a trace.
const EXTENSION: &str = "trace";

const EXAMPLES: &str = "\
Examples:
  eebus replay testvectors/sessions
  eebus demo --record /tmp/demo && eebus replay /tmp/demo
  eebus replay --explain testvectors/sessions/failsafe.system.trace

Exit codes: 0 every action came as recorded, 1 one differs or a trace cannot be read, 2 wrong arguments";

/// Replay recorded sessions and compare every action of the node with what was recorded.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Traces, or folders whose *.trace files are replayed.
    #[arg(required = true, value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,
    /// Tell each session as a timeline, with reasons.
    #[arg(long)]
    explain: bool,
    /// Tell every message too, by its name.
    #[arg(long, requires = "explain")]
    messages: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut traces = Vec::new();
    for path in &arguments.paths {
        traces.extend(find(path)?);
    }
    let mut failed = 0;
    for path in &traces {
        let file = File::open(path).map_err(|error| Failure::unreadable(path, error))?;
        let replayed = if arguments.explain {
            println!("{}", path.display());
            explain(BufReader::new(file), arguments.messages, &mut stdout().lock())?
        } else {
            eebus_testvectors::replay(BufReader::new(file))
        };
        match replayed {
            Ok(summary) => println!("{}: {summary}", path.display()),
            Err(error) => {
                eprintln!("eebus: {}: {error}", path.display());
                failed += 1;
            }
        }
    }
    match failed {
        0 => {
            println!("{} traces replayed, no difference", traces.len());
            Ok(())
        }
        _ => Err(Failure::Failed(format!(
            "{failed} of {} traces failed; the node or the trace has changed since it was recorded",
            traces.len()
        ))),
    }
}

/// The trace at `path`, or those in the folder, by name.
fn find(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !fs::metadata(path).map_err(|error| Failure::unreadable(path, error))?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = entries.map_err(|error| Failure::unreadable(path, error))?;
    let mut traces: Vec<_> = entries
        .into_iter()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == EXTENSION))
        .collect();
    traces.sort();
    if traces.is_empty() {
        return Err(Failure::Failed(format!(
            "there is no *.{EXTENSION} file in {}; `eebus demo --record {}` writes some",
            path.display(),
            path.display()
        )));
    }
    Ok(traces)
}
