//! What is announced: an entry group of the daemon.

use std::collections::BTreeSet;
use std::net::IpAddr;

use eebus_core::ship::txt::Record;
use tracing::{debug, warn};
use zbus::OwnedObjectPath;

use super::bus::Bus;
use super::{ANY, KIND, at_interface};
use crate::known::Known;
use crate::links::links;
use crate::service::alternative;
use crate::{LOG, Options, Warning, instance_name};

const GROUP: &str = "EntryGroup";
/// `AVAHI_PUBLISH_NO_REVERSE`: an address may be announced by others too.
const NO_REVERSE: u32 = 16;
/// `AVAHI_ENTRY_GROUP_COLLISION` and `AVAHI_ENTRY_GROUP_FAILURE`.
const COLLISION: i32 = 3;
const FAILURE: i32 = 4;
/// Names tried: so many units of one name share no network.
const MAX_NAMES: u32 = 64;

/// Where something is announced: the index of an interface or [`ANY`], and addresses other than those of the system.
pub(super) type Places = BTreeSet<(i32, Vec<IpAddr>)>;

/// An entry group.
pub(super) struct Group {
    path: OwnedObjectPath,
    record: Record,
    port: u16,
    places: Places,
    name: String,
    /// How often the name was taken.
    taken: u32,
}

/// Where to announce by these options, as the interfaces are now; nowhere if none is up.
pub(super) fn places(options: &Options) -> Places {
    let (links, _) = links(&if_addrs::get_if_addrs().unwrap_or_default(), options);
    if options.interfaces.is_empty() && options.addresses.is_empty() && !links.is_empty() {
        return Places::from([(ANY, Vec::new())]);
    }
    let mut places = Places::new();
    for link in links {
        let addresses = link.routable(&options.addresses);
        if options.addresses.is_empty() || !addresses.is_empty() {
            places.extend(link.indexes().into_iter().map(|index| (at_interface(index), addresses.clone())));
        }
    }
    places
}

impl Group {
    /// Announces in a new group.
    pub(super) fn new(
        bus: &mut Bus,
        record: &Record,
        port: u16,
        places: Places,
        known: &mut Known,
    ) -> zbus::Result<Self> {
        let path = bus.call("/", "Server", "EntryGroupNew", &())?.body().deserialize()?;
        let name = instance_name(&record.id);
        let mut group = Self { path, record: record.clone(), port, places, name, taken: 0 };
        match group.fill(bus, known) {
            Ok(()) => Ok(group),
            Err(error) => group.fail(bus, error),
        }
    }

    /// Gives a group back that is of no use.
    fn fail<T>(self, bus: &mut Bus, error: zbus::Error) -> zbus::Result<T> {
        self.free(bus);
        Err(error)
    }

    pub(super) fn path(&self) -> &str {
        self.path.as_str()
    }

    /// Makes it say this; nothing is left where that takes a new group.
    pub(super) fn update(
        mut self,
        bus: &mut Bus,
        wanted: Option<&(Record, u16)>,
        places: &Places,
    ) -> zbus::Result<Option<Self>> {
        let name = |record: &Record, port| (record.id.clone(), record.ski, port);
        let own = name(&self.record, self.port);
        let Some((record, _)) =
            wanted.filter(|(record, port)| name(record, *port) == own && *places == self.places)
        else {
            self.free(bus);
            return Ok(None);
        };
        if *record != self.record {
            debug!(target: LOG, name = self.name, "update TXT");
            self.record = record.clone();
            if let Err(error) = self.update_txt(bus) {
                return self.fail(bus, error);
            }
        }
        Ok(Some(self))
    }

    fn update_txt(&self, bus: &mut Bus) -> zbus::Result<()> {
        for (interface, _) in &self.places {
            let body = (*interface, ANY, 0_u32, self.name.as_str(), KIND, "", txt(&self.record));
            bus.call(self.path.as_str(), GROUP, "UpdateServiceTxt", &body)?;
        }
        Ok(())
    }

    /// The daemon says how the group fares. Nothing is left where it failed.
    pub(super) fn changed(
        mut self,
        bus: &mut Bus,
        state: i32,
        error: &str,
        known: &mut Known,
    ) -> zbus::Result<Option<Self>> {
        debug!(target: LOG, name = self.name, state, "entry group");
        let done = match state {
            COLLISION => self.give_way(bus, known),
            FAILURE => Err(zbus::Error::Failure(error.to_owned())),
            _ => Ok(()),
        };
        match done {
            Ok(()) => Ok(Some(self)),
            Err(error) => self.fail(bus, error),
        }
    }

    fn give_way(&mut self, bus: &mut Bus, known: &mut Known) -> zbus::Result<()> {
        bus.call(self.path.as_str(), GROUP, "Reset", &())?;
        self.rename(known);
        self.fill(bus, known)
    }

    fn rename(&mut self, known: &mut Known) {
        let to = alternative(&self.name);
        let from = std::mem::replace(&mut self.name, to.clone());
        self.taken = self.taken.saturating_add(1);
        known.warn(Warning::Renamed { from, to });
    }

    /// Announces; under another name while the daemon itself has the name already.
    fn fill(&mut self, bus: &mut Bus, known: &mut Known) -> zbus::Result<()> {
        while let Err(error) = self.add(bus) {
            let is_taken =
                matches!(&error, zbus::Error::MethodError(name, ..) if name.ends_with(".CollisionError"));
            bus.call(self.path.as_str(), GROUP, "Reset", &())?;
            if !is_taken || self.taken >= MAX_NAMES {
                return Err(error);
            }
            self.rename(known);
        }
        debug!(target: LOG, name = self.name, port = self.port, "announce");
        Ok(())
    }

    fn add(&self, bus: &mut Bus) -> zbus::Result<()> {
        let path = self.path.as_str();
        let own_host = format!("eebus-{}.local", self.record.ski);
        for (interface, addresses) in &self.places {
            for address in addresses {
                let body = (*interface, ANY, NO_REVERSE, own_host.as_str(), address.to_string());
                bus.call(path, GROUP, "AddAddress", &body)?;
            }
            let host = if addresses.is_empty() { "" } else { own_host.as_str() };
            let name = self.name.as_str();
            let body = (*interface, ANY, 0_u32, name, KIND, "", host, self.port, txt(&self.record));
            bus.call(path, GROUP, "AddService", &body)?;
        }
        if !self.places.is_empty() {
            bus.call(path, GROUP, "Commit", &())?;
        }
        Ok(())
    }

    /// Says goodbye.
    pub(super) fn free(self, bus: &mut Bus) {
        debug!(target: LOG, name = self.name, "withdraw");
        if let Err(error) = bus.call(self.path.as_str(), GROUP, "Free", &()) {
            warn!(target: LOG, %error, "can't say goodbye");
        }
    }
}

fn txt(record: &Record) -> Vec<Vec<u8>> {
    record.strings().into_iter().map(String::into_bytes).collect()
}
