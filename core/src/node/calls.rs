//! Calls, carried out.

use super::action::Action;
use super::call::{Answer, Call, Misuse};
use super::config::Installed;
use super::{Decision, Node, Running, Who};
use crate::ids::{ActorId, PeerId, Ticket};
use crate::model::{Cmd, CmdClassifier, EntityType};
use crate::ship::CloseCause;
use crate::spine::{FeaturePath, NewEntity, Owner, Unsettled, Vote, Voter};
use crate::usecase::{Actor, Recipe};
use alloc::boxed::Box;
use alloc::vec::Vec;

impl Node {
    pub(super) fn on_call(&mut self, call: Call) -> Result<Answer, Misuse> {
        if self.is_stopping() {
            return Err(Misuse::ShuttingDown);
        }
        match call {
            Call::AddPeer { ski, endpoints } => {
                if ski == self.config.key.ski {
                    return Err(Misuse::OwnSki);
                }
                self.add_peer(ski, endpoints).map(Answer::Peer).ok_or(Misuse::TooManyPeers)
            }
            Call::Trust { peer } => self.known(peer).map(|()| self.trust_by_user(peer)).map(done),
            Call::Refuse { peer } => self.known(peer).map(|()| self.refuse(peer)).map(done),
            Call::Forget { peer } => self.known(peer).map(|()| self.forget(peer)).map(done),
            Call::ForgetAll => self.forget_all(),
            Call::Rename { peer, label } => self.known(peer).map(|()| self.rename(peer, &label)).map(done),
            Call::SetTrustPolicy { policy } => {
                self.set_trust_policy(policy);
                Ok(Answer::Done)
            }
            Call::SetRegister { register } => self.set_register(register),
            Call::Connect { peer } => self.connect(peer).map(done),
            Call::EnterPin { peer, pin } => self.enter_pin(peer, pin).map(done),
            Call::SetKeyMaterial { material } => self.set_key_material(material).map(done),
            Call::Accept { ticket } => self.accept(ticket).map(done),
            Call::RefuseWrite { ticket, reason } => {
                let why = Unsettled::Refused(reason.clone());
                let open = self.spine.refuse(ticket, why, &reason);
                open.then_some(Answer::Done).ok_or(Misuse::TicketClosed(ticket))
            }
            Call::UseCase { actor, command } => {
                let taken = self.with_actor(actor, |actor, cx| actor.command(&command, cx));
                taken.ok_or(Misuse::UnknownActor(actor))?.map(done).map_err(Misuse::UseCase)
            }
            Call::Read { peer, from, to, function, filter } => {
                let cmd = Cmd { filters: filter.into_iter().collect(), ..Cmd::read(function) };
                self.request(peer, CmdClassifier::Read, &from, &to, cmd)
            }
            Call::Write { peer, from, to, cmd } => self.request(peer, CmdClassifier::Write, &from, &to, cmd),
            Call::Invoke { peer, from, to, cmd } => self.request(peer, CmdClassifier::Call, &from, &to, cmd),
            Call::Relate { peer, kind, client, server } => {
                let request = self.spine.relate(peer, Owner::Application, kind, &client, &server);
                let connected = self.spine.session(peer).is_some();
                let none = if connected { Misuse::UnknownFeature(peer) } else { Misuse::NotConnected(peer) };
                request.map(Answer::Request).ok_or(none)
            }
            Call::GiveUp { peer, kind, client, server } => {
                let request = self.spine.give_up(peer, Owner::Application, kind, &client, &server);
                request.map(Answer::Request).ok_or(Misuse::NotConnected(peer))
            }
            Call::AddEntity { entity, actors } => self.add_entity(&entity, actors),
            Call::RemoveEntity { entity } => self.remove_entity(&entity),
            Call::AddFeature { entity, feature } => {
                let path = self.spine.add_feature(&entity, &feature);
                path.map(Answer::Feature).ok_or(Misuse::UnknownPlace)
            }
            Call::RemoveFeature { feature } => place(self.spine.remove_feature(&feature)),
            Call::SetAvailable { entity, use_case, available } => {
                place(self.spine.set_available(&entity, &use_case, available))
            }
            Call::SetData { feature, function, data } => {
                let set = self.spine.set_tape(&feature, function, data);
                set.then_some(Answer::Done).ok_or(Misuse::UnknownFunction)
            }
            Call::Shutdown => {
                self.shut_down();
                Ok(Answer::Done)
            }
        }
    }

