//! Looking at a node without changing it.

use super::{Decision, Node, Readiness, Saves};
use crate::ids::{ActorId, ConnId, PeerId, Ticket};
use crate::ship::Phase;
use crate::ship::identity::{ShipId, Ski};
use crate::spine::{Device, Proposal, Remote};
use crate::time::Instant;
use crate::usecase::{self, ViewContext};

/// How everything stands.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    node: &'a Node,
}

/// How one peer stands.
#[derive(Clone, Debug)]
pub struct PeerView<'a> {
    /// Its name in this node.
    pub peer: PeerId,
    /// Its SKI.
    pub ski: Ski,
    /// Its SHIP ID, once it told or discovery did.
    pub ship_id: Option<&'a ShipId>,
    /// What this node's user decided.
    pub decision: Decision,
    /// Where it stands on the ladder.
    pub readiness: Readiness,
    /// The connection that carries SPINE.
    pub session: Option<ConnId>,
    /// Its device, within a session.
    pub remote: Option<&'a Remote>,
}

impl<'a> View<'a> {
    pub(super) fn new(node: &'a Node) -> Self {
        View { node }
    }

    /// The time of the latest input.
    pub fn now(self) -> Instant {
        self.node.now
    }

    /// Own SKI.
    pub fn ski(self) -> Ski {
        self.node.config.key.ski
    }

    /// The local device.
    pub fn device(self) -> &'a Device {
        self.node.spine.device()
    }

    /// How far the store is. What a call decided is kept once everything asked for after its answer is.
    pub fn saves(self) -> Saves {
        Saves { asked: self.node.next_seq, ..self.node.saves }
    }

    /// Every known peer.
    pub fn peers(self) -> impl Iterator<Item = PeerView<'a>> {
        self.node.peers.iter().filter_map(move |(id, _)| self.peer(id))
    }

    /// One peer.
    pub fn peer(self, id: PeerId) -> Option<PeerView<'a>> {
        let row = self.node.peers.get(id)?;
        Some(PeerView {
            peer: id,
            ski: row.ski,
            ship_id: row.ship_id.as_ref(),
            decision: row.decision,
            readiness: self.node.readiness(id)?,
            session: row.session,
            remote: self.node.spine.remote(id),
        })
    }

    /// The peer of an SKI.
    pub fn find(self, ski: Ski) -> Option<PeerId> {
        self.node.peers.find(ski)
    }

    /// Every connection, with its peer once proved and its SHIP phase once begun.
    pub fn connections(self) -> impl Iterator<Item = (ConnId, Option<PeerId>, Option<Phase>)> {
        self.node
            .conns
            .iter()
            .map(|(id, conn)| (id, conn.peer, conn.ship().map(crate::ship::Connection::phase)))
    }

    /// A write that waits for a decision.
    pub fn proposal(self, ticket: Ticket) -> Option<&'a Proposal> {
        self.node.spine.writes().get(ticket)
    }

    /// How an actor stands.
    pub fn actor(self, id: ActorId) -> Option<usecase::View> {
        let installed = self.node.actors.get(&id)?;
        let cx = ViewContext { entity: &installed.entity, spine: &self.node.spine };
        Some(installed.actor.view(&cx))
    }

    /// Every actor, by number.
    pub fn actors(self) -> impl Iterator<Item = ActorId> {
        self.node.actors.keys().copied()
    }
}
