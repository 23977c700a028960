//! The program `eebus`: shows two nodes agreeing on a power limit, replays recorded sessions, reads messages.
#![forbid(unsafe_code)]

mod control;
mod decode;
mod demo;
mod device;
#[cfg(test)]
mod examples;
mod explain;
mod failure;
mod generate;
mod identity;
mod log;
mod pair;
mod probe;
mod replay;
mod run;
mod scan;
mod state;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  eebus demo
  eebus hems 4711
  eebus run --state ~/hems --role hems
  eebus scan
  eebus pair --state ~/hems
  eebus replay testvectors/sessions
  eebus decode core/tests/data/spine-golden-trace.jsonl
  eebus help decode";

/// EEBUS on the command line: a demo of two nodes, replay of recorded sessions, a reader of messages.
#[derive(Debug, Parser)]
#[command(
    name = "eebus",
    version,
    after_help = format!("{EXAMPLES}\n\n{}\n\n{}", log::HELP, failure::EXIT_CODES),
    arg_required_else_help = true
)]
struct Arguments {
    #[command(flatten)]
    log: log::Logging,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Arguments),
    Hems(device::Hems),
    Evse(device::Evse),
    Run(run::Arguments),
    Pair(pair::Arguments),
    Scan(scan::Arguments),
    Identity(identity::Arguments),
    Replay(replay::Arguments),
    Decode(decode::Arguments),
    Probe(probe::Arguments),
    Completions(generate::Completions),
    Man(generate::Man),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = arguments.log.start().and_then(|()| match arguments.command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Hems(arguments) => device::hems(&arguments),
        Command::Evse(arguments) => device::evse(&arguments),
        Command::Run(arguments) => run::run(&arguments),
        Command::Pair(arguments) => pair::run(&arguments),
        Command::Scan(arguments) => scan::run(&arguments),
        Command::Identity(arguments) => identity::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Decode(arguments) => decode::run(&arguments),
        Command::Probe(arguments) => probe::run(&arguments),
        Command::Completions(arguments) => generate::completions(&arguments),
        Command::Man(arguments) => generate::man(&arguments),
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
