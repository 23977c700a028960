//! The command lines of `eebus hems` and `eebus evse`.

use super::{Finding, Role, Settings, run};
use crate::failure::Failure;
use crate::state::State;
use eebus_core::node::{Endpoint, Host};
use eebus_core::ship::identity::{ShipId, Ski};
use eebus_core::usecase::lpc::Limit;
use eebus_core::usecase::watts;
use eebus_smol::{Clock, Identity, SystemClock};
use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The port that is dialled where an address names none.
const DIALLED_PORT: u16 = 4712;

/// What both programs are told.
#[derive(Debug, clap::Args)]
struct Common {
    /// The port to listen on; 0 lets the system choose.
    port: u16,
    /// SKI of the peer: 40 hex digits, grouped or not.
    remote_ski: Option<Ski>,
    /// Own certificate, as PEM.
    cert: Option<PathBuf>,
    /// Its private key, as PEM.
    #[arg(conflicts_with = "folder")]
    key: Option<PathBuf>,
    #[command(flatten)]
    state: State,
    /// Dial the peer at this address, such as 192.0.2.7, [fe80::1%eth0]:4711 or box.local:4712 (repeatable; port 4712
    /// where none is named).
    #[arg(long, value_name = "ADDRESS", requires = "remote_ski", value_parser = address)]
    dial: Vec<Endpoint>,
    #[command(flatten)]
    finding: Finding,
}

/// Be an energy manager that limits what its peer draws.
///
/// With the port alone, makes a certificate and a key, prints `SKI:` with the SKI, then both as PEM, and ends. With all
/// four, or with --state in place of certificate and key, finds the peer by mDNS or dials it, pairs with it, says what it is and what changes, and keeps running.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  eebus hems 4711 > hems.txt
  eebus hems 4711 a80556a243f57ca17b0d577a59b711b79eb4856c hems.crt hems.key --limit 4200 --for 15min
  eebus hems 4711 a80556a243f57ca17b0d577a59b711b79eb4856c hems.crt hems.key --no-mdns --dial 192.0.2.7:4712")]
pub(crate) struct Hems {
    #[command(flatten)]
    common: Common,
    /// Limit the peer to so many watts; without it the peer is told that there is no limit.
    #[arg(long, value_name = "WATTS", value_parser = clap::value_parser!(u32), requires = "remote_ski")]
    limit: Option<u32>,
    /// End the limit after this time: 90s, 15min, 2h; a plain number counts seconds. Without it the limit stays.
    #[arg(long = "for", value_name = "DURATION", value_parser = duration, requires = "limit")]
    duration: Option<Duration>,
}

/// Be a wallbox that obeys the limits of its peer.
///
/// With the port alone, makes a certificate and a key, prints `SKI:` with the SKI, then both as PEM, and ends. With all
/// four, or with --state in place of certificate and key, finds the peer by mDNS or dials it, pairs with it, says what it is and what the own ceiling is and why, and
/// keeps running.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  eebus evse 4712 > evse.txt
  eebus evse 4712 b467a3999eb5efa671de0032f08a9c9e5efda0e1 evse.crt evse.key")]
pub(crate) struct Evse {
    #[command(flatten)]
    common: Common,
}

pub(crate) fn hems(arguments: &Hems) -> Result<(), Failure> {
    let limit = arguments.limit.map_or(Limit::inactive(), |limit| Limit::active(watts(limit.into())));
    demo(&arguments.common, Role::Hems, arguments.duration.map_or(limit, |duration| limit.lasting(duration)))
}

pub(crate) fn evse(arguments: &Evse) -> Result<(), Failure> {
    demo(&arguments.common, Role::Evse, Limit::inactive())
}

fn demo(common: &Common, role: Role, limit: Limit) -> Result<(), Failure> {
    let peers: Vec<_> = common.remote_ski.map(|ski| (ski, common.dial.clone())).into_iter().collect();
    if let Some(folder) = common.state.named() {
        return crate::run::run_in(folder, Some(role), limit, |settings| {
            settings.port = common.port;
            settings.peers = peers;
            settings.discovery = common.finding.options();
        });
    }
    let identity = match (common.remote_ski, &common.cert, &common.key) {
        (None, ..) => return introduce(role),
        (Some(_), Some(cert), Some(key)) => identity(cert, key)?,
        (Some(_), ..) => {
            let missing =
                "the certificate and the key are missing: name both files, or a folder with --state";
            return Err(Failure::Usage(missing.to_owned()));
        }
    };
    run(Settings {
        port: common.port,
        peers,
        discovery: common.finding.options(),
        ..Settings::new(role, identity, limit)
    })
}

