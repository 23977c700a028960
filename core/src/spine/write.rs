//! Writes of peers as tickets: proposed, then accepted, refused or abandoned.

use super::address::FeaturePath;
use super::event::{Event, Unsettled};
use super::fault::{ErrorNumber, Refusal};
use super::remote::DEFAULT_RESPONSE_DELAY;
use super::session::Item;
use super::{Spine, exchange};
use crate::ids::{ActorId, PeerId, Ticket};
use crate::json::Tape;
use crate::model::{Cmd, FunctionId};
use crate::time::Instant;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

/// By how much a decision has to come earlier than the peer's patience ends (SPINE 5.2.5.3).
pub const DECISION_MARGIN: Duration = Duration::from_millis(500);
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

    /// When the next ticket is over; what waits behind it came later.
    pub fn deadline(&self) -> Option<Instant> {
        self.open.values().map(|open| open.until).min()
    }

    /// Open tickets, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Proposal> {
        self.open.values()
    }
}

/// A result that is sent once the store has what it promises.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Held {
    pub(super) asker: Asker,
    feature: FeaturePath,
    function: FunctionId,
    /// What the function held before, for the case that the store fails.
    before: Tape,
    /// The sequence number of the store; `None` until it is asked.
    seq: Option<u64>,
}

/// Tickets are settled, and what they promise is held back until it is stored.
impl Spine {
    /// Whether durable data changed since this was last asked.
    pub fn take_unsaved(&mut self) -> bool {
        core::mem::take(&mut self.unsaved)
    }

    /// The results that wait, wait for this sequence number of the store.
    pub fn hold_for(&mut self, seq: u64) {
        for held in &mut self.held {
            held.seq.get_or_insert(seq);
        }
    }

    /// The store has everything up to `seq`: what waited for it is sent.
    pub fn persisted(&mut self, seq: u64) {
        for held in self.take_held(|held| held.seq.is_some_and(|waits| waits <= seq)) {
            self.answer(held.asker, held.feature, Ok(()));
        }
    }

    /// The store failed at `seq`: what it should have kept is taken back and refused, with what was built on it.
    pub fn persist_failed(&mut self, seq: u64) {
        let failed = |held: &Held| held.seq.is_some_and(|waits| waits <= seq);
        let lost: Vec<_> =
            self.held.iter().filter(|held| failed(held)).map(|h| (h.feature.clone(), h.function)).collect();
        let taken = self.take_held(|held| lost.iter().any(|of| *of == (held.feature.clone(), held.function)));
        // Backwards, so that what stood before the first of them stands again.
        for held in taken.iter().rev() {
            self.commit(&held.feature, held.function, held.before.clone(), None);
        }
        for held in taken {
            let refusal = Refusal::new(ErrorNumber::GENERAL, "the value could not be stored");
            self.answer(held.asker, held.feature, Err(refusal));
        }
    }

    pub(super) fn take_held(&mut self, which: impl Fn(&Held) -> bool) -> Vec<Held> {
        let (taken, kept) = core::mem::take(&mut self.held).into_iter().partition(which);
        self.held = kept;
        taken
    }

    /// When the next ticket is over.
    pub fn write_deadline(&self) -> Option<Instant> {
        self.writes.deadline()
    }

    /// Refuses the tickets nobody decided in time.
    pub fn tick_writes(&mut self, now: Instant) {
        const LATE: &str = "no decision in time";
        while let Some(late) = self.writes.overdue_behind(now) {
            self.answer(late.asker, late.feature, Err(Refusal::new(ErrorNumber::COMMAND_REJECTED, LATE)));
        }
        while let Some(ticket) = self.writes.overdue(now) {
            self.refuse(ticket, Unsettled::Unanswered, LATE);
        }
    }

    /// How long a decision on a write to this feature may take: 9.5 s, or more where it announces so.
    pub(super) fn decision_time(&self, feature: &FeaturePath) -> Duration {
        let announced = self.device.feature(feature).and_then(|feature| feature.response_delay);
        announced.unwrap_or_default().max(DEFAULT_RESPONSE_DELAY).saturating_sub(DECISION_MARGIN)
    }

    /// Whether peers may add and remove entries of a local function.
    pub(super) fn is_open_list(&self, feature: &FeaturePath, function: FunctionId) -> bool {
        self.device.function(feature, function).is_some_and(|slot| slot.open_list)
    }

    /// Carries a ticket out, as it resolves against the data of this moment. `false` where it is not open.
    pub fn accept(&mut self, ticket: Ticket) -> bool {
        let Some(proposal) = self.writes.take(ticket) else { return false };
        let Proposal { asker, feature, cmd, .. } = proposal;
        let Some(before) = self.tape(&feature, cmd.function).cloned() else { return false };
        let open_list = self.is_open_list(&feature, cmd.function);
        match exchange::apply_write(&before, &cmd, open_list) {
            Ok(data) => {
                let changed = self.commit(&feature, cmd.function, data, Some(ticket));
                let durable = self.device.function(&feature, cmd.function).is_some_and(|slot| slot.durable);
                let function = cmd.function;
                // What does not change is promised no earlier than what made it so.
                let same = |held: &&Held| (&held.feature, held.function) == (&feature, function);
                let waiting = self.held.iter().rev().find(same).map(|held| held.seq);
                let seq = if changed { Some(None) } else { waiting };
                if let Some(seq) = seq.filter(|_| durable) {
                    self.held.push(Held { asker, feature, function, before, seq });
                } else {
                    self.answer(asker, feature, Ok(()));
                }
            }
            Err(refusal) => {
                self.events.push_back(Event::Unsettled { ticket, why: Unsettled::Outdated(refusal.clone()) });
                self.answer(asker, feature, Err(refusal));
            }
        }
        self.next_write();
        true
    }

    /// Refuses a ticket with error 7. `false` where it is not open.
    pub fn refuse(&mut self, ticket: Ticket, why: Unsettled, reason: &str) -> bool {
        let Some(proposal) = self.writes.take(ticket) else { return false };
        self.events.push_back(Event::Unsettled { ticket, why });
        let refusal = Refusal::new(ErrorNumber::COMMAND_REJECTED, reason);
        self.answer(proposal.asker, proposal.feature, Err(refusal));
        self.next_write();
        true
    }

    /// One voter's decision; the last acceptance carries the ticket out, one refusal ends it.
    pub fn vote(&mut self, ticket: Ticket, voter: Voter, vote: Vote) -> bool {
        match vote {
            Vote::Refuse(reason) => {
                let why = Unsettled::Refused(reason.clone());
                self.refuse(ticket, why, &reason)
            }
            Vote::Ask => self.writes.get_mut(ticket).is_some_and(|open| open.undecided.insert(voter)),
            Vote::Accept | Vote::Abstain => {
                let Some(open) = self.writes.get_mut(ticket) else { return false };
                open.undecided.remove(&voter);
                !open.undecided.is_empty() || self.accept(ticket)
            }
        }
    }

    pub(super) fn answer(&mut self, asker: Asker, from: FeaturePath, answer: Result<(), Refusal>) {
        if asker.ack || answer.is_err() {
            self.push(asker.peer, Item::Result { asker, from, answer });
        }
    }
}
