//! Every example in a help text is one that the program understands.

#[path = "../tests/common/examples.rs"]
mod help;
#[path = "../tests/common/shell.rs"]
mod shell;

use clap::{CommandFactory, Parser};
use help::examples;
use shell::calls;

#[test]
fn every_command_shows_examples_that_parse() {
    let mut program = crate::Arguments::command();
    program.build();
    let mut checked = 0;
    for command in std::iter::once(&program).chain(program.get_subcommands()) {
        let path = command.get_bin_name().unwrap_or(command.get_name()).to_owned();
        if path == "eebus help" {
            continue;
        }
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let examples = examples(&help);
        assert!(!examples.is_empty(), "`{path} --help` shows no examples");
        for line in examples {
            let calls = calls(&line);
            assert!(calls.iter().any(|call| call.join(" ").starts_with(&path)), "{path}: {line}");
            for call in calls {
                match crate::Arguments::try_parse_from(&call) {
                    Ok(_) => {}
                    Err(error) if error.exit_code() == 0 => {}
                    Err(error) => panic!("{line}\n{error}"),
                }
                checked += 1;
            }
        }
    }
    assert!(checked > 10, "{checked}");
}

#[test]
fn every_command_within_the_text_of_the_guide_parses() {
    let guide = include_str!("../../../docs/first-day.md");
    let commands: Vec<_> =
        guide.split('`').filter(|part| part.starts_with("eebus ") && !part.contains('\n')).collect();
    assert!(commands.len() >= 4, "{commands:?}");
    for line in commands {
        for call in calls(&line.replace("COMMAND", "decode")) {
            // A command that is only named lacks what it has to be given.
            match crate::Arguments::try_parse_from(&call) {
                Err(error) if !error.use_stderr() || call.len() <= 3 => {
                    let command = crate::Arguments::command();
                    assert!(call[1] == "help" || command.find_subcommand(&call[1]).is_some(), "{line}");
                }
                Err(error) => panic!("{line}\n{error}"),
                Ok(_) => {}
            }
        }
    }
}
