//! The Controllable System: offers a limit, obeys it, and falls back to its failsafe value.

use super::state::{Evaluated, Machine, State, Transition};
use super::{Event, HEARTBEAT, KEYS, LIMITS, Limit, LimitProposed, LimitState, SYSTEM};
use crate::ids::{PeerId, Ticket};
use crate::json::Tape;
use crate::model::*;
use crate::spine::{
    Device, Event as SpineEvent, FeaturePath, Proposal, RelationKind, Spine, Unsettled, Vote,
};
use crate::time::Instant;
use crate::usecase::descriptor::is_energy_manager;
use crate::usecase::{
    Actor, Command, CommandMisuse, Context, Descriptor, Event as UseCaseEvent, Recipe, View, ViewContext,
    Watts,
};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;

/// Shortest and longest failsafe duration (LPC-022).
pub(super) const FAILSAFE_DURATION: core::ops::RangeInclusive<Duration> =
    Duration::from_secs(2 * 3_600)..=Duration::from_secs(24 * 3_600);

/// Who decides on a limit that the rules allow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Approval {
    /// The application, ticket by ticket.
    #[default]
    Application,
    /// Nobody: what the rules allow is accepted.
    Automatic,
}

/// A device whose consumption can be limited.
#[derive(Clone, Debug)]
pub struct ControllableSystem {
    nominal_maximum: Watts,
    failsafe: (Watts, Duration),
    approval: Approval,
    machine: Machine,
    limit: LoadControlLimitId,
    key_value: DeviceConfigurationKeyId,
    key_duration: DeviceConfigurationKeyId,
    guard: Option<(PeerId, Vec<u32>)>,
    open: BTreeMap<Ticket, Evaluated>,
}

impl ControllableSystem {
    /// A system that can draw `nominal_maximum` at most. Until told otherwise its failsafe value is 4,200 W and lasts
    /// two hours at least.
    pub fn new(nominal_maximum: Watts) -> Self {
        Self {
            nominal_maximum,
            failsafe: (crate::usecase::watts(4_200), *FAILSAFE_DURATION.start()),
            approval: Approval::default(),
            machine: Machine::new(Instant::ZERO),
            limit: LoadControlLimitId(0),
            key_value: DeviceConfigurationKeyId(0),
            key_duration: DeviceConfigurationKeyId(0),
            guard: None,
            open: BTreeMap::new(),
        }
    }

    /// The failsafe value (0 W or more) and how long failsafe lasts at least (2 h to 24 h; cut to that range).
    #[must_use]
    pub fn failsafe(self, value: Watts, duration: Duration) -> Self {
        let duration = duration.clamp(*FAILSAFE_DURATION.start(), *FAILSAFE_DURATION.end());
        Self { failsafe: (value.max(Watts::ZERO), duration), ..self }
    }

    /// Who decides on limits.
    #[must_use]
    pub fn approval(self, approval: Approval) -> Self {
        Self { approval, ..self }
    }

    fn load_control(&self, entity: &[u32], spine: &Spine) -> Option<FeaturePath> {
        spine.device().find(entity, &FeatureType::LoadControl, &Role::Server)
    }

    fn configuration(&self, entity: &[u32], spine: &Spine) -> Option<FeaturePath> {
        spine.device().find(entity, &FeatureType::DeviceConfiguration, &Role::Server)
    }

    /// The failsafe values as they stand in the device's configuration.
    fn failsafe_values(&self, keys: &DeviceConfigurationKeyValueListData) -> (Watts, Duration) {
        let value = |id| {
            keys.device_configuration_key_value_data.iter().find(|d| d.key_id == Some(id))?.value.clone()
        };
        let power = value(self.key_value).and_then(|v| Watts::try_from(v.scaled_number.as_ref()?).ok());
        let duration = value(self.key_duration).and_then(|v| v.duration?.to_core().ok());
        (power.unwrap_or(self.failsafe.0), duration.unwrap_or(self.failsafe.1))
    }

