//! Reaching trusted peers: rounds over their addresses, and jittered back-off between rounds (SHIP 13.2, 13.3).

use super::action::{Action, Endpoint};
use super::event::Event;
use super::failure::Cause;
use super::input::Stage;
use super::{Node, Who};
use crate::ids::{AttemptId, ConnId, PeerId};
use crate::ship::{Role, Trust};
use crate::time::Instant;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

/// Addresses tried in one round.
pub const MAX_ROUND: usize = 8;
/// Addresses kept of where a peer was reached: those of the last leases and networks.
pub const MAX_REACHED: usize = 4;
/// Time between two dials of a round.
pub const STAGGER: Duration = Duration::from_millis(250);
/// An attempt without a connection is given up after this time.
pub const CONNECT_TIME: Duration = Duration::from_secs(10);
/// Random delay before the first dial, so that two nodes that find each other do not both dial.
pub const FIRST_DELAY: Duration = Duration::from_secs(3);
/// The node with the smaller SKI leaves the other one this much lead.
pub const SMALLER_SKI_DELAY: Duration = Duration::from_secs(2);
/// Longest time between two rounds, jitter included.
pub const MAX_BACK_OFF: Duration = Duration::from_secs(120);
/// A connection in data exchange for this long was worth it: back-off begins anew when it ends.
pub const STEADY: Duration = Duration::from_secs(10);
/// The longest back-off before jitter adds up to a quarter.
const LAST_BACK_OFF: Duration = Duration::from_secs(96);
/// Shortest time to the next round after the peer's user refused, or has not decided.
pub const REFUSED_BACK_OFF: Duration = Duration::from_secs(60);

/// How dialling one peer stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Dialling {
    /// Addresses of this round that are still to be dialled.
    queue: VecDeque<Endpoint>,
    next: Option<Instant>,
    /// Attempts of this round; with their connection once there is one.
    attempts: BTreeMap<AttemptId, Attempt>,
    /// Where the peer was reached, last first.
    pub(super) reached: Vec<Endpoint>,
    /// Addresses that had their turn, where there are more than fit in a round.
    tried: usize,
    /// Rounds that failed in a row.
    failures: u32,
    /// No round before this time.
    pub(super) not_before: Option<Instant>,
}

#[derive(Clone, Debug)]
struct Attempt {
    to: Endpoint,
    conn: Option<ConnId>,
    until: Instant,
}

impl Dialling {
    pub(super) fn is_running(&self) -> bool {
        !self.queue.is_empty() || !self.attempts.is_empty()
    }

    /// Whether an attempt of this round is a TCP connection.
    pub(super) fn has_reached(&self) -> bool {
        self.attempts.values().any(|attempt| attempt.conn.is_some())
    }

    /// When the dialler has to do something.
    pub(super) fn deadline(&self) -> Option<(Instant, &'static str)> {
        if self.is_running() {
            let next = self.next.map(|at| (at, "next address"));
            let waiting = self.attempts.values().filter(|attempt| attempt.conn.is_none());
            let until = waiting.map(|attempt| attempt.until).min().map(|at| (at, "TCP connection"));
            super::deadlines::earlier(next, until)
        } else {
            self.not_before.map(|at| (at, "dialling"))
        }
    }
}

impl Node {
    /// Everything known of where a peer is, best first.
    fn endpoints(&self, id: PeerId) -> Vec<Endpoint> {
        let Some(peer) = self.peers.get(id) else { return Vec::new() };
        let seen = peer.sightings.values().flat_map(|seen| &seen.sighting.endpoints);
        let mut list: Vec<_> = Vec::new();
        let reached = peer.dialling.reached.iter();
        for endpoint in reached.chain(&peer.endpoints).chain(seen).filter(|endpoint| endpoint.is_usable()) {
            if !list.contains(endpoint) {
                list.push(endpoint.clone());
            }
        }
        let reached = peer.dialling.reached.first();
        list.sort_by_key(|endpoint| (reached != Some(endpoint), endpoint.rank()));
        list
    }

