//! `eebus hems` and `eebus evse`, as users of eebus-go's demo programs run them.

mod common;

use common::*;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// The first run: keeps certificate and key beside each other, answers with the SKI.
fn introduce(folder: &Path, role: &str) -> String {
    let ran = eebus(&[role, "4711"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let (first, pem) = ran.out.split_once('\n').unwrap();
    let ski = first.strip_prefix("SKI: ").unwrap().to_string();
    assert!(
        ski.len() == 40 && ski.chars().all(|c| c.is_ascii_hexdigit() && !c.is_ascii_uppercase()),
        "{ski}"
    );
    let (certificate, key) = pem.split_at(pem.find("-----BEGIN PRIVATE KEY-----").unwrap());
    assert!(certificate.starts_with("-----BEGIN CERTIFICATE-----"));
    fs::write(folder.join(format!("{role}.crt")), certificate).unwrap();
    fs::write(folder.join(format!("{role}.key")), key).unwrap();
    ski
}

/// A device at work.
struct Device {
    child: Child,
    lines: Receiver<String>,
}

impl Device {
    fn start(folder: &Path, role: &str, port: u16, remote: &str, more: &[&str]) -> Self {
        let file = |ending: &str| folder.join(format!("{role}.{ending}"));
        let mut child = Command::new(env!("CARGO_BIN_EXE_eebus"))
            .args([role, &port.to_string(), remote])
            .args([file("crt"), file("key")])
            .arg("--no-mdns")
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (send, lines) = channel();
        let out = child.stdout.take().unwrap();
        std::thread::spawn(move || {
            BufReader::new(out).lines().map_while(Result::ok).try_for_each(|line| send.send(line))
        });
        Self { child, lines }
    }

    /// Waits for a line that contains `part`.
    fn wait(&self, part: &str) -> String {
        let mut heard = Vec::new();
        loop {
            match self.lines.recv_timeout(Duration::from_secs(30)) {
                Ok(line) if line.contains(part) => return line,
                Ok(line) => heard.push(line),
                Err(_) => panic!("never said {part:?}, but {heard:#?}"),
            }
        }
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("eebus-device-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn an_energy_manager_limits_a_wallbox_and_finds_it_again_after_its_restart() {
    let folder = folder("limit");
    let (hems_ski, evse_ski) = (introduce(&folder, "hems"), introduce(&folder, "evse"));
    let port = free_port();
    let address = format!("127.0.0.1:{port}");
    let wallbox = Device::start(&folder, "evse", port, &hems_ski, &[]);
    wallbox.wait("listening");
    let hems =
        Device::start(&folder, "hems", free_port(), &evse_ski, &["--dial", &address, "--limit", "4200"]);
    hems.wait("entity [1] EVSE");
    hems.wait("use case limitationOfPowerConsumption 1.0.0 as ControllableSystem");
    assert_eq!(wallbox.wait("limited"), "ceiling 4,200 W: limited LPC-904");
    hems.wait("the peer's limit: 4,200 W without end");
    drop(wallbox);
    hems.wait("dialling again");
    let wallbox = Device::start(&folder, "evse", port, &hems_ski, &[]);
    wallbox.wait("ceiling 4,200 W: limited");
    drop((hems, wallbox));
    fs::remove_dir_all(folder).unwrap();
}

/// It failed with one sentence that says these two things.
fn assert_failed(ran: &Ran, what: &str, remedy: &str) {
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains(what) && ran.err.contains(remedy), "{}", ran.err);
}

#[test]
fn what_does_not_fit_is_named_with_what_to_try() {
    let folder = folder("wrong");
    let ski = introduce(&folder, "hems");
    introduce(&folder, "evse");
    let file = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let key = eebus(&["evse", "0", &ski, &file("hems.crt"), &file("evse.key")]);
    assert_failed(
        &key,
        "the private key does not belong to the certificate",
        "the port alone makes new ones",
    );
    let missing = eebus(&["evse", "0", &ski, &file("none.crt"), &file("evse.key")]);
    assert_failed(&missing, "cannot read", "name one that exists");
    let taken = TcpListener::bind("[::]:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let other = introduce(&folder, "evse");
    let listens = eebus(&["hems", &port, &other, &file("hems.crt"), &file("hems.key"), "--no-mdns"]);
    assert_failed(&listens, "cannot listen on port", "choose another port");
    let own = eebus(&["hems", "0", &ski, &file("hems.crt"), &file("hems.key")]);
    assert_failed(&own, "cannot pair with", "the node's own SKI");
    fs::remove_dir_all(folder).unwrap();
}
