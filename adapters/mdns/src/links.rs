//! Which interfaces are used, and which of them are on one link.

use std::collections::BTreeMap;
use std::net::IpAddr;

use if_addrs::{IfAddr, Interface};

use crate::Options;

/// Links used: each has a responder with a thread of its own. A host with more has them for containers, and names
/// those it wants in [`Options::interfaces`].
pub const MAX_LINKS: usize = 16;

/// Interfaces that share a subnet, and so hear each other: one responder serves them all, as two would take each
/// other's addresses for a conflict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Link {
    /// Names of the interfaces, in the order of the system.
    pub(crate) names: Vec<String>,
    /// Their addresses.
    pub(crate) addresses: Vec<Address>,
}

/// An address of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) ip: IpAddr,
    /// Length of its prefix.
    pub(crate) prefix: u8,
    /// Index of its interface.
    pub(crate) interface: u32,
}

impl Address {
    /// Whether this address is in the subnet; every link has the subnets of link-local addresses, so they say nothing.
    fn shares(&self, ip: IpAddr) -> bool {
        let bits = |ip: IpAddr| match ip {
            IpAddr::V4(ip) => (u128::from(ip.to_bits()) << 96, 32),
            IpAddr::V6(ip) => (ip.to_bits(), 128),
        };
        let ((own, width), (other, other_width)) = (bits(self.ip), bits(ip));
        let differing = (own ^ other).leading_zeros();
        !is_link_local(self.ip) && width == other_width && differing >= u32::from(self.prefix)
    }
}

impl Link {
    /// The indexes of its interfaces.
    #[cfg(feature = "avahi")]
    pub(crate) fn indexes(&self) -> std::collections::BTreeSet<u32> {
        self.addresses.iter().map(|address| address.interface).collect()
    }

    /// The lowest index of its interfaces.
    fn index(&self) -> Option<u32> {
        self.addresses.iter().map(|address| address.interface).min()
    }

    /// Which of `addresses` can be reached on this link.
    pub(crate) fn routable(&self, addresses: &[IpAddr]) -> Vec<IpAddr> {
        let is_here = |ip: &IpAddr| self.addresses.iter().any(|own| own.ip == *ip || own.shares(*ip));
        addresses.iter().copied().filter(is_here).collect()
    }
}

/// The links to use: those with addresses of more than the link first, at most [`MAX_LINKS`]. Answers too how many more
/// there are.
pub(crate) fn links(interfaces: &[Interface], options: &Options) -> (Vec<Link>, usize) {
    let mut links: Vec<Link> = Vec::new();
    for (name, addresses) in chosen(interfaces, options) {
        let mut link = Link { names: vec![name], addresses };
        let joins = |other: &Link| {
            let shared = |own: &Address| other.addresses.iter().any(|there| there.shares(own.ip));
            link.addresses.iter().any(shared)
        };
        let (mut same, others) = links.into_iter().partition::<Vec<_>, _>(joins);
        same.sort_by_key(Link::index);
        for other in same.into_iter().rev() {
            link.names.splice(0..0, other.names);
            link.addresses.splice(0..0, other.addresses);
        }
        links = others;
        links.push(link);
    }
    let is_local = |link: &Link| link.addresses.iter().all(|address| is_link_local(address.ip));
    links.sort_by_key(|link| (is_local(link), link.index()));
    let more = links.len().saturating_sub(MAX_LINKS);
    links.truncate(MAX_LINKS);
    (links, more)
}

/// What there is to say where there is no link at all.
#[cfg(any(feature = "avahi", feature = "mdns-sd"))]
pub(crate) fn missing(options: &Options) -> String {
    match options.interfaces.as_slice() {
        [] => "no interface is up with an address".to_owned(),
        names => format!("{} is not up with an address", names.join(", ")),
    }
}

