//! The one async loop.

use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use eebus_core::ids::{AttemptId, ConnId};
use eebus_core::node::{At, Endpoint, Event, Host, NoTap, Stage, Tap};
use eebus_core::time::Instant;
use futures_io::{AsyncRead, AsyncWrite};
use tracing::error;

use crate::ready::{Key, Ready};
use crate::{Accepting, Deed, Engine, LINK, Runtime, Setup, Task};

/// Octets read from one socket a turn.
pub const READ_BUFFER: usize = 16 * 1024;
/// How long nothing is accepted once the system refuses to, for instance for want of file descriptors.
pub const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

type Connected<S> = Result<S, (Stage, io::Error)>;

/// A node at work on a runtime.
///
/// Everything lives in here and nothing in the future of [`run`](Self::run): dropping that loses no octet, and the
/// next `run` goes on where it was. A turn of the loop serves everybody who is ready once: one read of
/// [`READ_BUFFER`] and one write a socket, one accept. So nobody waits for a slow or chatty peer.
pub struct Pump<R: Runtime, T = NoTap> {
    runtime: R,
    engine: Engine<T>,
    listen: SocketAddr,
    binding: Option<Task<io::Result<R::Listener>>>,
    listener: Option<Arc<R::Listener>>,
    accepting: Option<Accepting<R::Stream>>,
    dials: BTreeMap<AttemptId, Task<Connected<R::Stream>>>,
    sockets: BTreeMap<ConnId, Socket<R::Stream>>,
    timer: Option<(Instant, Task<()>)>,
    ready: Ready,
    buffer: Vec<u8>,
}

struct Socket<S> {
    stream: S,
    waker: Waker,
    shut: bool,
}

impl<R: Runtime, T: Tap + fmt::Debug> Pump<R, T> {
    /// A node that is about to run.
    ///
    /// # Errors
    ///
    /// As [`Engine::new`].
    pub fn new(runtime: R, setup: Setup<T>) -> io::Result<Self> {
        let listen = setup.address();
        Ok(Self {
            runtime,
            engine: Engine::new(setup)?,
            listen,
            binding: None,
            listener: None,
            accepting: None,
            dials: BTreeMap::new(),
            sockets: BTreeMap::new(),
            timer: None,
            ready: Ready::default(),
            buffer: vec![0; READ_BUFFER],
        })
    }