/// The first run: a new identity for the user to keep.
fn introduce(role: Role) -> Result<(), Failure> {
    let name = role.product(std::process::id().to_string());
    let ship_id = ShipId::new(&[name.brand, name.model, name.serial].join("-"));
    let identity = Identity::create(&ship_id, SystemClock::new().wall())
        .map_err(|error| Failure::Failed(format!("cannot make a certificate: {error}")))?;
    let mut out = std::io::stdout().lock();
    write!(out, "SKI: {}\n{}", identity.ski(), identity.to_pem())
        .map_err(|error| Failure::Failed(format!("cannot write the certificate and the key: {error}")))
}

fn identity(cert: &Path, key: &Path) -> Result<Identity, Failure> {
    let read = |path: &Path| std::fs::read_to_string(path).map_err(|error| Failure::unreadable(path, error));
    Identity::from_pem(&[read(cert)?, read(key)?].join("\n")).map_err(|error| {
        let (cert, key) = (cert.display(), key.display());
        Failure::Failed(format!("{cert} and {key} are of no use: {error}; the port alone makes new ones"))
    })
}

/// `90`, `90s`, `15min`: whole seconds, as limits are counted in them.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let duration = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            humantime::parse_duration(text).map_err(|error| format!("{error}; try 90s, 15min or 2h"))?
        }
    };
    if duration.is_zero() || duration.subsec_nanos() != 0 {
        return Err("a limit lasts whole seconds, one at least".into());
    }
    Ok(duration)
}

/// `192.0.2.7`, `192.0.2.7:4712`, `fe80::1%eth0`, `[fe80::1%eth0]:4712`, `box.local`, `box.local:4712`.
pub(crate) fn address(text: &str) -> Result<Endpoint, String> {
    let unbracketed = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (host, port) = match unbracketed {
        Some((host, "")) => (host, DIALLED_PORT),
        Some((host, rest)) => (host, port(rest.strip_prefix(':').unwrap_or_default())?),
        None if text.matches(':').count() == 1 => {
            let (host, rest) = text.split_once(':').unwrap_or((text, ""));
            (host, port(rest)?)
        }
        None => (text, DIALLED_PORT),
    };
    let (name, scope) = host.split_once('%').map_or((host, None), |(name, scope)| (name, Some(scope)));
    let host = match (name.parse(), scope) {
        (Ok(IpAddr::V6(ip)), Some(scope)) => {
            Host::Address(std::net::SocketAddrV6::new(ip, port, 0, interface(scope)?).into())
        }
        (Ok(ip), None) => Host::Address(SocketAddr::new(ip, port)),
        (Err(_), None) if unbracketed.is_none() && !name.contains([':', '/']) => {
            Host::Name { name: name.to_owned(), port }
        }
        _ => return Err("neither an IP address nor a host name".into()),
    };
    let endpoint = Endpoint { host, path: "/ship/".into() };
    match endpoint.is_usable() {
        true => Ok(endpoint),
        false if endpoint.rank() == 3 => {
            Err(format!("a link-local address needs its interface: [{name}%eth0]:{port}"))
        }
        false => Err("nobody can be reached there".into()),
    }
}

fn port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| format!("{text:?} is no port"))
}

/// The number of a network interface.
fn interface(scope: &str) -> Result<u32, String> {
    if let Ok(index) = scope.parse() {
        return Ok(index);
    }
    let known =
        if_addrs::get_if_addrs().map_err(|error| format!("the interfaces can't be listed: {error}"))?;
    let index = known.iter().find(|known| known.name == scope).and_then(|known| known.index);
    index.ok_or_else(|| {
        let mut names: Vec<_> = known.into_iter().map(|known| known.name).collect();
        names.sort();
        names.dedup();
        format!("there is no interface {scope}; there is {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_an_ip_or_a_name_with_a_port_or_without() {
        for (text, expected) in [
            ("192.0.2.7", "192.0.2.7:4712/ship/"),
            ("192.0.2.7:4711", "192.0.2.7:4711/ship/"),
            ("2001:db8::7", "[2001:db8::7]:4712/ship/"),
            ("[2001:db8::7]:4711", "[2001:db8::7]:4711/ship/"),
            ("[fe80::1%7]:4711", "[fe80::1%7]:4711/ship/"),
            ("fe80::1%7", "[fe80::1%7]:4712/ship/"),
            ("box.local", "box.local:4712/ship/"),
            ("box.local:4711", "box.local:4711/ship/"),
        ] {
            assert_eq!(address(text).map(|endpoint| endpoint.to_string()), Ok(expected.into()), "{text}");
        }
        for text in
            ["", ":4711", "box:", "1::2::3", "192.0.2.7%7", "[box]:4711", "[::1]4711", "0.0.0.0", "box:0"]
        {
            assert!(address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_duration_is_seconds_or_has_units() {
        for (text, seconds) in [("90", 90), ("90s", 90), ("15min", 900), ("1h 30m", 5_400)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["0", "1.5", "1500ms", "-1", "soon", ""] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