/// The addresses of the interfaces that are up and asked for, in the order of their indexes.
fn chosen(interfaces: &[Interface], options: &Options) -> Vec<(String, Vec<Address>)> {
    let is_asked = |at: &Interface| {
        let named = options.interfaces.contains(&at.name);
        let is_usual = options.interfaces.is_empty() && (options.loopback || !at.is_loopback());
        at.is_oper_up() && !at.is_p2p() && (named || is_usual || (options.loopback && at.is_loopback()))
    };
    let mut chosen: BTreeMap<(u32, &str), Vec<Address>> = BTreeMap::new();
    for at in interfaces.iter().filter(|at| is_asked(at)) {
        let prefix = match &at.addr {
            IfAddr::V4(v4) => v4.prefixlen,
            IfAddr::V6(v6) => v6.prefixlen,
        };
        let interface = at.index.unwrap_or_default();
        let address = Address { ip: at.ip(), prefix, interface };
        chosen.entry((interface, at.name.as_str())).or_default().push(address);
    }
    chosen.into_iter().map(|((_, name), addresses)| (name.to_owned(), addresses)).collect()
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use if_addrs::{IfOperStatus, Ifv4Addr, Ifv6Addr};

    fn interface(name: &str, index: u32, address: &str) -> Interface {
        let (ip, prefix) = address.split_once('/').unwrap();
        let prefixlen = prefix.parse().unwrap();
        let addr = match ip.parse().unwrap() {
            IpAddr::V4(ip) => {
                IfAddr::V4(Ifv4Addr { ip, netmask: [255, 255, 255, 0].into(), prefixlen, broadcast: None })
            }
            IpAddr::V6(ip) => {
                let netmask = std::net::Ipv6Addr::from_bits(u128::MAX << 64);
                IfAddr::V6(Ifv6Addr { ip, netmask, prefixlen, broadcast: None })
            }
        };
        let up = IfOperStatus::Up;
        Interface { name: name.into(), addr, index: Some(index), oper_status: up, is_p2p: false }
    }

    fn names(interfaces: &[Interface], options: &Options) -> Vec<String> {
        links(interfaces, options).0.iter().map(|link| link.names.join("+")).collect()
    }

    #[test]
    fn interfaces_that_share_a_subnet_are_one_link() {
        let host = [
            interface("lo", 1, "127.0.0.1/8"),
            interface("br0", 2, "fe80::2/64"),
            interface("eth0", 3, "192.168.1.2/24"),
            interface("eth0", 3, "fe80::3/64"),
            interface("eth1", 4, "10.0.0.1/8"),
            interface("eth1", 4, "169.254.0.1/16"),
            interface("wlan0", 5, "192.168.1.9/24"),
            interface("wlan0", 5, "fe80::5/64"),
            interface("usb0", 6, "169.254.0.2/16"),
        ];
        let all = Options::default();
        assert_eq!(names(&host, &all), ["eth0+wlan0", "eth1", "br0", "usb0"]);
        assert_eq!(names(&host, &Options { loopback: true, ..all.clone() })[0], "lo");
        let named = Options { interfaces: vec!["lo".into(), "usb0".into(), "nope".into()], ..all };
        assert_eq!(names(&host, &named), ["lo", "usb0"]);

        let mut bridged = host.to_vec();
        bridged.push(interface("tap0", 7, "10.9.9.9/8"));
        bridged.push(interface("tap0", 7, "192.168.1.7/24"));
        assert_eq!(names(&bridged, &Options::default()), ["eth0+wlan0+eth1+tap0", "br0", "usb0"]);
    }

    #[test]
    fn what_is_down_or_point_to_point_is_not_used() {
        let mut host = [interface("eth0", 2, "10.0.0.1/8"), interface("wg0", 3, "10.1.0.1/16")];
        host[0].oper_status = IfOperStatus::Down;
        host[1].is_p2p = true;
        assert_eq!(names(&host, &Options::default()), [""; 0]);
    }

    #[test]
    fn a_host_full_of_containers_uses_its_own_links_first() {
        let mut host: Vec<_> =
            (2..40).map(|n| interface(&format!("veth{n}"), n, &format!("fe80::{n}/64"))).collect();
        host.push(interface("eth0", 99, "192.168.1.2/24"));
        let (links, more) = links(&host, &Options::default());
        assert_eq!(
            (links.len(), more, links[0].names.as_slice()),
            (MAX_LINKS, 23, ["eth0".to_owned()].as_slice())
        );
    }

    #[test]
    fn addresses_asked_for_are_announced_where_they_can_be_reached() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let asked = [ip("192.168.1.77"), ip("fe80::3"), ip("fe80::9"), ip("2001:db8::9"), ip("10.0.0.1")];
        let host = [
            interface("eth0", 3, "192.168.1.2/24"),
            interface("eth0", 3, "fe80::3/64"),
            interface("eth0", 3, "2001:db8::3/64"),
            interface("eth1", 4, "fe80::9/64"),
        ];
        let (links, _) = links(&host, &Options::default());
        assert_eq!(links[0].routable(&asked), [asked[0], asked[1], asked[3]]);
        assert_eq!(links[1].routable(&asked), [asked[2]]);
    }
}