    /// Runs until the node was shut down.
    ///
    /// # Errors
    ///
    /// The system does not let the node listen.
    pub async fn run(&mut self, mut app: impl FnMut(&mut At<'_>, Event)) -> io::Result<()> {
        poll_fn(|cx| self.poll(cx, &mut app)).await
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        app: &mut dyn FnMut(&mut At<'_>, Event),
    ) -> Poll<io::Result<()>> {
        self.ready.register(cx.waker());
        self.carry_out(app);
        let mut more = self.engine.serve(cx);
        self.carry_out(app);
        for key in self.ready.take() {
            match key {
                Key::Listener => self.turn_listener()?,
                Key::Dial(attempt) => self.turn_dial(attempt),
                Key::Socket(conn) => self.turn_socket(conn),
            }
            self.carry_out(app);
        }
        if self.is_time(cx) {
            self.engine.tick();
            self.carry_out(app);
            more = true;
        }
        if self.engine.is_done() {
            return Poll::Ready(Ok(()));
        }
        if more || !self.ready.is_empty() {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// Whether the deadline is there; where not, `cx` is woken by then.
    fn is_time(&mut self, cx: &mut Context<'_>) -> bool {
        let span = self.engine.sleep();
        if span.is_zero() {
            return true;
        }
        let at = self.engine.now() + span;
        // An earlier timer serves as well: ticks are free.
        let timer = match self.timer.take() {
            Some(timer) if timer.0 <= at => timer,
            _ => (at, self.runtime.sleep(span)),
        };
        let (_, sleep) = self.timer.insert(timer);
        let over = sleep.as_mut().poll(cx).is_ready();
        if over {
            self.timer = None;
        }
        over
    }

    fn carry_out(&mut self, app: &mut dyn FnMut(&mut At<'_>, Event)) {
        while let Some(deed) = self.engine.poll(app) {
            match deed {
                Deed::Listen(true) => {
                    self.binding = Some(bind(self.runtime.clone(), self.listen));
                    self.ready.insert(Key::Listener);
                }
                Deed::Listen(false) => (self.binding, self.accepting, self.listener) = (None, None, None),
                Deed::Dial { attempt, to } => {
                    self.dials.insert(attempt, connect(self.runtime.clone(), to));
                    self.ready.insert(Key::Dial(attempt));
                }
                Deed::CancelDial { attempt } => drop(self.dials.remove(&attempt)),
                Deed::Attend { conn, .. } => self.ready.insert(Key::Socket(conn)),
                Deed::Drop { conn } => drop(self.sockets.remove(&conn)),
            }
        }
    }

    fn turn_listener(&mut self) -> io::Result<()> {
        let waker = self.ready.waker(Key::Listener);
        let mut cx = Context::from_waker(&waker);
        if let Some(binding) = &mut self.binding {
            let Poll::Ready(listener) = binding.as_mut().poll(&mut cx) else { return Ok(()) };
            self.binding = None;
            let listener = listener.map_err(|error| {
                io::Error::new(error.kind(), format!("can't listen at {}: {error}", self.listen))
            })?;
            let port = self.runtime.port(&listener)?;
            self.accepting = Some(self.runtime.accept(self.listener.insert(Arc::new(listener)).clone()));
            self.engine.listening(port);
        }
        let (Some(accepting), Some(listener)) = (&mut self.accepting, &self.listener) else { return Ok(()) };
        let Poll::Ready(accepted) = accepting.as_mut().poll(&mut cx) else { return Ok(()) };
        let next = self.runtime.accept(listener.clone());
        self.ready.insert(Key::Listener);
        match accepted {
            Ok((stream, from)) => {
                self.accepting = Some(next);
                let conn = self.engine.accepted(from);
                self.insert(conn, stream);
            }
            // Over before it was accepted: that one's matter only.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
                ) =>
            {
                self.accepting = Some(next);
            }
            Err(error) => {
                error!(target: LINK, %error, "can't accept");
                let pause = self.runtime.sleep(ACCEPT_PAUSE);
                self.accepting = Some(Box::pin(async move {
                    pause.await;
                    next.await
                }));
            }
        }
        Ok(())
    }

    fn turn_dial(&mut self, attempt: AttemptId) {
        let waker = self.ready.waker(Key::Dial(attempt));
        let Some(dial) = self.dials.get_mut(&attempt) else { return };
        let Poll::Ready(connected) = dial.as_mut().poll(&mut Context::from_waker(&waker)) else { return };
        self.dials.remove(&attempt);
        match connected {
            Ok(stream) => {
                let conn = self.engine.dialled(attempt);
                self.insert(conn, stream);
            }
            Err((stage, error)) => self.engine.dial_failed(attempt, stage, &error),
        }
    }

    fn insert(&mut self, conn: Option<ConnId>, stream: R::Stream) {
        let Some(conn) = conn else { return };
        let waker = self.ready.waker(Key::Socket(conn));
        self.sockets.insert(conn, Socket { stream, waker, shut: false });
        self.ready.insert(Key::Socket(conn));
    }

    /// One write, one read.
    fn turn_socket(&mut self, conn: ConnId) {
        let Some(socket) = self.sockets.get_mut(&conn) else { return };
        let (mut cx, mut stream) = (Context::from_waker(&socket.waker), Pin::new(&mut socket.stream));
        let mut moved = false;
        if self.engine.interest(conn).write {
            let written = stream.as_mut().poll_write(&mut cx, self.engine.output(conn));
            moved |= written.is_ready();
            match written {
                Poll::Ready(Ok(0)) => self.engine.ended(conn, Some(&io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(octets)) => self.engine.sent(conn, octets),
                Poll::Ready(Err(error)) => self.engine.ended(conn, Some(&error)),
                Poll::Pending => {}
            }
        }
        if self.engine.interest(conn).shut && !socket.shut {
            // A socket that can't be shut is gone already.
            socket.shut = stream.as_mut().poll_close(&mut cx).is_ready();
        }
        if self.engine.interest(conn).read {
            let read = stream.as_mut().poll_read(&mut cx, &mut self.buffer);
            moved |= read.is_ready();
            match read {
                Poll::Ready(Ok(0)) => self.engine.ended(conn, None),
                Poll::Ready(Ok(octets)) => {
                    let octets = octets.min(self.buffer.len());
                    self.engine.received(conn, &self.buffer[..octets]);
                }
                Poll::Ready(Err(error)) => self.engine.ended(conn, Some(&error)),
                Poll::Pending => {}
            }
        }
        if moved {
            self.ready.insert(Key::Socket(conn));
        }
    }
}

impl<R: Runtime, T: fmt::Debug> fmt::Debug for Pump<R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pump")
            .field("engine", &self.engine)
            .field("listen", &self.listen)
            .field("dials", &self.dials.keys())
            .field("sockets", &self.sockets.keys())
            .finish_non_exhaustive()
    }
}

fn bind<R: Runtime>(runtime: R, address: SocketAddr) -> Task<io::Result<R::Listener>> {
    Box::pin(async move {
        match runtime.bind(address).await {
            // A system without IPv6.
            Err(error) if address.ip() == Ipv6Addr::UNSPECIFIED => {
                runtime.bind((Ipv4Addr::UNSPECIFIED, address.port()).into()).await.map_err(|_| error)
            }
            other => other,
        }
    })
}

fn connect<R: Runtime>(runtime: R, to: Endpoint) -> Task<Connected<R::Stream>> {
    Box::pin(async move {
        let addresses = match to.host {
            Host::Address(address) => vec![address],
            Host::Name { name, port } => {
                runtime.resolve(name, port).await.map_err(|error| (Stage::Name, error))?
            }
        };
        let mut failure = (Stage::Name, io::ErrorKind::NotFound.into());
        for address in addresses {
            match runtime.connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => failure = (Stage::Connect, error),
            }
        }
        Err(failure)
    })
}
