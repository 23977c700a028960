//! Every command of the guide for the first day is run as it stands there, and says what stands there.
//!
//! Each section has a home of its own. A device runs on until the section ends, and says what stands below it by then.
//! Where a section speaks of the device at 192.0.2.7:4712, one of ours is it, on loopback. No command uses mDNS here:
//! that is what `.ci/first-day.sh` has namespaces for.

#[path = "common/shell.rs"]
mod shell;

use shell::calls;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(40);

/// A command and what it is to say.
struct Step {
    line: String,
    says: Vec<String>,
}

/// The steps of every section with its heading.
fn sections() -> Vec<(String, Vec<Step>)> {
    let guide = fs::read_to_string(root().join("docs/first-day.md")).unwrap();
    let (mut sections, mut within) = (Vec::new(), false);
    for line in guide.lines() {
        match line {
            "```console" => within = true,
            "```" => within = false,
            _ if line.starts_with("## ") => sections.push((line[3..].to_owned(), Vec::new())),
            _ if !within => {}
            _ => {
                let steps: &mut Vec<Step> = &mut sections.last_mut().unwrap().1;
                match line.strip_prefix("$ ") {
                    Some(line) => steps.push(Step { line: line.to_owned(), says: Vec::new() }),
                    None => steps.last_mut().unwrap().says.push(line.to_owned()),
                }
            }
        }
    }
    sections.retain(|(_, steps)| !steps.is_empty());
    sections
}

fn root() -> PathBuf {
    fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap()
}

/// Whether each line is in the text, behind the one before; `…` is anything.
fn tells(text: &str, lines: &[String]) -> Result<(), String> {
    let mut rest = text;
    for line in lines {
        for part in line.split('…').map(str::trim).filter(|part| !part.is_empty()) {
            let Some(at) = rest.find(part) else {
                return Err(format!("{part:?} is not told behind the others in\n{text}"));
            };
            rest = &rest[at + part.len()..];
        }
    }
    Ok(())
}

/// A device that runs on.
struct Running {
    child: Child,
    said: PathBuf,
    step: Step,
}

impl Running {
    fn wait(&self, lines: &[String]) {
        let start = Instant::now();
        while let Err(missing) = tells(&fs::read_to_string(&self.said).unwrap(), lines) {
            assert!(start.elapsed() < PATIENCE, "{}: {missing}", self.step.line);
            sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The home of a section.
struct Home {
    path: PathBuf,
    /// In place of 4711 and 4712.
    ports: [u16; 2],
    running: Vec<Running>,
}

impl Home {
    fn new(number: usize) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("first-day-{number}"));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        for folder in ["core", "testvectors"] {
            std::os::unix::fs::symlink(root().join(folder), path.join(folder)).unwrap();
        }
        let free = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let ports = free.each_ref().map(|listener| listener.local_addr().unwrap().port());
        Self { path, ports, running: Vec::new() }
    }

    fn shell(&self, line: &str) -> Command {
        let bin = Path::new(env!("CARGO_BIN_EXE_eebus")).parent().unwrap();
        let path = std::env::var_os("PATH").unwrap();
        let path = std::env::join_paths([bin.to_owned()].into_iter().chain(std::env::split_paths(&path)));
        let mut shell = Command::new("sh");
        shell.args(["-ec", line]).current_dir(&self.path).env("HOME", &self.path).env("PATH", path.unwrap());
        shell.env_remove("RUST_LOG").env_remove("SSLKEYLOGFILE").stdin(Stdio::null());
        shell
    }

    fn output(&self, line: &str) -> String {
        let output = self.shell(&format!("{{ {line}\n}} 2>&1")).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{line}\n{said}");
        said
    }

    fn ski(&self, state: &str) -> String {
        self.output(&format!("eebus identity show --state {state} | sed -n 's/^SKI *//p'")).trim().to_owned()
    }

    /// A line with the SKIs, ports and the address of this home, and without mDNS.
    fn here(&self, line: &str) -> String {
        let mut line = line.replace("192.0.2.7:", "127.0.0.1:");
        for (name, state) in [("EVSE_SKI", "~/evse"), ("HEMS_SKI", "~/hems"), ("DEVICE_SKI", "~/device")] {
            if line.contains(name) {
                line = line.replace(name, &self.ski(state));
            }
        }
        let [ours, theirs] = self.ports.map(|port| port.to_string());
        line = line.replace("4711", &ours).replace("4712", &theirs);
        let meets = ["run", "hems", "evse"].iter().any(|name| line.contains(&format!("eebus {name} ")));
        if meets && !line.contains("--no-mdns") && !line.contains('>') { line + " --no-mdns" } else { line }
    }

    fn start(&mut self, step: Step) {
        let line = self.here(&step.line);
        let said = self.path.join(format!("said-{}", self.running.len()));
        let out = fs::File::create(&said).unwrap();
        let mut shell = self.shell(&format!("exec {line}"));
        let child = shell.stdout(out.try_clone().unwrap()).stderr(out).spawn().unwrap();
        let running = Running { child, said, step };
        running.wait(&["listening on port".to_owned()]);
        self.running.push(running);
    }
}

/// Whether a command runs on until it is ended.
fn runs_on(line: &str) -> bool {
    let call = calls(line).pop();
    call.is_some_and(|call| match call[1].as_str() {
        "run" => true,
        "hems" | "evse" => call.len() > 3,
        _ => false,
    })
}

#[test]
fn every_command_of_the_guide_does_what_it_says() {
    let sections = sections();
    assert!(sections.len() >= 7, "{}", sections.len());
    for (number, (heading, steps)) in sections.into_iter().enumerate() {
        let mut home = Home::new(number);
        println!("## {heading}");
        if steps.iter().any(|step| step.line.contains("192.0.2.7:4712")) {
            let line = "eebus run --state ~/device --role evse --port 4712 --auto-accept 10min --no-mdns";
            home.start(Step { line: line.to_owned(), says: Vec::new() });
        }
        for step in steps {
            println!("$ {}", step.line);
            if runs_on(&step.line) {
                home.start(step);
                continue;
            }
            // What others say may take a moment to get here.
            let (line, start) = (home.here(&step.line), Instant::now());
            while let Err(missing) = tells(&home.output(&line), &step.says) {
                assert!(start.elapsed() < PATIENCE, "{line}\n{missing}");
                sleep(Duration::from_millis(100));
            }
        }
        for running in &home.running {
            running.wait(&running.step.says);
        }
    }
}

#[test]
fn the_guide_has_the_exit_codes_of_the_program() {
    let help = Command::new(env!("CARGO_BIN_EXE_eebus")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let guide = fs::read_to_string(root().join("docs/first-day.md")).unwrap();
    let codes: Vec<_> = help.lines().skip_while(|line| *line != "Exit codes:").skip(1).collect();
    assert_eq!(codes.len(), 3, "{help}");
    for line in codes {
        let (code, meaning) = line.trim().split_once("  ").unwrap();
        assert!(guide.contains(&format!("| {code} | {meaning} |")), "{line}");
    }
}
