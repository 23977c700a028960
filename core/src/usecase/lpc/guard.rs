//! The Energy Guard: finds Controllable Systems, takes control of them, and keeps their limit what it should be.

use super::{
    CHARACTERISTICS, Event, GUARD, HEARTBEAT, KEY_DESCRIPTIONS, KEYS, LIMIT_DESCRIPTIONS, LIMITS, Limit,
    Written,
};
use crate::ids::PeerId;
use crate::json::ElementTag;
use crate::model::*;
use crate::spine::{Device, Event as SpineEvent, FeaturePath, Outcome, Proposal, RelationKind, Vote};
use crate::time::Instant;
use crate::usecase::{
    Actor, Command, CommandMisuse, Context, Descriptor, Event as UseCaseEvent, Recipe, View, ViewContext,
    Watts, partners,
};
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

/// Partners one guard looks after.
const MAX_PARTNERS: usize = 64;
/// How long the opening limit waits for the partner to subscribe to this guard's heartbeat.
const OPENING_PATIENCE: Duration = Duration::from_secs(10);
/// A refused limit is written again after a minute, then a minute later each time (LPC IG 2.5).
const RETRY_STEP: Duration = Duration::from_secs(60);

/// What the requests of this actor are for: the low half of a request's tag; the high half numbers the partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    BindLoadControl,
    BindConfiguration,
    Subscribe,
    Read,
    Limit,
    Failsafe,
}

impl Purpose {
    const ALL: [Self; 6] = [
        Self::BindLoadControl,
        Self::BindConfiguration,
        Self::Subscribe,
        Self::Read,
        Self::Limit,
        Self::Failsafe,
    ];

    fn tag(self, partner: u16) -> u32 {
        u32::from(partner) << 16 | self as u32
    }

    fn of(tag: u32) -> Option<(u16, Self)> {
        let purpose = Self::ALL.get(usize::try_from(tag & 0xffff).ok()?)?;
        Some((u16::try_from(tag >> 16).ok()?, *purpose))
    }
}

/// A Controllable System this guard looks after.
#[derive(Clone, Debug)]
struct Partner {
    peer: PeerId,
    load_control: FeaturePath,
    configuration: FeaturePath,
    bound: [bool; 2],
    limit: Option<LoadControlLimitId>,
    keys: [Option<DeviceConfigurationKeyId>; 2],
    /// When the opening limit is written even if nobody listens to the heartbeat.
    opening: Option<Instant>,
    opened: bool,
    /// Writes that wait for their result, oldest first; bounded by the requests a session may have open.
    written: VecDeque<Limit>,
    failsafe: VecDeque<(Watts, Duration)>,
    retry: Option<Instant>,
    refused: u32,
    reported: Option<Limit>,
}

impl Partner {
    fn is_ready(&self) -> bool {
        self.bound == [true, true] && self.limit.is_some()
    }
}

/// A wish, and until when it holds.
#[derive(Clone, Copy, Debug)]
struct Wish {
    limit: Limit,
    until: Option<Instant>,
}

impl Wish {
    fn new(limit: Limit, now: Instant) -> Self {
        Self { limit, until: limit.duration.map(|duration| now + duration) }
    }

    /// What is left of the wish.
    fn at(&self, now: Instant) -> Limit {
        match self.until {
            None => self.limit,
            Some(until) if until <= now => Limit { active: false, duration: None, ..self.limit },
            // Peers count in whole seconds; a limit never ends early.
            Some(until) => {
                let left = until.since(now).as_micros().div_ceil(1_000_000);
                let left = Duration::from_secs(u64::try_from(left).unwrap_or(u64::MAX));
                Limit { duration: Some(left), ..self.limit }
            }
        }
    }
}

/// A control box or energy manager that limits others.
#[derive(Clone, Debug)]
pub struct EnergyGuard {
    partners: BTreeMap<u16, Partner>,
    next_partner: u16,
    for_all: Wish,
    for_peer: BTreeMap<PeerId, Wish>,
}

impl Default for EnergyGuard {
    fn default() -> Self {
        Self::new()
    }
}

impl EnergyGuard {
    /// A guard that limits nobody yet.
    pub fn new() -> Self {
        let for_all = Wish { limit: Limit::inactive(), until: None };
        Self { partners: BTreeMap::new(), next_partner: 0, for_all, for_peer: BTreeMap::new() }
    }

