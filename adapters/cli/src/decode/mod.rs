//! `eebus decode`: reads messages in any of their forms and shows what they say.

mod check;
mod exact;
mod input;
mod message;
mod ship;
mod spine;
mod table;
mod view;

use crate::failure::Failure;
use exact::Exact;
use input::Message;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

const LONG_HELP: &str = "\
Shows what messages say: who sends what to whom, the data with its types resolved, and what had to be repaired to \
read them.

A file holds one message, or one a line, each in one of these forms:
  - a SHIP frame: raw octets with the message type in front (a whole file only), or as hex digits
  - EEBUS JSON: {\"datagram\":[{\"header\":[…]},…]}, or a SHIP message such as {\"connectionHello\":[…]}
  - ordinary JSON of the same: {\"datagram\":{\"header\":{…},…}}
  - the data of a function alone: {\"loadControlLimitListData\":…}

With --check, --plain or --eebus it works as a checker or a converter instead.";

const EXAMPLES: &str = "\
Examples:
  eebus decode core/tests/data/spine-golden-trace.jsonl
  echo 01 7b22636f6e6e656374696f6e48656c6c6f223a5b7b227068617365223a227265616479227d5d7d | eebus decode -
  echo '{\"loadControlLimitListData\":{\"loadControlLimitData\":[{\"limitId\":0,\"value\":{\"number\":4200}}]}}' | eebus decode -

  eebus decode --check captured.hex
  eebus decode --eebus message.json | eebus decode --plain -

Exit codes: 0 every message was read (--check: and is byte-exact, or ordinary JSON), 1 one could not be read or is not, \
2 wrong arguments";

/// Show what messages say.
#[derive(Debug, clap::Args)]
#[command(long_about = LONG_HELP, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Files to read; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    mode: Mode,
}

/// What to do instead of showing.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct Mode {
    /// Writes every message anew and says whether that gives the same octets; names what was repaired and what the
    /// schema does not allow.
    #[arg(long)]
    check: bool,
    /// Prints ordinary JSON, one message a line.
    #[arg(long)]
    plain: bool,
    /// Prints EEBUS JSON, one message a line.
    #[arg(long)]
    eebus: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut failed = false;
    for path in &arguments.files {
        let bytes = read(path).map_err(|error| Failure::unreadable(path, error))?;
        let messages = input::split(&bytes);
        if messages.is_empty() {
            eprintln!("eebus: {} is empty; give it a message", input::name(path));
            failed = true;
        } else if arguments.mode.check {
            failed |= !check::file(path, &messages)?;
        } else {
            for message in messages {
                failed |= !turn(path, &message, &arguments.mode)?;
            }
        }
    }
    if failed { Err(Failure::Told) } else { Ok(()) }
}

/// Prints a message in another form; false where it has none.
fn turn(path: &Path, message: &Message, mode: &Mode) -> Result<bool, Failure> {
    let place = message.place(path);
    let text = match mode {
        Mode { plain: false, eebus: false, .. } => {
            message::view(message).map(|view| format!("{place}\n{view}\n"))
        }
        mode => Exact::of(message).and_then(|exact| {
            exact.lost.iter().for_each(|lost| eprintln!("eebus: {place}: {lost}, left out"));
            exact.document(mode.plain)
        }),
    };
    match text {
        Ok(text) => print(&text).map(|()| true),
        Err(error) => {
            eprintln!("eebus: {place}: {error}");
            Ok(false)
        }
    }
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    if path.as_os_str() != "-" {
        return std::fs::read(path);
    }
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Prints text; a reader that has seen enough (`| head`) ends the program in peace.
fn print(text: &str) -> Result<(), Failure> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => Err(Failure::Failed(format!("cannot write to standard output: {error}"))),
        Ok(()) => Ok(()),
    }
}