    fn load_failsafe(&mut self, entity: &[u32], spine: &Spine) {
        let data = self.configuration(entity, spine).and_then(|feature| spine.data(&feature));
        if let Some(keys) = data {
            self.failsafe = self.failsafe_values(&keys);
        }
    }

    /// This system's entry in a list of limits.
    fn entry<'a>(&self, limits: &'a LoadControlLimitListData) -> Option<&'a LoadControlLimitData> {
        limits.load_control_limit_data.iter().find(|entry| entry.limit_id == Some(self.limit))
    }

    fn ceiling(&self, limit: Option<Watts>) -> Option<Watts> {
        match self.machine.state() {
            State::Init | State::Failsafe => Some(self.failsafe.0.min(self.nominal_maximum)),
            State::Limited => limit.map(|limit| limit.min(self.nominal_maximum)),
            State::UnlimitedControlled | State::UnlimitedAutonomous => None,
        }
    }

    fn stored(&self, entity: &[u32], spine: &Spine) -> Option<(FeaturePath, LoadControlLimitListData)> {
        let feature = self.load_control(entity, spine)?;
        let limits = spine.data(&feature)?;
        Some((feature, limits))
    }

    fn limit_state(&self, entity: &[u32], spine: &Spine, rule: &'static str) -> LimitState {
        let stored = self.stored(entity, spine);
        let value = stored.as_ref().and_then(|(_, limits)| {
            self.entry(limits)?.value.as_ref().and_then(|value| Watts::try_from(value).ok())
        });
        LimitState {
            state: self.machine.state(),
            ceiling: self.ceiling(value),
            rule,
            ends: self.machine.ends(),
        }
    }

    /// Brings the published limit in line with the state, and tells the application (LPC-009).
    fn publish(&self, rule: &'static str, cx: &mut Context<'_>) {
        let state = self.machine.state();
        if let Some((feature, mut limits)) = self.stored(cx.entity, cx.spine) {
            let id = Some(self.limit);
            if let Some(entry) = limits.load_control_limit_data.iter_mut().find(|entry| entry.limit_id == id)
            {
                entry.is_limit_active = Some(state == State::Limited);
                if state.is_failsafe() {
                    entry.value = Some(self.failsafe.0.into());
                }
                if state != State::Limited {
                    entry.time_period = None;
                }
            }
            cx.spine.set(&feature, &limits);
        }
        let now = self.limit_state(cx.entity, cx.spine, rule);
        cx.emit(UseCaseEvent::Lpc(Event::Limit(now)));
    }

    fn moved(&mut self, transition: Option<Transition>, limit_changed: bool, cx: &mut Context<'_>) {
        match transition {
            Some(transition) => self.publish(transition.rule, cx),
            None if limit_changed => self.publish("", cx),
            None => {}
        }
    }

    /// Who holds both bindings from one entity is the Energy Guard (LPC IG 3.8); its heartbeat is subscribed to.
    fn look_for_guard(&mut self, cx: &mut Context<'_>) {
        let features = [self.load_control(cx.entity, cx.spine), self.configuration(cx.entity, cx.spine)];
        let [Some(load_control), Some(configuration)] = features else { return };
        let bindings = cx.spine.relations(RelationKind::Binding);
        let both = |(_, held): &(u32, &crate::spine::Relation)| {
            bindings
                .at(&configuration)
                .any(|(_, other)| (other.peer, &other.client.entity) == (held.peer, &held.client.entity))
        };
        let found =
            bindings.at(&load_control).find(both).map(|(_, held)| (held.peer, held.client.entity.clone()));
        if found == self.guard {
            return;
        }
        if let Some((peer, _)) = core::mem::replace(&mut self.guard, found) {
            cx.emit(UseCaseEvent::Lpc(Event::Guard { peer, bound: false }));
        }
        if let Some((peer, _)) = self.guard {
            cx.emit(UseCaseEvent::Lpc(Event::Guard { peer, bound: true }));
            self.listen(cx);
        }
    }

    /// Subscribes to the guard's heartbeat, as soon as its discovery names the feature.
    fn listen(&self, cx: &mut Context<'_>) {
        let Some((peer, client)) = &self.guard else { return };
        let Some(own) = cx.spine.device().find(cx.entity, &FeatureType::DeviceDiagnosis, &Role::Client)
        else {
            return;
        };
        let remote = cx.spine.remote(*peer);
        let server =
            remote.and_then(|remote| remote.server(client, &FeatureType::DeviceDiagnosis, HEARTBEAT));
        if let Some(server) = server {
            cx.relate(*peer, 0, RelationKind::Subscription, &own, &server);
            cx.read(*peer, 1, &own, &server, HEARTBEAT);
        }
    }

    fn is_guard(&self, peer: PeerId, entity: &[u32]) -> bool {
        self.guard.as_ref().is_some_and(|(guard, client)| *guard == peer && client == entity)
    }

    fn vote_on_limit(&mut self, proposal: &Proposal, cx: &mut Context<'_>) -> Vote {
        let now = cx.now;
        if !self.is_guard(proposal.asker.peer, &proposal.asker.client.entity) {
            return Vote::Refuse(
                "the sender does not hold the bindings to LoadControl and DeviceConfiguration".into(),
            );
        }
        if !self.machine.takes_limit(now) {
            return Vote::Refuse("no heartbeat within 60 s before the limit (LPC-914)".into());
        }
        let resolved = proposal.resolved.get().unwrap_or_default();
        let limit = match self.entry(&resolved).map(read_limit) {
            Some(Ok(limit)) => limit,
            Some(Err(reason)) => {
                self.open.insert(proposal.ticket, Evaluated::Refused);
                return Vote::Refuse(reason.into());
            }
            None => return Vote::Refuse("the limit would be removed".into()),
        };
        let ends = limit.duration.map(|duration| now + duration);
        let outcome = if limit.active { Evaluated::Active(ends) } else { Evaluated::Inactive };
        self.open.insert(proposal.ticket, outcome);
        match self.approval {
            Approval::Automatic => Vote::Accept,
            Approval::Application => {
                let proposed = LimitProposed { ticket: proposal.ticket, peer: proposal.asker.peer, limit };
                cx.emit(UseCaseEvent::Lpc(Event::LimitProposed(proposed)));
                Vote::Ask
            }
        }
    }

    fn vote_on_failsafe(&self, proposal: &Proposal) -> Vote {
        if !self.machine.takes_failsafe_values() {
            return Vote::Refuse(
                "failsafe values are taken only after a limit was evaluated (LPC-TS-037)".into(),
            );
        }
        let keys: DeviceConfigurationKeyValueListData = proposal.resolved.get().unwrap_or_default();
        let value = |id| {
            keys.device_configuration_key_value_data.iter().find(|d| d.key_id == Some(id))?.value.as_ref()
        };
        let power = value(self.key_value).and_then(|v| Watts::try_from(v.scaled_number.as_ref()?).ok());
        let duration = value(self.key_duration).and_then(|v| v.duration.as_ref()?.to_core().ok());
        match (power, duration) {
            (None, _) => Vote::Refuse("the failsafe limit is no power".into()),
            (Some(power), _) if power.is_negative() => {
                Vote::Refuse("the failsafe limit is below 0 W (LPC-010)".into())
            }
            (_, Some(duration)) if FAILSAFE_DURATION.contains(&duration) => Vote::Accept,
            _ => Vote::Refuse("the failsafe duration is not within 2 h and 24 h (LPC-022)".into()),
        }
    }

    fn settled(&mut self, ticket: Ticket, carried_out: bool, cx: &mut Context<'_>) {
        let Some(outcome) = self.open.remove(&ticket) else { return };
        let outcome = if carried_out { outcome } else { Evaluated::Refused };
        let transition = self.machine.evaluated(outcome, cx.now);
        self.moved(transition, carried_out, cx);
    }
}

