//! After every input: what happened in SPINE reaches actors and application, what waits is sent, deadlines are set.

use super::action::Action;
use super::deadlines::earlier;
use super::event::{Event, Refused};
use super::saved::{Saved, SavedData, SavedVersion};
use super::{Node, Running, Who};
use crate::ids::{ActorId, PeerId, Ticket};
use crate::spine::{Broken, Event as SpineEvent, Owner, Step, Vote, Voter};
use crate::usecase::{self, Actor, Context};
use alloc::vec::Vec;

impl Node {
    /// Brings everything to rest.
    pub(super) fn settle(&mut self) {
        loop {
            while let Some(event) = self.spine.poll_event() {
                self.route(event);
                self.pass_on();
            }
            self.pass_on();
            self.touched.append(&mut self.spine.take_touched());
            match self.touched.pop_first() {
                Some(peer) => self.rest(peer),
                None => break,
            }
        }
        self.save();
        let why = |at: Option<_>, why| at.map(|at| (at, why));
        self.deadlines.set(Who::Heartbeats, why(self.spine.heartbeat_deadline(), "heartbeat"));
        self.deadlines.set(Who::Writes, why(self.spine.write_deadline(), "decision on a write"));
        if self.stage == Running::Stopping && self.conns.is_empty() {
            self.stage = Running::Stopped;
            self.notify(Event::Stopped);
        }
    }

    /// Looks after one peer that something happened to.
    fn rest(&mut self, peer: PeerId) {
        self.plan_dial(peer);
        self.flush(peer);
        let row = self.peers.get(peer);
        let dialling = row.and_then(|row| row.dialling.deadline());
        let waiting = earlier(dialling, self.contest_deadline(peer));
        self.deadlines.set(Who::Peer(peer), earlier(waiting, self.request_deadline(peer)));
        self.deadlines.set(Who::Session(peer), self.spine.session_deadline(peer));
        let (Some(readiness), Some(row)) = (self.readiness(peer), self.peers.get_mut(peer)) else { return };
        let told = row.told.replace(readiness);
        if told.is_none_or(|told| !told.is_same_step(&readiness)) {
            self.notify(Event::Readiness { peer, readiness });
        }
    }

