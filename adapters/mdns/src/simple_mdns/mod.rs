//! The backend on simple-mdns.

mod records;

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::task::Context;
use std::time::{Duration, Instant};

use eebus_core::ship::txt::Record;
use simple_dns::{Packet, ResourceRecord};
use simple_mdns::NetworkScope;
use simple_mdns::sync_discovery::{OneShotMdnsResolver, SimpleMdnsResponder};
use tracing::{debug, info, warn};

use crate::desk::{Desk, Wanted, Work, at_desk};
use crate::known::Known;
use crate::links::links;
use crate::{LOG, LOOK_TIME, Options, Warning};
use records::{Heard, News, TTL, announcement, records};

/// How long an answer is waited for: responders take up to 120 ms (RFC 6762 6).
const ANSWER_TIME: Duration = Duration::from_millis(200);
/// Packets read in one turn.
const MAX_PACKETS: u32 = 64;
/// Between two queries once the network is known.
const QUERY_TIME: Duration = Duration::from_secs(10);

/// mDNS by [simple-mdns](https://docs.rs/simple-mdns), for those who have it in their tree already. [`MdnsSd`] does more.
///
/// Limits, all of the crate:
///
/// - IPv4 on one interface: the first one named in [`Options::interfaces`], or the first there is. What is sent takes
///   the system's route for 224.0.0.0/4, which has to be that interface.
/// - The interface and its address stay what they were at the first announcement; its thread and sockets last as long as
///   the process.
/// - Nothing is probed: a name that is taken is not noticed, and the node is not renamed.
/// - Others are heard when they are asked, every 10 s: so late is what they change, and their goodbye.
/// - The crate reads one response for each packet it sends, so an empty one is sent for each that is read.
/// - Packets leave with an IP TTL of 1 instead of 255, and own answers are not held back where the asker knows them.
///
/// [`MdnsSd`]: crate::Backend::MdnsSd
#[derive(Debug)]
pub struct SimpleMdns(Desk);

impl SimpleMdns {
    /// Starts it; nothing is announced or looked for yet.
    ///
    /// # Errors
    ///
    /// The system gives no thread.
    pub fn new(options: Options) -> io::Result<Self> {
        Desk::start(move || Node {
            options,
            link: None,
            announced: None,
            heard: Heard::default(),
            next: None,
        })
        .map(Self)
    }
}

at_desk!(SimpleMdns);

/// The interface it works on.
struct Link {
    name: String,
    index: u32,
    addresses: Vec<Ipv4Addr>,
    responder: SimpleMdnsResponder,
    socket: OneShotMdnsResolver,
}

struct Node {
    options: Options,
    link: Option<Link>,
    /// What is announced, and its records.
    announced: Option<(Record, u16, Vec<ResourceRecord<'static>>)>,
    heard: Heard,
    /// When to open the link, or to ask again.
    next: Option<Instant>,
}

impl Work for Node {
    fn turn(
        &mut self,
        wanted: &Wanted,
        known: &mut Known,
        _: &mut Context<'_>,
        now: Instant,
    ) -> Option<Instant> {
        let is_due = self.next.is_none_or(|next| next <= now);
        if self.link.is_none() {
            if is_due {
                self.next = Some(now + LOOK_TIME);
                self.link = self.open(known);
            }
            if self.link.is_none() {
                return self.next;
            }
        }
        self.announce(wanted.announced.as_ref(), known, now);
        if wanted.browse.is_none() {
            known.clear();
            self.heard = Heard::default();
            self.next = None;
        } else if is_due {
            self.next = Some(self.browse(known, now));
        }
        self.next
    }

    fn stop(mut self) {
        if let Some((_, _, records)) = self.announced.take()
            && let Some(link) = &mut self.link
        {
            link.responder.clear();
            let _ = link.exchange(announcement(&records, 0));
        }
    }
}

impl Node {
    fn open(&self, known: &mut Known) -> Option<Link> {
        let opened = if_addrs::get_if_addrs()
            .and_then(|interfaces| Link::open(&links(&interfaces, &self.options).0, &self.options));
        match opened {
            Ok(link) => {
                info!(target: LOG, interface = link.name, addresses = ?link.addresses, "new link");
                known.trouble(None);
                Some(link)
            }
            Err(error) => {
                known.trouble(Some(Warning::NoMulticast(error.to_string())));
                None
            }
        }
    }

