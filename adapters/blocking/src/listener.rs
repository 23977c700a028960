//! The listening socket with its thread.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use eebus_pump::ACCEPT_PAUSE;

use crate::{Arrival, Sender, spawn};

/// Dropped, it stops listening.
pub(crate) struct Listener {
    address: SocketAddr,
    over: Arc<AtomicBool>,
    accepts: SyncSender<()>,
}

impl Listener {
    /// Listens, and answers at which port.
    pub(crate) fn start(address: SocketAddr, sender: Sender<Arrival>) -> io::Result<(Self, u16)> {
        let context =
            |error: io::Error| io::Error::new(error.kind(), format!("can't listen at {address}: {error}"));
        let listener = match TcpListener::bind(address) {
            // A system without IPv6.
            Err(error) if address.ip() == Ipv6Addr::UNSPECIFIED => {
                TcpListener::bind((Ipv4Addr::UNSPECIFIED, address.port())).map_err(|_| error)
            }
            other => other,
        }
        .map_err(context)?;
        let address = listener.local_addr()?;
        let over = Arc::new(AtomicBool::new(false));
        let (accepts, asked) = sync_channel(1);
        let is_over = over.clone();
        spawn(move || {
            for () in asked {
                let accepted = listener.accept();
                if is_over.load(Ordering::Acquire) {
                    break;
                }
                if accepted.as_ref().is_err_and(is_ours) {
                    thread::sleep(ACCEPT_PAUSE);
                }
                if sender.send(Arrival::Accepted(accepted)).is_err() {
                    break;
                }
            }
        })?;
        let listener = Self { address, over, accepts };
        listener.next();
        Ok((listener, address.port()))
    }

    /// Accepts once more.
    pub(crate) fn next(&self) {
        // The thread waits for exactly this.
        let _ = self.accepts.try_send(());
    }
}

impl Drop for Listener {
    /// The thread comes back by a connection of our own.
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        let ip = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        let _ = TcpStream::connect_timeout(&(ip, self.address.port()).into(), Duration::from_secs(1));
    }
}

/// Whether the system refuses to accept, not just one peer left early.
fn is_ours(error: &io::Error) -> bool {
    !matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset)
}
