//! A resolved service as every backend knows it, and what it means to a node.

use std::net::{IpAddr, SocketAddr, SocketAddrV6};

use eebus_core::node::{Endpoint, Host, Sighting};
use eebus_core::ship::identity::ShipId;
use eebus_core::ship::txt::{Record, TxtFault};

use crate::SERVICE;

/// Longest instance name, in octets: one DNS label (RFC 1035 2.3.4).
pub const MAX_LABEL: usize = 63;
/// Addresses kept of one instance: twice as many as a node dials in one round.
pub const MAX_ADDRESSES: usize = 16;

/// A resolved instance of [`SERVICE`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Instance name with the service type, dots and backslashes of the name escaped.
    pub full_name: String,
    /// Host name: `heatpump.local.`.
    pub host: String,
    /// Port of its SRV record.
    pub port: u16,
    /// Addresses in any order, each with the index of the interface it was heard on; 0 where that is not known.
    pub addresses: Vec<(IpAddr, u32)>,
    /// The strings of its TXT record.
    pub txt: Vec<Vec<u8>>,
}

impl Service {
    /// What a node is told: addresses in the order they are dialled in, the host name last. A link-local IPv6 address
    /// keeps its interface as its scope, and is left out where that is not known.
    ///
    /// # Errors
    ///
    /// Its TXT record is none of a SHIP node.
    pub fn sighting(&self) -> Result<Sighting, TxtFault> {
        let record = Record::read(self.txt.iter().map(Vec::as_slice))?;
        let at = |host| Endpoint { host, path: record.path.clone() };
        let addresses = self.addresses.iter().map(|&(ip, interface)| at(self.address(ip, interface)));
        let name = self.host.trim_end_matches('.').to_owned();
        let endpoints = addresses.chain([at(Host::Name { name, port: self.port })]);
        let endpoints = ordered(endpoints.filter(Endpoint::is_usable));
        Ok(Sighting { instance: instance(&self.full_name), interface: None, record, endpoints })
    }

    fn address(&self, ip: IpAddr, interface: u32) -> Host {
        Host::Address(match ip {
            IpAddr::V6(ip) if ip.is_unicast_link_local() => {
                SocketAddrV6::new(ip, self.port, 0, interface).into()
            }
            ip => SocketAddr::new(ip, self.port),
        })
    }
}

/// Each endpoint once in the order of dialling: [`MAX_ADDRESSES`] addresses, and the names.
pub(crate) fn ordered(endpoints: impl Iterator<Item = Endpoint>) -> Vec<Endpoint> {
    let mut endpoints: Vec<_> = endpoints.collect();
    endpoints.sort_by_key(|endpoint| (endpoint.rank(), endpoint.host.clone()));
    endpoints.dedup();
    let mut addresses = 0..MAX_ADDRESSES;
    endpoints.retain(|endpoint| matches!(endpoint.host, Host::Name { .. }) || addresses.next().is_some());
    endpoints
}

/// The instance name a node asks for: its SHIP ID, cut to [`MAX_LABEL`] octets.
pub fn instance_name(id: &ShipId) -> String {
    cut(&id.to_string(), MAX_LABEL).to_owned()
}

/// The whole characters of `text` within `octets`.
fn cut(text: &str, octets: usize) -> &str {
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
    text.get(..ends.take_while(|end| *end <= octets).last().unwrap_or_default()).unwrap_or_default()
}

/// The name to try after `name` was taken (SHIP 7.1): `name #2`, `name #3` and so on, cut to [`MAX_LABEL`] octets.
#[cfg(feature = "avahi")]
pub(crate) fn alternative(name: &str) -> String {
    let (plain, number) = name
        .rsplit_once(" #")
        .and_then(|(plain, number)| Some((plain, number.parse::<u32>().ok().filter(|n| *n >= 2)?)))
        .unwrap_or((name, 1));
    let suffix = format!(" #{}", number.saturating_add(1));
    let room = MAX_LABEL.saturating_sub(suffix.len());
    format!("{}{suffix}", cut(plain, room))
}

/// The full name of an instance: dots and backslashes escaped.
#[cfg(feature = "avahi")]
pub(crate) fn full_name(instance: &str) -> String {
    let escaped = instance.replace('\\', "\\\\").replace('.', "\\.");
    format!("{escaped}.{SERVICE}")
}

