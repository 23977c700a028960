//! `eebus decode`: reads messages in any of their forms and shows what they say.

mod input;
mod message;
mod ship;
mod spine;
mod table;
mod view;

use crate::failure::Failure;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

const LONG_HELP: &str = "\
Shows what messages say: who sends what to whom, the data with its types resolved, and what had to be repaired to \
read them.

A file holds one message, or one a line, each in one of these forms:
  - a SHIP frame: raw octets with the message type in front (a whole file only), or as hex digits
  - EEBUS JSON: {\"datagram\":[{\"header\":[…]},…]}, or a SHIP message such as {\"connectionHello\":[…]}
  - ordinary JSON of the same: {\"datagram\":{\"header\":{…},…}}
  - the data of a function alone: {\"loadControlLimitListData\":…}";

const EXAMPLES: &str = "\
Examples:
  eebus decode core/tests/data/spine-golden-trace.jsonl
  echo 01 7b22636f6e6e656374696f6e48656c6c6f223a5b7b227068617365223a227265616479227d5d7d | eebus decode -
  echo '{\"loadControlLimitListData\":{\"loadControlLimitData\":[{\"limitId\":0,\"value\":{\"number\":4200}}]}}' | eebus decode -

Exit codes: 0 every message was read, 1 a file or a message could not be read, 2 wrong arguments";

/// Show what messages say.
#[derive(Debug, clap::Args)]
#[command(long_about = LONG_HELP, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Files to read; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut unread = 0;
    for path in &arguments.files {
        let bytes = read(path).map_err(|error| Failure::unreadable(path, error))?;
        let messages = input::split(&bytes);
        if messages.is_empty() {
            eprintln!("eebus: {} is empty; give it a message", input::name(path));
            unread += 1;
        }
        for message in messages {
            let place = message.place(path);
            match message::view(&message) {
                Ok(view) => show(&place, &view.to_string())?,
                Err(error) => {
                    eprintln!("eebus: {place}: {error}");
                    unread += 1;
                }
            }
        }
    }
    if unread == 0 { Ok(()) } else { Err(Failure::Told) }
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    if path.as_os_str() != "-" {
        return std::fs::read(path);
    }
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Prints one view; a reader that has seen enough (`| head`) ends the program in peace.
fn show(place: &str, view: &str) -> Result<(), Failure> {
    match writeln!(std::io::stdout(), "{place}\n{view}") {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => Err(Failure::Failed(format!("cannot write to standard output: {error}"))),
        Ok(()) => Ok(()),
    }
}