    fn forget_all(&mut self) -> Result<Answer, Misuse> {
        for id in self.peers.iter().map(|(id, _)| id).collect::<Vec<_>>() {
            self.forget(id);
        }
        Ok(Answer::Done)
    }

    fn set_register(&mut self, register: bool) -> Result<Answer, Misuse> {
        if core::mem::replace(&mut self.config.record.register, register) != register {
            self.announce();
        }
        Ok(Answer::Done)
    }

    fn request(
        &mut self,
        peer: PeerId,
        classifier: CmdClassifier,
        from: &FeaturePath,
        to: &FeaturePath,
        cmd: Cmd,
    ) -> Result<Answer, Misuse> {
        let request = self.spine.request(peer, Owner::Application, classifier, from, to, cmd);
        request.map(Answer::Request).ok_or(Misuse::NotConnected(peer))
    }

    /// Actors furnish the new entity before anybody is told of it.
    fn add_entity(&mut self, new: &NewEntity, recipes: Vec<Recipe>) -> Result<Answer, Misuse> {
        let mut actors = Vec::new();
        for recipe in recipes {
            actors.push(recipe.make().ok_or(Misuse::UnknownRecipe(recipe))?);
        }
        let path = self.spine.add_entity(new).ok_or(Misuse::UnknownPlace)?;
        let ids: Vec<_> =
            actors.into_iter().map(|actor| self.install(&path, &new.entity_type, actor)).collect();
        if !ids.is_empty() {
            self.spine.tell_use_cases();
        }
        Ok(Answer::Entity(path, ids))
    }

    /// The actor learns of the sessions there are as if they began now.
    fn install(&mut self, entity: &[u32], entity_type: &EntityType, mut actor: Box<dyn Actor>) -> ActorId {
        let id = ActorId(self.next_actor);
        self.next_actor = self.next_actor.wrapping_add(1);
        actor.descriptor().furnish(entity, self.spine.device_mut());
        actor.install(entity, entity_type, self.spine.device_mut());
        for feature in actor.descriptor().heartbeats(entity, self.spine.device()) {
            self.spine.add_heartbeat(&feature);
        }
        self.actors.insert(id, Installed { entity: entity.to_vec(), actor });
        self.with_actor(id, |actor, cx| actor.restored(cx));
        for event in self.spine.so_far() {
            self.with_actor(id, |actor, cx| actor.handle(&event, cx));
        }
        id
    }

    fn remove_entity(&mut self, entity: &[u32]) -> Result<Answer, Misuse> {
        let gone = self.spine.remove_entity(entity);
        let actors = self.actors.iter().filter(|(_, installed)| gone.contains(&installed.entity));
        for id in actors.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.actors.remove(&id);
            self.deadlines.set(Who::Actor(id), None);
        }
        place(!gone.is_empty())
    }

    fn known(&self, peer: PeerId) -> Result<(), Misuse> {
        self.peers.get(peer).map(|_| ()).ok_or(Misuse::UnknownPeer(peer))
    }

    fn connect(&mut self, peer: PeerId) -> Result<(), Misuse> {
        self.known(peer)?;
        if self.peers.get(peer).is_none_or(|row| row.decision != Decision::Trusted) {
            return Err(Misuse::NotTrusted(peer));
        }
        if !self.has_endpoints(peer) {
            return Err(Misuse::NoAddress(peer));
        }
        self.start_round(peer);
        Ok(())
    }

    /// The application's yes counts for everybody who left the decision to it.
    fn accept(&mut self, ticket: Ticket) -> Result<(), Misuse> {
        let open = self.spine.writes().get(ticket).ok_or(Misuse::TicketClosed(ticket))?;
        let voters: Vec<Voter> = open.undecided.iter().copied().collect();
        for voter in voters {
            self.spine.vote(ticket, voter, Vote::Accept);
        }
        Ok(())
    }

    fn shut_down(&mut self) {
        self.stage = Running::Stopping;
        self.act(Action::Withdraw);
        self.act(Action::Browse(false));
        self.act(Action::Listen(false));
        for id in self.peers.iter().map(|(id, _)| id).collect::<Vec<_>>() {
            self.cancel_round(id);
        }
        for id in self.conns.iter().map(|(id, _)| id).collect::<Vec<_>>() {
            self.leave(id, CloseCause::Unspecific);
        }
    }
}

fn place(found: bool) -> Result<Answer, Misuse> {
    found.then_some(Answer::Done).ok_or(Misuse::UnknownPlace)
}

fn done((): ()) -> Answer {
    Answer::Done
}
