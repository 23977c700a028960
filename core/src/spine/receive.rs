//! From a peer's datagram to what it does here (SPINE 5.2.4, 5.3).

use super::WriteAccess;
use super::address::FeaturePath;
use super::datagram::{Head, understood};
use super::exchange;
use super::relation::{self, MAX_RELATIONS, Wanted};
use super::request::{Owner, Pending, Step};
use super::session::{Item, Opening, PATIENCE};
use super::write::{Asker, Behind, Proposal};
use super::{ErrorNumber, Event, Fault, Outcome, Refusal, Relation, RelationKind, Spine};
use crate::ids::{PeerId, Ticket};
use crate::json::{Limits, Repairs, Tape};
use crate::model::{
    Cmd, CmdClassifier, Envelope, Filter, FunctionData, FunctionId, NodeManagementBindingDeleteCall,
    NodeManagementBindingRequestCall, NodeManagementDetailedDiscoveryData,
    NodeManagementSubscriptionDeleteCall, NodeManagementSubscriptionRequestCall, NodeManagementUseCaseData,
    ResultData, Role,
};
use crate::time::Instant;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::ToString;

impl Spine {
    /// One datagram of a peer: the document `{"datagram":…}`.
    pub fn receive(&mut self, peer: PeerId, document: &[u8], now: Instant) {
        if !self.sessions.contains_key(&peer) {
            return;
        }
        let envelope = match Envelope::open(document, &Limits::default()) {
            Ok((envelope, repairs)) => {
                self.repaired(peer, repairs);
                envelope
            }
            Err(error) => return self.fault(peer, Fault::Unreadable(error.to_string())),
        };
        let head = match Head::parse(envelope.header()) {
            Ok(head) => head,
            Err(fault) => return self.fault(peer, Fault::Header(fault)),
        };
        if head.source_device.as_ref() == Some(&self.device.address) {
            return self.fault(peer, Fault::OwnAddress);
        }
        if let Err(refusal) = self.dispatch(peer, &head, envelope, now) {
            let feature = head.destination.clone();
            if head.is_request() {
                let asker = Asker { ack: true, ..asker(peer, &head) };
                self.push(peer, Item::Result { asker, from: feature.clone(), answer: Err(refusal.clone()) });
            }
            self.fault(peer, Fault::Refused { feature, refusal });
        }
    }

    fn fault(&mut self, peer: PeerId, fault: Fault) {
        self.events.push_back(Event::Fault { peer, fault });
    }

    fn repaired(&mut self, peer: PeerId, repairs: Repairs) {
        if !repairs.is_empty() {
            self.events.push_back(Event::Repaired { peer, repairs });
        }
    }

    /// The checks in the order of the rules, then the deed. What is not for this node is told by its header alone.
    fn dispatch(
        &mut self,
        peer: PeerId,
        head: &Head,
        envelope: Envelope<'_>,
        now: Instant,
    ) -> Result<(), Refusal> {
        if !understood(head.version.as_deref()) {
            return Err(Refusal::new(ErrorNumber::GENERAL, "specificationVersion has another major version"));
        }
        let other = head.destination_device.as_ref().is_some_and(|name| *name != self.device.address);
        if other && self.sessions.get(&peer).is_some_and(|session| session.opening() == Opening::Open) {
            return Err(Refusal::new(
                ErrorNumber::DESTINATION_UNKNOWN,
                "addressDestination names another device",
            ));
        }
        let role = match self.device.feature(&head.destination) {
            Some(feature) => feature.role.clone(),
            None => {
                let reason = format!("there is no feature {}", head.destination);
                return Err(Refusal::new(ErrorNumber::DESTINATION_UNKNOWN, reason));
            }
        };
        if head.is_request() && role == Role::Client {
            return Err(Refusal::new(ErrorNumber::COMMAND_REJECTED, "the destination is a client feature"));
        }
        let Some(cmd) = self.command(peer, head, envelope)? else { return Ok(()) };
        match head.classifier {
            CmdClassifier::Read => self.receive_read(peer, head, &cmd),
            CmdClassifier::Write => self.receive_write(peer, head, cmd, now),
            CmdClassifier::Call => self.receive_call(peer, head, &cmd, now),
            CmdClassifier::Reply | CmdClassifier::Notify => {
                self.acknowledge(peer, head);
                self.receive_data(peer, head, &cmd, now);
                Ok(())
            }
            CmdClassifier::Result | CmdClassifier::Extended(_) => {
                self.receive_result(peer, head, &cmd, now);
                Ok(())
            }
        }
    }