    fn announce(&mut self, wanted: Option<&(Record, u16)>, known: &mut Known, now: Instant) {
        let Some(link) = &mut self.link else { return };
        let is_same =
            |(record, port, _): &(Record, u16, Vec<_>)| Some((record, *port)) == wanted.map(|(r, p)| (r, *p));
        if self.announced.as_ref().map_or(wanted.is_none(), is_same) {
            return;
        }
        if let Some((before, port, old)) = self.announced.take() {
            link.responder.clear();
            // Another TXT record takes the place of the old one; anything else is another service.
            let is_update = wanted.is_some_and(|(record, at)| (&record.id, *at) == (&before.id, port));
            if !is_update {
                debug!(target: LOG, id = %before.id, "withdraw");
                let _ = link.exchange(announcement(&old, 0));
            }
        }
        let Some((record, port)) = wanted else { return };
        let records = records(record, *port, &link.addresses);
        for record in &records {
            link.responder.add_resource(record.clone());
        }
        debug!(target: LOG, id = %record.id, port, "announce");
        let heard = link.exchange(announcement(&records, TTL));
        self.announced = Some((record.clone(), *port, records));
        self.hear(heard, known, now);
    }

    /// Asks, and reads what came since. Answers when to ask again.
    fn browse(&mut self, known: &mut Known, now: Instant) -> Instant {
        let mut packet = self.heard.query(now);
        let mut pause = Duration::ZERO;
        for _ in 0..MAX_PACKETS {
            let Some(link) = &self.link else { break };
            let heard = link.exchange(std::mem::replace(&mut packet, nothing()));
            if !matches!(&heard, Ok(Some(_))) {
                pause = if self.heard.is_incomplete() { LOOK_TIME / 5 } else { QUERY_TIME };
            }
            self.hear(heard, known, now);
            if !pause.is_zero() {
                break;
            }
        }
        let over = self.heard.expire(now);
        self.tell(over, known, now);
        now + pause
    }

    fn hear(&mut self, heard: io::Result<Option<Vec<u8>>>, known: &mut Known, now: Instant) {
        let index = self.link.as_ref().map_or(0, |link| link.index);
        match heard {
            Ok(octets) => {
                known.trouble(None);
                let news = self.heard.hear(&octets.unwrap_or_default(), index, now);
                self.tell(news, known, now);
            }
            Err(error) => known.trouble(Some(Warning::NoMulticast(error.to_string()))),
        }
    }

    fn tell(&self, news: Vec<News>, known: &mut Known, now: Instant) {
        let Some(link) = &self.link else { return };
        for news in news {
            match news {
                News::Resolved(service) => known.resolved((&link.name, 0), &service, now),
                News::Removed(full_name) => known.removed((&link.name, 0), &full_name, now),
            }
        }
    }
}

impl Link {
    /// The first link with an IPv4 address.
    fn open(links: &[crate::links::Link], options: &Options) -> io::Result<Self> {
        let v4 = |address: &crate::links::Address| match address.ip {
            IpAddr::V4(ip) => Some((ip, address.interface)),
            IpAddr::V6(_) => None,
        };
        let first = links.iter().find_map(|link| Some((link, link.addresses.iter().find_map(v4)?)));
        let (link, (ip, index)) =
            first.ok_or_else(|| io::Error::other("no interface is up with an IPv4 address"))?;
        let only_v4 = |ip: IpAddr| if let IpAddr::V4(ip) = ip { Some(ip) } else { None };
        let asked: Vec<_> = link.routable(&options.addresses).into_iter().filter_map(only_v4).collect();
        let addresses = if options.addresses.is_empty() { vec![ip] } else { asked };
        let scope = NetworkScope::V4WithInterface(ip);
        let mut socket = OneShotMdnsResolver::new_with_scope(scope).map_err(io::Error::other)?;
        socket.set_query_timeout(ANSWER_TIME);
        let name = link.names.first().cloned().unwrap_or_default();
        let responder = SimpleMdnsResponder::new_with_scope(TTL, scope);
        Ok(Self { name, index, addresses, responder, socket })
    }

    /// Sends a packet, and takes the next response of anybody.
    fn exchange(&self, packet: Packet<'_>) -> io::Result<Option<Vec<u8>>> {
        self.socket.query_packet(packet).map_err(io::Error::other)
    }
}

/// A response that says nothing, sent to read the next packet: nobody answers it.
fn nothing() -> Packet<'static> {
    Packet::new_reply(0)
}

impl Drop for Link {
    fn drop(&mut self) {
        // Its thread goes on, with nothing to answer.
        self.responder.clear();
        warn!(target: LOG, interface = self.name, "simple-mdns keeps its thread until the process ends");
    }
}
