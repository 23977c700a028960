//! One responder of mdns-sd on one link.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use eebus_core::ship::txt::Record;
use futures_core::Stream;
use mdns_sd::{
    DaemonEvent, DaemonStatus, IfKind, IfPredicate, Metrics, Receiver, ResolvedService, ScopedIp,
    ServiceDaemon, ServiceEvent, ServiceInfo,
};
use tracing::{debug, info, warn};

use crate::desk::Wanted;
use crate::known::{Known, MAX_INSTANCES};
use crate::links::Link;
use crate::service::instance;
use crate::{LOG, Options, SERVICE, Service, Warning, instance_name};

/// News of one kind, as they come.
type News<T> = Pin<Box<dyn Stream<Item = T> + Send>>;

/// When an instance that was found and not resolved is asked for again, in seconds after the time before.
const ASK_TIMES: [u64; 4] = [1, 5, 15, 45];

/// When to look through the cache again after browsing began: mdns-sd takes no notice of records that come back within a
/// second of their goodbye, not even if it knew them from that goodbye only.
const AGAIN_TIME: Duration = Duration::from_secs(3);

/// Records a responder may have in its cache, which it does not bound: some MB, and what hundreds of hosts announce.
/// Beyond it, it is started anew.
const MAX_RECORDS: i64 = 8192;

/// One responder, and what it does now.
pub(crate) struct Responder {
    daemon: ServiceDaemon,
    pub(crate) link: Link,
    /// Names of its interfaces, as the responder reads them.
    names: Arc<Mutex<Vec<String>>>,
    state: News<DaemonEvent>,
    events: Option<(u64, News<ServiceEvent>)>,
    announced: Option<Announced>,
    /// Instances that were found and not resolved, by full name.
    bare: BTreeMap<String, Bare>,
    /// When to browse again.
    again: Option<Instant>,
    /// Its answer to how much it has in its cache.
    metrics: Option<Receiver<Metrics>>,
}

/// An instance that was found and not resolved.
struct Bare {
    /// How often it was asked for.
    asked: usize,
    /// When to ask again; never once that was in vain.
    due: Option<Instant>,
}

impl Bare {
    fn new(asked: usize, now: Instant) -> Self {
        Self { asked, due: ASK_TIMES.get(asked).map(|seconds| now + Duration::from_secs(*seconds)) }
    }
}

/// What is announced.
struct Announced {
    record: Record,
    port: u16,
    /// Those given by the user, of this link.
    addresses: Vec<std::net::IpAddr>,
    full_name: String,
}

impl Responder {
    /// # Errors
    ///
    /// The system gives no socket or thread.
    pub(crate) fn new(link: Link) -> mdns_sd::Result<Self> {
        let daemon = ServiceDaemon::new()?;
        let names = Arc::new(Mutex::new(link.names.clone()));
        let own = names.clone();
        let is_own = move |at: &if_addrs::Interface| {
            own.lock().unwrap_or_else(PoisonError::into_inner).contains(&at.name)
        };
        daemon.disable_interface(IfKind::All)?;
        daemon.enable_interface(IfKind::Predicate(IfPredicate::new(is_own)))?;
        let state = daemon.monitor()?.into_stream();
        Ok(Self {
            daemon,
            link,
            names,
            state: Box::pin(state),
            events: None,
            announced: None,
            bare: BTreeMap::new(),
            again: None,
            metrics: None,
        })
    }

    /// The name its link has among sightings: interfaces may join it later.
    pub(crate) fn label(&self) -> &str {
        self.link.names.first().map_or("", String::as_str)
    }

    /// Its link is another one now; the responder looks by itself every 5 s.
    pub(crate) fn relink(&mut self, link: Link) {
        (*self.names.lock().unwrap_or_else(PoisonError::into_inner)).clone_from(&link.names);
        self.link = link;
    }

    pub(crate) fn turn(
        &mut self,
        wanted: &Wanted,
        options: &Options,
        known: &mut Known,
        cx: &mut Context<'_>,
        now: Instant,
    ) {
        self.announce(wanted.announced.as_ref(), options);
        if self.events.is_none() && wanted.browse.is_some() {
            self.again = Some(now + AGAIN_TIME);
        }
        self.browse(wanted.browse);
        while let Poll::Ready(Some(event)) = self.state.as_mut().poll_next(cx) {
            report(&event, known);
        }
        self.ask(now);
        while let Some((_, events)) = &mut self.events {
            match events.as_mut().poll_next(cx) {
                Poll::Pending => break,
                Poll::Ready(Some(event)) => self.heard(event, known, now),
                Poll::Ready(None) => {
                    warn!(target: LOG, link = self.label(), "events were lost, browsing anew");
                    self.events = None;
                    self.browse(wanted.browse);
                }
            }
        }
    }

    /// Whether its cache had more than [`MAX_RECORDS`] when this was asked last.
    pub(crate) fn is_flooded(&mut self) -> bool {
        let is_cached = |(key, _): &(String, i64)| key.starts_with("cached-");
        let metrics = self.metrics.take().and_then(|answer| answer.try_recv().ok()).unwrap_or_default();
        let records: i64 = metrics.into_iter().filter(is_cached).map(|(_, count)| count).sum();
        self.metrics = self.daemon.get_metrics().ok();
        if records > MAX_RECORDS {
            warn!(target: LOG, records, link = self.label(), "the network floods the cache, which is dropped");
        }
        records > MAX_RECORDS
    }