    /// The command of a datagram; none where a report can't be read and is dropped.
    fn command(&mut self, peer: PeerId, head: &Head, envelope: Envelope<'_>) -> Result<Option<Cmd>, Refusal> {
        let cmd = match envelope.unknown_function() {
            Some(name) => Err(exchange::unknown(Some(name))),
            None => {
                let payload = match envelope.payload() {
                    Ok((payload, repairs)) => {
                        self.repaired(peer, repairs);
                        payload
                    }
                    Err(error) if head.is_request() => {
                        return Err(Refusal::new(ErrorNumber::GENERAL, error.to_string()));
                    }
                    Err(error) => {
                        self.fault(peer, Fault::Unreadable(error.to_string()));
                        return Ok(None);
                    }
                };
                exchange::own(exchange::only(&payload)?, &head.classifier)
            }
        };
        // What merely reports something this node does not know is acknowledged, never refused.
        if cmd.is_err() && !head.is_request() {
            self.acknowledge(peer, head);
        }
        cmd.map(Some)
    }

    fn acknowledge(&mut self, peer: PeerId, head: &Head) {
        if head.ack && matches!(head.classifier, CmdClassifier::Reply | CmdClassifier::Notify) {
            let item =
                Item::Result { asker: asker(peer, head), from: head.destination.clone(), answer: Ok(()) };
            self.push(peer, item);
        }
    }

    /// What a feature offers of a function, or error 6 (TC_SPINE_COMP_001).
    fn offered(&self, head: &Head, function: FunctionId) -> Result<super::Operations, Refusal> {
        let slot = self.device.function(&head.destination, function);
        slot.map(|slot| slot.operations).ok_or_else(|| {
            let reason = format!("feature {} does not offer {function}", head.destination);
            Refusal::new(ErrorNumber::COMMAND_NOT_SUPPORTED, reason)
        })
    }

    fn receive_read(&mut self, peer: PeerId, head: &Head, cmd: &Cmd) -> Result<(), Refusal> {
        let operations = self.offered(head, cmd.function)?;
        let Some(offer) = operations.read else {
            let reason = format!("{} cannot be read", cmd.function);
            return Err(Refusal::new(ErrorNumber::COMMAND_NOT_SUPPORTED, reason));
        };
        let filter = cmd.filters.first().filter(|_| offer == super::Offer::Partial).cloned();
        let (asker, from) = (asker(peer, head), head.destination.clone());
        self.push(peer, Item::Reply { asker, from, function: cmd.function, filter });
        Ok(())
    }

    fn receive_write(&mut self, peer: PeerId, head: &Head, cmd: Cmd, now: Instant) -> Result<(), Refusal> {
        let rejected = |reason| Err(Refusal::new(ErrorNumber::COMMAND_REJECTED, reason));
        let Some(offer) = self.offered(head, cmd.function)?.write else {
            return rejected(format!("{} cannot be written", cmd.function));
        };
        let feature = &head.destination;
        let access = self.device.feature(feature).map(|feature| feature.access).unwrap_or_default();
        if access != WriteAccess::Free && !self.bindings.holds(peer, &head.source, feature) {
            let reason = format!("{} holds no binding to feature {feature} (SPINE 7.3.5)", head.source);
            return Err(Refusal::new(ErrorNumber::BINDING_REQUIRED, reason));
        }
        if !exchange::is_full(&cmd) && offer == super::Offer::Full {
            let reason = format!("{} is written as a whole only", cmd.function);
            return Err(Refusal::new(ErrorNumber::RESTRICTED_EXCHANGE_NOT_SUPPORTED, reason));
        }
        if !self.writes.has_room(peer) {
            return Err(Refusal::new(ErrorNumber::OVERLOAD, "too many writes wait for a decision"));
        }
        let until = now + self.decision_time(feature);
        let write = Behind { asker: asker(peer, head), feature: feature.clone(), cmd, until };
        if self.writes.is_open(&write.feature, &write.cmd) {
            self.writes.wait_behind(write);
            return Ok(());
        }
        self.propose(write)
    }

