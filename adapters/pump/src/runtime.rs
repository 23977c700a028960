//! What a runtime has to offer.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_io::{AsyncRead, AsyncWrite};

/// A future of its own. Dropped before it is done, nothing comes of it.
pub type Task<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A connection that is being accepted, with its other end.
pub type Accepting<S> = Task<io::Result<(S, SocketAddr)>>;

/// TCP, names and time of one runtime.
pub trait Runtime: Clone + Send + Sync + 'static {
    /// A TCP connection. Closing it shuts the writing half only.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;
    /// A listening TCP socket.
    type Listener: Send + Sync + 'static;

    /// Listens.
    fn bind(&self, address: SocketAddr) -> Task<io::Result<Self::Listener>>;

    /// The port it really listens at.
    ///
    /// # Errors
    ///
    /// The system's.
    fn port(&self, listener: &Self::Listener) -> io::Result<u16>;

    /// The next connection, with `TCP_NODELAY`.
    fn accept(&self, listener: Arc<Self::Listener>) -> Accepting<Self::Stream>;

    /// Connects; with `TCP_NODELAY`, as messages are small and wait for each other.
    fn connect(&self, to: SocketAddr) -> Task<io::Result<Self::Stream>>;

    /// Finds the addresses of a host name.
    fn resolve(&self, name: String, port: u16) -> Task<io::Result<Vec<SocketAddr>>>;

    /// Ends after `span`.
    fn sleep(&self, span: Duration) -> Task<()>;
}
