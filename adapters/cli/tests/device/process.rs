//! Devices as processes.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Longest wait for a line: a silent peer is noticed after 60 s.
const PATIENCE: Duration = Duration::from_secs(90);

/// A folder with a certificate and a key for each role.
pub(crate) struct Home {
    folder: PathBuf,
}

impl Home {
    pub(crate) fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("eebus-device-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self { folder }
    }

    /// The first run of a role: keeps certificate and key beside each other, answers with the SKI.
    pub(crate) fn introduce(&self, role: &str) -> String {
        let ran = crate::common::eebus(&[role, "4711"]);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        let (first, pem) = ran.out.split_once('\n').unwrap();
        let ski = first.strip_prefix("SKI: ").unwrap().to_string();
        assert!(ski.len() == 40 && ski.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')), "{ski}");
        let (certificate, key) = pem.split_at(pem.find("-----BEGIN PRIVATE KEY-----").unwrap());
        assert!(certificate.starts_with("-----BEGIN CERTIFICATE-----"));
        fs::write(self.file(role, "crt"), certificate).unwrap();
        fs::write(self.file(role, "key"), key).unwrap();
        ski
    }

    pub(crate) fn file(&self, role: &str, ending: &str) -> String {
        self.folder.join(format!("{role}.{ending}")).to_string_lossy().into_owned()
    }

    /// Starts a device that pairs with `remote`.
    pub(crate) fn start(&self, role: &str, port: u16, remote: &str, more: &[&str]) -> Device {
        let port = port.to_string();
        let (cert, key) = (self.file(role, "crt"), self.file(role, "key"));
        let arguments = [role, &port, remote, &cert, &key, "--no-mdns"];
        Device::start(&[&arguments, more].concat())
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // What is left lies in the folder for temporary files.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A device at work.
pub(crate) struct Device {
    child: Child,
    lines: Receiver<String>,
    /// The port it listens on.
    pub(crate) port: u16,
}

impl Device {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_eebus"))
            .args(arguments)
            .env_remove("RUST_LOG")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (send, lines) = channel();
        let out = child.stdout.take().unwrap();
        std::thread::spawn(move || {
            BufReader::new(out).lines().map_while(Result::ok).try_for_each(|line| send.send(line))
        });
        let mut device = Self { child, lines, port: 0 };
        let line = device.wait("listening on port");
        device.port = line.rsplit(' ').next().unwrap().parse().unwrap();
        device
    }

    /// Where it can be dialled.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The next line that contains `part`.
    pub(crate) fn wait(&self, part: &str) -> String {
        self.wait_after(part).pop().unwrap()
    }

    /// Everything up to the next line that contains `part`.
    pub(crate) fn wait_after(&self, part: &str) -> Vec<String> {
        let mut heard = Vec::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => heard.push(line),
                Err(_) => panic!("never said {part:?}, but {heard:#?}"),
            }
            if heard.last().is_some_and(|line| line.contains(part)) {
                return heard;
            }
        }
    }

    /// Sends it a signal: `TERM`, `STOP`, `CONT`.
    pub(crate) fn signal(&self, name: &str) {
        let (name, pid) = (format!("-{name}"), self.child.id().to_string());
        assert!(Command::new("kill").args([name, pid]).status().unwrap().success());
    }

    /// Waits for its end; answers what it said on standard error.
    pub(crate) fn end(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        let mut text = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        (status, text)
    }

    /// As `kill -9`.
    pub(crate) fn kill(self) {}
}

impl Drop for Device {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
