//! Nodes of a state folder as processes, and their control sockets.

use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const STEP: Duration = Duration::from_millis(5);
const PATIENCE: Duration = Duration::from_secs(60);

/// A state folder of the test's own.
pub(crate) struct Home(pub(crate) PathBuf);

impl Home {
    pub(crate) fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("eebus-state-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self(folder.join("state"))
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Starts its node, without waiting for anything.
    pub(crate) fn spawn(&self, more: &[&str]) -> Node {
        let mut arguments = vec!["run", "--state", self.path(), "--no-mdns"];
        arguments.extend(more);
        for [name, value] in [["--role", "hems"], ["--port", "0"]] {
            if !more.contains(&name) {
                arguments.extend([name, value]);
            }
        }
        self.command(&arguments)
    }

    /// Starts the program.
    pub(crate) fn command(&self, arguments: &[&str]) -> Node {
        let mut command = Command::new(env!("CARGO_BIN_EXE_eebus"));
        Node(command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// Starts its node and waits until it can be spoken to.
    pub(crate) fn start(&self, more: &[&str]) -> (Node, Control) {
        let node = self.spawn(more);
        let begin = Instant::now();
        loop {
            if let Some(control) = self.control() {
                return (node, control);
            }
            assert!(begin.elapsed() < PATIENCE, "nobody answers in {}", self.path());
            sleep(STEP);
        }
    }

    /// Speaks with its node, if it is there.
    pub(crate) fn control(&self) -> Option<Control> {
        let stream = UnixStream::connect(self.file("control.sock")).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut control = Control { stream: BufReader::new(stream), hello: Value::Null, next: 0 };
        control.hello = control.line()?;
        Some(control)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // What is left lies in the folder for temporary files.
        let _ = fs::remove_dir_all(self.0.parent().unwrap());
    }
}

/// A process, killed with -9 when dropped.
pub(crate) struct Node(pub(crate) Child);

impl Node {
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        self.0.wait().unwrap();
    }
}

/// One end of a control socket.
pub(crate) struct Control {
    stream: BufReader<UnixStream>,
    pub(crate) hello: Value,
    next: u64,
}

impl Control {
    /// The next line; `None` once the node is gone.
    pub(crate) fn line(&mut self) -> Option<Value> {
        let mut line = String::new();
        match self.stream.read_line(&mut line) {
            Ok(octets) if octets > 0 && line.ends_with('\n') => Some(serde_json::from_str(&line).unwrap()),
            _ => None,
        }
    }

    pub(crate) fn put(&mut self, line: &str) -> Option<()> {
        self.stream.get_mut().write_all(format!("{line}\n").as_bytes()).ok()
    }

    /// What is answered to a request; `None` once the node is gone.
    pub(crate) fn ask(&mut self, mut request: Value) -> Option<Value> {
        self.next += 1;
        request["id"] = self.next.into();
        self.put(&request.to_string())?;
        let answer = self.line()?;
        assert_eq!(answer["id"], self.next, "{answer}");
        Some(answer)
    }

    /// Decides about an SKI, as `Trust`, `Refuse` or `Forget`; `None` where that was not acknowledged.
    pub(crate) fn decide(&mut self, ski: &str, call: &str) -> Option<()> {
        let added = self.ask(json!({ "call": { "AddPeer": { "ski": ski, "endpoints": [] } } }))?;
        let decided = self.ask(json!({ "call": { call: { "peer": added["ok"]["Peer"] } } }))?;
        assert_eq!(decided["ok"], "Done", "{decided}");
        Some(())
    }

    /// SKI and decision of every peer.
    pub(crate) fn decisions(&mut self) -> Option<std::collections::BTreeMap<String, String>> {
        let peers = self.ask(json!({ "view": "peers" }))?;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let peers = peers["ok"].as_array().unwrap().clone();
        Some(peers.iter().map(|peer| (text(&peer["ski"]), text(&peer["decision"]))).collect())
    }
}
