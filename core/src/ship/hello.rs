//! Hello (SHIP 13.4.4.1): both users must trust the other node. The same for client and server.
//!
//! Three timers: Wait-For-Ready bounds the peer's decision; while this node's user decides,
//! Send-Prolongation-Request asks the peer for more time before its wait ends, and Prolongation-Request-Reply bounds
//! the answer. Every request of the peer is granted: one request adds T_hello_init, and the wait never reaches
//! further than twice that from now.

use super::config::{Role, Trust};
use super::fault::{Ending, FaultKind};
use super::key_material;
use super::message::{Handshake, HandshakeType, Hello, HelloPhase, Message};
use super::output::Item;
use super::protocol::Protocol;
use super::state::{Cx, Phase, State, Timer, milliseconds};
use crate::time::Instant;
use core::ops::Add;
use core::time::Duration;

/// What a `ready` without a usable `waiting` is taken for: py-eebus leaves it out, EEBUS.Net sends 0. By the letter a
/// pending node would have to abort.
const ASSUMED_WAITING: Duration = Duration::from_secs(60);

/// Who is being waited for in hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// This node's user has to decide.
    pub us: bool,
    /// The peer's user has to decide.
    pub peer: bool,
    /// The peer said `pending`: it knows of this node and asks its user.
    pub peer_pending: bool,
    /// When hello ends without success if nothing else happens; none while the peer keeps granting time.
    pub until: Option<Instant>,
}

/// This node is ready and listens for the peer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ready {
    /// Wait-For-Ready-Timer.
    pub(super) until: Instant,
    requests: Requests,
}

/// This node's user decides.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pending {
    /// Wait-For-Ready-Timer; none once the peer was ready, which it stays.
    until: Option<Instant>,
    asking: Asking,
    requests: Requests,
    /// The `announceMax` of a peer that was ready and went ahead.
    early: Option<Handshake>,
}

/// What both hello states know about the peer's hellos.
#[derive(Clone, Debug, Default, PartialEq)]
struct Requests {
    /// Prolongation requests the peer has not answered. Its answer may cross with this node's `ready`.
    unanswered: u8,
    /// A `pending` of the peer was reported.
    peer_pending: bool,
}

/// Where a pending node stands in asking for more time.
#[derive(Clone, Debug, PartialEq)]
enum Asking {
    /// The peer's wait is unknown, or too short to ask.
    No,
    /// Send-Prolongation-Request-Timer, and the peer's wait it was derived from.
    Later { at: Instant, waiting: Duration },
    /// Prolongation-Request-Reply-Timer.
    Asked { until: Instant },
}

/// Enters hello as the user's decision demands.
pub(super) fn enter(cx: &mut Cx<'_>) -> State {
    let until = cx.after(cx.timers.hello_init);
    let requests = Requests::default();
    match cx.trust {
        Trust::Trusted => {
            cx.enter(Phase::HelloReady);
            announce(HelloPhase::Ready, Some(until), cx);
            State::HelloReady(Ready { until, requests })
        }
        Trust::Undecided => {
            cx.enter(Phase::HelloPending);
            announce(HelloPhase::Pending, Some(until), cx);
            State::HelloPending(Pending { until: Some(until), asking: Asking::No, requests, early: None })
        }
        Trust::Refused => abort(Ending::Refused, cx),
    }
}

/// The common abort procedure: `aborted`, and close.
pub(super) fn abort(ending: Ending, cx: &mut Cx<'_>) -> State {
    cx.send(&Message::Hello(Hello {
        phase: HelloPhase::Aborted,
        waiting: None,
        prolongation_request: false,
        update_counter: None,
    }));
    cx.end(ending)
}

/// Tells the own phase and what is left of the own wait: a stopped one counts as just begun.
fn announce(phase: HelloPhase, until: Option<Instant>, cx: &mut Cx<'_>) {
    let left = until.map_or(cx.timers.hello_init, |until| until.since(cx.now));
    let update_counter = key_material::counter(cx);
    cx.learned.told = update_counter.unwrap_or(0);
    let waiting = Some(milliseconds(left));
    cx.send(&Message::Hello(Hello { phase, waiting, prolongation_request: false, update_counter }));
}

/// Notes the counter of the peer's key material.
fn hear(hello: &Hello, cx: &mut Cx<'_>) {
    cx.learned.hello = hello.update_counter.unwrap_or(cx.learned.hello);
}

/// The wait after a granted request.
fn prolonged(until: Instant, cx: &Cx<'_>) -> Instant {
    let cap = cx.after(cx.timers.hello_init.saturating_mul(2));
    until.max(until.add(cx.timers.hello_init).min(cap))
}

impl Requests {
    fn peer_is_pending(&mut self, cx: &mut Cx<'_>) {
        if !core::mem::replace(&mut self.peer_pending, true) {
            cx.out.push(Item::PeerPending);
        }
    }

    fn answered(&mut self) {
        self.unanswered = self.unanswered.saturating_sub(1);
    }
}

impl Ready {
    pub(super) fn message(mut self, message: Message, cx: &mut Cx<'_>) -> State {
        let Message::Hello(hello) = message else {
            return State::HelloReady(self).wrong(FaultKind::Unexpected(message.name().into()), cx);
        };
        hear(&hello, cx);
        match hello.phase {
            HelloPhase::Ready => {
                cx.out.push(Item::PeerReady);
                return Protocol::enter(self.requests.unanswered, cx);
            }
            HelloPhase::Aborted => return cx.end(Ending::AbortedByPeer),
            HelloPhase::Pending => self.requests.peer_is_pending(cx),
        }
        if hello.prolongation_request {
            self.until = prolonged(self.until, cx);
            announce(HelloPhase::Ready, Some(self.until), cx);
        } else {
            self.requests.answered();
        }
        State::HelloReady(self)
    }

