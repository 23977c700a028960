//! Messages of a power limit's day, built with the model: what one peer writes and the other one reads.

use eebus_core::model::*;
use eebus_core::node::{Config, Node, Product};
use eebus_core::ship::identity::{Fingerprint, PeerKey, Ski};
use eebus_core::spine::discovery;
use eebus_core::time::Instant;
use eebus_core::usecase::lpc::{ControllableSystem, EnergyGuard};
use eebus_core::usecase::watts;

/// A datagram: the data it is built from and its octets.
#[derive(Debug)]
pub struct Message {
    /// What it is, as a benchmark's name.
    pub name: &'static str,
    /// Header.
    pub header: Header,
    /// Command.
    pub cmd: Cmd,
    /// EEBUS JSON of both.
    pub json: Vec<u8>,
}

impl Message {
    fn new(name: &'static str, classifier: CmdClassifier, from: u32, to: u32, cmd: Cmd) -> Self {
        let address = |device: &str, entity, feature| FeatureAddress {
            device: Some(AddressDevice(device.into())),
            entity: vec![AddressEntity(entity)],
            feature: Some(AddressFeature(feature)),
        };
        let header = Header {
            specification_version: Some(SpecificationVersion("1.3.0".into())),
            address_source: Some(address("d:_n:ACME-Box-1", from, 1)),
            address_destination: Some(address("d:_n:ACME-HP-7-0815", to, 1)),
            msg_counter: Some(MsgCounter(4_712)),
            cmd_classifier: Some(classifier),
            ack_request: Some(true),
            ..Header::default()
        };
        let mut json = Vec::new();
        write_datagram(&header, &cmd, &mut json);
        Self { name, header, cmd, json }
    }
}

/// Every message, the smallest first.
pub fn all() -> [Message; 2] {
    [limit_write(), discovery_reply()]
}

/// An Energy Guard limits a system to 4.2 kW for two hours: a partial write of one list entry.
pub fn limit_write() -> Message {
    let limit = LoadControlLimitData {
        limit_id: Some(LoadControlLimitId(0)),
        is_limit_active: Some(true),
        time_period: Some(TimePeriod { end_time: Some("PT2H".into()), ..TimePeriod::default() }),
        value: Some(ScaledNumber::new(4_200, 0)),
        ..LoadControlLimitData::default()
    };
    let data = LoadControlLimitListData { load_control_limit_data: vec![limit] };
    Message::new("limit_write", CmdClassifier::Write, 1, 1, Cmd::partial(&data))
}

/// The device tree of a building's gateway: five entities, every one of them with an actor of LPC.
pub fn discovery_reply() -> Message {
    let key = PeerKey { ski: Ski::new([1; 20]), fingerprint: Fingerprint([1; 32]) };
    let mut config = Config::new(key, Product::new("ACME", "Box", "1"));
    for entity_type in [EntityType::GridGuard, EntityType::Cem] {
        let entity = config.entity(entity_type);
        config.install(&entity, EnergyGuard::new());
    }
    for entity_type in [EntityType::HeatPumpAppliance, EntityType::Evse, EntityType::Inverter] {
        let entity = config.entity(entity_type);
        config.install(&entity, ControllableSystem::new(watts(11_000)));
    }
    let node = Node::new(config, None, [1; 32], Instant::ZERO);
    let data = discovery::detailed(node.view().device());
    Message::new("discovery_reply", CmdClassifier::Reply, 0, 0, Cmd::data(&data))
}