    /// Gives an actor its context; its deadline is set anew afterwards.
    pub(super) fn with_actor<R>(
        &mut self,
        id: ActorId,
        act: impl FnOnce(&mut dyn Actor, &mut Context<'_>) -> R,
    ) -> Option<R> {
        let installed = self.actors.get_mut(&id)?;
        let mut cx = Context {
            now: self.now,
            actor: id,
            entity: &installed.entity,
            spine: &mut self.spine,
            events: &mut self.told,
        };
        let result = act(installed.actor.as_mut(), &mut cx);
        let deadline = installed.actor.deadline();
        self.deadlines.set(Who::Actor(id), deadline);
        Some(result)
    }

    fn for_actors(&mut self, mut act: impl FnMut(&mut dyn Actor, &mut Context<'_>)) {
        for id in self.actors.keys().copied().collect::<Vec<_>>() {
            self.with_actor(id, &mut act);
        }
    }

    /// What actors told goes to the application.
    fn pass_on(&mut self) {
        while let Some((actor, event)) = self.told.pop_front() {
            self.notify(match event {
                usecase::Event::Lpc(event) => Event::Lpc { actor, event },
                usecase::Event::Custom { name, detail } => Event::Custom { actor, name, detail },
            });
        }
    }

    fn route(&mut self, event: SpineEvent) {
        self.for_actors(|actor, cx| actor.handle(&event, cx));
        self.pass_on();
        match event {
            SpineEvent::Proposed { ticket } => self.ask(ticket),
            SpineEvent::Discovered { peer, news } => self.notify(Event::Discovered { peer, news }),
            SpineEvent::UseCases { peer } => self.notify(Event::UseCases { peer }),
            SpineEvent::Data { peer, feature, function } => {
                self.notify(Event::Data { peer, feature, function });
            }
            SpineEvent::Answered { peer, request, owner: Owner::Application, outcome, reply } => {
                self.notify(Event::Answered { peer, request, outcome, reply });
            }
            SpineEvent::Answered {
                owner: Owner::Spine(Step::Discovery | Step::Subscribe | Step::UseCases),
                ..
            }
            | SpineEvent::Answered { owner: Owner::Actor(..), .. } => {}
            SpineEvent::Unsettled { ticket, why } => self.notify(Event::WriteEnded { ticket, why }),
            SpineEvent::Fault { peer, fault } => self.notify(Event::Spine { peer, fault }),
            SpineEvent::Repaired { peer, repairs } => self.notify(Event::Repaired { peer, repairs }),
            SpineEvent::Broken { peer, why } => self.broken(peer, why),
            SpineEvent::Opened { .. }
            | SpineEvent::Closed { .. }
            | SpineEvent::Related { .. }
            | SpineEvent::Changed { .. } => {}
        }
    }

    fn broken(&mut self, peer: PeerId, why: Broken) {
        let why = match why {
            Broken::OutboxFull => Refused::OutboxFull,
            Broken::NoDiscovery => Refused::NoDiscovery,
        };
        if let Some(conn) = self.peers.get(peer).and_then(|row| row.session) {
            self.refuse_conn(conn, why);
        }
    }

    /// Lets every actor vote; where all abstain, the application decides.
    fn ask(&mut self, ticket: Ticket) {
        let Some(proposal) = self.spine.writes().get(ticket).cloned() else { return };
        let mut votes = Vec::new();
        self.for_actors(|actor, cx| {
            let vote = actor.vote(&proposal, cx);
            votes.push((Voter::Actor(cx.actor), vote));
        });
        votes.retain(|(_, vote)| *vote != Vote::Abstain);
        if votes.is_empty() {
            let (peer, feature, function) = (proposal.asker.peer, proposal.feature, proposal.cmd.function);
            self.spine.vote(ticket, Voter::Application, Vote::Ask);
            self.notify(Event::WriteProposed { ticket, peer, feature, function });
            return;
        }
        // A refusal ends it whatever the others say; questions are noted before an acceptance can settle it.
        votes.sort_by_key(|(_, vote)| match vote {
            Vote::Refuse(_) => 0,
            Vote::Ask => 1,
            Vote::Accept | Vote::Abstain => 2,
        });
        for (voter, vote) in votes {
            if self.spine.writes().get(ticket).is_some() {
                self.spine.vote(ticket, voter, vote);
            }
        }
    }

    /// Asks the store to keep what changed.
    fn save(&mut self) {
        let reserved = self.spine.reserve_counters().is_some();
        let unsaved = self.spine.take_unsaved() | core::mem::take(&mut self.unsaved);
        if !(reserved || unsaved) {
            return;
        }
        self.next_seq = self.next_seq.wrapping_add(1);
        let seq = self.next_seq;
        self.spine.hold_for(seq);
        let saved = self.saved();
        self.act(Action::Persist { seq, saved });
    }

    /// The number the next store will have.
    pub(super) fn coming_seq(&self) -> u64 {
        self.next_seq.wrapping_add(1)
    }

    /// Everything that outlives a restart.
    pub(super) fn saved(&self) -> Saved {
        let data = self.spine.device().durable();
        Saved {
            version: SavedVersion::default(),
            counters: self.spine.reserved_counters(),
            peers: self.saved_peers(),
            data: data
                .map(|(feature, function, data)| SavedData { feature, function, data: data.clone() })
                .collect(),
        }
    }

    /// Puts heartbeats and durable data in place, then lets the actors begin.
    pub(super) fn furnish(&mut self, saved: &Saved) {
        for SavedData { feature, function, data } in &saved.data {
            self.spine.restore(feature, *function, data.clone());
        }
        let places =
            self.actors.values().map(|i| i.actor.descriptor().heartbeats(&i.entity, self.spine.device()));
        for feature in places.flatten().collect::<Vec<_>>() {
            self.spine.add_heartbeat(&feature);
        }
        self.for_actors(|actor, cx| actor.restored(cx));
    }
}