    /// The addresses of the next round: where the peer was reached last, then the others in turn.
    fn take_round(&mut self, id: PeerId) -> VecDeque<Endpoint> {
        let mut list = self.endpoints(id);
        let Some(peer) = self.peers.get_mut(id) else { return VecDeque::new() };
        if list.len() > MAX_ROUND {
            let fixed = usize::from(list.first() == peer.dialling.reached.first());
            let others = list.get_mut(fixed..).unwrap_or_default();
            let turn = peer.dialling.tried.checked_rem(others.len()).unwrap_or(0);
            others.rotate_left(turn);
            peer.dialling.tried = turn.saturating_add(MAX_ROUND.saturating_sub(fixed));
            list.truncate(MAX_ROUND);
        }
        list.into()
    }

    pub(super) fn has_endpoints(&self, id: PeerId) -> bool {
        !self.endpoints(id).is_empty()
    }

    /// Rounds in progress.
    pub(super) fn rounds(&self) -> usize {
        self.attempts.values().collect::<BTreeSet<_>>().len()
    }

    pub(super) fn is_dialling(&self, id: PeerId) -> bool {
        self.peers.get(id).is_some_and(|peer| peer.dialling.is_running())
    }

    /// Whether a connection of this node's making is wanted.
    fn wants_dial(&self, id: PeerId) -> bool {
        let wanted = |peer: &super::peers::Peer| {
            peer.trust() == Trust::Trusted
                && peer.presented.is_none()
                && peer.conns.is_empty()
                && !peer.dialling.is_running()
        };
        self.config.dial
            && !self.is_stopping()
            && self.peers.get(id).is_some_and(wanted)
            && !self.has_connection(id)
            && self.has_endpoints(id)
    }

    /// Plans the next round with a peer, unless one is planned or nothing is to be dialled.
    pub(super) fn plan_dial(&mut self, id: PeerId) {
        if !self.wants_dial(id) {
            if let Some(peer) = self.peers.get_mut(id).filter(|peer| !peer.dialling.is_running()) {
                peer.dialling.not_before = None;
            }
            return;
        }
        if self.peers.get(id).is_some_and(|peer| peer.dialling.not_before.is_none()) {
            let delay = self.first_delay(id);
            self.dial_after(id, delay);
        }
    }

    fn first_delay(&mut self, id: PeerId) -> Duration {
        let lead = match self.peers.get(id) {
            Some(peer) if self.config.key.ski < peer.ski => SMALLER_SKI_DELAY,
            _ => Duration::ZERO,
        };
        lead.saturating_add(self.random_below(FIRST_DELAY))
    }

    /// Sets the time of the next round.
    pub(super) fn dial_after(&mut self, id: PeerId, delay: Duration) {
        let at = self.now + delay;
        if let Some(peer) = self.peers.get_mut(id) {
            peer.dialling.not_before = Some(at);
        }
        self.touch(id);
    }

    /// News of where a peer is: a running round tries it too, a planned one comes soon, a connection proves that it is
    /// alive.
    pub(super) fn seen_elsewhere(&mut self, id: PeerId, fresh: Vec<Endpoint>) {
        let now = self.now;
        let Some(peer) = self.peers.get_mut(id) else { return };
        if let Some(conn) = peer.session {
            return self.ping(conn);
        }
        if peer.dialling.is_running() {
            let dialling = &mut peer.dialling;
            let room = MAX_ROUND.saturating_sub(dialling.queue.len());
            dialling.queue.extend(fresh.into_iter().filter(Endpoint::is_usable).take(room));
            if dialling.next.is_none() && !dialling.queue.is_empty() {
                dialling.next = Some(now + STAGGER);
            }
            return;
        }
        let soon = self.first_delay(id);
        let planned = self.peers.get(id).and_then(|peer| peer.dialling.not_before);
        if planned.is_some_and(|at| at > self.now + soon) {
            self.dial_after(id, soon);
        }
    }

