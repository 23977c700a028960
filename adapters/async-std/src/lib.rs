//! EEBUS nodes on [async-std](https://docs.rs/async-std).
//!
//! async-std is discontinued (RUSTSEC-2025-0052), and its authors point to smol. This crate serves programs that still
//! run on it: new ones take `eebus-smol`, whose sockets work beside async-std's, as both use the same reactor.
//!
//! See [`run`], [`Setup`] for what can be chosen, and [`Handle`] for other tasks and threads.
#![forbid(unsafe_code)]

use std::fmt;
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_std::net::{TcpListener, TcpStream, ToSocketAddrs};
use async_std::task;
use eebus_core::node::{At, Event, Tap};
use eebus_pump::{Accepting, Runtime, Task};
pub use eebus_pump::{
    CallError, Clock, Events, FileStore, Handle, Identity, Memory, Pump, Saving, Setup, Store, SystemClock,
};
use futures_io::{AsyncRead, AsyncWrite};

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
    Pump::new(AsyncStd, setup)?.run(app).await
}

/// Sockets, names and timers of async-std.
#[derive(Clone, Copy, Debug, Default)]
pub struct AsyncStd;

impl Runtime for AsyncStd {
    type Stream = Stream;
    type Listener = TcpListener;

    fn bind(&self, address: SocketAddr) -> Task<io::Result<TcpListener>> {
        Box::pin(TcpListener::bind(address))
    }

    fn port(&self, listener: &TcpListener) -> io::Result<u16> {
        Ok(listener.local_addr()?.port())
    }

    fn accept(&self, listener: Arc<TcpListener>) -> Accepting<Stream> {
        Box::pin(async move {
            let (stream, from) = listener.accept().await?;
            // Refused only where the peer is gone already, which reading tells.
            let _ = stream.set_nodelay(true);
            Ok((Stream(stream), from))
        })
    }

    fn connect(&self, to: SocketAddr) -> Task<io::Result<Stream>> {
        Box::pin(async move {
            let stream = TcpStream::connect(to).await?;
            let _ = stream.set_nodelay(true);
            Ok(Stream(stream))
        })
    }

    fn resolve(&self, name: String, port: u16) -> Task<io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok((name.as_str(), port).to_socket_addrs().await?.collect()) })
    }

    fn sleep(&self, span: Duration) -> Task<()> {
        Box::pin(task::sleep(span))
    }
}

/// A TCP connection. Closing async-std's own one only flushes it.
#[derive(Clone, Debug)]
pub struct Stream(TcpStream);

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.0.shutdown(Shutdown::Write))
    }
}
