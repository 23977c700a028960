//! The node's end of the socket.

use super::answer::{refusal, value};
use super::{Hello, Kind, MAX_CLIENTS, MAX_LINE, Reply, Request, SOCKET, VERSION, answer};
use crate::failure::Failure;
use crate::state::{Folder, Lock};
use eebus_link::Identity;
use eebus_smol::{Events, Handle};
use std::fs;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How long a line may wait to be read by its reader, who is left alone then.
const WRITE_TIME: Duration = Duration::from_secs(10);

/// A socket that answers for a node; removed when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    path: PathBuf,
}

impl Server {
    /// Listens in a folder. What is left of a process that was killed is removed: the lock says that it is gone.
    pub(crate) fn start(
        folder: &Folder,
        _: &Lock,
        identity: &Identity,
        handle: Handle,
    ) -> Result<Self, Failure> {
        let path = folder.file(SOCKET);
        let unusable = |error: io::Error| {
            Failure::Failed(format!(
                "cannot listen at {}: {error}; name a folder with a shorter path, on a disk that can hold sockets",
                path.display()
            ))
        };
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(unusable(error)),
            _ => {}
        }
        let listener = UnixListener::bind(&path).map_err(unusable)?;
        let hello = Hello {
            eebus: "control".into(),
            version: VERSION,
            pid: std::process::id(),
            ski: identity.ski(),
            ship_id: identity.ship_id(),
        };
        let hello = serde_json::to_string(&hello).map_err(|error| unusable(error.into()))?;
        let clients = Arc::new(());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (Ok(stream), true) = (stream, Arc::strong_count(&clients) <= MAX_CLIENTS) else {
                    continue;
                };
                let (handle, hello, client) = (handle.clone(), hello.clone(), clients.clone());
                thread::spawn(move || {
                    // Whoever hung up wants no more.
                    let _ = serve(stream, &hello, &handle);
                    drop(client);
                });
            }
        });
        Ok(Self { path })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// The writing half, for answers and events.
type Writer = Arc<Mutex<UnixStream>>;

fn serve(stream: UnixStream, hello: &str, handle: &Handle) -> io::Result<()> {
    stream.set_write_timeout(Some(WRITE_TIME))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let writer = Arc::new(Mutex::new(stream));
    put(&writer, hello)?;
    let mut wanted = Arc::new(AtomicBool::new(false));
    let mut line = Vec::new();
    let served = loop {
        line.clear();
        // One more than a line may have, to tell one that is too long.
        let limit = u64::try_from(MAX_LINE).unwrap_or(u64::MAX).saturating_add(1);
        match reader.by_ref().take(limit).read_until(b'\n', &mut line) {
            Ok(0) => break Ok(()),
            Ok(_) if line.last() != Some(&b'\n') => {
                break reply(
                    &writer,
                    &unread(&format_args!("a line has {MAX_LINE} octets at most, and an end")),
                );
            }
            Ok(_) => {}
            Err(error) => break Err(error),
        }
        let request = match serde_json::from_slice::<Request>(&line) {
            Ok(request) => request,
            Err(error) => {
                reply(&writer, &unread(&error))?;
                continue;
            }
        };
        let done = match request {
            Request { id, events: Some(on), view: None, call: None } => {
                wanted.store(false, Ordering::Release);
                wanted = Arc::new(AtomicBool::new(on));
                let events = on.then(|| handle.events());
                let told = reply(&writer, &Reply { id: Some(id), ok: Some(true.into()), ..Reply::default() });
                if let Some(events) = events {
                    tell(events, writer.clone(), wanted.clone());
                }
                told
            }
            request => reply(&writer, &answer(handle, request)),
        };
        if let Err(error) = done {
            break Err(error);
        }
    };
    wanted.store(false, Ordering::Release);
    served
}

/// Sends events while they are wanted.
fn tell(mut events: Events, writer: Writer, wanted: Arc<AtomicBool>) {
    thread::spawn(move || {
        while let Some(event) = events.next_blocking() {
            if !wanted.load(Ordering::Acquire) {
                return;
            }
            let Ok(event) = value(event) else { continue };
            if reply(&writer, &Reply { event: Some(event), ..Reply::default() }).is_err() {
                return;
            }
        }
    });
}

fn unread(why: &dyn std::fmt::Display) -> Reply {
    Reply { error: Some(refusal(Kind::Protocol, why)), ..Reply::default() }
}

fn reply(writer: &Writer, reply: &Reply) -> io::Result<()> {
    put(writer, &serde_json::to_string(reply)?)
}

fn put(writer: &Writer, line: &str) -> io::Result<()> {
    let mut stream = writer.lock().unwrap_or_else(PoisonError::into_inner);
    // After a part of a line nothing more makes sense.
    stream.write_all(&[line.as_bytes(), b"\n"].concat()).inspect_err(|_| _ = stream.shutdown(Shutdown::Both))
}
