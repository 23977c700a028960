//! EEBUS nodes on [tokio](https://docs.rs/tokio); its I/O and time drivers have to be enabled.
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
use tokio::net::{TcpListener, TcpStream, lookup_host};
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt};

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
    Pump::new(Tokio, setup)?.run(app).await
}

/// Sockets, names and timers of tokio.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tokio;

impl Runtime for Tokio {
    type Stream = Compat<TcpStream>;
    type Listener = TcpListener;

    fn bind(&self, address: SocketAddr) -> Task<io::Result<TcpListener>> {
        Box::pin(TcpListener::bind(address))
    }

    fn port(&self, listener: &TcpListener) -> io::Result<u16> {
        Ok(listener.local_addr()?.port())
    }

    fn accept(&self, listener: Arc<TcpListener>) -> Accepting<Compat<TcpStream>> {
        Box::pin(async move {
            let (stream, from) = listener.accept().await?;
            // Refused only where the peer is gone already, which reading tells.
            let _ = stream.set_nodelay(true);
            Ok((stream.compat(), from))
        })
    }

    fn connect(&self, to: SocketAddr) -> Task<io::Result<Compat<TcpStream>>> {
        Box::pin(async move {
            let stream = TcpStream::connect(to).await?;
            let _ = stream.set_nodelay(true);
            Ok(stream.compat())
        })
    }

    fn resolve(&self, name: String, port: u16) -> Task<io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(lookup_host((name.as_str(), port)).await?.collect()) })
    }

    fn sleep(&self, span: Duration) -> Task<()> {
        // The timer is made within the runtime.
        Box::pin(async move { tokio::time::sleep(span).await })
    }
}
