//! One ordered index of everything that waits for a time.

use crate::ids::{ActorId, ConnId, PeerId};
use crate::time::Instant;
use alloc::collections::{BTreeMap, BTreeSet};
use core::fmt;

/// Who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// A connection: its stage, its SHIP phase, its pong, its credit.
    Conn(ConnId),
    /// A peer: dialling, double connections.
    Peer(PeerId),
    /// A peer's SPINE session.
    Session(PeerId),
    /// An actor.
    Actor(ActorId),
    /// The heartbeats of this node.
    Heartbeats,
    /// Writes of peers that wait for a decision.
    Writes,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conn(conn) => conn.fmt(f),
            Self::Peer(peer) => peer.fmt(f),
            Self::Session(peer) => write!(f, "session of {peer}"),
            Self::Actor(actor) => actor.fmt(f),
            Self::Heartbeats => f.write_str("heartbeats"),
            Self::Writes => f.write_str("writes"),
        }
    }
}

/// When to give a tick at the latest, who will be woken, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// The time.
    pub at: Instant,
    /// Who.
    pub who: Who,
    /// For what.
    pub why: &'static str,
}

/// The index: one entry for each who, and the earliest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Deadlines {
    order: BTreeSet<(Instant, Who)>,
    entries: BTreeMap<Who, (Instant, &'static str)>,
}

impl Deadlines {
    /// Sets or clears the entry of `who`.
    pub(super) fn set(&mut self, who: Who, entry: Option<(Instant, &'static str)>) {
        let old = match entry {
            Some(entry) => self.entries.insert(who, entry),
            None => self.entries.remove(&who),
        };
        if let Some((at, _)) = old {
            self.order.remove(&(at, who));
        }
        if let Some((at, _)) = entry {
            self.order.insert((at, who));
        }
        debug_assert_eq!(self.order.len(), self.entries.len());
    }

    /// The earliest.
    pub(super) fn first(&self) -> Option<Deadline> {
        let &(at, who) = self.order.first()?;
        let (_, why) = *self.entries.get(&who)?;
        Some(Deadline { at, who, why })
    }

    /// Takes out whoever is due, earliest first.
    pub(super) fn due(&mut self, now: Instant) -> Option<Who> {
        let deadline = self.first().filter(|deadline| deadline.at <= now)?;
        self.set(deadline.who, None);
        Some(deadline.who)
    }
}

/// The earlier of two entries.
pub(super) fn earlier(
    a: Option<(Instant, &'static str)>,
    b: Option<(Instant, &'static str)>,
) -> Option<(Instant, &'static str)> {
    a.into_iter().chain(b).min_by_key(|(at, _)| *at)
}
