//! The backend on the Avahi daemon.

mod browse;
mod bus;
mod group;

use std::collections::BTreeSet;
use std::sync::mpsc;
use std::task::{Context, Poll};
use std::time::Instant;

use tracing::{info, warn};
use zbus::Message;

use crate::desk::{Desk, Wanted, Work, at_desk};
use crate::known::Known;
use crate::links::missing;
use crate::{Error, LOG, LOOK_TIME, Options, Warning};
use browse::Browse;
use bus::Bus;
use group::{Group, Places, places};

/// `AVAHI_IF_UNSPEC` and `AVAHI_PROTO_UNSPEC`.
const ANY: i32 = -1;
/// The service type as Avahi wants it, without its domain.
const KIND: &str = "_ship._tcp";

/// mDNS by the Avahi daemon over D-Bus, for hosts where it owns port 5353.
///
/// The daemon announces the addresses it has of each interface, says goodbye also for a process that was killed, and
/// keeps what it hears. Where it is started anew, announcing and browsing begin anew; nodes heard before stay for the
/// lifetime of a record. Of a peer's addresses it tells one for each interface and IP version. Whether it uses the
/// loopback interface is the daemon's to decide.
#[derive(Debug)]
pub struct Avahi(Desk);

impl Avahi {
    /// Connects to the daemon; nothing is announced or looked for yet.
    ///
    /// # Errors
    ///
    /// Nobody answers for Avahi on the system bus, or the system gives no thread.
    pub fn new(options: Options) -> Result<Self, Error> {
        let (answer, opened) = mpsc::channel();
        let desk = Desk::start(move || {
            let connected = connect();
            let _ = answer.send(connected.as_ref().err().map(ToString::to_string));
            Client::new(options, connected.ok())
        })?;
        match opened.recv() {
            Ok(None) => Ok(Self(desk)),
            Ok(Some(detail)) => Err(Error::NoDaemon(detail)),
            Err(_) => Err(Error::NoDaemon("the thread ended".to_owned())),
        }
    }
}

at_desk!(Avahi);

/// A bus with a daemon that answers; D-Bus starts it where it is installed so.
fn connect() -> zbus::Result<Bus> {
    let mut bus = Bus::connect()?;
    let version: String = bus.call("/", "Server", "GetVersionString", &())?.body().deserialize()?;
    info!(target: LOG, version, "Avahi");
    Ok(bus)
}

/// What this node has of the daemon.
struct Client {
    options: Options,
    bus: Option<Bus>,
    /// Whether the daemon is there.
    is_there: bool,
    group: Option<Group>,
    browse: Option<(u64, Browse)>,
    places: Places,
    /// When to connect again, and to look at interfaces.
    look: Option<Instant>,
    /// When to ask again for what the daemon refused.
    hold: Option<Instant>,
}

impl Work for Client {
    fn turn(
        &mut self,
        wanted: &Wanted,
        known: &mut Known,
        cx: &mut Context<'_>,
        now: Instant,
    ) -> Option<Instant> {
        if wanted.browse.is_none() {
            known.clear();
        }
        if self.look.is_none_or(|look| look <= now) {
            self.look = Some(now + LOOK_TIME);
            if self.bus.is_none() {
                self.connect(known);
            }
            self.places = places(&self.options);
            if self.is_there {
                let is_cut_off = self.places.is_empty();
                known.trouble(is_cut_off.then(|| Warning::NoMulticast(missing(&self.options))));
            }
        }
        self.hold = self.hold.filter(|hold| *hold > now);
        while let Some(mut bus) = self.bus.take() {
            if self.is_there && self.hold.is_none() {
                let done = self.order(&mut bus, wanted, known);
                self.settle(done, now);
            }
            match bus.poll(cx) {
                Poll::Ready(Some(signal)) => {
                    let done = self.signal(&mut bus, &signal, known, now);
                    self.settle(done, now);
                    self.bus = Some(bus);
                }
                Poll::Ready(None) => self.lost("D-Bus closed the connection", known, now),
                Poll::Pending => {
                    self.bus = Some(bus);
                    break;
                }
            }
        }
        self.hold.into_iter().chain(self.look).min()
    }