    /// A guard that limits every Controllable System it finds, from the start.
    #[must_use]
    pub fn limiting(limit: Limit) -> Self {
        Self { for_all: Wish { limit, until: None }, ..Self::new() }
    }

    fn wish(&self, peer: PeerId) -> &Wish {
        self.for_peer.get(&peer).unwrap_or(&self.for_all)
    }

    fn client(cx: &Context<'_>) -> Option<FeaturePath> {
        cx.spine.device().find(cx.entity, &FeatureType::Generic, &Role::Client)
    }

    /// Takes up the Controllable Systems of a peer that are new.
    fn meet(&mut self, peer: PeerId, cx: &mut Context<'_>) {
        let Some(remote) = cx.spine.remote(peer) else { return };
        // An entity that is gone from the peer's tree is no partner any more.
        self.partners.retain(|_, p| p.peer != peer || remote.features.contains_key(&p.load_control));
        let found = partners(peer, remote, &GUARD);
        let features = found.into_iter().filter_map(|partner| {
            let server = |feature_type, function| remote.server(&partner.entity, &feature_type, function);
            let load_control = server(FeatureType::LoadControl, LIMITS)?;
            let configuration = server(FeatureType::DeviceConfiguration, KEYS)?;
            let diagnosis = server(FeatureType::DeviceDiagnosis, HEARTBEAT);
            let electrical = server(FeatureType::ElectricalConnection, CHARACTERISTICS);
            Some((load_control, configuration, diagnosis, electrical))
        });
        for (load_control, configuration, diagnosis, electrical) in features.collect::<Vec<_>>() {
            let known = self.partners.values().any(|p| p.peer == peer && p.load_control == load_control);
            if !known && self.partners.len() < MAX_PARTNERS {
                self.attach(peer, load_control, configuration, [diagnosis, electrical], cx);
            }
        }
    }

    /// Binds, subscribes and reads, in the order the use case names (LPC IG 3.8).
    fn attach(
        &mut self,
        peer: PeerId,
        load_control: FeaturePath,
        configuration: FeaturePath,
        others: [Option<FeaturePath>; 2],
        cx: &mut Context<'_>,
    ) {
        let Some(client) = Self::client(cx) else { return };
        let number = self.next_partner;
        self.next_partner = self.next_partner.wrapping_add(1);
        let binding = RelationKind::Binding;
        cx.relate(peer, Purpose::BindLoadControl.tag(number), binding, &client, &load_control);
        cx.relate(peer, Purpose::BindConfiguration.tag(number), binding, &client, &configuration);
        let [diagnosis, electrical] = &others;
        let subscribed = [Some(&load_control), Some(&configuration), diagnosis.as_ref(), electrical.as_ref()];
        for server in subscribed.into_iter().flatten() {
            cx.relate(peer, Purpose::Subscribe.tag(number), RelationKind::Subscription, &client, server);
        }
        let reads = [
            (Some(&load_control), LIMIT_DESCRIPTIONS),
            (Some(&load_control), LIMITS),
            (Some(&configuration), KEY_DESCRIPTIONS),
            (Some(&configuration), KEYS),
            (electrical.as_ref(), CHARACTERISTICS),
            (diagnosis.as_ref(), HEARTBEAT),
        ];
        for (server, function) in reads {
            if let Some(server) = server {
                cx.read(peer, Purpose::Read.tag(number), &client, server, function);
            }
        }
        let partner = Partner {
            peer,
            load_control,
            configuration,
            bound: [false; 2],
            limit: None,
            keys: [None; 2],
            opening: None,
            opened: false,
            written: VecDeque::new(),
            failsafe: VecDeque::new(),
            retry: None,
            refused: 0,
            reported: None,
        };
        self.partners.insert(number, partner);
    }

