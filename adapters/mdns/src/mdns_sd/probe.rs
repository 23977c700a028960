//! Whether an interface does multicast at all.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, UdpSocket};
use std::time::Duration;

use crate::links::Address;

/// How long a datagram takes at most from this host to itself.
const ECHO_TIME: Duration = Duration::from_millis(200);
/// The group of mDNS (RFC 6762 3).
const GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
/// The same for IPv6.
const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfb);

/// Sends a datagram to the group at a port of no meaning, and waits for it to come back.
///
/// # Errors
///
/// What the system says against it, or that nothing came back.
pub(crate) fn probe(address: &Address) -> io::Result<()> {
    let (listener, group) = match address.ip {
        IpAddr::V4(ip) => {
            let listener = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
            listener.join_multicast_v4(&GROUP_V4, &ip)?;
            let port = listener.local_addr()?.port();
            (listener, SocketAddr::from((GROUP_V4, port)))
        }
        IpAddr::V6(_) => {
            let listener = UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0))?;
            listener.join_multicast_v6(&GROUP_V6, address.interface)?;
            let port = listener.local_addr()?.port();
            (listener, SocketAddrV6::new(GROUP_V6, port, 0, address.interface).into())
        }
    };
    listener.set_read_timeout(Some(ECHO_TIME))?;
    let sender = match address.ip {
        // The address it is bound to chooses the interface.
        IpAddr::V4(ip) => UdpSocket::bind((ip, 0))?,
        IpAddr::V6(_) => UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0))?,
    };
    sender.set_multicast_ttl_v4(1).or_else(|error| if group.is_ipv6() { Ok(()) } else { Err(error) })?;
    let token = sender.local_addr()?.port().to_be_bytes();
    sender.send_to(&token, group)?;
    let mut heard = [0; 2];
    listener.recv_from(&mut heard).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            io::Error::new(io::ErrorKind::TimedOut, "what is sent does not come back")
        }
        _ => error,
    })?;
    Ok(())
}
