//! A scripted SPINE peer: datagrams as text, through SHIP frames, against one node.

use crate::solo::*;
use eebus_core::ids::{ConnId, PeerId};
use eebus_core::json::Limits;
use eebus_core::model::{CmdClassifier, Datagram, EntityType, FeatureAddress};
use eebus_core::node::{Action, Config, Product};
use eebus_core::ship::{DATA_PREFIX, DATA_SUFFIX};
use eebus_core::usecase::lpc::{Approval, ControllableSystem, EnergyGuard};
use eebus_core::usecase::watts;

/// The device address of the node.
pub(crate) const NODE: &str = "d:_n:ACME_Pump-7";
/// The device address of the peer.
pub(crate) const TT: &str = "d:_n:TT";
pub(crate) const NM: &str = "[0]/0";
/// Features of the node.
pub(crate) const LOAD: &str = "[1]/1";
pub(crate) const KEYS: &str = "[1]/2";
pub(crate) const DIAGNOSIS: &str = "[1]/3";
/// Features of the peer.
pub(crate) const CLIENT: &str = "[1]/1";
pub(crate) const BEAT: &str = "[1]/2";

pub(crate) const FUTURE: &str = "1.999.999";
pub(crate) const READ_TREE: &str = r#"{"nodeManagementDetailedDiscoveryData":[]}"#;
pub(crate) const READ_LIMITS: &str = r#"{"loadControlLimitListData":[]}"#;

/// A datagram the node sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Got {
    pub(crate) kind: CmdClassifier,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) device: Option<String>,
    pub(crate) counter: u64,
    pub(crate) reference: Option<u64>,
    pub(crate) ack: bool,
    pub(crate) version: Option<String>,
    pub(crate) cmd: String,
}

impl Got {
    fn read(document: &[u8]) -> Self {
        let text = std::str::from_utf8(document).unwrap();
        let cmd = text.split_once("\"cmd\":[[").unwrap().1.strip_suffix("]]}]}]}").unwrap();
        let header = Datagram::read(document, &Limits::default()).unwrap().0.header();
        let path = |address: &FeatureAddress| {
            let entity: Vec<_> = address.entity.iter().map(|n| n.0.to_string()).collect();
            format!("[{}]/{}", entity.join(","), address.feature.unwrap().0)
        };
        let to = header.address_destination.as_ref().unwrap();
        Self {
            kind: header.cmd_classifier.clone().unwrap(),
            from: path(header.address_source.as_ref().unwrap()),
            to: path(to),
            device: to.device.as_ref().map(|device| device.0.clone()),
            counter: header.msg_counter.unwrap().0,
            reference: header.msg_counter_reference.map(|reference| reference.0),
            ack: header.ack_request == Some(true),
            version: header.specification_version.as_ref().map(|version| version.0.clone()),
            cmd: cmd.to_string(),
        }
    }

    /// `errorNumber` of a result.
    pub(crate) fn error(&self) -> Option<u32> {
        let number = self.cmd.strip_prefix(r#"{"resultData":[{"errorNumber":"#)?;
        number.split('}').next()?.parse().ok()
    }
}

/// What a datagram says beside its command.
pub(crate) struct Head<'a> {
    pub(crate) kind: &'a str,
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    pub(crate) ack: bool,
    pub(crate) reference: Option<u64>,
    pub(crate) version: &'a str,
    pub(crate) device: &'a str,
    pub(crate) counter: Option<u64>,
}

impl<'a> Head<'a> {
    pub(crate) fn new(kind: &'a str, from: &'a str, to: &'a str) -> Self {
        let (ack, reference, counter) = (false, None, None);
        Self { kind, from, to, ack, reference, version: "1.3.0", device: NODE, counter }
    }

    pub(crate) fn ack(self) -> Self {
        Self { ack: true, ..self }
    }
}

