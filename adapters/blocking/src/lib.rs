//! EEBUS nodes with `std::net` and threads, without a runtime.
//!
//! See [`run`], [`Setup`] for what can be chosen, and [`Handle`] for other threads. The loop runs on the thread of
//! `run`. Each socket has a thread that reads and one that writes; neither does more than one read or write until
//! the loop asks for the next, so nobody piles anything up and nobody waits for a slow peer.
//!
//! # Logs
//!
//! As the docs of `eebus-pump` say.
#![forbid(unsafe_code)]

mod listener;
mod socket;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context, Wake, Waker};
use std::thread;

use eebus_core::ids::{AttemptId, ConnId};
use eebus_core::node::{At, CONNECT_TIME, Endpoint, Event, Host, Stage, Tap};
pub use eebus_pump::{
    CallError, Clock, Events, FileStore, Handle, Identity, Memory, Saving, Setup, Store, SystemClock,
};
use eebus_pump::{Deed, Engine};
use listener::Listener;
use socket::Socket;

/// What threads of sockets need of their stack, in octets.
const STACK: usize = 128 * 1024;

/// Runs a node until it was shut down. `app` sees every event and calls the node.
///
/// # Errors
///
/// The store can't be read, there is no randomness, or the system does not let the node listen.
pub fn run<T: Tap + fmt::Debug>(setup: Setup<T>, mut app: impl FnMut(&mut At<'_>, Event)) -> io::Result<()> {
    let (sender, arrivals) = channel();
    let address = setup.address();
    let engine = Engine::new(setup)?;
    let mut node = Loop { engine, address, sender, listener: None, sockets: BTreeMap::new() };
    node.run(&arrivals, &mut app)
}

/// What a thread tells the loop. No thread tells more than one thing until it is asked for the next.
enum Arrival {
    Woken,
    Accepted(io::Result<(TcpStream, SocketAddr)>),
    Dialled(AttemptId, Result<TcpStream, (Stage, io::Error)>),
    /// The buffer, and how much of it was read.
    Read(ConnId, Vec<u8>, io::Result<usize>),
    Wrote(ConnId, io::Result<usize>),
}

struct Loop<T> {
    engine: Engine<T>,
    address: SocketAddr,
    sender: Sender<Arrival>,
    listener: Option<Listener>,
    sockets: BTreeMap<ConnId, Socket>,
}

impl<T: Tap + fmt::Debug> Loop<T> {
    fn run(
        &mut self,
        arrivals: &Receiver<Arrival>,
        app: &mut dyn FnMut(&mut At<'_>, Event),
    ) -> io::Result<()> {
        let alarm = Arc::new(Alarm { sender: self.sender.clone(), rings: AtomicBool::new(false) });
        let waker = Waker::from(alarm.clone());
        self.carry_out(app)?;
        loop {
            alarm.rings.store(false, Ordering::Release);
            if self.engine.serve(&mut Context::from_waker(&waker)) {
                waker.wake_by_ref();
            }
            self.carry_out(app)?;
            if self.engine.is_done() {
                return Ok(());
            }
            if self.engine.sleep().is_zero() {
                self.engine.tick();
                self.carry_out(app)?;
            }
            match arrivals.recv_timeout(self.engine.sleep()) {
                Ok(arrival) => self.on(arrival),
                Err(_) => self.engine.tick(),
            }
            self.carry_out(app)?;
        }
    }

    fn on(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::Woken => {}
            Arrival::Accepted(accepted) => {
                match accepted {
                    Ok((stream, from)) => {
                        let conn = self.engine.accepted(from);
                        self.insert(conn, stream);
                    }
                    Err(error) => tracing::error!(target: "eebus::link", %error, "can't accept"),
                }
                if let Some(listener) = &self.listener {
                    listener.next();
                }
            }
            Arrival::Dialled(attempt, Ok(stream)) => {
                let conn = self.engine.dialled(attempt);
                self.insert(conn, stream);
            }
            Arrival::Dialled(attempt, Err((stage, error))) => self.engine.dial_failed(attempt, stage, &error),
            Arrival::Read(conn, buffer, read) => {
                match &read {
                    Ok(0) => self.engine.ended(conn, None),
                    Ok(octets) => self.engine.received(conn, buffer.get(..*octets).unwrap_or(&buffer)),
                    Err(error) => self.engine.ended(conn, Some(error)),
                }
                if let Some(socket) = self.sockets.get_mut(&conn) {
                    socket.buffer = Some(buffer);
                }
                self.attend(conn);
            }
            Arrival::Wrote(conn, wrote) => {
                match wrote {
                    Ok(0) => self.engine.ended(conn, Some(&io::ErrorKind::WriteZero.into())),
                    Ok(octets) => self.engine.sent(conn, octets),
                    Err(error) => self.engine.ended(conn, Some(&error)),
                }
                if let Some(socket) = self.sockets.get_mut(&conn) {
                    socket.is_writing = false;
                }
                self.attend(conn);
            }
        }
    }

    fn carry_out(&mut self, app: &mut dyn FnMut(&mut At<'_>, Event)) -> io::Result<()> {
        while let Some(deed) = self.engine.poll(app) {
            match deed {
                Deed::Listen(true) => {
                    let (listener, port) = Listener::start(self.address, self.sender.clone())?;
                    self.listener = Some(listener);
                    self.engine.listening(port);
                }
                Deed::Listen(false) => self.listener = None,
                Deed::Dial { attempt, to } => {
                    let sender = self.sender.clone();
                    spawn(move || {
                        // The loop may be gone by then.
                        let _ = sender.send(Arrival::Dialled(attempt, connect(&to)));
                    })?;
                }
                Deed::Attend { conn, .. } => self.attend(conn),
                Deed::Drop { conn } => drop(self.sockets.remove(&conn)),
                // An attempt nobody waits for is dropped when it comes.
                _ => {}
            }
        }
        Ok(())
    }

    fn insert(&mut self, conn: Option<ConnId>, stream: TcpStream) {
        let Some(conn) = conn else { return };
        match Socket::start(conn, stream, &self.sender) {
            Ok(socket) => drop(self.sockets.insert(conn, socket)),
            Err(error) => self.engine.ended(conn, Some(&error)),
        }
        self.attend(conn);
    }

    /// Gives a socket's threads the work they have to do now.
    fn attend(&mut self, conn: ConnId) {
        let Some(socket) = self.sockets.get_mut(&conn) else { return };
        let interest = self.engine.interest(conn);
        if interest.write {
            socket.write(self.engine.output(conn));
        }
        if interest.shut {
            socket.shut();
        }
        if interest.read {
            socket.read();
        }
    }
}

/// Wakes the loop for what handles ask.
struct Alarm {
    sender: Sender<Arrival>,
    rings: AtomicBool,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        if !self.rings.swap(true, Ordering::AcqRel) {
            // The loop may be gone by then.
            let _ = self.sender.send(Arrival::Woken);
        }
    }
}

fn spawn(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name("eebus".to_owned()).stack_size(STACK).spawn(work).map(drop)
}

fn connect(to: &Endpoint) -> Result<TcpStream, (Stage, io::Error)> {
    let addresses = match &to.host {
        Host::Address(address) => vec![*address],
        Host::Name { name, port } => {
            (name.as_str(), *port).to_socket_addrs().map_err(|error| (Stage::Name, error))?.collect()
        }
    };
    let mut failure = (Stage::Name, io::ErrorKind::NotFound.into());
    for address in addresses {
        match TcpStream::connect_timeout(&address, CONNECT_TIME) {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = (Stage::Connect, error),
        }
    }
    Err(failure)
}
