//! EEBUS nodes on [smol](https://docs.rs/smol).
//!
//! See [`run`], [`Setup`] for what can be chosen, and [`Handle`] for other tasks and threads.
#![forbid(unsafe_code)]

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use eebus_core::node::{At, Event, Tap};
use eebus_pump::{Accepting, Runtime, Task};
pub use eebus_pump::{
    CallError, Clock, Events, FileStore, Handle, Identity, Memory, Pump, Saving, Setup, Store, SystemClock,
};
use smol::Timer;
use smol::net::{TcpListener, TcpStream, resolve};

/// Runs a node until it was shut down. `app` sees every event and calls the node.
///
/// Dropping the future ends the node without a word to its peers; to stop and go on, use [`Pump`].
///
/// # Errors
///
/// The store can't be read, there is no randomness, or the system does not let the node listen.
pub async fn run<T: Tap + fmt::Debug>(
    setup: Setup<T>,
    app: impl FnMut(&mut At<'_>, Event),
) -> io::Result<()> {
    Pump::new(Smol, setup)?.run(app).await
}

/// Sockets, names and timers of smol.
#[derive(Clone, Copy, Debug, Default)]
pub struct Smol;

impl Runtime for Smol {
    type Stream = TcpStream;
    type Listener = TcpListener;

    fn bind(&self, address: SocketAddr) -> Task<io::Result<TcpListener>> {
        Box::pin(TcpListener::bind(address))
    }

    fn port(&self, listener: &TcpListener) -> io::Result<u16> {
        Ok(listener.local_addr()?.port())
    }

    fn accept(&self, listener: Arc<TcpListener>) -> Accepting<TcpStream> {
        Box::pin(async move {
            let (stream, from) = listener.accept().await?;
            // Refused only where the peer is gone already, which reading tells.
            let _ = stream.set_nodelay(true);
            Ok((stream, from))
        })
    }

    fn connect(&self, to: SocketAddr) -> Task<io::Result<TcpStream>> {
        Box::pin(async move {
            let stream = TcpStream::connect(to).await?;
            let _ = stream.set_nodelay(true);
            Ok(stream)
        })
    }

    fn resolve(&self, name: String, port: u16) -> Task<io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { resolve((name.as_str(), port)).await })
    }

    fn sleep(&self, span: Duration) -> Task<()> {
        Box::pin(async move {
            Timer::after(span).await;
        })
    }
}

/// The README's example is compiled with the tests of this crate.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
