//! What a recorder writes can be read back, for every input and call, and for actors outside the core.

use eebus_core::ids::{ActorId, AttemptId, ConnId, PeerId, Ticket};
use eebus_core::model::*;
use eebus_core::node::{
    Call, Cause, Config, Endpoint, Host, Input, Lost, Node, Product, Sighting, Stage, Tap, Tapped,
    TrustPolicy,
};
use eebus_core::ship::identity::{Fingerprint, PeerKey, ShipId, Ski};
use eebus_core::ship::pairing::PairingSecret;
use eebus_core::ship::txt::Record;
use eebus_core::spine::{
    Device, Event, FeaturePath, NewEntity, NewFeature, NewFunction, Proposal, RelationKind, Vote, WriteAccess,
};
use eebus_core::time::{Instant, WallTime};
use eebus_core::usecase::lpc::{self, EnergyGuard, Limit};
use eebus_core::usecase::{
    Actor, Command, CommandMisuse, Context, Descriptor, Recipe, View, ViewContext, watts,
};
use eebus_testvectors::{End, Recorder, ReplayError, replay, replay_with};
use std::io;
use std::time::Duration;

const KEY: PeerKey = PeerKey { ski: Ski::new([0xa5; 20]), fingerprint: Fingerprint([0x5a; 32]) };

fn endpoints() -> Vec<Endpoint> {
    let address = |text: &str| Endpoint::new(text.parse().unwrap());
    let name = Host::Name { name: "pump \"7\".local".into(), port: 4712 };
    vec![address("10.0.0.1:4712"), address("[fe80::1%3]:4712"), Endpoint { host: name, path: "/ä/".into() }]
}