    pub(super) const fn waiting(&self) -> Waiting {
        let peer_pending = self.requests.peer_pending;
        Waiting { us: false, peer: true, peer_pending, until: Some(self.until) }
    }
}

impl Pending {
    pub(super) fn message(mut self, message: Message, cx: &mut Cx<'_>) -> State {
        if let Message::Hello(hello) = &message {
            hear(hello, cx);
        }
        match message {
            Message::Hello(Hello { phase: HelloPhase::Aborted, .. }) => return cx.end(Ending::AbortedByPeer),
            Message::Hello(Hello { phase: HelloPhase::Ready, waiting, .. }) => self.peer_ready(waiting, cx),
            Message::Hello(Hello { phase: HelloPhase::Pending, waiting, prolongation_request, .. }) => {
                self.peer_pending(waiting, prolongation_request, cx);
            }
            Message::Handshake(handshake) if self.may_queue(&handshake, cx) => self.early = Some(handshake),
            other => {
                return State::HelloPending(self).wrong(FaultKind::Unexpected(other.name().into()), cx);
            }
        }
        State::HelloPending(self)
    }

    fn peer_ready(&mut self, waiting: Option<u32>, cx: &mut Cx<'_>) {
        let first = self.until.take().is_some();
        if first {
            cx.out.push(Item::PeerReady);
        }
        // A peer that was pending turns ready of its own accord; its answer to a request is still to come.
        if !(first && self.requests.peer_pending) {
            self.requests.answered();
        }
        let waiting =
            waiting.filter(|&ms| ms > 0).map_or(ASSUMED_WAITING, |ms| Duration::from_millis(ms.into()));
        self.ask_within(waiting, cx);
    }

    /// Both members at once are taken as two messages (hupe sends them), none of them as nothing.
    fn peer_pending(&mut self, waiting: Option<u32>, prolongation_request: bool, cx: &mut Cx<'_>) {
        if self.until.is_some() {
            self.requests.peer_is_pending(cx);
        }
        if let Some(ms) = waiting {
            if !prolongation_request {
                self.requests.answered();
            }
            self.ask_within(Duration::from_millis(ms.into()), cx);
        }
        if prolongation_request {
            self.until = self.until.map(|until| prolonged(until, cx));
            announce(HelloPhase::Pending, self.until, cx);
        }
    }

    /// Sets the reminder to ask before the peer's wait ends, if that is worth it.
    fn ask_within(&mut self, waiting: Duration, cx: &Cx<'_>) {
        let span = waiting.saturating_sub(cx.timers.hello_prolong_gap);
        self.asking = if waiting >= cx.timers.hello_prolong_threshold && span >= cx.timers.hello_prolong_min {
            Asking::Later { at: cx.after(span), waiting }
        } else {
            Asking::No
        };
    }

    /// ship-go's client announces its version as soon as its own user agreed. One message is all it can send.
    fn may_queue(&self, handshake: &Handshake, cx: &Cx<'_>) -> bool {
        cx.role == Role::Server
            && self.until.is_none()
            && self.early.is_none()
            && handshake.handshake_type == HandshakeType::AnnounceMax
    }

    /// This node's user trusts the peer.
    pub(super) fn granted(self, cx: &mut Cx<'_>) -> State {
        announce(HelloPhase::Ready, self.until, cx);
        let Some(until) = self.until else {
            let state = Protocol::enter(self.requests.unanswered, cx);
            return match self.early {
                Some(handshake) => state.message(Message::Handshake(handshake), cx),
                None => state,
            };
        };
        cx.enter(Phase::HelloReady);
        State::HelloReady(Ready { until, requests: self.requests })
    }

    pub(super) fn deadline(&self) -> Option<(Instant, Timer)> {
        let asking = match self.asking {
            Asking::No => None,
            Asking::Later { at, .. } => Some((at, Timer::ProlongationRequest)),
            Asking::Asked { until } => Some((until, Timer::ProlongationReply)),
        };
        self.until.map(|until| (until, Timer::WaitForReady)).into_iter().chain(asking).min()
    }

    pub(super) fn expire(mut self, cx: &mut Cx<'_>) -> State {
        match (self.deadline(), &self.asking) {
            (Some((_, Timer::ProlongationRequest)), &Asking::Later { waiting, .. }) => {
                self.asking = Asking::Asked { until: cx.after(waiting) };
                self.requests.unanswered = self.requests.unanswered.saturating_add(1);
                cx.send(&Message::Hello(Hello {
                    phase: HelloPhase::Pending,
                    waiting: None,
                    prolongation_request: true,
                    update_counter: None,
                }));
                State::HelloPending(self)
            }
            (Some((_, timer)), _) => abort(Ending::TimedOut(timer), cx),
            (None, _) => State::HelloPending(self),
        }
    }

    pub(super) fn waiting(&self) -> Waiting {
        let asked = if let Asking::Asked { until } = self.asking { Some(until) } else { None };
        Waiting {
            us: true,
            peer: self.until.is_some(),
            peer_pending: self.requests.peer_pending,
            until: self.until.into_iter().chain(asked).min(),
        }
    }
}
