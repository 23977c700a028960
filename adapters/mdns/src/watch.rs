//! The thread that listens to mdns-sd and tells what changed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use async_channel::Sender;
use eebus_core::node::Sighting;
use mdns_sd::{Receiver, RecvTimeoutError, ResolvedService, ScopedIp, ServiceDaemon, ServiceEvent};
use tracing::{debug, warn};

use crate::service::instance;
use crate::{Found, LOG, SERVICE, Service};

/// How long news of an instance are collected: mdns-sd tells each address it learns.
pub const DEBOUNCE: Duration = Duration::from_millis(200);
/// Instances kept: a building has some tens, and whoever announces more floods the network.
pub const MAX_INSTANCES: usize = 256;
/// Findings that wait for the node; beyond it the thread waits.
pub const MAX_FINDINGS: usize = 256;

/// What is known of the network.
pub(crate) struct Watch {
    pub(crate) daemon: ServiceDaemon,
    pub(crate) found: Sender<Found>,
    known: BTreeMap<String, Known>,
    /// Names with news that are not told.
    news: BTreeSet<String>,
}

/// An instance, under its name in lower case: names of DNS differ by more than case.
struct Known {
    now: Sighting,
    told: Option<Sighting>,
}

/// Why the loop over one subscription ended.
enum End {
    /// Nobody wants to know any more.
    Stopped,
    /// mdns-sd dropped the subscription: the thread was too slow.
    Lagged,
}

impl Watch {
    pub(crate) fn new(daemon: ServiceDaemon, found: Sender<Found>) -> Self {
        Self { daemon, found, known: BTreeMap::new(), news: BTreeSet::new() }
    }

    pub(crate) fn run(mut self, mut events: Receiver<ServiceEvent>) {
        while matches!(self.follow(&events), End::Lagged) {
            let Ok(again) = self.daemon.browse(SERVICE) else { return };
            warn!(target: LOG, "events were lost, browsing anew");
            events = again;
        }
    }

    fn follow(&mut self, events: &Receiver<ServiceEvent>) -> End {
        let mut due: Option<Instant> = None;
        loop {
            let event = match due {
                Some(at) => events.recv_deadline(at),
                None => events.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            let heard = match event {
                Ok(ServiceEvent::SearchStopped(_)) => return End::Stopped,
                Err(RecvTimeoutError::Disconnected) => return End::Lagged,
                Ok(ServiceEvent::ServiceResolved(service)) => {
                    self.resolved(&service);
                    true
                }
                Ok(ServiceEvent::ServiceRemoved(_, full_name)) => self.removed(&instance(&full_name)),
                Ok(_) | Err(RecvTimeoutError::Timeout) => true,
            };
            let over = due.is_some_and(|at| at <= Instant::now());
            if !heard || (over && !self.tell()) {
                return End::Stopped;
            }
            if over || self.news.is_empty() {
                due = None;
            }
            if due.is_none() && !self.news.is_empty() {
                due = Some(Instant::now() + DEBOUNCE);
            }
        }
    }

    fn resolved(&mut self, resolved: &ResolvedService) {
        let service = service(resolved);
        let now = match service.sighting() {
            Ok(now) => now,
            Err(fault) => {
                warn!(target: LOG, instance = service.full_name, %fault, "not a SHIP node");
                return;
            }
        };
        let key = now.instance.to_lowercase();
        if let Some(known) = self.known.get_mut(&key) {
            known.now = now;
        } else if self.known.len() < MAX_INSTANCES {
            self.known.insert(key.clone(), Known { now, told: None });
        } else {
            warn!(target: LOG, instance = now.instance, "skipped: {MAX_INSTANCES} instances are known already");
            return;
        }
        self.news.insert(key);
    }

    /// Answers whether somebody listens.
    fn removed(&mut self, instance: &str) -> bool {
        let key = instance.to_lowercase();
        self.news.remove(&key);
        let told = self.known.remove(&key).and_then(|known| known.told);
        told.is_none_or(|told| {
            let (ski, instance, interface) = (told.ski(), told.instance, told.interface);
            self.send(Found::Gone { ski, instance, interface })
        })
    }

    /// Tells the news; answers whether somebody listens.
    fn tell(&mut self) -> bool {
        for key in std::mem::take(&mut self.news) {
            let Some(known) =
                self.known.get_mut(&key).filter(|known| known.told.as_ref() != Some(&known.now))
            else {
                continue;
            };
            known.told = Some(known.now.clone());
            let seen = Found::Seen(known.now.clone());
            if !self.send(seen) {
                return false;
            }
        }
        true
    }

    fn send(&self, found: Found) -> bool {
        debug!(target: LOG, ?found, "found");
        self.found.send_blocking(found).is_ok()
    }
}

fn service(resolved: &ResolvedService) -> Service {
    let interface = |address: &ScopedIp| match address {
        ScopedIp::V6(v6) => v6.scope_id().index,
        _ => 0,
    };
    let text = |key: &str, value: Option<&[u8]>| {
        let value = value.map(|value| [b"=", value].concat());
        [key.as_bytes(), &value.unwrap_or_default()].concat()
    };
    Service {
        full_name: resolved.fullname.clone(),
        host: resolved.host.clone(),
        port: resolved.port,
        addresses: resolved.addresses.iter().map(|ip| (ip.to_ip_addr(), interface(ip))).collect(),
        txt: resolved.txt_properties.iter().map(|pair| text(pair.key(), pair.val())).collect(),
    }
}
