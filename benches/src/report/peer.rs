//! Other stacks: programs of their own in `peers`, which are built here, asked over a pipe, and timed by themselves.

use super::engine::Engine;
use eebus_benches::step::Step;
use eebus_benches::subject::{Fault, Subject};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

/// A stack in another process. It gets lines `STEP MESSAGE TIMES` and answers each with nanoseconds, or `-` where it
/// has no such step.
pub(crate) struct Peer {
    name: &'static str,
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Peer {
    /// The crate `eebus`.
    pub(crate) fn eebus_crate(messages: &Path) -> Result<Self, Fault> {
        let folder = peers().join("eebus-crate");
        let target = peers().join("../../target/peers");
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build.args(["build", "--release", "--locked", "--target-dir"]).arg(&target).current_dir(&folder);
        finish(&mut build)?;
        Self::start("crate eebus 0.10.1", &target.join("release/eebus-crate-peer"), messages)
    }

    /// ship-go and spine-go, where Go is installed.
    pub(crate) fn go(messages: &Path) -> Result<Option<Self>, Fault> {
        if Command::new("go").arg("version").stdout(Stdio::null()).status().is_err() {
            eprintln!("Go is not installed: the report does without ship-go and spine-go.");
            return Ok(None);
        }
        let program = peers().join("../../target/peers/go-codec-peer");
        let mut build = Command::new("go");
        build.args(["build", "-o"]).arg(&program).arg(".").current_dir(peers().join("go"));
        finish(&mut build)?;
        Self::start("ship-go 0.6.0 with spine-go 0.7.0", &program, messages).map(Some)
    }

    fn start(name: &'static str, program: &Path, messages: &Path) -> Result<Self, Fault> {
        let mut command = Command::new(program);
        let mut child = command.arg(messages).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (input, output) = child.stdin.take().zip(child.stdout.take()).ok_or("no pipe")?;
        Ok(Self { name, child, input, output: BufReader::new(output) })
    }

    fn ask(&mut self, step: Step, message: usize, times: u32) -> Result<Option<Duration>, Fault> {
        writeln!(self.input, "{} {message} {times}", step.name())?;
        self.input.flush()?;
        let mut answer = String::new();
        self.output.read_line(&mut answer)?;
        match answer.trim() {
            "-" => Ok(None),
            nanoseconds => Ok(Some(Duration::from_nanos(nanoseconds.parse()?))),
        }
    }
}

impl Engine for Peer {
    fn name(&self) -> &'static str {
        self.name
    }

    fn time(&mut self, step: Step, message: usize, times: u32) -> Option<Duration> {
        self.ask(step, message, times).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn peers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers")
}

fn finish(build: &mut Command) -> Result<(), Fault> {
    if build.status()?.success() { Ok(()) } else { Err(format!("{build:?} failed").into()) }
}

/// Writes what the peers read: `NUMBER.json`, `.frame`, `.update-1`, `.update-2`, `.read`.
pub(crate) fn lay_out(folder: &Path, subjects: &[Subject]) -> Result<(), Fault> {
    fs::create_dir_all(folder)?;
    for (number, subject) in subjects.iter().enumerate() {
        let write = |kind: &str, octets: &[u8]| fs::write(folder.join(format!("{number}.{kind}")), octets);
        write("json", &subject.json)?;
        write("frame", &subject.frame)?;
        if let Some([one, two]) = &subject.updates {
            write("update-1", one)?;
            write("update-2", two)?;
        }
        if let Some(read) = &subject.read {
            write("read", read)?;
        }
    }
    Ok(())
}
