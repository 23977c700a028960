//! What changes on a peer is told: entities that come and go, what they measure, use cases.

use crate::process::Home;
use eebus_core::json::Tape;
use eebus_core::model::*;
use eebus_core::node::{Answer, Call, Config, Event, Product};
use eebus_core::ship::identity::{ShipId, Ski};
use eebus_core::spine::{FeaturePath, NewEntity, NewFeature, NewFunction};
use eebus_core::usecase::Recipe;
use eebus_core::usecase::lpc::{self, Approval};
use eebus_core::usecase::watts;
use eebus_smol::{Clock, Handle, Identity, Setup, SystemClock};
use std::net::Ipv4Addr;
use std::thread::JoinHandle;
use std::time::Duration;

/// A wallbox in this process, without a use case, that trusts `peer`.
fn wallbox(identity: Identity, peer: Ski) -> (Handle, String, JoinHandle<std::io::Result<()>>) {
    let mut config = Config::new(&identity, Product::new("ACME", "Box", "1"));
    config.entity(EntityType::Evse);
    let setup = Setup::new(config, identity).listen((Ipv4Addr::LOCALHOST, 0).into());
    let (handle, mut events) = (setup.handle(), setup.handle().events());
    let running = std::thread::spawn(|| smol::block_on(eebus_smol::run(setup, |_, _| {})));
    let port = loop {
        match events.next_blocking() {
            Some(Event::Listening { port }) => break port,
            Some(_) => {}
            None => panic!("the node does not listen"),
        }
    };
    let Answer::Peer(peer) = call(&handle, Call::AddPeer { ski: peer, endpoints: Vec::new() }) else {
        panic!("a peer has a name")
    };
    call(&handle, Call::Trust { peer });
    (handle, format!("127.0.0.1:{port}"), running)
}

fn call(handle: &Handle, call: Call) -> Answer {
    handle.call_blocking(call).unwrap()
}

fn measured(watts: i64) -> MeasurementListData {
    let value = MeasurementData {
        measurement_id: Some(0.into()),
        value_type: Some(MeasurementValueType::Value),
        value: Some(watts.into()),
        ..Default::default()
    };
    MeasurementListData { measurement_data: vec![value] }
}

fn described() -> MeasurementDescriptionListData {
    let about = MeasurementDescriptionData {
        measurement_id: Some(0.into()),
        measurement_type: Some(MeasurementType::Power),
        unit: Some(UnitOfMeasurement::W),
        scope_type: Some(ScopeType::AcPowerTotal),
        ..Default::default()
    };
    MeasurementDescriptionListData { measurement_description_data: vec![about] }
}

#[test]
fn a_car_comes_measures_can_be_limited_and_leaves() {
    let home = Home::new("changes");
    let hems_ski = home.introduce("hems").parse().unwrap();
    let identity = Identity::create(&ShipId::new("ACME-Box-1"), SystemClock::new().wall()).unwrap();
    let ski = identity.ski().to_string();
    let (handle, address, running) = wallbox(identity, hems_ski);
    let hems = home.start("hems", 0, &ski, &["--dial", &address]);
    hems.wait("entity [1] EVSE");
    hems.wait("ACME-Box-1: [0]/1 brand ACME, model Box, serial number 1");

    let meter = NewFeature::server(FeatureType::Measurement)
        .with(NewFunction::of(&described()))
        .with(NewFunction::of(&measured(3_450)));
    let car = NewEntity::new(EntityType::Ev).below(&[1]).with(meter);
    let limited = Recipe::Lpc(lpc::Recipe::ControllableSystem {
        nominal_maximum: watts(11_000),
        failsafe: watts(4_200),
        failsafe_duration: Duration::from_secs(7_200),
        approval: Approval::Automatic,
    });
    call(&handle, Call::AddEntity { entity: car, actors: vec![limited] });
    hems.wait("  new: entity [1,1] EV");
    hems.wait("    new: feature [1,1]/1 Measurement server");
    hems.wait(
        "ACME-Box-1: use case limitationOfPowerConsumption 1.0.0 as ControllableSystem on entity [1,1]",
    );
    hems.wait("ACME-Box-1: [1,1]/1 measured acPowerTotal: 3,450 W");

    let (feature, function) = (FeaturePath::new(&[1, 1], 1), MeasurementListData::FUNCTION);
    call(&handle, Call::SetData { feature, function, data: Tape::of(&measured(3_600)) });
    hems.wait("ACME-Box-1: [1,1]/1 measured acPowerTotal: 3,600 W");

    call(&handle, Call::RemoveEntity { entity: vec![1, 1] });
    let heard = hems.wait_after("gone: use case limitationOfPowerConsumption");
    let gone: Vec<_> = heard.iter().filter(|line| line.starts_with(' ')).collect();
    assert_eq!(gone, ["  gone: entity [1,1] EV"], "what it had goes without saying");

    call(&handle, Call::Shutdown);
    hems.wait("disconnected");
    running.join().unwrap().unwrap();
}