    fn propose(&mut self, write: Behind) -> Result<(), Refusal> {
        let Behind { asker, feature, cmd, until } = write;
        let empty = Tape::empty(cmd.function.info().ty);
        let stored = self.tape(&feature, cmd.function).unwrap_or(&empty);
        let resolved = exchange::apply_write(stored, &cmd, self.is_open_list(&feature, cmd.function))?;
        let ticket = Ticket(self.next_ticket);
        self.next_ticket = self.next_ticket.wrapping_add(1);
        let undecided = BTreeSet::new();
        self.writes.propose(Proposal { ticket, asker, feature, cmd, resolved, until, undecided });
        self.events.push_back(Event::Proposed { ticket });
        Ok(())
    }

    /// Proposes the writes that no longer have to wait behind another one.
    pub(super) fn next_write(&mut self) {
        while let Some(write) = self.writes.next_behind() {
            let (asker, feature) = (write.asker.clone(), write.feature.clone());
            if let Err(refusal) = self.propose(write) {
                self.fault(asker.peer, Fault::Refused { feature: feature.clone(), refusal: refusal.clone() });
                self.answer(asker, feature, Err(refusal));
            }
        }
    }

    fn receive_call(&mut self, peer: PeerId, head: &Head, cmd: &Cmd, now: Instant) -> Result<(), Refusal> {
        if !head.destination.is_node_management() {
            let reason = "NodeManagement is called at [0]/0 only (SPINE 7.1)";
            return Err(Refusal::new(ErrorNumber::DESTINATION_UNKNOWN, reason));
        }
        let (kind, grant) = match cmd.function {
            FunctionId::NODE_MANAGEMENT_SUBSCRIPTION_REQUEST_CALL => (RelationKind::Subscription, true),
            FunctionId::NODE_MANAGEMENT_SUBSCRIPTION_DELETE_CALL => (RelationKind::Subscription, false),
            FunctionId::NODE_MANAGEMENT_BINDING_REQUEST_CALL => (RelationKind::Binding, true),
            FunctionId::NODE_MANAGEMENT_BINDING_DELETE_CALL => (RelationKind::Binding, false),
            other => {
                let reason = format!("{other} cannot be called");
                return Err(Refusal::new(ErrorNumber::COMMAND_NOT_SUPPORTED, reason));
            }
        };
        let granted = if grant { self.grant(peer, kind, cmd)? } else { self.give_back(peer, kind, cmd)? };
        self.answer(asker(peer, head), head.destination.clone(), Ok(()));
        // Whoever subscribes to a heartbeat hears one at once, behind the result that grants the subscription.
        if let Some(relation) = granted.filter(|_| kind == RelationKind::Subscription) {
            self.beat(&relation.server, now);
        }
        Ok(())
    }

    /// Grants a relation; answers it.
    fn grant(&mut self, peer: PeerId, kind: RelationKind, cmd: &Cmd) -> Result<Option<Relation>, Refusal> {
        let (client, server, server_type) = match kind {
            RelationKind::Subscription => data::<NodeManagementSubscriptionRequestCall>(cmd)?
                .subscription_request
                .map(|r| (r.client_address, r.server_address, r.server_feature_type)),
            RelationKind::Binding => data::<NodeManagementBindingRequestCall>(cmd)?
                .binding_request
                .map(|r| (r.client_address, r.server_address, r.server_feature_type)),
        }
        .unwrap_or_default();
        let wanted =
            Wanted { client: client.as_ref(), server: server.as_ref(), server_type: server_type.as_ref() };
        let Some(remote) = self.remote(peer) else { return Ok(None) };
        let relation = relation::resolve(peer, remote, &self.device, &wanted)?;
        relation::check(kind, &relation, wanted.server_type, remote, &self.device)?;
        if kind == RelationKind::Binding && relation::taken(&self.bindings, &self.device, &relation) {
            let reason = "another client holds the binding (SPINE 7.3.1, LPC IG 3.5)";
            return Err(Refusal::new(ErrorNumber::COMMAND_REJECTED, reason));
        }
        if self.relations(kind).of(peer).count() >= MAX_RELATIONS {
            let reason = format!("a peer holds at most {MAX_RELATIONS} relations of a kind");
            return Err(Refusal::new(ErrorNumber::OVERLOAD, reason));
        }
        let (_, new) = self.relations_mut(kind).add(relation.clone());
        if new {
            self.events.push_back(Event::Related { kind, relation: relation.clone(), granted: true });
        }
        Ok(Some(relation))
    }

