//! SPINE with one peer, from the data phase of its connection to the end of it.

use super::address::FeaturePath;
use super::event::Broken;
use super::fault::Refusal;
use super::remote::Remote;
use super::request::{Owner, Requests};
use super::write::Asker;
use crate::ids::RequestId;
use crate::model::{Cmd, CmdClassifier, Filter, FunctionId};
use crate::time::Instant;
use alloc::collections::VecDeque;
use core::time::Duration;

/// Messages that may wait for one peer; a peer that lets more pile up loses its session.
pub const MAX_OUTBOX: usize = 256;
/// How long calls wait for the peer to read this node's discovery, before they are tried all the same: some peers drop
/// what comes from a feature they do not know yet.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// When an unanswered read of discovery or use cases is repeated; after the last one the connection is closed
/// (SPINE IG 2.6.2).
pub const RETRIES: [Duration; 3] =
    [Duration::from_secs(30), Duration::from_secs(300), Duration::from_secs(900)];

/// Something to send. Data is looked up when it is really sent, so a slow peer gets the latest state.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Item {
    /// A request of this node.
    Request {
        request: RequestId,
        owner: Owner,
        classifier: CmdClassifier,
        from: FeaturePath,
        to: FeaturePath,
        cmd: Cmd,
    },
    /// The answer to a read.
    Reply { asker: Asker, from: FeaturePath, function: FunctionId, filter: Option<Filter> },
    /// The answer to a write or a call, or the acknowledgement of a notify or a reply.
    Result { asker: Asker, from: FeaturePath, answer: Result<(), Refusal> },
    /// The current data of a function for the holder of a subscription.
    Notify { subscription: u32, function: FunctionId },
}

/// How far the peer and this node know each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// The discovery read is on its way; the number counts repetitions.
    Asked(usize),
    /// It was not answered; it is repeated at this time.
    Retry(usize, Instant),
    /// The peer's tree is known; at this time calls begin even if the peer never reads this node's discovery.
    Known(Instant),
    /// Calls have begun.
    Open,
}

/// The state of one session.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// What the peer announced and reported.
    pub remote: Remote,
    /// Its requests that wait for an answer.
    pub(crate) requests: Requests,
    pub(crate) outbox: VecDeque<Item>,
    pub(crate) opening: Opening,
    /// The peer has read this node's discovery.
    pub(crate) knows_us: bool,
    /// The use case announcement arrived.
    pub(crate) use_cases_known: bool,
    /// Repetitions of the use case read, and when the next one is due.
    pub(crate) use_case_repeats: (usize, Option<Instant>),
}

impl Session {
    pub(crate) fn new() -> Self {
        Self {
            remote: Remote::default(),
            requests: Requests::default(),
            outbox: VecDeque::new(),
            opening: Opening::Asked(0),
            knows_us: false,
            use_cases_known: false,
            use_case_repeats: (0, None),
        }
    }

    /// Queues something; a notify that waits already moves to the end, so that it carries the latest state behind
    /// everything older.
    pub(crate) fn push(&mut self, item: Item) -> Result<(), Broken> {
        if matches!(item, Item::Notify { .. }) {
            self.outbox.retain(|waiting| *waiting != item);
        }
        if self.outbox.len() >= MAX_OUTBOX {
            return Err(Broken::OutboxFull);
        }
        self.outbox.push_back(item);
        Ok(())
    }

    /// The next thing to send. While too many requests wait for an answer, others wait unsent and answers pass them.
    pub(crate) fn pop(&mut self) -> Option<Item> {
        let room = self.requests.has_room();
        let at = self.outbox.iter().position(|item| room || !matches!(item, Item::Request { .. }))?;
        self.outbox.remove(at)
    }

    /// How far the opening exchange has come.
    pub fn opening(&self) -> Opening {
        self.opening
    }

    /// Whether the peer's use cases are known.
    pub fn use_cases_known(&self) -> bool {
        self.use_cases_known
    }

    /// Number of messages that wait to be sent.
    pub fn backlog(&self) -> usize {
        self.outbox.len()
    }

    /// When this session has to be looked at, and for what.
    pub fn deadline(&self) -> Option<(Instant, &'static str)> {
        let opening = match self.opening {
            Opening::Retry(_, at) => Some((at, "repeated discovery")),
            Opening::Known(at) => Some((at, "discovery by the peer")),
            Opening::Asked(_) | Opening::Open => None,
        };
        let use_cases = self.use_case_repeats.1.map(|at| (at, "repeated use case read"));
        let requests = self.requests.deadline().map(|at| (at, "answer of a peer"));
        opening.into_iter().chain(use_cases).chain(requests).min_by_key(|(at, _)| *at)
    }
}
