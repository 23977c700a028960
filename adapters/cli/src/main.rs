//! The program `eebus`: shows two nodes agreeing on a power limit, replays recorded sessions, reads messages.
#![forbid(unsafe_code)]

mod control;
mod decode;
mod demo;
mod device;
mod failure;
mod identity;
mod pair;
mod replay;
mod run;
mod state;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

const AFTER_HELP: &str = "\
Exit codes:
  0  done, and it was right
  1  the thing itself failed: a limit not in force, a difference in a replay, an unreadable message or file
  2  wrong arguments

Examples:
  eebus demo
  eebus hems 4711
  eebus run --state ~/hems --role hems
  eebus pair --state ~/hems
  eebus replay testvectors/sessions
  eebus decode message.json";

/// EEBUS on the command line: a demo of two nodes, replay of recorded sessions, a reader of messages.
#[derive(Debug, Parser)]
#[command(name = "eebus", version, after_help = AFTER_HELP, arg_required_else_help = true)]
struct Arguments {
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
    Identity(identity::Arguments),
    Replay(replay::Arguments),
    Decode(decode::Arguments),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Hems(arguments) => device::hems(&arguments),
        Command::Evse(arguments) => device::evse(&arguments),
        Command::Run(arguments) => run::run(&arguments),
        Command::Pair(arguments) => pair::run(&arguments),
        Command::Identity(arguments) => identity::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Decode(arguments) => decode::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
