//! A control box and a heat pump that find each other by mDNS alone and agree on a limit of 4,200 W.
//!
//! `by_mdns box|pump`, each with a new identity, on a network of their own: both trust whomever they see, which a real
//! device leaves to its user. `.ci/mdns.sh` runs them.

use eebus_core::ids::ActorId;
use eebus_core::model::EntityType;
use eebus_core::node::{Call, Config, Event, Product};
use eebus_core::ship::identity::ShipId;
use eebus_core::usecase::lpc::{self, ControllableSystem, EnergyGuard, Limit, State};
use eebus_core::usecase::{Command, watts};
use eebus_mdns::{MdnsSd, Options};
use eebus_smol::{Clock, Identity, Setup, SystemClock, run};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let is_box = std::env::args().nth(1).ok_or("usage: by_mdns box|pump")? == "box";
    let model = if is_box { "Box" } else { "Pump" };
    let identity =
        Identity::create(&ShipId::new(["ACME", model].join("-").as_str()), SystemClock::new().wall())?;
    let mut config = Config::new(&identity, Product::new("ACME", model, "1"));
    if is_box {
        let entity = config.entity(EntityType::GridGuard);
        config.install(&entity, EnergyGuard::new());
    } else {
        let entity = config.entity(EntityType::HeatPumpAppliance);
        config.install(&entity, ControllableSystem::new(watts(11_000)));
    }
    let setup = Setup::new(config, identity).port(0).discovery(MdnsSd::new(Options::default())?);
    let app = move |node: &mut eebus_core::node::At<'_>, event: Event| match event {
        Event::Seen { peer, .. } => drop(node.peer(peer).trust()),
        Event::PairingRequested(stranger) => drop(node.peer(stranger.peer).trust()),
        Event::Lpc { event: lpc::Event::Ready { .. }, .. } if is_box => {
            let command =
                Command::Lpc(lpc::Command::SetLimit { peer: None, limit: Limit::active(watts(4_200)) });
            drop(node.call(Call::UseCase { actor: ActorId(0), command }));
        }
        Event::Lpc { event: lpc::Event::LimitProposed(proposed), .. } => drop(node.accept(proposed.ticket)),
        Event::Lpc { event: lpc::Event::Written { outcome, .. }, .. } => println!("written: {outcome:?}"),
        Event::Lpc { event: lpc::Event::Limit(limit), .. } if limit.state == State::Limited => {
            println!("limited to {:?}", limit.ceiling);
        }
        _ => {}
    };
    Ok(smol::block_on(run(setup, app))?)
}
