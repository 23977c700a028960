//! Writes of peers as tickets: proposed, then accepted, refused or abandoned.

use super::address::FeaturePath;
use crate::ids::{ActorId, PeerId, Ticket};
use crate::json::Tape;
use crate::model::Cmd;
use crate::time::Instant;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::String;
use core::time::Duration;

/// How long a decision may take before the peer is refused; within its patience of 10 s (SPINE 5.2.5.3).
pub const DECISION_TIME: Duration = Duration::from_millis(9_500);
/// Writes of all peers that may wait for a decision; more are refused with error 3.
pub const MAX_TICKETS: usize = 64;
/// Writes of one peer that may wait for a decision; the others keep room.
pub const MAX_TICKETS_OF_PEER: usize = 16;

/// To whom the result of a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker {
    /// The peer.
    pub peer: PeerId,
    /// Device address it used.
    pub device: Option<String>,
    /// Its feature.
    pub client: FeaturePath,
    /// `msgCounter` of the request.
    pub counter: u64,
    /// Whether a result is wanted on success too.
    pub ack: bool,
}

/// A write that waits for a decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Its ticket.
    pub ticket: Ticket,
    /// Who wrote.
    pub asker: Asker,
    /// The local feature.
    pub feature: FeaturePath,
    /// The command as it arrived.
    pub cmd: Cmd,
    /// What the function's data becomes if the write is carried out.
    pub resolved: Tape,
    /// When it is refused for want of a decision.
    pub until: Instant,
    /// Whose decision is missing.
    pub undecided: BTreeSet<Voter>,
}

/// Whose decision a ticket needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Voter {
    /// An actor, which left it to the application.
    Actor(ActorId),
    /// The application itself: no actor looks after this function.
    Application,
}

/// A decision on a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vote {
    /// This actor does not look after what is written.
    Abstain,
    /// To be carried out.
    Accept,
    /// To be refused with error 7 and this reason.
    Refuse(String),
    /// The application decides.
    Ask,
}

/// A write that came while another one to the same function waits for its decision.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Behind {
    pub(crate) asker: Asker,
    pub(crate) feature: FeaturePath,
    pub(crate) cmd: Cmd,
    /// When it is refused for want of a decision; the peer waits since it wrote.
    pub(crate) until: Instant,
}

/// All open tickets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Writes {
    open: BTreeMap<Ticket, Proposal>,
    behind: VecDeque<Behind>,
}

impl Writes {
    /// Whether there is room for one more of this peer.
    pub fn has_room(&self, peer: PeerId) -> bool {
        let askers = || {
            let behind = self.behind.iter().map(|write| &write.asker);
            self.open.values().map(|open| &open.asker).chain(behind)
        };
        askers().count() < MAX_TICKETS
            && askers().filter(|asker| asker.peer == peer).count() < MAX_TICKETS_OF_PEER
    }

    /// Whether a ticket is open on this function.
    pub(crate) fn is_open(&self, feature: &FeaturePath, cmd: &Cmd) -> bool {
        self.open.values().any(|open| open.feature == *feature && open.cmd.function == cmd.function)
    }

    pub(crate) fn wait_behind(&mut self, write: Behind) {
        self.behind.push_back(write);
    }

    /// The first write that no longer has to wait.
    pub(crate) fn next_behind(&mut self) -> Option<Behind> {
        let free = |write: &Behind| !self.is_open(&write.feature, &write.cmd);
        let at = self.behind.iter().position(free)?;
        self.behind.remove(at)
    }

    /// A write whose time is over before it was its turn.
    pub(crate) fn overdue_behind(&mut self, now: Instant) -> Option<Behind> {
        let at = self.behind.iter().position(|write| write.until <= now)?;
        self.behind.remove(at)
    }

    pub(crate) fn propose(&mut self, proposal: Proposal) {
        self.open.insert(proposal.ticket, proposal);
    }

    /// The write behind a ticket.
    pub fn get(&self, ticket: Ticket) -> Option<&Proposal> {
        self.open.get(&ticket)
    }

    pub(crate) fn get_mut(&mut self, ticket: Ticket) -> Option<&mut Proposal> {
        self.open.get_mut(&ticket)
    }

    pub(crate) fn take(&mut self, ticket: Ticket) -> Option<Proposal> {
        self.open.remove(&ticket)
    }

    /// A ticket whose time is over.
    pub(crate) fn overdue(&self, now: Instant) -> Option<Ticket> {
        self.open.values().find(|open| open.until <= now).map(|open| open.ticket)
    }

    /// Tickets of a peer whose session ended; what it had waiting behind them is dropped.
    pub(crate) fn of(&mut self, peer: PeerId) -> alloc::vec::Vec<Ticket> {
        self.behind.retain(|write| write.asker.peer != peer);
        self.open.values().filter(|open| open.asker.peer == peer).map(|open| open.ticket).collect()
    }

    /// When the next ticket is over.
    pub fn deadline(&self) -> Option<Instant> {
        let behind = self.behind.iter().map(|write| write.until);
        self.open.values().map(|open| open.until).chain(behind).min()
    }

    /// Open tickets, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Proposal> {
        self.open.values()
    }
}
