//! What is known of the network, as every backend keeps it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use eebus_core::node::Sighting;
use eebus_core::ship::identity::Ski;
use tracing::{debug, warn};

use crate::service::{instance, ordered};
use crate::{Found, LOG, Service, Warning};

/// How long news of an instance are collected: its addresses come one by one.
pub const DEBOUNCE: Duration = Duration::from_millis(200);
/// Instances kept: a building has some tens, and whoever announces more floods the network.
pub const MAX_INSTANCES: usize = 256;
/// How long an SKI stays once its name is heard with another one: the lifetime of a record. Two units of one name are
/// heard in turn; the old SKI of a unit that has a new certificate is not heard again.
pub const DISPUTE_TIME: Duration = Duration::from_secs(120);
/// Warnings kept until somebody asks.
const MAX_WARNINGS: usize = 16;

/// Instances by interface, SKI and name in lower case, as names of DNS differ by more than case: two units of a series
/// may have the same name.
type Key = (String, Ski, String);

/// What is known of the network, and what of it was not told yet.
#[derive(Debug, Default)]
pub(crate) struct Known {
    instances: BTreeMap<Key, Instance>,
    /// Instances with news.
    news: BTreeSet<Key>,
    /// When the news are told.
    due: Option<Instant>,
    warnings: VecDeque<Found>,
    /// What hinders discovery now.
    trouble: Option<Warning>,
}

/// Where something is heard: the name of an interface, and a number for what a backend tells apart there.
pub(crate) type Place<'a> = (&'a str, i32);

#[derive(Debug, Default)]
struct Instance {
    heard: BTreeMap<i32, Heard>,
    told: Option<Sighting>,
}

#[derive(Debug)]
struct Heard {
    sighting: Sighting,
    /// When it is over unless it is heard again: its name was heard with another SKI.
    until: Option<Instant>,
}

impl Instance {
    /// What there is to tell of it now; nothing once it is gone.
    fn seen(&self) -> Option<Sighting> {
        let newest = &self.heard.values().next_back()?.sighting;
        let instance = self.told.as_ref().unwrap_or(newest).instance.clone();
        let endpoints = self.heard.values().flat_map(|heard| heard.sighting.endpoints.iter().cloned());
        Some(Sighting { instance, endpoints: ordered(endpoints), ..newest.clone() })
    }
}

impl Known {
    /// A service is there, or is there in another way.
    pub(crate) fn resolved(&mut self, (interface, part): Place<'_>, service: &Service, now: Instant) {
        if service.txt.is_empty() {
            // Its TXT record is still to come.
            return;
        }
        let sighting = match service.sighting() {
            Ok(sighting) => Sighting { interface: Some(interface.to_owned()), ..sighting },
            Err(fault) => {
                return warn!(target: LOG, instance = service.full_name, %fault, "not a SHIP node");
            }
        };
        let key = (interface.to_owned(), sighting.ski(), sighting.instance.to_lowercase());
        if self.instances.len() >= MAX_INSTANCES && !self.instances.contains_key(&key) {
            let instance = sighting.instance;
            return warn!(target: LOG, instance, "skipped: {MAX_INSTANCES} instances are known already");
        }
        for ((at, ski, name), other) in &mut self.instances {
            if (at, name) == (&key.0, &key.2)
                && *ski != key.1
                && let Some(heard) = other.heard.get_mut(&part)
            {
                debug!(target: LOG, name, one = %ski, other = %key.1, "two units have one name");
                heard.until.get_or_insert(now + DISPUTE_TIME);
            }
        }
        let instance = self.instances.entry(key.clone()).or_default();
        instance.heard.insert(part, Heard { sighting, until: None });
        self.news.insert(key);
        self.due.get_or_insert(now + DEBOUNCE);
    }

    /// A service of this full name said goodbye, or its record ran out.
    pub(crate) fn removed(&mut self, (interface, part): Place<'_>, full_name: &str, now: Instant) {
        let name = instance(full_name).to_lowercase();
        self.forget(now, |key, at, _| (key.0.as_str(), &key.2, at) == (interface, &name, part));
    }

    /// An interface is no more.
    #[cfg(feature = "mdns-sd")]
    pub(crate) fn lost(&mut self, interface: &str, now: Instant) {
        self.forget(now, |key, _, _| key.0 == interface);
    }

    /// Whoever told of everything is gone: what is not heard again in the lifetime of a record is over.
    #[cfg(feature = "avahi")]
    pub(crate) fn doubt(&mut self, now: Instant) {
        for heard in self.instances.values_mut().flat_map(|known| known.heard.values_mut()) {
            heard.until.get_or_insert(now + DISPUTE_TIME);
        }
    }

    /// Drops everything without a word: nobody wants to know any more.
    pub(crate) fn clear(&mut self) {
        (self.instances, self.news, self.due) = <_>::default();
    }

    /// Something hinders discovery, or nothing does any more.
    pub(crate) fn trouble(&mut self, trouble: Option<Warning>) {
        if self.trouble == trouble {
            return;
        }
        match &trouble {
            Some(warning) => self.warn(warning.clone()),
            None => self.report(Found::Recovered),
        }
        self.trouble = trouble;
    }

    pub(crate) fn warn(&mut self, warning: Warning) {
        warn!(target: LOG, "{warning}");
        self.report(Found::Warning(warning));
    }

    fn report(&mut self, found: Found) {
        if self.warnings.len() >= MAX_WARNINGS {
            self.warnings.pop_front();
        }
        self.warnings.push_back(found);
    }

    fn forget(&mut self, now: Instant, over: impl Fn(&Key, i32, &Heard) -> bool) {
        for (key, instance) in &mut self.instances {
            let before = instance.heard.len();
            instance.heard.retain(|part, heard| !over(key, *part, heard));
            if instance.heard.len() < before {
                self.news.insert(key.clone());
                // A goodbye is told at once.
                self.due = Some(now);
            }
        }
    }

    /// When [`next`](Self::next) may have something by itself.
    pub(crate) fn due(&self) -> Option<Instant> {
        let disputes = self.instances.values().flat_map(|known| known.heard.values()).filter_map(|h| h.until);
        self.due.into_iter().chain(disputes).min()
    }

    /// What is to be told now.
    pub(crate) fn next(&mut self, now: Instant) -> Option<Found> {
        if let Some(warning) = self.warnings.pop_front() {
            return Some(warning);
        }
        if self.due().is_some_and(|due| due <= now) {
            self.forget(now, |_, _, heard| heard.until.is_some_and(|until| until <= now));
        }
        while self.due.is_some_and(|due| due <= now) {
            let Some(key) = self.news.pop_first() else {
                self.due = None;
                return None;
            };
            if let Some(found) = self.tell(&key) {
                debug!(target: LOG, ?found, "found");
                return Some(found);
            }
        }
        None
    }

    fn tell(&mut self, key: &Key) -> Option<Found> {
        let instance = self.instances.get_mut(key)?;
        let Some(seen) = instance.seen() else {
            let Sighting { instance, interface, record, .. } = self.instances.remove(key)?.told?;
            return Some(Found::Gone { ski: record.ski, instance, interface });
        };
        if instance.told.as_ref() == Some(&seen) {
            return None;
        }
        instance.told = Some(seen.clone());
        Some(Found::Seen(seen))
    }
}

#[cfg(test)]
mod tests;