    /// Something ended that makes a new round necessary: exponential back-off with jitter.
    pub(super) fn back_off(&mut self, id: PeerId, refused: bool) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        let exponent = peer.dialling.failures.min(7);
        peer.dialling.failures = peer.dialling.failures.saturating_add(1);
        let base = Duration::from_secs(1).saturating_mul(1 << exponent).min(LAST_BACK_OFF);
        let base = if refused { base.max(REFUSED_BACK_OFF) } else { base };
        let jitter = self.random_below(base.mul_f32(0.25));
        self.dial_after(id, base.saturating_add(jitter));
    }

    /// A connection got as far as it had to: no round is planned any more.
    pub(super) fn dial_succeeded(&mut self, id: PeerId) {
        if let Some(peer) = self.peers.get_mut(id) {
            peer.dialling.not_before = None;
            peer.dialling.tried = 0;
        }
    }

    /// A connection ended that was in data exchange since then: back-off begins anew where that was worth it.
    pub(super) fn lasted(&mut self, id: PeerId, since: Option<Instant>) {
        let is_steady = since.is_some_and(|since| self.now.since(since) >= STEADY);
        if let Some(peer) = self.peers.get_mut(id).filter(|_| is_steady) {
            peer.dialling.failures = 0;
        }
    }

    /// The dialler's time has come.
    pub(super) fn tick_dial(&mut self, id: PeerId) {
        let now = self.now;
        if self.is_dialling(id) {
            self.expire_attempts(id);
            let due = self.peers.get(id).is_some_and(|peer| peer.dialling.next.is_some_and(|at| at <= now));
            if due {
                self.dial_next(id);
            }
        } else if self.peers.get(id).is_some_and(|peer| peer.dialling.not_before.is_some_and(|at| at <= now))
        {
            if let Some(peer) = self.peers.get_mut(id) {
                peer.dialling.not_before = None;
            }
            self.start_round(id);
        }
    }

    /// Starts a round where one is wanted.
    pub(super) fn start_round(&mut self, id: PeerId) {
        if !self.wants_dial(id) {
            return;
        }
        if !self.has_slot(Role::Client) {
            return self.back_off(id, false);
        }
        let queue = self.take_round(id);
        if let Some(peer) = self.peers.get_mut(id) {
            peer.dialling.queue = queue;
            peer.dialling.not_before = None;
        }
        self.dial_next(id);
    }

    fn dial_next(&mut self, id: PeerId) {
        let (attempt, now) = (AttemptId(self.next_attempt), self.now);
        let Some(peer) = self.peers.get_mut(id) else { return };
        let Some(to) = peer.dialling.queue.pop_front() else { return };
        self.next_attempt = self.next_attempt.wrapping_add(1);
        peer.dialling.next = (!peer.dialling.queue.is_empty()).then(|| now + STAGGER);
        let entry = Attempt { to: to.clone(), conn: None, until: now + CONNECT_TIME };
        peer.dialling.attempts.insert(attempt, entry);
        let expect = Some(peer.ski);
        self.attempts.insert(attempt, id);
        self.act(Action::Dial { attempt, to, expect });
        self.touch(id);
    }

    fn expire_attempts(&mut self, id: PeerId) {
        let now = self.now;
        let Some(peer) = self.peers.get(id) else { return };
        let late = |attempt: &Attempt| attempt.conn.is_none() && attempt.until <= now;
        let over: Vec<_> = peer
            .dialling
            .attempts
            .iter()
            .filter(|(_, entry)| late(entry))
            .map(|(attempt, _)| *attempt)
            .collect();
        for attempt in over {
            self.act(Action::CancelDial { attempt });
            self.attempt_failed(attempt, Stage::Connect, Cause::NoAnswer, "no answer in time".into());
        }
    }

    /// Whether an attempt that is waited for goes to this peer.
    pub(super) fn is_attempt_at(&self, peer: PeerId, attempt: AttemptId) -> bool {
        self.attempts.get(&attempt) == Some(&peer)
    }

    /// An attempt became a connection; `None` where nobody waits for it any more.
    pub(super) fn attempt_connected(&mut self, attempt: AttemptId, conn: ConnId) -> Option<PeerId> {
        let id = *self.attempts.get(&attempt)?;
        let entry = self.peers.get_mut(id)?.dialling.attempts.get_mut(&attempt)?;
        entry.conn = Some(conn);
        self.touch(id);
        Some(id)
    }

    /// An attempt came to nothing, before or after it had a connection.
    pub(super) fn attempt_failed(&mut self, attempt: AttemptId, stage: Stage, cause: Cause, detail: String) {
        let Some(id) = self.attempts.remove(&attempt) else { return };
        let Some(entry) = self.peers.get_mut(id).and_then(|peer| peer.dialling.attempts.remove(&attempt))
        else {
            return;
        };
        self.link_failed(id, stage, cause, alloc::format!("{}: {detail}", entry.to));
        self.notify(Event::DialFailed { peer: id, endpoint: entry.to, stage, detail });
        self.touch(id);
        match self.peers.get(id) {
            Some(peer) if !peer.dialling.is_running() && peer.conns.is_empty() => self.back_off(id, false),
            // The next address need not wait for its turn.
            Some(peer) if peer.dialling.attempts.is_empty() => self.dial_next(id),
            _ => {}
        }
    }

    /// One attempt reached the peer: the round is over, the other attempts are given up.
    pub(super) fn round_won(&mut self, id: PeerId, winner: AttemptId) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        let dialling = &mut peer.dialling;
        dialling.queue.clear();
        dialling.next = None;
        let attempts = core::mem::take(&mut dialling.attempts);
        if let Some(won) = attempts.get(&winner) {
            // Where it was reached last is worth the first try next time, also after a restart.
            self.unsaved |= dialling.reached.first() != Some(&won.to);
            dialling.reached.retain(|endpoint| *endpoint != won.to);
            dialling.reached.insert(0, won.to.clone());
            dialling.reached.truncate(MAX_REACHED);
        }
        self.give_up(attempts, Some(winner));
        self.touch(id);
    }

    /// Ends a round without a winner: the peer is not wanted any more.
    pub(super) fn cancel_round(&mut self, id: PeerId) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        let dialling = &mut peer.dialling;
        dialling.queue.clear();
        (dialling.next, dialling.not_before) = (None, None);
        let attempts = core::mem::take(&mut dialling.attempts);
        self.give_up(attempts, None);
        self.deadlines.set(Who::Peer(id), None);
        self.touch(id);
    }

    /// The peer came by itself: no more of its addresses are tried. An attempt that is a connection already goes on,
    /// as the peer may be giving up the other one at this moment; what is too much is settled as a double connection.
    pub(super) fn stop_round(&mut self, id: PeerId) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        let dialling = &mut peer.dialling;
        dialling.queue.clear();
        dialling.next = None;
        let attempts = core::mem::take(&mut dialling.attempts);
        let (connected, waiting) = attempts.into_iter().partition(|(_, attempt)| attempt.conn.is_some());
        dialling.attempts = connected;
        self.give_up(waiting, None);
        self.touch(id);
    }

    fn give_up(&mut self, attempts: BTreeMap<AttemptId, Attempt>, winner: Option<AttemptId>) {
        for (attempt, entry) in attempts {
            self.attempts.remove(&attempt);
            match entry.conn {
                _ if winner == Some(attempt) => {}
                None => self.act(Action::CancelDial { attempt }),
                Some(conn) => self.close_unproved(conn),
            }
        }
    }
}