    fn stop(mut self) {
        if let (Some(group), Some(bus)) = (self.group.take(), &mut self.bus) {
            group.free(bus);
        }
    }
}

impl Client {
    fn new(options: Options, bus: Option<Bus>) -> Self {
        let is_there = bus.is_some();
        // Without one it is about to be dropped.
        let look = (!is_there).then(|| Instant::now() + LOOK_TIME);
        let places = Places::new();
        Self { options, bus, is_there, group: None, browse: None, places, look, hold: None }
    }

    fn connect(&mut self, known: &mut Known) {
        match connect() {
            Ok(bus) => (self.bus, self.is_there) = (Some(bus), true),
            Err(error) => known.trouble(Some(Warning::NoDaemon(error.to_string()))),
        }
    }

    /// The daemon is gone, and with it all this node had of it.
    fn lost(&mut self, how: &str, known: &mut Known, now: Instant) {
        (self.group, self.browse, self.is_there) = (None, None, false);
        known.doubt(now);
        known.trouble(Some(Warning::NoDaemon(how.to_owned())));
    }

    fn settle(&mut self, done: zbus::Result<()>, now: Instant) {
        if let Err(error) = done {
            warn!(target: LOG, %error, "Avahi refuses, and is asked again");
            self.hold = Some(now + LOOK_TIME);
        }
    }

    /// Has the daemon do what is wanted.
    fn order(&mut self, bus: &mut Bus, wanted: &Wanted, known: &mut Known) -> zbus::Result<()> {
        if let Some(group) = self.group.take() {
            self.group = group.update(bus, wanted.announced.as_ref(), &self.places)?;
        }
        if let (None, Some((record, port))) = (&self.group, &wanted.announced) {
            self.group = Some(Group::new(bus, record, *port, self.places.clone(), known)?);
        }
        let interfaces = self.interfaces();
        let is_wanted = |(number, browse): &(u64, Browse)| {
            Some(*number) == wanted.browse && browse.interfaces == interfaces
        };
        if let Some((_, browse)) = self.browse.take_if(|browse| !is_wanted(browse)) {
            browse.free(bus);
        }
        if let (None, Some(number)) = (&self.browse, wanted.browse) {
            self.browse = Some((number, Browse::new(bus, interfaces)?));
        }
        Ok(())
    }

    /// Where to browse.
    fn interfaces(&self) -> BTreeSet<i32> {
        if self.options.interfaces.is_empty() {
            return BTreeSet::from([ANY]);
        }
        self.places.iter().map(|(interface, _)| *interface).collect()
    }

    fn signal(
        &mut self,
        bus: &mut Bus,
        signal: &Message,
        known: &mut Known,
        now: Instant,
    ) -> zbus::Result<()> {
        let header = signal.header();
        let (Some(path), Some(member)) = (header.path(), header.member()) else { return Ok(()) };
        if member.as_str() == "NameOwnerChanged" {
            let (_, _, owner): (String, String, String) = signal.body().deserialize()?;
            if !self.is_there && !owner.is_empty() {
                known.trouble(None);
                self.is_there = true;
            } else if owner.is_empty() {
                self.lost("it left the bus", known, now);
            }
        } else if let Some(group) = self.group.take_if(|group| group.path() == path.as_str()) {
            let (state, error): (i32, String) = signal.body().deserialize()?;
            self.group = group.changed(bus, state, &error, known)?;
        } else if let Some((number, mut browse)) = self.browse.take() {
            let done = browse.signal(bus, path.as_str(), member.as_str(), signal, known, now);
            if done.is_ok() {
                self.browse = Some((number, browse));
            } else {
                browse.free(bus);
            }
            return done;
        }
        Ok(())
    }
}

/// The index of an interface as Avahi has it.
fn at_interface(index: u32) -> i32 {
    i32::try_from(index).unwrap_or(ANY)
}
