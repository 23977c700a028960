//! The backend on mdns-sd.

mod probe;
mod responder;

use std::collections::BTreeSet;
use std::io;
use std::task::Context;
use std::time::Instant;

use tracing::{info, warn};

use crate::desk::{Desk, Wanted, Work, at_desk};
use crate::known::Known;
use crate::links::{Link, MAX_LINKS, links, missing};
use crate::{GOODBYE_TIME, LOG, LOOK_TIME, Options, Warning};
use probe::probe;
use responder::Responder;

/// mDNS by [mdns-sd](https://docs.rs/mdns-sd) on threads of its own; beside another responder on port 5353 as well.
///
/// One responder serves each link, which is an interface, or several with one subnet: so an address is announced only
/// where it can be reached, also a link-local one, and a name may be another unit's on another link. Interfaces and
/// addresses that come and go are followed within [`LOOK_TIME`]; point-to-point ones are not used. Records live 120 s
/// (SRV, A, AAAA) and 75 min (PTR, TXT), as RFC 6762 10 recommends: a node that was killed is gone after 120 s.
///
/// Where two interfaces are on one link without a shared subnet, the second announces the node under a second name.
#[derive(Debug)]
pub struct MdnsSd(Desk);

impl MdnsSd {
    /// Starts it; nothing is announced or looked for yet.
    ///
    /// # Errors
    ///
    /// The system gives no thread.
    pub fn new(options: Options) -> io::Result<Self> {
        Desk::start(move || Responders { options, running: Vec::new(), look: None, is_troubled: true })
            .map(Self)
    }
}

at_desk!(MdnsSd);

/// A responder for each link.
struct Responders {
    options: Options,
    running: Vec<Responder>,
    /// When to look at the interfaces again.
    look: Option<Instant>,
    /// Whether no link did multicast when it was last looked at.
    is_troubled: bool,
}

impl Work for Responders {
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
            self.look(known, now);
            // An interface may come up while the system starts.
            let pause = if self.running.is_empty() { LOOK_TIME / 5 } else { LOOK_TIME };
            self.look = Some(now + pause);
        }
        for responder in &mut self.running {
            responder.turn(wanted, &self.options, known, cx, now);
        }
        self.running.iter().filter_map(Responder::due).chain(self.look).min()
    }

    fn stop(self) {
        stop(self.running);
    }
}

impl Responders {
    /// Ends responders, and with them what they heard.
    fn end(&self, responders: Vec<Responder>, known: &mut Known, now: Instant) {
        for responder in &responders {
            known.lost(responder.label(), now);
        }
        stop(responders);
    }

    /// Follows the interfaces of the system.
    fn look(&mut self, known: &mut Known, now: Instant) {
        let interfaces = match if_addrs::get_if_addrs() {
            Ok(interfaces) => interfaces,
            Err(error) => return warn!(target: LOG, %error, "can't list interfaces"),
        };
        let flooded = self.running.extract_if(.., Responder::is_flooded).collect();
        self.end(flooded, known, now);
        let (mut links, more) = links(&interfaces, &self.options);
        let is_news = links.len() != self.running.len()
            || links.iter().any(|link| self.running.iter().all(|running| running.link != *link));
        if !is_news && !self.is_troubled {
            return;
        }
        let trouble = trouble(&links, &self.options);
        self.is_troubled = trouble.is_some();
        known.trouble(trouble);
        if is_news && more > 0 {
            warn!(target: LOG, more, "links beyond {MAX_LINKS} are not used: name the interfaces wanted");
        }
        let mut gone = Vec::new();
        for mut responder in std::mem::take(&mut self.running) {
            let is_same = |link: &Link| link.names.first() == responder.link.names.first();
            if let Some(at) = links.iter().position(is_same) {
                responder.relink(links.swap_remove(at));
                self.running.push(responder);
            } else {
                gone.push(responder);
            }
        }
        self.end(gone, known, now);
        for link in links {
            info!(target: LOG, interfaces = ?link.names, "new link");
            match Responder::new(link) {
                Ok(responder) => self.running.push(responder),
                Err(error) => known.warn(Warning::NoMulticast(error.to_string())),
            }
        }
    }
}

/// What keeps every link from multicast, if anything does.
fn trouble(links: &[Link], options: &Options) -> Option<Warning> {
    let mut reasons = BTreeSet::new();
    for address in links.iter().flat_map(|link| &link.addresses) {
        match probe(address) {
            Ok(()) => return None,
            Err(error) => reasons.insert(format!("{}: {error}", address.ip)),
        };
    }
    Some(Warning::NoMulticast(if reasons.is_empty() {
        missing(options)
    } else {
        reasons.into_iter().collect::<Vec<_>>().join(", ")
    }))
}

/// Ends responders side by side; each says goodbye first.
fn stop(responders: Vec<Responder>) {
    let until = Instant::now() + GOODBYE_TIME;
    let ends: Vec<_> = responders.into_iter().filter_map(Responder::stop).collect();
    for end in ends {
        let _ = end.recv_deadline(until);
    }
}