fn address(device: &str, path: &str) -> String {
    let (entity, feature) = path.split_once('/').unwrap();
    let device = if device.is_empty() { String::new() } else { format!(r#"{{"device":"{device}"}},"#) };
    format!(r#"[{device}{{"entity":{entity}}},{{"feature":{feature}}}]"#)
}

/// The call that asks for a relation.
pub(crate) fn relate(kind: &str, client: &str, server: &str) -> String {
    let (call, request) =
        (format!("nodeManagement{kind}RequestCall"), format!("{}Request", kind.to_lowercase()));
    let (client, server) = (address(TT, client), address(NODE, server));
    format!(r#"{{"{call}":[{{"{request}":[{{"clientAddress":{client}}},{{"serverAddress":{server}}}]}}]}}"#)
}

/// The call that gives a relation back.
pub(crate) fn release(kind: &str, client: &str, server: &str) -> String {
    relate(kind, client, server).replace("Request", "Delete")
}

/// One limit, and whether it is written by itself.
pub(crate) fn limit(elements: &str) -> String {
    format!(
        r#"{{"function":"loadControlLimitListData"}},{{"filter":[[{{"cmdControl":[{{"partial":[]}}]}}]]}},{{"loadControlLimitListData":[{{"loadControlLimitData":[[{{"limitId":0}},{elements}]]}}]}}"#
    )
}

pub(crate) fn active(value: i64) -> String {
    limit(&format!(r#"{{"isLimitActive":true}},{{"value":[{{"number":{value}}},{{"scale":0}}]}}"#))
}

pub(crate) const HEARTBEAT: &str =
    r#"{"deviceDiagnosisHeartbeatData":[{"heartbeatCounter":1},{"heartbeatTimeout":"PT120S"}]}"#;

fn feature(path: &str, kind: &str, role: &str, functions: &[&str]) -> String {
    let functions: Vec<_> = functions
        .iter()
        .map(|f| format!(r#"[{{"function":"{f}"}},{{"possibleOperations":[{{"read":[]}},{{"write":[{{"partial":[]}}]}}]}}]"#))
        .collect();
    let address = address("", path);
    let functions = functions.join(",");
    format!(
        r#"[{{"description":[{{"featureAddress":{address}}},{{"featureType":"{kind}"}},{{"role":"{role}"}},{{"supportedFunction":[{functions}]}}]}}]"#
    )
}

/// A discovery with these entities and features, each `(path, type, role, functions)`.
pub(crate) fn tree(entities: &[(&str, &str)], features: &[(&str, &str, &str, &[&str])]) -> String {
    let entity = |(path, kind): &(&str, &str)| {
        format!(
            r#"[{{"description":[{{"entityAddress":[{{"entity":{path}}}]}},{{"entityType":"{kind}"}}]}}]"#
        )
    };
    let entities: Vec<_> = [("[0]", "DeviceInformation")].iter().chain(entities).map(entity).collect();
    let node_management: (&str, &str, &str, &[&str]) = (NM, "NodeManagement", "special", &[]);
    let features: Vec<_> =
        [node_management].iter().chain(features).map(|(p, k, r, f)| feature(p, k, r, f)).collect();
    let (entities, features) = (entities.join(","), features.join(","));
    format!(
        r#"{{"nodeManagementDetailedDiscoveryData":[{{"specificationVersionList":[{{"specificationVersion":["1.3.0"]}}]}},{{"deviceInformation":[{{"description":[{{"deviceAddress":[{{"device":"{TT}"}}]}},{{"deviceType":"Generic"}},{{"networkFeatureSet":"smart"}}]}}]}},{{"entityInformation":[{entities}]}},{{"featureInformation":[{features}]}}]}}"#
    )
}

/// The discovery of a control box.
pub(crate) fn guard_tree() -> String {
    let beat: &[&str] = &["deviceDiagnosisHeartbeatData"];
    tree(
        &[("[1]", "GridGuard")],
        &[(CLIENT, "Generic", "client", &[]), (BEAT, "DeviceDiagnosis", "server", beat)],
    )
}

/// A node and its peer, from the data phase on.
pub(crate) struct Tester {
    pub(crate) solo: Solo,
    pub(crate) conn: ConnId,
    pub(crate) peer: PeerId,
    counter: u64,
}

pub(crate) fn system_config(approval: Approval) -> Config {
    let mut config = Config::new(key(OWN), Product::new("ACME", "Pump", "7"));
    let entity = config.entity(EntityType::HeatPumpAppliance);
    let system = ControllableSystem::new(watts(11_000)).failsafe(watts(3_500), secs(7_200));
    config.install(&entity, system.approval(approval));
    config
}

pub(crate) fn guard_config() -> Config {
    let mut config = Config::new(key(OWN), Product::new("ACME", "Pump", "7"));
    let entity = config.entity(EntityType::GridGuard);
    config.install(&entity, EnergyGuard::new());
    config
}

impl Tester {
    pub(crate) fn with(config: Config) -> Self {
        let mut solo = Solo::with(config, None);
        let peer = solo.trusted(1);
        let conn = solo.in_data(1);
        Self { solo, conn, peer, counter: 1_000 }
    }

    /// At the data phase; the node accepts what the rules allow.
    pub(crate) fn connected() -> Self {
        Self::with(system_config(Approval::Automatic))
    }

    /// The peer leaves and comes back, knowing nothing of what was.
    pub(crate) fn returns(&mut self) {
        self.solo.lost(self.conn);
        self.solo.fresh();
        self.conn = self.solo.in_data(1);
    }

    /// Both know each other.
    pub(crate) fn met() -> Self {
        let mut tester = Self::connected();
        tester.meet(&guard_tree());
        tester
    }

    /// Both read each other's discovery; what the node calls and reads then is answered.
    pub(crate) fn meet(&mut self, tree: &str) {
        self.answer(|got| got.cmd.contains("DetailedDiscovery"), tree);
        self.send(Head::new("read", NM, NM), READ_TREE);
        self.answer(|got| got.cmd.contains("UseCase"), r#"{"nodeManagementUseCaseData":[]}"#);
        self.confirm_calls();
        self.solo.fresh();
    }

    /// Commissioned: bound, heard, and with one inactive limit written (PRE_S1_S3).
    pub(crate) fn commissioned(config: Config) -> Self {
        let mut tester = Self::with(config);
        tester.meet(&guard_tree());
        tester.bind(CLIENT);
        tester.confirm_calls();
        tester.beat();
        tester.solo.fresh();
        tester
    }

    pub(crate) fn controlled() -> Self {
        let mut tester = Self::commissioned(system_config(Approval::Automatic));
        let inactive = limit(r#"{"isLimitActive":false}"#);
        assert_eq!(tester.write(LOAD, &inactive).error(), Some(0));
        tester.solo.fresh();
        tester
    }

    pub(crate) fn bind(&mut self, client: &str) {
        for server in [LOAD, KEYS] {
            let counter = self.send(Head::new("call", NM, NM).ack(), &relate("Binding", client, server));
            assert_eq!(self.answer_to(counter).error(), Some(0));
        }
    }

    pub(crate) fn beat(&mut self) {
        self.send(Head::new("notify", BEAT, "[1]/5"), HEARTBEAT);
    }

    pub(crate) fn document(&mut self, head: &Head<'_>, cmd: &str) -> (u64, String) {
        self.counter += 1;
        let counter = head.counter.unwrap_or(self.counter);
        let (source, destination) = (address(TT, head.from), address(head.device, head.to));
        let reference =
            head.reference.map(|n| format!(r#",{{"msgCounterReference":{n}}}"#)).unwrap_or_default();
        let ack = if head.ack { r#",{"ackRequest":true}"# } else { "" };
        let (kind, version) = (head.kind, head.version);
        let document = format!(
            r#"{{"datagram":[{{"header":[{{"specificationVersion":"{version}"}},{{"addressSource":{source}}},{{"addressDestination":{destination}}},{{"msgCounter":{counter}}}{reference},{{"cmdClassifier":"{kind}"}}{ack}]}},{{"payload":[{{"cmd":[[{cmd}]]}}]}}]}}"#
        );
        (counter, document)
    }

    /// Sends a command; answers its counter.
    pub(crate) fn send(&mut self, head: Head<'_>, cmd: &str) -> u64 {
        let (counter, document) = self.document(&head, cmd);
        self.solo.document(self.conn, &document);
        counter
    }

    /// Sends a command; answers what came back for it.
    pub(crate) fn ask(&mut self, head: Head<'_>, cmd: &str) -> Vec<Got> {
        let counter = self.send(head, cmd);
        self.got().into_iter().filter(|got| got.reference == Some(counter)).collect()
    }

    pub(crate) fn answer_to(&self, counter: u64) -> Got {
        let answers: Vec<_> = self.got().into_iter().filter(|got| got.reference == Some(counter)).collect();
        let [answer] = &answers[..] else { panic!("one answer is expected: {answers:?}") };
        answer.clone()
    }

    /// Writes from the control box's client feature.
    pub(crate) fn write(&mut self, to: &str, cmd: &str) -> Got {
        let counter = self.send(Head::new("write", CLIENT, to).ack(), cmd);
        self.answer_to(counter)
    }

    pub(crate) fn read(&mut self, to: &str, cmd: &str) -> Got {
        let counter = self.send(Head::new("read", CLIENT, to), cmd);
        self.answer_to(counter)
    }

    /// Every datagram the node sent to this peer since `fresh`.
    pub(crate) fn got(&self) -> Vec<Got> {
        let documents = self.solo.did(|action| match action {
            Action::Send { conn, frame } if *conn == self.conn => {
                Some(frame.strip_prefix(DATA_PREFIX)?.strip_suffix(DATA_SUFFIX)?.to_vec())
            }
            _ => None,
        });
        documents.iter().map(|document| Got::read(document)).collect()
    }

    pub(crate) fn of(&self, kind: &CmdClassifier) -> Vec<Got> {
        self.got().into_iter().filter(|got| got.kind == *kind).collect()
    }

    /// Replies to the node's read that `which` picks; answers its counter.
    pub(crate) fn answer(&mut self, which: impl Fn(&Got) -> bool, cmd: &str) -> u64 {
        let read = self.of(&CmdClassifier::Read).into_iter().rev().find(which).unwrap();
        let head = Head { reference: Some(read.counter), ..Head::new("reply", &read.to, &read.from) };
        self.send(head, cmd);
        read.counter
    }

    /// Grants what the node calls for.
    pub(crate) fn confirm_calls(&mut self) {
        for call in self.of(&CmdClassifier::Call) {
            let head = Head { reference: Some(call.counter), ..Head::new("result", NM, NM) };
            self.send(head, r#"{"resultData":[{"errorNumber":0}]}"#);
        }
    }
}
