//! DNS records of a node, and what the records of others say.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};

use eebus_core::ship::txt::Record;
use simple_dns::rdata::{A, PTR, RData, SRV, TXT};
use simple_dns::{CLASS, CharacterString, Label, Name, Packet, Question, ResourceRecord, TYPE};

use crate::known::MAX_INSTANCES;
use crate::{MAX_ADDRESSES, SERVICE, Service, instance_name};

/// Lifetime of every record, in seconds (SHIP 7).
pub(super) const TTL: u32 = 120;
/// Questions a packet holds at most, so that it stays within one frame.
const MAX_QUESTIONS: usize = 16;

/// The name of the service.
fn service_name() -> Name<'static> {
    Name::new_unchecked(SERVICE.trim_end_matches('.'))
}

/// The records of a node that listens at this port of these addresses.
pub(super) fn records(record: &Record, port: u16, addresses: &[Ipv4Addr]) -> Vec<ResourceRecord<'static>> {
    let instance = Label::new_unchecked(instance_name(&record.id).into_bytes());
    let mut labels = vec![instance];
    labels.extend(service_name().get_labels().iter().cloned().map(Label::into_owned));
    let full_name = Name::new_with_labels(&labels);
    let host = [format!("eebus-{}", record.ski), "local".to_owned()];
    let host = Name::new_with_labels(&host.map(|label| Label::new_unchecked(label.into_bytes())));
    let strings = record.strings();
    let texts = strings.iter().filter_map(|text| CharacterString::new(text.as_bytes()).ok());
    let txt = texts.fold(TXT::new(), |txt, text| txt.with_char_string(text.into_owned()));
    let own = |name: &Name<'static>, rdata| {
        ResourceRecord::new(name.clone(), CLASS::IN, TTL, rdata).with_cache_flush(true)
    };
    let mut records = vec![
        ResourceRecord::new(service_name(), CLASS::IN, TTL, RData::PTR(PTR(full_name.clone()))),
        own(&full_name, RData::SRV(SRV { priority: 0, weight: 0, port, target: host.clone() })),
        own(&full_name, RData::TXT(txt)),
    ];
    records.extend(addresses.iter().map(|ip| own(&host, RData::A(A { address: ip.to_bits() }))));
    records
}

