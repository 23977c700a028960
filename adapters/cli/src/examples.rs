//! Every example in a help text is one that the program understands.

#[path = "../tests/common/shell.rs"]
mod shell;

use clap::{Command, CommandFactory, Parser};
use shell::{calls, examples};

fn walk(command: &Command, check: &mut impl FnMut(&Command)) {
    check(command);
    command.get_subcommands().for_each(|command| walk(command, check));
}

#[test]
fn every_command_shows_examples_that_parse() {
    let mut program = crate::Arguments::command();
    program.build();
    let mut checked = 0;
    walk(&program, &mut |command| {
        let path = command.get_bin_name().unwrap_or(command.get_name()).to_owned();
        if path.contains("help") {
            return;
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
    });
    assert!(checked > 10, "{checked}");
}
