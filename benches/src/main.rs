//! `report [FILE…]`: what the pipeline costs on our messages or on yours, beside other ways to do the same.

mod report;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let outcome = match arguments.next().as_deref() {
        Some("report") => report::print(&arguments.collect::<Vec<_>>()),
        _ => Err("usage: eebus-benches report [FILE…], each FILE one datagram as EEBUS JSON".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
