//! One ordered index of everything that waits for a time.

use crate::ids::{ActorId, ConnId, PeerId};
use crate::time::Instant;
use alloc::collections::BTreeMap;
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

/// A time, and what is waited for until then.
type Entry = (Instant, &'static str);

/// The index: one entry for each who, and the earliest first.
///
/// What is set anew after every input stands beside the order, so that a tick costs the same however many wait.
#[derive(Clone, Debug, Default)]
pub(super) struct Deadlines {
    order: BTreeMap<(Instant, Who), &'static str>,
    entries: BTreeMap<Who, Instant>,
    /// The first in order, so that nobody has to climb down for it.
    ordered: Option<Deadline>,
    heartbeats: Option<Entry>,
    writes: Option<Entry>,
}

impl Deadlines {
    /// Sets or clears the entry of `who`.
    pub(super) fn set(&mut self, who: Who, entry: Option<Entry>) {
        match who {
            Who::Heartbeats => self.heartbeats = entry,
            Who::Writes => self.writes = entry,
            Who::Conn(_) | Who::Peer(_) | Who::Session(_) | Who::Actor(_) => self.order(who, entry),
        }
    }

    fn order(&mut self, who: Who, entry: Option<Entry>) {
        let old = match entry {
            Some((at, _)) => self.entries.insert(who, at),
            None => self.entries.remove(&who),
        };
        if let Some(at) = old {
            self.order.remove(&(at, who));
        }
        if let Some((at, why)) = entry {
            self.order.insert((at, who), why);
        }
        self.ordered = self.order.first_key_value().map(|(&(at, who), &why)| Deadline { at, who, why });
        debug_assert_eq!(self.order.len(), self.entries.len());
    }

    /// The earliest.
    pub(super) fn first(&self) -> Option<Deadline> {
        let beside = [(Who::Heartbeats, self.heartbeats), (Who::Writes, self.writes)];
        let beside = beside.into_iter().filter_map(|(who, entry)| {
            let (at, why) = entry?;
            Some(Deadline { at, who, why })
        });
        self.ordered.into_iter().chain(beside).min_by_key(|deadline| (deadline.at, deadline.who))
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