    fn give_back(
        &mut self,
        peer: PeerId,
        kind: RelationKind,
        cmd: &Cmd,
    ) -> Result<Option<Relation>, Refusal> {
        let (number, client, server) = match kind {
            RelationKind::Subscription => data::<NodeManagementSubscriptionDeleteCall>(cmd)?
                .subscription_delete
                .map(|d| (d.subscription_id.map(|id| id.0), d.client_address, d.server_address)),
            RelationKind::Binding => data::<NodeManagementBindingDeleteCall>(cmd)?
                .binding_delete
                .map(|d| (d.binding_id.map(|id| id.0), d.client_address, d.server_address)),
        }
        .unwrap_or_default();
        let by_number = number.and_then(|n| self.relations(kind).get(n)).filter(|r| r.peer == peer).cloned();
        let Some(remote) = self.remote(peer) else { return Ok(None) };
        let relation = match by_number {
            Some(relation) if client.is_none() || server.is_none() => relation,
            _ => {
                let wanted = Wanted { client: client.as_ref(), server: server.as_ref(), server_type: None };
                relation::resolve(peer, remote, &self.device, &wanted)?
            }
        };
        if self.relations_mut(kind).remove(&relation) {
            self.unheard(kind, &relation.server);
            self.events.push_back(Event::Related { kind, relation, granted: false });
        }
        Ok(None)
    }

    fn receive_data(&mut self, peer: PeerId, head: &Head, cmd: &Cmd, now: Instant) {
        let Some(session) = self.sessions.get_mut(&peer) else { return };
        let answered =
            head.reference.and_then(|reference| session.requests.answered(reference, &head.source));
        if head.classifier == CmdClassifier::Reply && answered.is_none() {
            let reference = head.reference;
            self.events.push_back(Event::Fault { peer, fault: Fault::Unsolicited { reference } });
        }
        self.touched.insert(peer);
        let unmarked = cmd.filters.is_empty() && answered.as_ref().is_some_and(|pending| pending.part);
        let marked = unmarked.then(|| cmd.clone().with(Filter::partial()));
        let cmd = marked.as_ref().unwrap_or(cmd);
        if head.source.is_node_management() {
            self.receive_node_management(peer, cmd, now);
        } else {
            self.keep(peer, head, cmd);
        }
        if let Some(Pending { request, owner, .. }) = answered {
            let reply = (owner == Owner::Application).then(|| cmd.clone());
            self.answered(peer, request, owner, Outcome::Done, reply);
        }
    }

    /// Takes reported data over; what does not fit is read anew in full.
    fn keep(&mut self, peer: PeerId, head: &Head, cmd: &Cmd) {
        let (feature, function) = (head.source.clone(), cmd.function);
        let Some(session) = self.sessions.get_mut(&peer) else { return };
        let known = session.remote.features.get(&feature).is_some_and(|f| f.role == Role::Server);
        if !known {
            let reason = format!("feature {feature} is no server feature of the sender's discovery");
            let refusal = Refusal::new(ErrorNumber::DESTINATION_UNKNOWN, reason);
            return self.fault(peer, Fault::Data { feature, refusal });
        }
        let empty = Tape::empty(function.info().ty);
        let stored = session.remote.tape(&feature, function).unwrap_or(&empty);
        match exchange::apply(stored, cmd) {
            Ok(data) => {
                if session.remote.keep(&feature, function, data) {
                    self.events.push_back(Event::Data { peer, feature, function });
                } else {
                    let refusal = Refusal::new(ErrorNumber::OVERLOAD, "the peer reports too many functions");
                    self.fault(peer, Fault::Data { feature, refusal });
                }
            }
            Err(refusal) => {
                self.fault(peer, Fault::Data { feature: feature.clone(), refusal });
                self.read(peer, Owner::Application, &head.destination, &feature, function);
            }
        }
    }

