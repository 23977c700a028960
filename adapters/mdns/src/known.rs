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

/// Instances by name, in lower case as names of DNS differ by more than case, and SKI: two units of a series may have
/// the same name.
type Key = (String, Ski);

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

#[derive(Debug)]
struct Instance {
    /// Its name, with the SKI where another one has the name already.
    name: String,
    /// What was heard, by link.
    heard: BTreeMap<String, Heard>,
    told: Option<Found>,
}

#[derive(Debug)]
struct Heard {
    sighting: Sighting,
    interfaces: Vec<String>,
    /// When it is over unless it is heard again: its name was heard with another SKI.
    until: Option<Instant>,
}

impl Instance {
    /// What there is to tell of it now; nothing once it is gone.
    fn seen(&self) -> Option<Found> {
        let newest = &self.heard.values().next_back()?.sighting;
        let endpoints = self.heard.values().flat_map(|heard| heard.sighting.endpoints.iter().cloned());
        let interfaces: BTreeSet<_> = self.heard.values().flat_map(|heard| &heard.interfaces).collect();
        Some(Found::Seen {
            sighting: Sighting {
                instance: self.name.clone(),
                interface: None,
                record: newest.record.clone(),
                endpoints: ordered(endpoints),
            },
            interfaces: interfaces.into_iter().cloned().collect(),
        })
    }
}

impl Known {
    /// A service is there on this link, or is there in another way.
    pub(crate) fn resolved(&mut self, link: &str, service: Service, now: Instant) {
        let sighting = match service.sighting() {
            Ok(sighting) => sighting,
            Err(fault) => {
                return warn!(target: LOG, instance = service.full_name, %fault, "not a SHIP node");
            }
        };
        let key = (sighting.instance.to_lowercase(), sighting.ski());
        let Some(name) = self.name(&key, &sighting) else {
            let instance = sighting.instance;
            return warn!(target: LOG, instance, "skipped: {MAX_INSTANCES} instances are known already");
        };
        for (other, instance) in &mut self.instances {
            if other.0 == key.0
                && other.1 != key.1
                && let Some(heard) = instance.heard.get_mut(link)
            {
                heard.until.get_or_insert(now + DISPUTE_TIME);
            }
        }
        let instance = self.instances.entry(key.clone()).or_insert_with(|| Instance {
            name,
            heard: BTreeMap::new(),
            told: None,
        });
        let heard = Heard { sighting, interfaces: service.interfaces, until: None };
        instance.heard.insert(link.to_owned(), heard);
        self.changed(key, now);
    }

    /// The name an instance is told by; none if there are too many.
    fn name(&self, key: &Key, sighting: &Sighting) -> Option<String> {
        if let Some(known) = self.instances.get(key) {
            return Some(known.name.clone());
        }
        let is_taken = self.instances.values().any(|known| known.name.to_lowercase() == key.0);
        let name = sighting.instance.clone();
        if is_taken {
            warn!(target: LOG, name, ski = %key.1, "two units have this name");
        }
        (self.instances.len() < MAX_INSTANCES)
            .then(|| if is_taken { format!("{name} ({})", key.1) } else { name })
    }

    /// A service of this full name said goodbye on a link, or its record ran out.
    pub(crate) fn removed(&mut self, link: &str, full_name: &str, now: Instant) {
        let name = instance(full_name).to_lowercase();
        self.forget(now, |key, at, _| key.0 == name && at == link);
    }

    /// A link is no more.
    pub(crate) fn lost(&mut self, link: &str, now: Instant) {
        self.forget(now, |_, at, _| at == link);
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

    fn forget(&mut self, now: Instant, over: impl Fn(&Key, &str, &Heard) -> bool) {
        for (key, instance) in &mut self.instances {
            let before = instance.heard.len();
            instance.heard.retain(|link, heard| !over(key, link, heard));
            if instance.heard.len() < before {
                self.news.insert(key.clone());
                // A goodbye is told at once.
                self.due = Some(now);
            }
        }
    }

    fn changed(&mut self, key: Key, now: Instant) {
        self.news.insert(key);
        self.due.get_or_insert(now + DEBOUNCE);
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
            let gone = self.instances.remove(key)?;
            return gone.told.map(|_| Found::Gone { instance: gone.name, ski: key.1 });
        };
        if instance.told.as_ref() == Some(&seen) {
            return None;
        }
        instance.told = Some(seen.clone());
        Some(seen)
    }
}

#[cfg(test)]
mod tests;