/// The instance name within a full name, without escapes.
pub(crate) fn instance(full_name: &str) -> String {
    let cut = full_name.len().saturating_sub(SERVICE.len());
    let tail = full_name.get(cut..).filter(|tail| tail.eq_ignore_ascii_case(SERVICE));
    let name = tail.and_then(|_| full_name.get(..cut)).unwrap_or(full_name);
    let mut characters = name.strip_suffix('.').unwrap_or(name).chars();
    let mut plain = String::with_capacity(name.len());
    while let Some(character) = characters.next() {
        plain.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const SKI: &str = "a80556a243f57ca17b0d577a59b711b79eb4856c";

    fn service(txt: &[&str], addresses: &[(&str, u32)]) -> Service {
        Service {
            full_name: "i:1_u\\.x\\\\y._ship._tcp.local.".into(),
            host: "heatpump.local.".into(),
            port: 4712,
            addresses: addresses.iter().map(|(ip, interface)| (ip.parse().unwrap(), *interface)).collect(),
            txt: txt.iter().map(|text| text.as_bytes().to_vec()).collect(),
        }
    }

    fn shown(service: &Service) -> Vec<String> {
        service.sighting().unwrap().endpoints.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn addresses_are_in_the_order_of_dialling_with_scopes_and_the_path_and_the_name_last() {
        let txt = ["txtvers=1", "id=x", "path=/", &format!("ski={SKI}")];
        let heard = [
            ("fe80::2", 3),
            ("fd00::1", 3),
            ("2001:db8::1", 2),
            ("192.168.1.9", 2),
            ("fe80::1", 0),
            ("192.168.1.9", 3),
            ("0.0.0.0", 2),
            ("192.168.1.10", 2),
        ];
        let service = service(&txt, &heard);
        let expected = [
            "192.168.1.9:4712/",
            "192.168.1.10:4712/",
            "[2001:db8::1]:4712/",
            "[fd00::1]:4712/",
            "[fe80::2%3]:4712/",
            "heatpump.local:4712/",
        ];
        assert_eq!(shown(&service), expected);
        assert_eq!(service.sighting().unwrap().instance, "i:1_u.x\\y");
    }

    #[test]
    fn a_peer_with_very_many_addresses_keeps_some_and_its_name() {
        let txt = ["txtvers=1", "id=x", &format!("ski={SKI}")];
        let many: Vec<_> = (0..200).map(|n| format!("10.0.0.{n}")).collect();
        let many: Vec<_> = many.iter().map(|ip| (ip.as_str(), 1)).collect();
        let shown = shown(&service(&txt, &many));
        assert_eq!(shown.len(), MAX_ADDRESSES + 1);
        assert_eq!(shown.last().map(String::as_str), Some("heatpump.local:4712/ship/"));
    }

    #[test]
    fn ship_7_3_2_a_record_of_another_version_or_without_identity_is_no_sighting() {
        let ski = format!("ski={SKI}");
        for (txt, fault) in [
            (&["txtvers=2", "id=x", &ski][..], TxtFault::Version),
            (&["txtvers=1", &ski], TxtFault::Id),
            (&["txtvers=1", "id=x", "ski=1"], TxtFault::Ski),
        ] {
            assert_eq!(service(txt, &[("10.0.0.1", 1)]).sighting(), Err(fault));
        }
    }

    #[test]
    fn instance_names_are_whole_characters_within_one_label() {
        assert_eq!(instance_name(&ShipId::new("i:46925_u:0001")), "i:46925_u:0001");
        let name = instance_name(&ShipId::new(&"ä".repeat(40)));
        assert!(name.len() <= MAX_LABEL && name.chars().all(|c| c == 'ä'), "{name}");
        assert_eq!(instance("Name (2)._SHIP._tcp.local."), "Name (2)");
        assert_eq!(instance("odd"), "odd");
    }

    #[cfg(feature = "avahi")]
    #[test]
    fn ship_7_1_a_taken_name_gets_a_counter_within_one_label() {
        for (taken, next) in [
            ("Pump", "Pump #2"),
            ("Pump #2", "Pump #3"),
            ("Pump #99", "Pump #100"),
            ("Pump #1", "Pump #1 #2"),
            ("Pump #x", "Pump #x #2"),
            (" #2", " #3"),
        ] {
            assert_eq!(alternative(taken), next);
        }
        let long = "ä".repeat(31) + "x";
        assert_eq!(alternative(&long), "ä".repeat(30) + " #2");
        assert_eq!(instance(&full_name("a.b\\c #2")), "a.b\\c #2");
    }
}