    fn receive_node_management(&mut self, peer: PeerId, cmd: &Cmd, now: Instant) {
        let Some(session) = self.sessions.get_mut(&peer) else { return };
        match cmd.function {
            FunctionId::NODE_MANAGEMENT_DETAILED_DISCOVERY_DATA => {
                let Some(tree) = cmd.data.get::<NodeManagementDetailedDiscoveryData>() else { return };
                let known = !matches!(session.opening, Opening::Asked(_) | Opening::Retry(..));
                let news = match is_part(cmd) {
                    false => Ok(session.remote.replace_tree(&tree)),
                    true if known => session.remote.merge_tree(&tree),
                    true => Err("a part of the discovery comes before the whole"),
                };
                let news = match news {
                    Ok(news) => news,
                    Err(reason) => {
                        let feature = FeaturePath::node_management();
                        let refusal = Refusal::new(ErrorNumber::COMMAND_REJECTED, reason);
                        self.fault(peer, Fault::Data { feature, refusal });
                        return self.ask_discovery(peer);
                    }
                };
                if !known {
                    session.opening = Opening::Known(now + PATIENCE);
                }
                self.release_vanished(peer);
                self.events.push_back(Event::Discovered { peer, news });
                if self.sessions.get(&peer).is_some_and(|session| session.knows_us) {
                    self.begin_calls(peer);
                }
            }
            FunctionId::NODE_MANAGEMENT_USE_CASE_DATA => {
                let Some(announced) = cmd.data.get::<NodeManagementUseCaseData>() else { return };
                match is_part(cmd) {
                    false => session.remote.replace_use_cases(&announced),
                    true if session.use_cases_known => session.remote.merge_use_cases(&announced),
                    true => return self.ask_use_cases(peer),
                }
                session.use_cases_known = true;
                session.use_case_repeats.1 = None;
                self.events.push_back(Event::UseCases { peer });
            }
            _ => {}
        }
    }

    /// The peer was sent this node's discovery: from now on it knows whom calls come from.
    pub(super) fn introduced(&mut self, peer: PeerId) {
        let Some(session) = self.sessions.get_mut(&peer) else { return };
        session.knows_us = true;
        if matches!(session.opening, Opening::Known(_)) {
            self.begin_calls(peer);
        }
    }

    /// Subscribes to the peer's NodeManagement and reads its use cases (SPINE 7.5.4), once in a session.
    pub(super) fn begin_calls(&mut self, peer: PeerId) {
        let Some(session) = self.sessions.get_mut(&peer) else { return };
        if session.opening == Opening::Open {
            return;
        }
        session.opening = Opening::Open;
        let node_management = FeaturePath::node_management();
        let subscribe = Owner::Spine(Step::Subscribe);
        self.relate(peer, subscribe, RelationKind::Subscription, &node_management, &node_management);
        self.ask_use_cases(peer);
    }

    fn receive_result(&mut self, peer: PeerId, head: &Head, cmd: &Cmd, now: Instant) {
        let Some(session) = self.sessions.get_mut(&peer) else { return };
        let answered =
            head.reference.and_then(|reference| session.requests.answered(reference, &head.source));
        let Some(Pending { request, owner, .. }) = answered else {
            return self.fault(peer, Fault::Unsolicited { reference: head.reference });
        };
        let result: ResultData = cmd.data.get().unwrap_or_default();
        let error = ErrorNumber(result.error_number.map_or(0, |number| number.0));
        let outcome = if error == ErrorNumber::NO_ERROR {
            Outcome::Done
        } else {
            Outcome::Refused { error, description: result.description.unwrap_or_default() }
        };
        self.touched.insert(peer);
        if owner == Owner::Spine(Step::Discovery) {
            // A result is no tree: without one the session is of no use.
            self.repeat(peer, Step::Discovery, now);
        }
        self.answered(peer, request, owner, outcome, None);
    }
}

fn asker(peer: PeerId, head: &Head) -> Asker {
    Asker {
        peer,
        device: head.source_device.clone(),
        client: head.source.clone(),
        counter: head.counter,
        ack: head.ack,
    }
}

/// Whether reported data is to be merged. A filter that deletes has no meaning for NodeManagement.
fn is_part(cmd: &Cmd) -> bool {
    cmd.filters.iter().any(|filter| filter.partial)
}

fn data<T: FunctionData>(cmd: &Cmd) -> Result<T, Refusal> {
    cmd.data.get().ok_or_else(|| Refusal::new(ErrorNumber::GENERAL, "the call carries no request"))
}