    fn answered(&mut self, tag: u32, outcome: &Outcome, cx: &mut Context<'_>) {
        let Some((number, purpose)) = Purpose::of(tag) else { return };
        let Some(partner) = self.partners.get_mut(&number) else { return };
        let peer = partner.peer;
        let declined = |what| UseCaseEvent::Lpc(Event::Declined { peer, what, outcome: outcome.clone() });
        let done = *outcome == Outcome::Done;
        match purpose {
            Purpose::BindLoadControl => {
                partner.bound[0] = done;
                if !done {
                    cx.emit(declined("the binding to LoadControl"));
                }
            }
            Purpose::BindConfiguration => {
                partner.bound[1] = done;
                if !done {
                    cx.emit(declined("the binding to DeviceConfiguration"));
                }
            }
            Purpose::Subscribe if !done => cx.emit(declined("a subscription")),
            Purpose::Subscribe | Purpose::Read => {}
            Purpose::Limit => {
                let Some(limit) = partner.written.pop_front() else { return };
                if done {
                    partner.refused = 0;
                } else if !matches!(outcome, Outcome::SessionEnded) {
                    partner.refused = partner.refused.saturating_add(1);
                    partner.retry = Some(cx.now + RETRY_STEP.saturating_mul(partner.refused));
                }
                cx.emit(UseCaseEvent::Lpc(Event::Written {
                    peer,
                    what: Written::Limit(limit),
                    outcome: outcome.clone(),
                }));
            }
            Purpose::Failsafe => {
                let Some((value, duration)) = partner.failsafe.pop_front() else { return };
                let what = Written::Failsafe { value, duration };
                cx.emit(UseCaseEvent::Lpc(Event::Written { peer, what, outcome: outcome.clone() }));
            }
        }
        self.advance(number, cx);
    }

    /// Goes on with a partner as far as it is: the opening limit once it is bound and listens.
    fn advance(&mut self, number: u16, cx: &mut Context<'_>) {
        let Some(partner) = self.partners.get_mut(&number) else { return };
        if partner.opened || !partner.is_ready() {
            return;
        }
        let peer = partner.peer;
        let until = *partner.opening.get_or_insert_with(|| cx.now + OPENING_PATIENCE);
        let heard = GUARD.heartbeats(cx.entity, cx.spine.device()).iter().any(|feature| {
            cx.spine.relations(RelationKind::Subscription).at(feature).any(|(_, held)| held.peer == peer)
        });
        if !heard && until > cx.now {
            return;
        }
        partner.opened = true;
        partner.opening = None;
        cx.emit(UseCaseEvent::Lpc(Event::Ready { peer }));
        self.write_limit(number, cx);
    }

    /// A heartbeat, then the limit: the pair that moves the other side's state (LPC-913).
    fn write_limit(&mut self, number: u16, cx: &mut Context<'_>) {
        let Some(client) = Self::client(cx) else { return };
        let Some(peer) = self.partners.get(&number).map(|partner| partner.peer) else { return };
        let limit = self.wish(peer).at(cx.now);
        let Some(partner) = self.partners.get_mut(&number) else { return };
        let Some(id) = partner.limit else { return };
        for feature in GUARD.heartbeats(cx.entity, cx.spine.device()) {
            cx.spine.beat(&feature, cx.now);
        }
        partner.retry = None;
        partner.written.push_back(limit);
        let entry = LoadControlLimitData {
            limit_id: Some(id),
            is_limit_active: Some(limit.active),
            value: Some(limit.value.into()),
            time_period: limit.duration.map(|duration| TimePeriod {
                start_time: None,
                end_time: Some(XsDuration::from_core(duration).into()),
            }),
            ..Default::default()
        };
        let cmd = partial_limit(id, entry);
        let to = partner.load_control.clone();
        cx.write(peer, Purpose::Limit.tag(number), &client, &to, cmd);
    }

    /// Takes over what a partner reported.
    fn reported(&mut self, peer: PeerId, feature: &FeaturePath, function: FunctionId, cx: &mut Context<'_>) {
        let Some(remote) = cx.spine.remote(peer) else { return };
        let mut ready = Vec::new();
        let mut news = Vec::new();
        for (&number, partner) in self.partners.iter_mut().filter(|(_, partner)| partner.peer == peer) {
            if partner.load_control == *feature && function == LIMIT_DESCRIPTIONS {
                partner.limit = remote.data(feature).and_then(|descriptions| find_limit(&descriptions));
                ready.push(number);
            }
            if partner.configuration == *feature && function == KEY_DESCRIPTIONS {
                partner.keys = remote.data(feature).map(|d| find_keys(&d)).unwrap_or_default();
            }
            if partner.load_control == *feature && matches!(function, LIMITS | LIMIT_DESCRIPTIONS) {
                let limit = remote.data(feature).and_then(|limits| read_limit(&limits, partner.limit?));
                if limit.is_some() && limit != partner.reported {
                    partner.reported = limit;
                    news.extend(limit);
                }
            }
        }
        for limit in news {
            cx.emit(UseCaseEvent::Lpc(Event::Reported { peer, limit }));
        }
        for number in ready {
            self.advance(number, cx);
        }
    }

