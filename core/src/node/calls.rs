//! Calls, carried out.

use super::action::Action;
use super::call::{Answer, Call, Misuse};
use super::{Decision, Node, Running};
use crate::ids::{PeerId, Ticket};
use crate::model::CmdClassifier;
use crate::ship::CloseCause;
use crate::spine::{Owner, Unsettled, Vote, Voter};
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
            Call::Trust { peer } => self.known(peer).map(|()| self.decide(peer, Decision::Trusted)).map(done),
            Call::Refuse { peer } => {
                self.known(peer).map(|()| self.decide(peer, Decision::Refused)).map(done)
            }
            Call::Forget { peer } => self.known(peer).map(|()| self.forget(peer)).map(done),
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
            Call::Read { peer, from, to, function } => {
                let request = self.spine.read(peer, Owner::Application, &from, &to, function);
                request.map(Answer::Request).ok_or(Misuse::NotConnected(peer))
            }
            Call::Write { peer, from, to, cmd } => {
                let request =
                    self.spine.request(peer, Owner::Application, CmdClassifier::Write, &from, &to, cmd);
                request.map(Answer::Request).ok_or(Misuse::NotConnected(peer))
            }
            Call::Relate { peer, kind, client, server } => {
                let request = self.spine.relate(peer, Owner::Application, kind, &client, &server);
                request.map(Answer::Request).ok_or(Misuse::NotConnected(peer))
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

fn done((): ()) -> Answer {
    Answer::Done
}
