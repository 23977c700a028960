//! `eebus hems` and `eebus evse`: an energy manager and a wallbox, used as the demo programs of eebus-go are.

mod told;

use crate::failure::Failure;
use eebus_core::model::{DeviceType, EntityType};
use eebus_core::node::{At, Config, Endpoint, Event, Misuse, Product};
use eebus_core::ship::identity::{ShipId, Ski};
use eebus_core::usecase::lpc::{Approval, ControllableSystem, EnergyGuard, Limit};
use eebus_core::usecase::{Watts, watts};
use eebus_smol::{Clock, Identity, Setup, SystemClock};
use std::io::Write;
use std::net::{Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Most the wallbox draws: three phases of 16 A at 230 V.
const WALLBOX: Watts = watts(11_040);

/// What both programs are told.
#[derive(Debug, clap::Args)]
struct Common {
    /// The port to listen on.
    port: u16,
    /// SKI of the peer: 40 hex digits, grouped or not.
    #[arg(requires_all = ["cert", "key"])]
    remote_ski: Option<Ski>,
    /// Own certificate, as PEM.
    cert: Option<PathBuf>,
    /// Its private key, as PEM.
    key: Option<PathBuf>,
    /// Dial the peer at this address, such as 192.0.2.7:4712.
    #[arg(long, value_name = "ADDRESS", requires = "remote_ski")]
    dial: Option<SocketAddr>,
}

/// Be an energy manager that limits what its peer draws.
///
/// With the port alone, makes a certificate and a key, prints `SKI:` with the SKI, then both as PEM, and ends. With all
/// four, pairs with the peer, says what it is, and keeps running.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  eebus hems 4711 > hems.txt
  eebus hems 4711 a80556a243f57ca17b0d577a59b711b79eb4856c hems.crt hems.key --dial 192.0.2.7:4712 --limit 4200")]
pub(crate) struct Hems {
    #[command(flatten)]
    common: Common,
    /// Limit the peer to so many watts; without it the peer is told that there is no limit.
    #[arg(long, value_name = "WATTS", value_parser = clap::value_parser!(u32), requires = "remote_ski")]
    limit: Option<u32>,
    /// End the limit after so many seconds; without it the limit stays.
    #[arg(long = "for", value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..), requires = "limit")]
    seconds: Option<u32>,
}

/// Be a wallbox that obeys the limits of its peer.
///
/// With the port alone, makes a certificate and a key, prints `SKI:` with the SKI, then both as PEM, and ends. With all
/// four, pairs with the peer, says what it is and what the own ceiling is and why, and keeps running.
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
    let limit = match arguments.seconds {
        Some(seconds) => limit.lasting(Duration::from_secs(seconds.into())),
        None => limit,
    };
    run(&arguments.common, "HEMS", DeviceType::EnergyManagementSystem, |config| {
        let entity = config.entity(EntityType::Cem);
        config.install(&entity, EnergyGuard::limiting(limit));
    })
}

pub(crate) fn evse(arguments: &Evse) -> Result<(), Failure> {
    run(&arguments.common, "EVSE", DeviceType::ChargingStation, |config| {
        let entity = config.entity(EntityType::Evse);
        config.install(&entity, ControllableSystem::new(WALLBOX).approval(Approval::Automatic));
    })
}

fn run(
    common: &Common,
    model: &str,
    device_type: DeviceType,
    furnish: impl FnOnce(&mut Config),
) -> Result<(), Failure> {
    let serial = std::process::id().to_string();
    let (Some(ski), Some(cert), Some(key)) = (common.remote_ski, &common.cert, &common.key) else {
        return introduce(&ShipId::new(&format!("EEBUS-{model}-{serial}")));
    };
    let identity = identity(cert, key)?;
    // The serial number makes names unique and stays with the certificate.
    let serial: String = identity.ski().to_string().chars().take(8).collect();
    let mut config = Config::new(&identity, Product::new("EEBUS", model, serial));
    config.device_type(device_type);
    furnish(&mut config);
    told::say(format_args!("own SKI {}", identity.ski().grouped()));
    let endpoints: Vec<_> = common.dial.map(Endpoint::new).into_iter().collect();
    let setup = Setup::new(config, identity).listen(SocketAddr::from((Ipv6Addr::UNSPECIFIED, common.port)));
    let mut failed = None;
    let ran = smol::block_on(eebus_smol::run(setup, |node, event| {
        if let Event::Listening { .. } = event
            && let Err(misuse) = pair(node, ski, endpoints.clone())
        {
            failed = Some(misuse);
            // It was not shut down before.
            let _ = node.shut_down();
        }
        told::event(node, &event);
    }));
    match (ran, failed) {
        (Err(error), _) => Err(Failure::Failed(format!(
            "cannot listen on port {}: {error}; choose another port, or end the program that holds it",
            common.port
        ))),
        (Ok(()), Some(misuse)) => Err(Failure::Failed(format!("cannot pair with {ski}: {misuse}"))),
        (Ok(()), None) => Ok(()),
    }
}

fn pair(node: &mut At<'_>, ski: Ski, endpoints: Vec<Endpoint>) -> Result<(), Misuse> {
    let peer = node.add_peer(ski, endpoints)?;
    node.peer(peer).trust().map(drop)
}

/// The first run: a new identity for the user to keep.
fn introduce(ship_id: &ShipId) -> Result<(), Failure> {
    let identity = Identity::create(ship_id, SystemClock::new().wall())
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