    fn set_limit(
        &mut self,
        peer: Option<PeerId>,
        limit: Limit,
        cx: &mut Context<'_>,
    ) -> Result<(), CommandMisuse> {
        if limit.value.is_negative() {
            return Err(CommandMisuse::Range("a consumption limit is 0 W or more (LPC-001)".into()));
        }
        if limit.active && limit.duration.is_some_and(|duration| duration.as_secs() == 0) {
            return Err(CommandMisuse::Range("an active limit lasts one second or more (LPC IG 2.2)".into()));
        }
        let wish = Wish::new(limit, cx.now);
        match peer {
            Some(peer) => {
                if self.for_peer.len() >= MAX_PARTNERS && !self.for_peer.contains_key(&peer) {
                    return Err(CommandMisuse::NoPartner(peer));
                }
                self.for_peer.insert(peer, wish);
            }
            None => {
                self.for_all = wish;
                self.for_peer.clear();
            }
        }
        let affected = |p: &Partner| p.opened && peer.is_none_or(|peer| p.peer == peer);
        let numbers: Vec<_> = self.partners.iter().filter(|(_, p)| affected(p)).map(|(n, _)| *n).collect();
        for number in numbers {
            self.write_limit(number, cx);
        }
        Ok(())
    }

    fn set_failsafe(
        &mut self,
        peer: PeerId,
        value: Watts,
        duration: Duration,
        cx: &mut Context<'_>,
    ) -> Result<(), CommandMisuse> {
        if value.is_negative() || !super::system::FAILSAFE_DURATION.contains(&duration) {
            return Err(CommandMisuse::Range(
                "a failsafe limit is 0 W or more, for 2 h to 24 h (LPC-022)".into(),
            ));
        }
        let client = Self::client(cx).ok_or(CommandMisuse::NotMine)?;
        let mut partners = self.partners.iter_mut().filter(|(_, p)| p.peer == peer && p.opened);
        let (number, partner) = partners.next().ok_or(CommandMisuse::NoPartner(peer))?;
        let [Some(power), Some(span)] = partner.keys else { return Err(CommandMisuse::NoPartner(peer)) };
        partner.failsafe.push_back((value, duration));
        let key = |id, value| DeviceConfigurationKeyValueData {
            key_id: Some(id),
            value: Some(value),
            is_value_changeable: None,
        };
        let list = DeviceConfigurationKeyValueListData {
            device_configuration_key_value_data: vec![
                key(
                    power,
                    DeviceConfigurationKeyValueValue {
                        scaled_number: Some(value.into()),
                        ..Default::default()
                    },
                ),
                key(
                    span,
                    DeviceConfigurationKeyValueValue {
                        duration: Some(XsDuration::from_core(duration)),
                        ..Default::default()
                    },
                ),
            ],
        };
        let (tag, to) = (Purpose::Failsafe.tag(*number), partner.configuration.clone());
        cx.write(peer, tag, &client, &to, Cmd::partial(&list));
        Ok(())
    }
}

/// Without a duration the stored one is deleted in the same command (LPC 3.4.1.4).
fn partial_limit(id: LoadControlLimitId, entry: LoadControlLimitData) -> Cmd {
    let endless = entry.time_period.is_none();
    let data = LoadControlLimitListData { load_control_limit_data: vec![entry] };
    let mut cmd = Cmd::partial(&data);
    if endless {
        let end_time = TimePeriodElements { end_time: Some(ElementTag), ..Default::default() };
        let elements = LoadControlLimitDataElements { time_period: Some(end_time), ..Default::default() };
        let selectors = LoadControlLimitListDataSelectors { limit_id: Some(id) };
        cmd.filters.insert(0, Filter::delete().select(&selectors).elements(&elements));
    }
    cmd
}

/// The limit that is LPC's, by the four elements that select it (LPC Table 22).
fn find_limit(descriptions: &LoadControlLimitDescriptionListData) -> Option<LoadControlLimitId> {
    let matching = descriptions.load_control_limit_description_data.iter().find(|d| {
        d.limit_type == Some(LoadControlLimitType::SignDependentAbsValueLimit)
            && d.limit_category == Some(LoadControlCategory::Obligation)
            && d.limit_direction == Some(EnergyDirection::Consume)
            && d.scope_type == Some(ScopeType::ActivePowerLimit)
    });
    matching?.limit_id
}

