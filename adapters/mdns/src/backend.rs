//! The backend on mdns-sd.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use async_channel::{Receiver, Sender};
use eebus_core::ship::txt::Record;
use futures_core::Stream;
use if_addrs::Interface;
use mdns_sd::{DaemonEvent, Error, IfKind, IfPredicate, ServiceDaemon, ServiceInfo};
use tracing::{debug, info, warn};

use crate::watch::{MAX_FINDINGS, Watch};
use crate::{Discovery, Found, LOG, Options, SERVICE, instance_name};

/// How long dropping waits for the goodbye to leave.
pub const GOODBYE_TIME: Duration = Duration::from_secs(1);

/// mDNS by [mdns-sd](https://docs.rs/mdns-sd) on threads of its own; beside another responder on port 5353 as well.
///
/// It follows interfaces and addresses that come and go. An address is announced only where its subnet is. A link-local
/// IPv6 address says nothing of its link, so none is announced while several of the interfaces have one: name one of
/// them in [`Options::interfaces`] where that is all there is. Once killed, a node is gone after 120 s.
pub struct MdnsSd {
    daemon: ServiceDaemon,
    options: Options,
    /// Full name and port of what is announced.
    announced: Option<(String, u16)>,
    sender: Sender<Found>,
    found: Pin<Box<Receiver<Found>>>,
}

impl MdnsSd {
    /// Starts it; nothing is announced or looked for yet.
    ///
    /// # Errors
    ///
    /// The system gives no socket or thread.
    pub fn new(options: Options) -> io::Result<Self> {
        let daemon = ServiceDaemon::new().map_err(failure)?;
        if !options.interfaces.is_empty() {
            daemon.disable_interface(IfKind::All).map_err(failure)?;
            let names: Vec<_> = options.interfaces.iter().map(|name| IfKind::Name(name.clone())).collect();
            daemon.enable_interface(names).map_err(failure)?;
        }
        if !options.loopback {
            daemon.disable_interface(vec![IfKind::LoopbackV4, IfKind::LoopbackV6]).map_err(failure)?;
        }
        let monitor = daemon.monitor().map_err(failure)?;
        spawn(move || monitor.iter().for_each(|event| report(&event)))?;
        let (sender, found) = async_channel::bounded(MAX_FINDINGS);
        Ok(Self { daemon, options, announced: None, sender, found: Box::pin(found) })
    }

    fn service(&self, record: &Record, port: u16) -> mdns_sd::Result<ServiceInfo> {
        let strings = record.strings();
        let pairs: Vec<_> = strings.iter().filter_map(|text| text.split_once('=')).collect();
        // Unlike the name of the system it is this node's alone, also where several run on one host.
        let host = format!("eebus-{}.local.", record.ski);
        let name = instance_name(&record.id);
        let addresses = self.options.addresses.as_slice();
        let info = ServiceInfo::new(SERVICE, &name, &host, addresses, port, pairs.as_slice())?;
        if !addresses.is_empty() {
            return Ok(info);
        }
        let mut info = info.enable_addr_auto();
        let options = self.options.clone();
        info.set_interfaces(vec![IfKind::Predicate(IfPredicate::new(move |at| is_announced(at, &options)))]);
        Ok(info)
    }
}

impl Discovery for MdnsSd {
    fn announce(&mut self, record: &Record, port: u16) {
        let service = match self.service(record, port) {
            Ok(service) => service,
            Err(error) => return warn!(target: LOG, %error, "can't announce"),
        };
        let announced = (service.get_fullname().to_owned(), port);
        if self.announced.as_ref().is_some_and(|before| *before != announced) {
            // Readers keep the old port until they hear a goodbye.
            self.withdraw();
        }
        debug!(target: LOG, name = announced.0, port, "announce");
        match self.daemon.register(service) {
            Ok(()) => self.announced = Some(announced),
            Err(error) => warn!(target: LOG, %error, "can't announce"),
        }
    }

    fn withdraw(&mut self) {
        let Some((name, _)) = self.announced.take() else { return };
        debug!(target: LOG, name, "withdraw");
        if let Err(error) = self.daemon.unregister(&name) {
            warn!(target: LOG, %error, "can't say goodbye");
        }
    }

    fn browse(&mut self, on: bool) {
        let done = if on {
            let watch = Watch::new(self.daemon.clone(), self.sender.clone());
            let events = self.daemon.browse(SERVICE).map_err(failure);
            events.and_then(|events| spawn(move || watch.run(events)))
        } else {
            self.daemon.stop_browse(SERVICE).map_err(failure)
        };
        if let Err(error) = done {
            warn!(target: LOG, %error, on, "can't browse");
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Found> {
        match self.found.as_mut().poll_next(cx) {
            Poll::Ready(Some(found)) => Poll::Ready(found),
            // Never closed: a sender is kept here.
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}

impl Drop for MdnsSd {
    fn drop(&mut self) {
        self.found.close();
        // Its thread says goodbye before it answers.
        if let Ok(end) = self.daemon.shutdown() {
            let _ = end.recv_timeout(GOODBYE_TIME);
        }
    }
}

impl fmt::Debug for MdnsSd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MdnsSd")
            .field("options", &self.options)
            .field("announced", &self.announced)
            .finish_non_exhaustive()
    }
}

/// Whether an address of an interface is announced.
fn is_announced(at: &Interface, options: &Options) -> bool {
    let is_chosen = |at: &Interface| {
        (options.loopback || !at.is_loopback())
            && (options.interfaces.is_empty() || options.interfaces.contains(&at.name))
    };
    let is_local = |at: &Interface| matches!(at.ip(), IpAddr::V6(ip) if ip.is_unicast_link_local());
    let others = || if_addrs::get_if_addrs().unwrap_or_default();
    let is_other = |other: &Interface| is_chosen(other) && is_local(other) && other.index != at.index;
    is_chosen(at) && !(is_local(at) && others().iter().any(is_other))
}

fn report(event: &DaemonEvent) {
    match event {
        DaemonEvent::NameChange(change) => {
            let (from, to) = (&change.original, &change.new_name);
            warn!(target: LOG, from, to, interface = change.intf_name, "renamed: the name is taken");
        }
        DaemonEvent::Error(error) => warn!(target: LOG, %error, "mDNS"),
        DaemonEvent::IpAdd(address) => info!(target: LOG, %address, "new address"),
        DaemonEvent::IpDel(address) => info!(target: LOG, %address, "address is gone"),
        _ => {}
    }
}

fn spawn(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name("eebus-mdns".to_owned()).spawn(work).map(drop)
}

fn failure(error: Error) -> io::Error {
    io::Error::other(error)
}
