//! Looking at a node without changing it.

use super::peers::Peer;
use super::{Decision, Endpoint, Failure, Node, Readiness, Request, Saves, Seen, TrustPolicy, Trusted};
use crate::ids::{ActorId, ConnId, PeerId, Ticket};
use crate::ship::Phase;
use crate::ship::identity::{Fingerprint, ShipId, Ski};
use crate::ship::txt::Record;
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
    /// The user's name for it; empty where it has none.
    pub label: &'a str,
    /// What this node's user decided.
    pub decision: Decision,
    /// Why and how far it is trusted, where it is.
    pub trust: Option<Trusted>,
    /// The certificate the trust counts for, once it was seen.
    pub fingerprint: Option<Fingerprint>,
    /// Another certificate of the same key, which waits for a decision.
    pub presented: Option<Fingerprint>,
    /// The stranger's wish to be trusted.
    pub request: Option<Request>,
    /// Where it can be dialled, as given by the application.
    pub endpoints: &'a [Endpoint],
    /// Where it was reached, last first.
    pub reached: &'a [Endpoint],
    /// Where it stands on the ladder.
    pub readiness: Readiness,
    /// What last went wrong with it; it stays when the peer is well again.
    pub failure: Option<&'a Failure>,
    /// The connection that carries SPINE.
    pub session: Option<ConnId>,
    /// Its device, within a session.
    pub remote: Option<&'a Remote>,
    row: &'a Peer,
}

impl<'a> PeerView<'a> {
    /// What discovery sees of it: instances that announce its SKI, on each interface.
    pub fn sightings(&self) -> impl Iterator<Item = &'a Seen> + use<'a> {
        self.row.sightings.values()
    }
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

    /// What is done with strangers, and until when where it is a window; as [`TrustPolicy::Manual`] afterwards.
    pub fn trust_policy(self) -> (&'a TrustPolicy, Option<Instant>) {
        (&self.node.config.trust_policy, self.node.accepts_until)
    }

    /// What discovery announces of this node.
    pub fn record(self) -> &'a Record {
        &self.node.config.record
    }

    /// The port this node listens on, once it does.
    pub fn port(self) -> Option<u16> {
        self.node.port
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
            ship_id: row.ship_id(),
            label: &row.label,
            decision: row.decision,
            trust: row.trusted,
            fingerprint: row.fingerprint,
            presented: row.presented,
            request: row.request.filter(|_| row.decision == Decision::Undecided || row.presented.is_some()),
            endpoints: &row.endpoints,
            reached: &row.dialling.reached,
            readiness: self.node.readiness(id)?,
            failure: row.failure.as_ref(),
            session: row.session,
            remote: self.node.spine.remote(id),
            row,
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