#[test]
fn every_input_is_read_back_as_it_was() {
    let (conn, attempt, detail) = (ConnId(u64::MAX), AttemptId(3), "no\nroute".to_string());
    let mut record = Record::new(ShipId::new("ä-1"), KEY.ski);
    record.categories = vec![2, 4];
    for input in [
        Input::Tick,
        Input::Clock { wall: WallTime::from_unix_micros(-1), trusted: true },
        Input::Listening { port: 4712 },
        Input::Accepted { conn, from: "[2001:db8::1]:1".parse().unwrap() },
        Input::Dialled { attempt, conn },
        Input::DialFailed { attempt, stage: Stage::Name, cause: Cause::Other, detail: detail.clone() },
        Input::Secured { conn, peer: KEY },
        Input::Opened { conn },
        Input::Pong { conn },
        Input::Drained { conn, frames: 7 },
        Input::Lost { conn, why: Lost::Closed { code: Some(4001), reason: "close".into() } },
        Input::Lost {
            conn,
            why: Lost::Failed {
                stage: Stage::Secure,
                cause: Cause::WrongSki(KEY.ski),
                detail: detail.clone(),
            },
        },
        Input::Seen(Sighting {
            instance: "Pump".into(),
            interface: Some("eth0".into()),
            record,
            endpoints: endpoints(),
        }),
        Input::Gone { ski: KEY.ski, instance: "Pump".into(), interface: Some("eth0".into()) },
        Input::Persisted { seq: 1 },
        Input::PersistFailed { seq: 2, detail },
    ] {
        let text = serde_json::to_string(&input).unwrap();
        assert_eq!(serde_json::from_str::<Input<'static>>(&text).unwrap(), input, "{text}");
    }
    let frame = serde_json::to_string(&Input::Frame { conn: ConnId(1), bytes: b"\x02{}" }).unwrap();
    assert_eq!(frame, r#"{"Frame":{"conn":1,"bytes":"02 {}"}}"#);
    assert!(serde_json::from_str::<Input<'static>>(&frame).is_err());
}

#[test]
fn every_call_is_read_back_as_it_was() {
    let (peer, actor, ticket) = (PeerId(1), ActorId(2), Ticket(3));
    let limit = Limit::active(watts(4_200)).lasting(Duration::from_secs(60));
    let (from, to) = (FeaturePath::new(&[1], 2), FeaturePath::new(&[1, 2], 3));
    let (value, duration) = (watts(-1), Duration::from_millis(7_200_500));
    let function = FunctionId::LOAD_CONTROL_LIMIT_LIST_DATA;
    let list = LoadControlLimitListData {
        load_control_limit_data: vec![LoadControlLimitData {
            limit_id: Some(LoadControlLimitId(1)),
            value: Some(ScaledNumber::new(42, 2)),
            ..LoadControlLimitData::default()
        }],
    };
    let selectors = LoadControlLimitListDataSelectors { limit_id: Some(LoadControlLimitId(1)) };
    let cmd = Cmd::partial(&list).with(Filter::delete().select(&selectors));
    let use_case = |command| Call::UseCase { actor, command };
    let function_offered = NewFunction::of(&list).writable().durable().open_list();
    let feature = NewFeature::server(FeatureType::LoadControl).access(WriteAccess::Single);
    let feature = feature.response_delay(duration).with(function_offered);
    let entity = NewEntity::new(EntityType::Ev).below(&[1]).with(feature.clone());
    let recipe = EnergyGuard::limiting(limit).recipe();
    for call in [
        Call::AddPeer { ski: KEY.ski, endpoints: endpoints() },
        Call::Trust { peer },
        Call::Refuse { peer },
        Call::Forget { peer },
        Call::ForgetAll,
        Call::Rename { peer, label: "Wärmepumpe".into() },
        Call::SetTrustPolicy { policy: TrustPolicy::Window(Duration::from_millis(1_500)) },
        Call::SetTrustPolicy { policy: TrustPolicy::QrSecret(PairingSecret::new(&[0xff; 16]).unwrap()) },
        Call::SetRegister { register: true },
        Call::Connect { peer },
        Call::Accept { ticket },
        Call::RefuseWrite { ticket, reason: "\"busy\"".into() },
        use_case(Command::Lpc(lpc::Command::SetLimit { peer: Some(peer), limit })),
        use_case(Command::Lpc(lpc::Command::SetFailsafe { peer, value, duration })),
        use_case(Command::Lpc(lpc::Command::Interrupt)),
        use_case(Command::Custom { name: "acme".into(), detail: "{}".into() }),
        Call::Read { peer, from: from.clone(), to: to.clone(), function, filter: Some(Filter::partial()) },
        Call::Invoke { peer, from: from.clone(), to: to.clone(), cmd: cmd.clone() },
        Call::GiveUp { peer, kind: RelationKind::Binding, client: from.clone(), server: to.clone() },
        Call::AddEntity { entity, actors: vec![recipe] },
        Call::RemoveEntity { entity: vec![1, 2] },
        Call::AddFeature { entity: vec![1], feature },
        Call::RemoveFeature { feature: from.clone() },
        Call::SetAvailable {
            entity: vec![1],
            use_case: "limitationOfPowerConsumption".into(),
            available: false,
        },
        Call::Write { peer, from: from.clone(), to: to.clone(), cmd: cmd.clone() },
        Call::Relate { peer, kind: RelationKind::Binding, client: from.clone(), server: to },
        Call::SetData { feature: from, function, data: cmd.data },
        Call::Shutdown,
    ] {
        let text = serde_json::to_string(&call).unwrap();
        assert_eq!(serde_json::from_str::<Call>(&text).unwrap(), call, "{text}");
    }
}

/// An actor outside the core: an Energy Guard under another name.
#[derive(Clone, Debug)]
struct Acme(EnergyGuard);

impl Actor for Acme {
    fn descriptor(&self) -> &'static Descriptor {
        self.0.descriptor()
    }

    fn recipe(&self) -> Recipe {
        Recipe::Custom { name: "acme".into(), detail: "7".into() }
    }

    fn install(&mut self, entity: &[u32], entity_type: &EntityType, device: &mut Device) {
        self.0.install(entity, entity_type, device);
    }

    fn restored(&mut self, cx: &mut Context<'_>) {
        self.0.restored(cx);
    }

    fn handle(&mut self, event: &Event, cx: &mut Context<'_>) {
        self.0.handle(event, cx);
    }

    fn vote(&mut self, proposal: &Proposal, cx: &mut Context<'_>) -> Vote {
        self.0.vote(proposal, cx)
    }

    fn command(&mut self, command: &Command, cx: &mut Context<'_>) -> Result<(), CommandMisuse> {
        self.0.command(command, cx)
    }

    fn deadline(&self) -> Option<(Instant, &'static str)> {
        self.0.deadline()
    }

    fn tick(&mut self, cx: &mut Context<'_>) {
        self.0.tick(cx);
    }

    fn view(&self, cx: &ViewContext<'_>) -> View {
        self.0.view(cx)
    }

    fn boxed_clone(&self) -> Box<dyn Actor> {
        Box::new(self.clone())
    }
}

fn config() -> Config {
    let mut config = Config::new(KEY, Product::new("ACME", "Box", "1"));
    let entity = config.entity(EntityType::GridGuard);
    config.install(&entity, Acme(EnergyGuard::new()));
    config
}

#[test]
fn an_actor_outside_the_core_is_made_by_whoever_replays() {
    let now = Instant::ZERO;
    let recorder = Recorder::start(Vec::new(), &config(), None, &[1; 32], now).unwrap();
    let mut node = Tapped::new(Node::new(config(), None, [1; 32], now), recorder);
    while node.poll_action().is_some() {}
    node.tap_mut().finish().unwrap();
    let trace = node.tap().writer();
    let recipe = Recipe::Custom { name: "acme".into(), detail: "7".into() };
    match replay(&**trace) {
        Err(ReplayError::UnknownActor { line: 2, actor }) => assert_eq!(actor.0, recipe),
        other => panic!("{other:?}"),
    }
    let make = |asked: &Recipe| {
        assert_eq!(*asked, recipe);
        Some(Box::new(Acme(EnergyGuard::new())) as Box<dyn Actor>)
    };
    assert_eq!(replay_with(&**trace, make).unwrap().end, End::Finished);
}

/// Takes so many octets, then fails.
struct Full(usize);

impl io::Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let left = self.0.checked_sub(bytes.len());
        self.0 = left.ok_or_else(|| io::Error::from(io::ErrorKind::StorageFull))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_ends_the_recording_and_is_reported_at_the_end() {
    let start = |room| Recorder::start(Full(room), &config(), None, &[1; 32], Instant::ZERO);
    assert_eq!(start(100).err().map(|error| error.kind()), Some(io::ErrorKind::StorageFull));
    let mut recorder = start(2_000).unwrap();
    while recorder.failure().is_none() {
        recorder.input(&Input::Tick, Instant::ZERO);
    }
    let left = recorder.writer().0;
    assert_eq!(recorder.finish().unwrap_err().kind(), io::ErrorKind::StorageFull);
    recorder.input(&Input::Tick, Instant::ZERO);
    assert_eq!(recorder.writer().0, left);
}