/// A limit out of a resolved entry, or why it is refused for its content (LPC 4.5).
fn read_limit(entry: &LoadControlLimitData) -> Result<Limit, &'static str> {
    let end = entry.time_period.as_ref().and_then(|period| period.end_time.as_ref());
    let duration = match end {
        None => None,
        Some(end) => {
            Some(super::remaining(end).ok_or("timePeriod.endTime is no duration from now (LPC 3.1.8.2)")?)
        }
    };
    let value = entry.value.as_ref().map(Watts::try_from).transpose().map_err(|_| "the value is no power")?;
    let active = entry.is_limit_active == Some(true) && duration != Some(Duration::ZERO);
    match value {
        Some(value) if value.is_negative() => Err("the value is below 0 W (LPC-001)"),
        Some(value) => Ok(Limit { value, active, duration }),
        None if active => Err("an active limit without a value"),
        None => Ok(Limit { value: Watts::ZERO, active, duration }),
    }
}

impl Actor for ControllableSystem {
    fn descriptor(&self) -> &'static Descriptor {
        &SYSTEM
    }

    fn recipe(&self) -> Recipe {
        let Self { nominal_maximum, failsafe: (failsafe, failsafe_duration), approval, .. } = *self;
        Recipe::Lpc(super::Recipe::ControllableSystem {
            nominal_maximum,
            failsafe,
            failsafe_duration,
            approval,
        })
    }

    fn install(&mut self, entity: &[u32], entity_type: &EntityType, device: &mut Device) {
        // Two limits may stand in one list; every actor numbers behind what is there.
        let mut put = |feature_type: FeatureType, fill: &mut dyn FnMut(&mut Device, &FeaturePath)| {
            if let Some(feature) = device.find(entity, &feature_type, &Role::Server) {
                fill(device, &feature);
            }
        };
        put(FeatureType::LoadControl, &mut |device, feature| {
            let mut descriptions: LoadControlLimitDescriptionListData = take(device, feature);
            let list = &mut descriptions.load_control_limit_description_data;
            self.limit = LoadControlLimitId(next(list.iter().filter_map(|d| d.limit_id).map(|id| id.0)));
            list.push(limit_description(self.limit));
            store(device, feature, &descriptions);
            let mut limits: LoadControlLimitListData = take(device, feature);
            limits.load_control_limit_data.push(LoadControlLimitData {
                limit_id: Some(self.limit),
                is_limit_changeable: Some(true),
                is_limit_active: Some(false),
                time_period: None,
                value: Some(self.failsafe.0.into()),
            });
            store(device, feature, &limits);
        });
        put(FeatureType::DeviceConfiguration, &mut |device, feature| self.install_keys(device, feature));
        put(FeatureType::ElectricalConnection, &mut |device, feature| {
            let mut list: ElectricalConnectionCharacteristicListData = take(device, feature);
            list.electrical_connection_characteristic_data
                .push(self.characteristic(entity_type, list.electrical_connection_characteristic_data.len()));
            store(device, feature, &list);
        });
    }

    fn restored(&mut self, cx: &mut Context<'_>) {
        self.machine = Machine::new(cx.now);
        self.load_failsafe(cx.entity, cx.spine);
        self.publish("LPC-901", cx);
    }

    fn handle(&mut self, event: &SpineEvent, cx: &mut Context<'_>) {
        match event {
            SpineEvent::Related { kind: RelationKind::Binding, relation, .. }
                if relation.server.entity == cx.entity =>
            {
                self.look_for_guard(cx);
            }
            SpineEvent::Discovered { peer, .. }
                if self.guard.as_ref().is_some_and(|(guard, _)| guard == peer) =>
            {
                self.listen(cx);
            }
            SpineEvent::Data { peer, feature, function: HEARTBEAT }
                if self.is_guard(*peer, &feature.entity) =>
            {
                self.machine.heard(cx.now);
            }
            SpineEvent::Changed { feature, ticket: Some(ticket), function }
                if feature.entity == cx.entity =>
            {
                if *function == KEYS {
                    self.load_failsafe(cx.entity, cx.spine);
                    let (value, duration) = self.failsafe;
                    cx.emit(UseCaseEvent::Lpc(Event::Failsafe { value, duration }));
                }
                self.settled(*ticket, true, cx);
            }
            SpineEvent::Changed { feature, ticket: None, function: KEYS } if feature.entity == cx.entity => {
                self.load_failsafe(cx.entity, cx.spine);
            }
            SpineEvent::Unsettled { ticket, why: Unsettled::Refused(_) } => self.settled(*ticket, false, cx),
            // What nobody decided was not evaluated, and moves nothing.
            SpineEvent::Unsettled { ticket, .. } => {
                self.open.remove(ticket);
            }
            _ => {}
        }
    }

    fn vote(&mut self, proposal: &Proposal, cx: &mut Context<'_>) -> Vote {
        if proposal.feature.entity != cx.entity {
            return Vote::Abstain;
        }
        match proposal.cmd.function {
            LIMITS if self.touches_limit(proposal) => self.vote_on_limit(proposal, cx),
            KEYS => self.vote_on_failsafe(proposal),
            _ => Vote::Abstain,
        }
    }

    fn command(&mut self, command: &Command, cx: &mut Context<'_>) -> Result<(), CommandMisuse> {
        match command {
            Command::Lpc(super::Command::Interrupt) => {
                let transition = self.machine.interrupt(cx.now);
                self.moved(transition, false, cx);
                Ok(())
            }
            _ => Err(CommandMisuse::NotMine),
        }
    }

    fn deadline(&self) -> Option<(Instant, &'static str)> {
        self.machine.deadline(self.failsafe.1)
    }

    fn tick(&mut self, cx: &mut Context<'_>) {
        let transition = self.machine.tick(self.failsafe.1, cx.now);
        self.moved(transition, false, cx);
    }

    fn view(&self, cx: &ViewContext<'_>) -> View {
        View::Lpc(super::View::System {
            limit: self.limit_state(cx.entity, cx.spine, ""),
            guard: self.guard.as_ref().map(|(peer, _)| *peer),
            heartbeat: self.machine.last_heartbeat(),
        })
    }

    fn boxed_clone(&self) -> Box<dyn Actor> {
        Box::new(self.clone())
    }
}

