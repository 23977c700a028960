//! What is found: service browsers of the daemon, and a resolver for each instance.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Instant;

use tracing::{debug, warn};
use zbus::Message;
use zbus::OwnedObjectPath;

use super::bus::Bus;
use super::{ANY, KIND};
use crate::known::{Known, MAX_INSTANCES, Place};
use crate::service::full_name;
use crate::{LOG, Service};

/// Resolvers kept: an instance has one an interface and IP version. Avahi gives a client 1024 objects.
const MAX_RESOLVERS: usize = 2 * MAX_INSTANCES;

/// Everything browsing has of the daemon.
pub(super) struct Browse {
    /// Where it looks.
    pub(super) interfaces: BTreeSet<i32>,
    browsers: BTreeSet<String>,
    resolvers: BTreeMap<String, Item>,
}

/// An instance on an interface, by IP version.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Item {
    interface: i32,
    protocol: i32,
    name: String,
    /// Name of the interface.
    at: String,
}

impl Item {
    fn place(&self) -> Place<'_> {
        (&self.at, self.protocol)
    }
}

impl Browse {
    /// Looks on these interfaces.
    pub(super) fn new(bus: &mut Bus, interfaces: BTreeSet<i32>) -> zbus::Result<Self> {
        let mut browse = Self { interfaces, browsers: BTreeSet::new(), resolvers: BTreeMap::new() };
        match browse.begin(bus) {
            Ok(()) => Ok(browse),
            Err(error) => {
                browse.free(bus);
                Err(error)
            }
        }
    }

    fn begin(&mut self, bus: &mut Bus) -> zbus::Result<()> {
        for interface in &self.interfaces {
            let body = (*interface, ANY, KIND, "", 0_u32);
            let made = bus.call("/", "Server", "ServiceBrowserNew", &body)?;
            self.browsers.insert(made.body().deserialize::<OwnedObjectPath>()?.to_string());
        }
        Ok(())
    }

    /// Takes a signal of the object at `path`. An error means that browsing has to begin anew.
    pub(super) fn signal(
        &mut self,
        bus: &mut Bus,
        path: &str,
        member: &str,
        message: &Message,
        known: &mut Known,
        now: Instant,
    ) -> zbus::Result<()> {
        if self.browsers.contains(path) {
            let body = message.body();
            match member {
                "ItemNew" | "ItemRemove" => {
                    let (interface, protocol, name, ..): (i32, i32, String, String, String, u32) =
                        body.deserialize()?;
                    if member == "ItemNew" {
                        self.resolve(bus, interface, protocol, name)?;
                    } else {
                        self.removed(bus, interface, protocol, &name, known, now);
                    }
                }
                "Failure" => return Err(zbus::Error::Failure(body.deserialize()?)),
                _ => {}
            }
        } else if let Some(item) = self.resolvers.get(path) {
            match member {
                "Found" => known.resolved(item.place(), &found(message)?, now),
                // Its records ran out; the resolver goes on.
                "Failure" => known.removed(item.place(), &full_name(&item.name), now),
                _ => {}
            }
        }
        Ok(())
    }

    fn resolve(&mut self, bus: &mut Bus, interface: i32, protocol: i32, name: String) -> zbus::Result<()> {
        if self.resolvers.len() >= MAX_RESOLVERS {
            warn!(target: LOG, instance = name, "skipped: {MAX_RESOLVERS} are being resolved already");
            return Ok(());
        }
        let at =
            bus.call("/", "Server", "GetNetworkInterfaceNameByIndex", &interface)?.body().deserialize()?;
        // The IP version of the addresses is that of the interface they were heard on.
        let body = (interface, protocol, name.as_str(), KIND, "local", protocol, 0_u32);
        let made = bus.call("/", "Server", "ServiceResolverNew", &body)?;
        let path = made.body().deserialize::<OwnedObjectPath>()?.to_string();
        debug!(target: LOG, instance = name, at, protocol, "resolve");
        self.resolvers.insert(path, Item { interface, protocol, name, at });
        Ok(())
    }

    fn removed(
        &mut self,
        bus: &mut Bus,
        interface: i32,
        protocol: i32,
        name: &str,
        known: &mut Known,
        now: Instant,
    ) {
        let is_it =
            |item: &Item| (item.interface, item.protocol, item.name.as_str()) == (interface, protocol, name);
        let paths: Vec<_> =
            self.resolvers.iter().filter(|(_, item)| is_it(item)).map(|(path, _)| path.clone()).collect();
        for path in paths {
            if let Some(item) = self.resolvers.remove(&path) {
                known.removed(item.place(), &full_name(&item.name), now);
            }
            free(bus, &path, "ServiceResolver");
        }
    }

    /// Gives everything back to the daemon.
    pub(super) fn free(self, bus: &mut Bus) {
        for path in self.browsers {
            free(bus, &path, "ServiceBrowser");
        }
        for path in self.resolvers.into_keys() {
            free(bus, &path, "ServiceResolver");
        }
    }
}

fn free(bus: &mut Bus, path: &str, interface: &str) {
    if let Err(error) = bus.call(path, interface, "Free", &()) {
        debug!(target: LOG, %error, path, "can't free");
    }
}

fn found(message: &Message) -> zbus::Result<Service> {
    type Body = (i32, i32, String, String, String, String, i32, String, u16, Vec<Vec<u8>>, u32);
    let (interface, _, name, _, _, host, _, address, port, txt, _): Body = message.body().deserialize()?;
    // Avahi writes the scope of a link-local address behind it in some versions.
    let address = address.split('%').next().and_then(|ip| ip.parse::<IpAddr>().ok());
    let interface = u32::try_from(interface).unwrap_or_default();
    Ok(Service {
        full_name: full_name(&name),
        host,
        port,
        addresses: address.map(|ip| (ip, interface)).into_iter().collect(),
        txt,
    })
}
