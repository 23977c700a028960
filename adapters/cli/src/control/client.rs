//! The commands' end: the node that runs on a folder, or the right to run it.

use super::{Kind, Look, PeerStatus, Refusal, Request, answer};
use crate::failure::Failure;
use crate::state::{Folder, Lock};
use eebus_core::node::Call;
use eebus_smol::Handle;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::{Duration, Instant};

/// How long a process that starts or ends is waited for.
const BETWEEN: Duration = Duration::from_secs(10);
const STEP: Duration = Duration::from_millis(50);

/// A node that can be asked.
pub(crate) trait Asker {
    /// Asks and waits for the answer.
    fn ask(&mut self, request: Request) -> Result<Value, Refusal>;
}

impl dyn Asker + '_ {
    pub(crate) fn view<T: DeserializeOwned>(&mut self, look: Look) -> Result<T, Failure> {
        let value = self.ask(Request { view: Some(look), ..Request::default() })?;
        serde_json::from_value(value).map_err(|error| {
            Failure::Failed(format!(
                "the node answers what is not understood: {error}; run the same version of eebus"
            ))
        })
    }

    pub(crate) fn peers(&mut self) -> Result<Vec<PeerStatus>, Failure> {
        self.view(Look::Peers)
    }

    pub(crate) fn call(&mut self, call: Call) -> Result<Value, Refusal> {
        self.ask(Request { call: Some(call), ..Request::default() })
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Failed(match refusal.kind {
            Kind::Stopped => "the node ended meanwhile; try again".to_owned(),
            _ => refusal.message,
        })
    }
}

/// A node within this process.
#[derive(Debug)]
pub(crate) struct Local(pub(crate) Handle);

impl Asker for Local {
    fn ask(&mut self, request: Request) -> Result<Value, Refusal> {
        let reply = answer(&self.0, request);
        match reply.error {
            Some(error) => Err(error),
            None => Ok(reply.ok.unwrap_or_default()),
        }
    }
}

/// Where the node of a folder is.
#[derive(Debug)]
pub(crate) enum Reached {
    /// In another process.
    Running(Client),
    /// Nowhere, and nobody else can run it.
    Free(Lock),
}

/// Finds the node of a folder. A process that starts or ends just now is waited for.
pub(crate) fn reach(folder: &Folder) -> Result<Reached, Failure> {
    let begin = Instant::now();
    loop {
        if let Some(lock) = folder.lock()? {
            return Ok(Reached::Free(lock));
        }
        if let Some(client) = Client::connect(folder)? {
            return Ok(Reached::Running(client));
        }
        if begin.elapsed() > BETWEEN {
            return Err(Failure::Failed(format!(
                "{} holds {} and does not answer; end it and try again",
                folder.holder(),
                folder.path().display()
            )));
        }
        std::thread::sleep(STEP);
    }
}

#[cfg(unix)]
pub(crate) use unix::Client;

#[cfg(not(unix))]
pub(crate) use elsewhere::Client;

#[cfg(unix)]
mod unix {
    use super::super::{Hello, MAX_LINE, Reply, SOCKET, VERSION};
    use super::*;
    use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
    use std::os::unix::net::UnixStream;

    /// How long a running node may take to answer: somewhat longer than it waits for its store.
    const ANSWER_TIME: Duration = Duration::from_secs(75);

    /// A node in another process.
    #[derive(Debug)]
    pub(crate) struct Client {
        stream: BufReader<UnixStream>,
        next: u64,
    }

    impl Client {
        /// Speaks with the node of a folder; `None` where nobody answers.
        pub(super) fn connect(folder: &Folder) -> Result<Option<Self>, Failure> {
            let path = folder.file(SOCKET);
            let unusable = |error: io::Error| {
                Failure::Failed(format!(
                    "cannot speak with the node at {}: {error}; run as its user",
                    path.display()
                ))
            };
            let stream = match UnixStream::connect(&path) {
                Ok(stream) => stream,
                // Not yet, or not any more.
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => {
                    return Ok(None);
                }
                Err(error) => return Err(unusable(error)),
            };
            stream.set_read_timeout(Some(ANSWER_TIME)).map_err(unusable)?;
            let mut client = Self { stream: BufReader::new(stream), next: 0 };
            let Ok(line) = client.line() else { return Ok(None) };
            match serde_json::from_slice::<Hello>(&line) {
                Ok(hello) if hello.version == VERSION => Ok(Some(client)),
                _ => Err(Failure::Failed(format!(
                    "{} runs another version of eebus: run the same one, or end it",
                    folder.holder()
                ))),
            }
        }

        fn line(&mut self) -> io::Result<Vec<u8>> {
            let mut line = Vec::new();
            let limit = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
            match self.stream.by_ref().take(limit).read_until(b'\n', &mut line)? {
                0 => Err(ErrorKind::UnexpectedEof.into()),
                _ => Ok(line),
            }
        }

        fn answer(&mut self, id: u64, line: &str) -> io::Result<Reply> {
            self.stream.get_mut().write_all(&[line.as_bytes(), b"\n"].concat())?;
            loop {
                let line = self.line()?;
                let reply: Reply = serde_json::from_slice(&line)?;
                if reply.id == Some(id) || (reply.id.is_none() && reply.error.is_some()) {
                    return Ok(reply);
                }
            }
        }
    }

    impl Asker for Client {
        fn ask(&mut self, request: Request) -> Result<Value, Refusal> {
            self.next += 1;
            let id = self.next;
            let request = Request { id, ..request };
            let stopped =
                |error: &dyn std::fmt::Display| Refusal { kind: Kind::Stopped, message: error.to_string() };
            let line = serde_json::to_string(&request).map_err(|error| stopped(&error))?;
            let reply = self.answer(id, &line).map_err(|error| stopped(&error))?;
            match reply.error {
                Some(error) => Err(error),
                None => Ok(reply.ok.unwrap_or_default()),
            }
        }
    }
}

#[cfg(not(unix))]
mod elsewhere {
    use super::*;

    /// There are no Unix-domain sockets here.
    #[derive(Debug)]
    pub(crate) struct Client;

    impl Client {
        pub(super) fn connect(folder: &Folder) -> Result<Option<Self>, Failure> {
            Err(Failure::Failed(format!(
                "{} runs the node, and a running node can't be spoken to on this system: end it and try again",
                folder.holder()
            )))
        }
    }

    impl Asker for Client {
        fn ask(&mut self, _: Request) -> Result<Value, Refusal> {
            Err(Refusal { kind: Kind::Stopped, message: "there are no Unix-domain sockets".into() })
        }
    }
}
