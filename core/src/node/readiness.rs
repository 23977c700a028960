//! The ladder from having heard of a peer to using it, and who is being waited for.

use super::Node;
use super::peers::Decision;
use crate::ids::PeerId;
use crate::ship::Phase;
use crate::spine::session::Opening;
use crate::time::Instant;
use core::fmt;

/// The rungs, lowest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Rung {
    /// The SKI is known, nothing more.
    #[default]
    Known,
    /// Discovery sees it, or somebody gave its address.
    Seen,
    /// It is being talked to over TCP.
    Reachable,
    /// TLS proved its key.
    Secured,
    /// Both users trust: hello is through.
    Trusted,
    /// SHIP is through; SPINE flows.
    Handshaken,
    /// Its device tree is known.
    Discovered,
    /// Its use cases are known.
    UseCases,
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Known => "known",
            Self::Seen => "seen",
            Self::Reachable => "reachable",
            Self::Secured => "secured",
            Self::Trusted => "trusted",
            Self::Handshaken => "handshaken",
            Self::Discovered => "discovered",
            Self::UseCases => "use cases known",
        })
    }
}

/// Who has to do something for the next rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum WaitsFor {
    /// This node's user, to trust the peer.
    OurUser,
    /// The peer's user, to trust this node.
    PeersUser,
    /// Both users.
    BothUsers,
    /// The peer, to answer.
    Peer,
    /// The next attempt to dial.
    Dialling,
    /// Discovery, to see the peer.
    Discovery,
    /// Nobody: the ladder is climbed.
    Nobody,
}

impl fmt::Display for WaitsFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OurUser => "this node's user",
            Self::PeersUser => "the peer's user",
            Self::BothUsers => "both users",
            Self::Peer => "the peer",
            Self::Dialling => "the next attempt to dial",
            Self::Discovery => "discovery to see the peer",
            Self::Nobody => "nobody",
        })
    }
}

/// Where a peer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Readiness {
    /// The rung.
    pub rung: Rung,
    /// Whether this node's user trusts the peer.
    pub trusted_by_us: bool,
    /// Whether the peer's user trusts this node, as far as its hello said.
    pub trusted_by_peer: bool,
    /// Who is being waited for.
    pub waits_for: WaitsFor,
    /// Since when; since it was not told yet, from the latest input on.
    pub since: Instant,
    /// Until when.
    pub until: Option<Instant>,
}

impl Readiness {
    /// Whether nothing but the time limit differs.
    pub(super) fn is_same_step(&self, other: &Self) -> bool {
        Self { until: other.until, since: other.since, ..*self } == *other
    }
}

impl Node {
    /// Where a peer stands; `None` for a peer that is not known.
    pub fn readiness(&self, id: PeerId) -> Option<Readiness> {
        let peer = self.peers.get(id)?;
        let conns = || peer.conns.iter().filter_map(|conn| self.conns.get(*conn));
        let phase = |conn: &super::connections::Conn| conn.ship().map(crate::ship::Connection::phase);
        let session = self.spine.session(id);
        let until = |session: &crate::spine::Session| session.deadline().map(|(at, _)| at);
        let trusted_by_us = peer.decision == Decision::Trusted && peer.presented.is_none();
        let trusted_by_peer = conns().any(|conn| conn.peer_ready);
        let (rung, waits_for, until) = match session {
            Some(session) if session.use_cases_known() => (Rung::UseCases, WaitsFor::Nobody, None),
            Some(session) if matches!(session.opening(), Opening::Known(_) | Opening::Open) => {
                (Rung::Discovered, WaitsFor::Peer, until(session))
            }
            Some(session) => (Rung::Handshaken, WaitsFor::Peer, until(session)),
            None if conns().any(|c| c.ship().is_some_and(crate::ship::Connection::waits_for_pin)) => {
                (Rung::Trusted, WaitsFor::OurUser, None)
            }
            None if conns().any(|c| matches!(phase(c), Some(Phase::Protocol | Phase::Pin | Phase::Data))) => {
                (Rung::Trusted, WaitsFor::Peer, None)
            }
            None => match conns().find_map(|conn| conn.ship().and_then(crate::ship::Connection::waiting)) {
                Some(waiting) => {
                    let who = match (waiting.us, waiting.peer) {
                        (true, true) => WaitsFor::BothUsers,
                        (true, false) => WaitsFor::OurUser,
                        (false, _) => WaitsFor::PeersUser,
                    };
                    (Rung::Secured, who, waiting.until)
                }
                None if self.has_connection(id) => (Rung::Secured, WaitsFor::Peer, None),
                None if peer.dialling.has_reached() => (Rung::Reachable, WaitsFor::Peer, None),
                None if self.is_dialling(id) => (Rung::Seen, WaitsFor::Dialling, None),
                None if !trusted_by_us => (self.seen_rung(id), WaitsFor::OurUser, None),
                None if self.has_endpoints(id) => (Rung::Seen, WaitsFor::Dialling, peer.dialling.not_before),
                None => (Rung::Known, WaitsFor::Discovery, None),
            },
        };
        let since = self.now;
        let readiness = Readiness { rung, trusted_by_us, trusted_by_peer, waits_for, since, until };
        let since = peer.told.filter(|told| told.is_same_step(&readiness)).map_or(since, |told| told.since);
        Some(Readiness { since, ..readiness })
    }

    fn seen_rung(&self, peer: PeerId) -> Rung {
        if self.has_endpoints(peer) { Rung::Seen } else { Rung::Known }
    }
}
