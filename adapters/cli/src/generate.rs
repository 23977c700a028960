//! `eebus completions` and `eebus man`: what shells and manuals need, made from the program itself.

use crate::failure::Failure;
use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man as Page;
use std::io::{Write, stdout};

/// Print what a shell needs to complete the arguments of eebus.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  eebus completions bash > eebus.bash
  eebus completions fish > eebus.fish
  eebus completions zsh > _eebus

Put the file where the shell looks for it: ~/.local/share/bash-completion/completions/eebus, \
~/.config/fish/completions/eebus.fish, or a folder in zsh's $fpath.")]
pub(crate) struct Completions {
    /// The shell.
    shell: Shell,
}

/// Print the manual page of eebus, or of one of its commands.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  eebus man > eebus.1
  eebus man decode > eebus-decode.1

`man -l eebus.1` shows it.")]
pub(crate) struct Man {
    /// The command; eebus as a whole without it.
    command: Option<String>,
}

pub(crate) fn completions(arguments: &Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut crate::Arguments::command(), "eebus", &mut script);
    print(&script)
}

pub(crate) fn man(arguments: &Man) -> Result<(), Failure> {
    let mut program = crate::Arguments::command();
    program.build();
    let page = match &arguments.command {
        None => program,
        Some(name) => match program.find_subcommand(name) {
            Some(command) => command.clone(),
            None => {
                return Err(Failure::Usage(format!(
                    "there is no command {name}; `eebus help` shows those there are"
                )));
            }
        },
    };
    let mut text = Vec::new();
    Page::new(page).render(&mut text).map_err(|error| Failure::Failed(format!("no manual: {error}")))?;
    print(&text)
}

fn print(text: &[u8]) -> Result<(), Failure> {
    match stdout().write_all(text) {
        // A reader that has seen enough, such as `head`.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::Failed(format!("cannot write to standard output: {error}"))),
        Ok(()) => Ok(()),
    }
}