fn find_keys(
    descriptions: &DeviceConfigurationKeyValueDescriptionListData,
) -> [Option<DeviceConfigurationKeyId>; 2] {
    [
        DeviceConfigurationKeyName::FailsafeConsumptionActivePowerLimit,
        DeviceConfigurationKeyName::FailsafeDurationMinimum,
    ]
    .map(|name| {
        let mut list = descriptions.device_configuration_key_value_description_data.iter();
        list.find(|d| d.key_name.as_ref() == Some(&name))?.key_id
    })
}

/// What a Controllable System reports; a missing value and a zero duration mean not active.
fn read_limit(limits: &LoadControlLimitListData, id: LoadControlLimitId) -> Option<Limit> {
    let entry = limits.load_control_limit_data.iter().find(|entry| entry.limit_id == Some(id))?;
    let value = entry.value.as_ref().and_then(|value| Watts::try_from(value).ok());
    let end = entry.time_period.as_ref().and_then(|period| period.end_time.as_ref());
    let duration = end.and_then(super::remaining);
    let active = entry.is_limit_active == Some(true) && value.is_some() && duration != Some(Duration::ZERO);
    Some(Limit { value: value.unwrap_or_default(), active, duration })
}

impl Actor for EnergyGuard {
    fn descriptor(&self) -> &'static Descriptor {
        &GUARD
    }

    fn recipe(&self) -> Recipe {
        Recipe::Lpc(super::Recipe::EnergyGuard { limit: self.for_all.limit })
    }

    fn install(&mut self, _: &[u32], _: &EntityType, _: &mut Device) {}

    fn restored(&mut self, _: &mut Context<'_>) {}

    fn handle(&mut self, event: &SpineEvent, cx: &mut Context<'_>) {
        match event {
            SpineEvent::UseCases { peer } | SpineEvent::Discovered { peer, .. } => self.meet(*peer, cx),
            SpineEvent::Closed { peer } => self.partners.retain(|_, partner| partner.peer != *peer),
            SpineEvent::Data { peer, feature, function } => self.reported(*peer, feature, *function, cx),
            SpineEvent::Answered { owner: crate::spine::Owner::Actor(actor, tag), outcome, .. }
                if *actor == cx.actor =>
            {
                self.answered(*tag, outcome, cx);
            }
            SpineEvent::Related { kind: RelationKind::Subscription, relation, granted: true } => {
                let of_peer = |p: &Partner| p.peer == relation.peer;
                let numbers: Vec<_> =
                    self.partners.iter().filter(|(_, p)| of_peer(p)).map(|(n, _)| *n).collect();
                numbers.into_iter().for_each(|number| self.advance(number, cx));
            }
            _ => {}
        }
    }

    fn vote(&mut self, _: &Proposal, _: &mut Context<'_>) -> Vote {
        Vote::Abstain
    }

    fn command(&mut self, command: &Command, cx: &mut Context<'_>) -> Result<(), CommandMisuse> {
        match command {
            Command::Lpc(super::Command::SetLimit { peer, limit }) => self.set_limit(*peer, *limit, cx),
            Command::Lpc(super::Command::SetFailsafe { peer, value, duration }) => {
                self.set_failsafe(*peer, *value, *duration, cx)
            }
            _ => Err(CommandMisuse::NotMine),
        }
    }

    fn deadline(&self) -> Option<(Instant, &'static str)> {
        let opening = self.partners.values().filter_map(|p| p.opening).map(|at| (at, "opening limit"));
        let retry = self.partners.values().filter_map(|p| p.retry).map(|at| (at, "repeated limit"));
        opening.chain(retry).min_by_key(|(at, _)| *at)
    }

    fn tick(&mut self, cx: &mut Context<'_>) {
        for number in self.partners.keys().copied().collect::<Vec<_>>() {
            self.advance(number, cx);
            if self.partners.get(&number).is_some_and(|p| p.retry.is_some_and(|at| at <= cx.now)) {
                self.write_limit(number, cx);
            }
        }
    }

    fn view(&self, _: &ViewContext<'_>) -> View {
        let partner = |p: &Partner| (p.peer, p.opened, p.reported);
        View::Lpc(super::View::Guard(self.partners.values().map(partner).collect()))
    }

    fn boxed_clone(&self) -> Box<dyn Actor> {
        Box::new(self.clone())
    }
}