impl ControllableSystem {
    /// Whether a write names this system's limit: by its entry, by its selectors, or by naming none.
    fn touches_limit(&self, proposal: &Proposal) -> bool {
        let named: LoadControlLimitListData = proposal.cmd.data.get().unwrap_or_default();
        let entry = |e: &LoadControlLimitData| e.limit_id.is_none_or(|id| id == self.limit);
        let selects = |tape: &Tape| {
            let selectors: Option<LoadControlLimitListDataSelectors> = tape.get();
            selectors.is_none_or(|s| s.limit_id.is_none_or(|id| id == self.limit))
        };
        proposal.cmd.filters.is_empty()
            || named.load_control_limit_data.iter().any(entry)
            || proposal.cmd.filters.iter().any(|filter| filter.selectors.iter().any(selects))
    }

    fn install_keys(&mut self, device: &mut Device, feature: &FeaturePath) {
        use DeviceConfigurationKeyName::{FailsafeConsumptionActivePowerLimit, FailsafeDurationMinimum};
        let mut descriptions: DeviceConfigurationKeyValueDescriptionListData = take(device, feature);
        let mut keys: DeviceConfigurationKeyValueListData = take(device, feature);
        let list = &mut descriptions.device_configuration_key_value_description_data;
        let (power, duration) = self.failsafe;
        let power =
            DeviceConfigurationKeyValueValue { scaled_number: Some(power.into()), ..Default::default() };
        let duration = DeviceConfigurationKeyValueValue {
            duration: Some(XsDuration::from_core(duration)),
            ..Default::default()
        };
        let rows = [
            (
                FailsafeConsumptionActivePowerLimit,
                DeviceConfigurationKeyValueType::ScaledNumber,
                Some(UnitOfMeasurement::W),
                power,
            ),
            (FailsafeDurationMinimum, DeviceConfigurationKeyValueType::Duration, None, duration),
        ];
        let mut ids = [DeviceConfigurationKeyId(0); 2];
        for ((name, value_type, unit, value), id) in rows.into_iter().zip(&mut ids) {
            let shared = list.iter().find(|d| d.key_name.as_ref() == Some(&name)).and_then(|d| d.key_id);
            *id = shared.unwrap_or(DeviceConfigurationKeyId(next(
                list.iter().filter_map(|d| d.key_id).map(|id| id.0),
            )));
            if shared.is_none() {
                list.push(DeviceConfigurationKeyValueDescriptionData {
                    key_id: Some(*id),
                    key_name: Some(name),
                    value_type: Some(value_type),
                    unit,
                    ..Default::default()
                });
                keys.device_configuration_key_value_data.push(DeviceConfigurationKeyValueData {
                    key_id: Some(*id),
                    value: Some(value),
                    is_value_changeable: Some(true),
                });
            }
        }
        [self.key_value, self.key_duration] = ids;
        store(device, feature, &descriptions);
        store(device, feature, &keys);
        if let Some(slot) = device.function_mut(feature, KEYS) {
            slot.durable = true;
        }
    }