/// An unsolicited response with these records; a goodbye where the lifetime is 0.
pub(super) fn announcement(records: &[ResourceRecord<'static>], ttl: u32) -> Packet<'static> {
    let mut packet = Packet::new_reply(0);
    packet.answers = records.iter().cloned().map(|record| ResourceRecord { ttl, ..record }).collect();
    packet
}

/// What was heard of others.
#[derive(Default)]
pub(super) struct Heard {
    instances: BTreeMap<String, Instance>,
    /// Addresses by host name in lower case.
    hosts: BTreeMap<String, BTreeSet<IpAddr>>,
}

struct Instance {
    name: Name<'static>,
    target: Option<(String, u16)>,
    txt: Vec<Vec<u8>>,
    until: Instant,
}

/// Something to tell.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum News {
    Resolved(Service),
    /// The full name of an instance that is gone.
    Removed(String),
}

impl Heard {
    /// Takes a packet; answers what it changed. `interface` is the index of the one it came from.
    pub(super) fn hear(&mut self, octets: &[u8], interface: u32, now: Instant) -> Vec<News> {
        let Ok(packet) = Packet::parse(octets) else { return Vec::new() };
        let before: BTreeMap<_, _> = self.services(interface).collect();
        let mut news = Vec::new();
        for record in packet.answers.iter().chain(&packet.additional_records) {
            self.record(record, now, &mut news);
        }
        let hosts: BTreeSet<_> = self.instances.values().filter_map(|known| known.target.as_ref()).collect();
        let hosts: BTreeSet<_> = hosts.into_iter().map(|(host, _)| host.clone()).collect();
        self.hosts.retain(|host, _| hosts.contains(host));
        let changed = self.services(interface).filter(|(name, now)| before.get(name) != Some(now));
        news.extend(changed.map(|(_, service)| News::Resolved(service)));
        news
    }

    fn record(&mut self, record: &ResourceRecord<'_>, now: Instant, news: &mut Vec<News>) {
        let until = now + Duration::from_secs(u64::from(record.ttl.min(TTL)));
        let key = record.name.to_string().to_lowercase();
        match &record.rdata {
            RData::PTR(PTR(alias)) if record.name == service_name() => {
                let key = alias.to_string().to_lowercase();
                if record.ttl == 0 {
                    news.extend(self.instances.remove(&key).map(|gone| News::Removed(full_name(&gone.name))));
                } else if self.instances.len() < MAX_INSTANCES {
                    let name = alias.clone().into_owned();
                    let new = Instance { name, target: None, txt: Vec::new(), until };
                    self.instances.entry(key).or_insert(new);
                }
            }
            RData::SRV(srv) if record.ttl > 0 => {
                if let Some(known) = self.instances.get_mut(&key) {
                    known.target = Some((srv.target.to_string().to_lowercase(), srv.port));
                    known.until = until;
                }
            }
            RData::TXT(txt) if record.ttl > 0 => {
                if let Some(known) = self.instances.get_mut(&key) {
                    let text = |(key, value): (&[u8], Option<&[u8]>)| {
                        value.map_or_else(|| key.to_vec(), |value| [key, b"=", value].concat())
                    };
                    known.txt = txt.iter_raw().map(text).collect();
                }
            }
            RData::A(a) => self.address(key, Ipv4Addr::from_bits(a.address).into(), record.ttl),
            RData::AAAA(aaaa) => self.address(key, Ipv6Addr::from_bits(aaaa.address).into(), record.ttl),
            _ => {}
        }
    }

    /// Those of hosts that no instance has are dropped once the packet is read.
    fn address(&mut self, host: String, ip: IpAddr, ttl: u32) {
        let known = self.hosts.entry(host).or_default();
        if ttl == 0 {
            known.remove(&ip);
        } else if known.len() < MAX_ADDRESSES {
            known.insert(ip);
        }
    }

    /// Instances of which everything is known, by name.
    fn services(&self, interface: u32) -> impl Iterator<Item = (String, Service)> {
        self.instances.iter().filter_map(move |(key, known)| {
            let (host, port) = known.target.clone()?;
            let addresses = self.hosts.get(&host)?.iter().map(|ip| (*ip, interface)).collect();
            let full_name = full_name(&known.name);
            Some((key.clone(), Service { full_name, host, port, addresses, txt: known.txt.clone() }))
        })
    }

    /// Drops what ran out.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<News> {
        let mut news = Vec::new();
        self.instances.retain(|_, known| {
            let is_over = known.until <= now;
            news.extend(is_over.then(|| News::Removed(full_name(&known.name))));
            !is_over
        });
        news
    }

    /// Whether an instance is known by name only.
    pub(super) fn is_incomplete(&self) -> bool {
        self.services(0).count() < self.instances.len()
    }

    /// Asks for instances, for what is missing of those known, and again for those with half their lifetime behind them.
    pub(super) fn query(&self, now: Instant) -> Packet<'static> {
        let mut packet = Packet::new_query(0);
        let ask = |name: &Name<'static>, kind: TYPE| {
            Question::new(name.clone(), kind.into(), CLASS::IN.into(), false)
        };
        packet.questions.push(ask(&service_name(), TYPE::PTR));
        for known in self.instances.values() {
            let left = known.until.saturating_duration_since(now);
            if left * 2 > Duration::from_secs(u64::from(TTL)) {
                let ttl = u32::try_from(left.as_secs()).unwrap_or(TTL);
                let rdata = RData::PTR(PTR(known.name.clone()));
                packet.answers.push(ResourceRecord::new(service_name(), CLASS::IN, ttl, rdata));
                match &known.target {
                    Some((host, _)) if !self.hosts.contains_key(host) => {
                        if let Ok(host) = Name::new(host) {
                            packet.questions.push(ask(&host.clone().into_owned(), TYPE::A));
                            packet.questions.push(ask(&host.into_owned(), TYPE::AAAA));
                        }
                    }
                    Some(_) if !known.txt.is_empty() => continue,
                    _ => {}
                }
            }
            packet.questions.push(ask(&known.name, TYPE::SRV));
            packet.questions.push(ask(&known.name, TYPE::TXT));
        }
        packet.questions.truncate(MAX_QUESTIONS);
        packet.answers.truncate(MAX_QUESTIONS);
        packet
    }
}

