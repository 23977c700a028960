//! Runs the built program.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What the program did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

fn ran(output: Output) -> Ran {
    let text = |octets| String::from_utf8(octets).expect("UTF-8");
    Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// The program, in the root of the workspace.
fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eebus"));
    command.args(arguments).current_dir(root()).env_remove("RUST_LOG").env_remove("SSLKEYLOGFILE");
    command
}

/// Runs it.
pub(crate) fn eebus(arguments: &[&str]) -> Ran {
    eebus_reads(arguments, b"")
}

/// Runs it with this standard input.
pub(crate) fn eebus_reads(arguments: &[&str], input: &[u8]) -> Ran {
    eebus_with(arguments, &[], input)
}

/// Runs it with these environment variables and this standard input.
pub(crate) fn eebus_with(arguments: &[&str], environment: &[(&str, &str)], input: &[u8]) -> Ran {
    let mut command = program(arguments);
    command.envs(environment.iter().copied());
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().expect("the program starts");
    child.stdin.take().expect("a pipe").write_all(input).expect("the program reads");
    ran(child.wait_with_output().expect("the program ends"))
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