    /// The most this system, or the contract of an energy manager, can draw (LPC-041, LPC-042).
    fn characteristic(
        &self,
        entity_type: &EntityType,
        others: usize,
    ) -> ElectricalConnectionCharacteristicData {
        let characteristic_type = if is_energy_manager(entity_type) {
            ElectricalConnectionCharacteristicType::ContractualConsumptionNominalMax
        } else {
            ElectricalConnectionCharacteristicType::PowerConsumptionNominalMax
        };
        ElectricalConnectionCharacteristicData {
            electrical_connection_id: Some(ElectricalConnectionId(0)),
            parameter_id: Some(ElectricalConnectionParameterId(0)),
            characteristic_id: Some(ElectricalConnectionCharacteristicId(u32::try_from(others).unwrap_or(0))),
            characteristic_context: Some(ElectricalConnectionCharacteristicContext::Entity),
            characteristic_type: Some(characteristic_type),
            value: Some(self.nominal_maximum.into()),
            unit: Some(UnitOfMeasurement::W),
        }
    }
}

/// The description by which Energy Guards find the limit (LPC Table 22). No Measurement feature is offered here, so the
/// mandatory measurementId is one nobody else uses; some control boxes insist on its presence.
fn limit_description(limit: LoadControlLimitId) -> LoadControlLimitDescriptionData {
    LoadControlLimitDescriptionData {
        limit_id: Some(limit),
        limit_type: Some(LoadControlLimitType::SignDependentAbsValueLimit),
        limit_category: Some(LoadControlCategory::Obligation),
        limit_direction: Some(EnergyDirection::Consume),
        measurement_id: Some(MeasurementId(0)),
        unit: Some(UnitOfMeasurement::W),
        scope_type: Some(ScopeType::ActivePowerLimit),
        ..Default::default()
    }
}

fn next(taken: impl Iterator<Item = u32>) -> u32 {
    taken.max().map_or(0, |last| last.saturating_add(1))
}

fn take<T: FunctionData>(device: &Device, feature: &FeaturePath) -> T {
    device.function(feature, T::FUNCTION).and_then(|slot| slot.data.get()).unwrap_or_default()
}

fn store<T: FunctionData>(device: &mut Device, feature: &FeaturePath, data: &T) {
    if let Some(slot) = device.function_mut(feature, T::FUNCTION) {
        slot.data = Tape::of(data);
    }
}