fn full_name(name: &Name<'_>) -> String {
    format!("{name}.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use eebus_core::ship::identity::ShipId;

    const SKI: &str = "a80556a243f57ca17b0d577a59b711b79eb4856c";

    fn own() -> (Record, Vec<ResourceRecord<'static>>) {
        let record = Record::new(ShipId::new("i:1_u:x.y"), SKI.parse().unwrap());
        let records = records(&record, 4712, &[[10, 0, 0, 1].into()]);
        (record, records)
    }

    fn octets(packet: &Packet<'_>) -> Vec<u8> {
        packet.build_bytes_vec_compressed().unwrap()
    }

    #[test]
    fn what_is_announced_is_read_back_in_its_order_until_the_goodbye() {
        let ((record, records), now) = (own(), Instant::now());
        let mut heard = Heard::default();
        let service = Service {
            full_name: "i:1_u:x\\.y._ship._tcp.local.".into(),
            host: format!("eebus-{SKI}.local"),
            port: 4712,
            addresses: vec![([10, 0, 0, 1].into(), 3)],
            txt: record.strings().into_iter().map(String::into_bytes).collect(),
        };
        assert_eq!(service.sighting().unwrap().instance, "i:1_u:x.y");
        let packet = octets(&announcement(&records, TTL));
        let gone = service.full_name.clone();
        assert_eq!(heard.hear(&packet, 3, now), [News::Resolved(service)]);
        assert_eq!(heard.hear(&packet, 3, now), []);
        assert_eq!(heard.hear(&octets(&announcement(&records, 0)), 3, now), [News::Removed(gone)]);
        assert!(heard.instances.is_empty() && heard.hosts.is_empty());
    }

    #[test]
    fn what_is_missing_is_asked_for_and_what_is_known_is_not() {
        let ((_, records), now) = (own(), Instant::now());
        let asked = |heard: &Heard, now| {
            let query = heard.query(now);
            let names: Vec<_> = query.questions.iter().map(|question| question.qname.to_string()).collect();
            (names.join(" "), query.answers.len())
        };
        let (service, name) = ("_ship._tcp.local", "i:1_u:x\\.y._ship._tcp.local");
        let host = format!("eebus-{SKI}.local");
        let mut heard = Heard::default();
        assert_eq!(asked(&heard, now), (service.to_owned(), 0));
        heard.hear(&octets(&announcement(&records[..1], TTL)), 3, now);
        assert_eq!(
            (asked(&heard, now), heard.is_incomplete()),
            ((format!("{service} {name} {name}"), 1), true)
        );
        heard.hear(&octets(&announcement(&records[..3], TTL)), 3, now);
        assert_eq!(asked(&heard, now), (format!("{service} {host} {host} {name} {name}"), 1));
        heard.hear(&octets(&announcement(&records, TTL)), 3, now);
        assert_eq!((asked(&heard, now), heard.is_incomplete()), ((service.to_owned(), 1), false));

        let later = now + Duration::from_secs(61);
        assert_eq!(asked(&heard, later), (format!("{service} {name} {name}"), 0));
        assert_eq!(heard.expire(later), []);
        let over = now + Duration::from_secs(120);
        assert_eq!(heard.expire(over), [News::Removed(format!("{name}."))]);
    }

    #[test]
    fn caches_are_bounded_and_other_octets_are_nothing() {
        let (mut heard, now) = (Heard::default(), Instant::now());
        for n in 0..MAX_INSTANCES + 9 {
            let record = Record::new(ShipId::new(&n.to_string()), SKI.parse().unwrap());
            let addresses: Vec<_> = (0..40).map(|n| Ipv4Addr::new(10, 0, 0, n)).collect();
            heard.hear(&octets(&announcement(&records(&record, 1, &addresses), TTL)), 3, now);
        }
        assert_eq!((heard.instances.len(), heard.hosts.len()), (MAX_INSTANCES, 1));
        assert!(heard.hosts.values().all(|addresses| addresses.len() == MAX_ADDRESSES));
        let query = heard.query(now);
        assert_eq!((query.answers.len(), query.questions.len()), (MAX_QUESTIONS, 1));
        assert_eq!(heard.hear(&[0xff; 40], 3, now), []);
    }
}