    /// When it has to have a turn.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.bare.values().filter_map(|bare| bare.due).chain(self.again).min()
    }

    /// Asks for instances that mdns-sd left unresolved. It asks for a TXT record only together with the SRV record, so
    /// that is dropped from its cache.
    fn ask(&mut self, now: Instant) {
        let Some(number) = self.events.as_ref().map(|(number, _)| *number) else {
            self.again = None;
            return self.bare.clear();
        };
        let mut is_due = self.again.take_if(|again| *again <= now).is_some();
        for (full_name, bare) in &mut self.bare {
            if bare.due.is_some_and(|due| due <= now) {
                debug!(target: LOG, full_name, "found and not resolved: asked for again");
                let _ = self.daemon.verify(full_name.clone(), Duration::ZERO);
                *bare = Bare::new(bare.asked.saturating_add(1), now);
                is_due = true;
            }
        }
        if is_due {
            self.events = None;
            self.browse(Some(number));
        }
    }

    fn announce(&mut self, wanted: Option<&(Record, u16)>, options: &Options) {
        let addresses = self.link.routable(&options.addresses);
        let wanted = wanted.filter(|_| options.addresses.is_empty() || !addresses.is_empty());
        let Some((record, port)) = wanted else { return self.withdraw() };
        if let Some(now) = &self.announced {
            if (&now.record, now.port, &now.addresses) == (record, *port, &addresses) {
                return;
            }
            // Readers keep the old port until they hear a goodbye.
            if now.port != *port || now.record.id != record.id {
                self.withdraw();
            }
        }
        let done = service(record, *port, &addresses).and_then(|service| {
            let full_name = service.get_fullname().to_owned();
            self.daemon.register(service).map(|()| full_name)
        });
        match done {
            Ok(full_name) => {
                debug!(target: LOG, full_name, port, link = self.label(), "announce");
                self.announced =
                    Some(Announced { record: record.clone(), port: *port, addresses, full_name });
            }
            Err(error) => warn!(target: LOG, %error, link = self.label(), "can't announce"),
        }
    }

    fn withdraw(&mut self) {
        let Some(Announced { full_name, .. }) = self.announced.take() else { return };
        debug!(target: LOG, full_name, link = self.label(), "withdraw");
        if let Err(error) = self.daemon.unregister(&full_name) {
            warn!(target: LOG, %error, "can't say goodbye");
        }
    }

    fn browse(&mut self, wanted: Option<u64>) {
        let current = self.events.as_ref().map(|(number, _)| *number);
        if current == wanted {
            return;
        }
        if current.is_some() {
            self.events = None;
            if let Err(error) = self.daemon.stop_browse(SERVICE) {
                warn!(target: LOG, %error, "can't stop browsing");
            }
        }
        let Some(number) = wanted else { return };
        match self.daemon.browse(SERVICE) {
            Ok(events) => self.events = Some((number, Box::pin(events.into_stream()))),
            Err(error) => warn!(target: LOG, %error, link = self.label(), "can't browse"),
        }
    }

    fn heard(&mut self, event: ServiceEvent, known: &mut Known, now: Instant) {
        match event {
            ServiceEvent::ServiceFound(_, full_name) if self.bare.len() < MAX_INSTANCES => {
                self.bare.entry(full_name).or_insert_with(|| Bare::new(0, now));
            }
            ServiceEvent::ServiceResolved(resolved) => {
                if !resolved.txt_properties.is_empty() {
                    self.bare.remove(&resolved.fullname);
                }
                known.resolved((self.label(), 0), &heard(&resolved), now);
            }
            ServiceEvent::ServiceRemoved(_, full_name) => {
                self.bare.remove(&full_name);
                known.removed((self.label(), 0), &full_name, now);
            }
            _ => {}
        }
    }

    /// Lets it say goodbye and end; its thread does so before it answers.
    pub(crate) fn stop(self) -> Option<Receiver<DaemonStatus>> {
        self.daemon.shutdown().ok()
    }
}

fn service(record: &Record, port: u16, addresses: &[std::net::IpAddr]) -> mdns_sd::Result<ServiceInfo> {
    let strings = record.strings();
    let pairs: Vec<_> = strings.iter().filter_map(|text| text.split_once('=')).collect();
    // Unlike the name of the system it is this node's alone, also where several run on one host.
    let host = format!("eebus-{}.local.", record.ski);
    let info =
        ServiceInfo::new(SERVICE, &instance_name(&record.id), &host, addresses, port, pairs.as_slice())?;
    Ok(if addresses.is_empty() { info.enable_addr_auto() } else { info })
}

fn report(event: &DaemonEvent, known: &mut Known) {
    match event {
        DaemonEvent::NameChange(change) if change.original.contains(SERVICE) => {
            known.warn(Warning::Renamed { from: instance(&change.original), to: instance(&change.new_name) });
        }
        DaemonEvent::Error(error) => warn!(target: LOG, %error, "mDNS"),
        DaemonEvent::IpAdd(address) => info!(target: LOG, %address, "new address"),
        DaemonEvent::IpDel(address) => info!(target: LOG, %address, "address is gone"),
        _ => {}
    }
}

fn heard(resolved: &ResolvedService) -> Service {
    let text = |key: &str, value: Option<&[u8]>| {
        let value = value.map(|value| [b"=", value].concat());
        [key.as_bytes(), &value.unwrap_or_default()].concat()
    };
    let interface = |ip: &ScopedIp| match ip {
        ScopedIp::V6(v6) => v6.scope_id().index,
        _ => 0,
    };
    Service {
        full_name: resolved.fullname.clone(),
        host: resolved.host.clone(),
        port: resolved.port,
        addresses: resolved.addresses.iter().map(|ip| (ip.to_ip_addr(), interface(ip))).collect(),
        txt: resolved.txt_properties.iter().map(|pair| text(pair.key(), pair.val())).collect(),
    }
}
