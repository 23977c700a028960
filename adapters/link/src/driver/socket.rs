//! One socket of the driver: its link, what waits to be written, and how far its end is.

use std::collections::VecDeque;

use eebus_core::node::{Lost, Stage};
use eebus_core::time::Instant;
use tracing::Span;

use super::Interest;
use crate::Link;

#[derive(Debug)]
pub(super) struct Socket {
    pub(super) link: Link,
    /// Where a failure would be.
    pub(super) stage: Stage,
    pub(super) span: Span,
    pub(super) closing: Option<Closing>,
    /// What the socket failed with.
    pub(super) failure: Option<String>,
    /// The peer's half is at its end.
    ended: bool,
    /// For the socket, and not written yet.
    out: Vec<u8>,
    /// Octets that ever left `out`.
    written: u64,
    /// Where each frame that is not written yet ends, counted as `written` is.
    frames: VecDeque<u64>,
    /// What the runtime was told last.
    told: Interest,
}

/// A link that is over, while its socket is brought to an end.
#[derive(Debug)]
pub(super) struct Closing {
    pub(super) until: Instant,
    /// What the node is still to be told.
    pub(super) lost: Option<Lost>,
}

impl Socket {
    pub(super) fn new(link: Link, span: Span) -> Self {
        Self {
            link,
            stage: Stage::Secure,
            span,
            closing: None,
            failure: None,
            ended: false,
            out: Vec::new(),
            written: 0,
            frames: VecDeque::new(),
            told: Interest::default(),
        }
    }

    pub(super) fn send(&mut self, frame: &[u8]) {
        self.link.send(frame);
        self.collect();
        self.frames.push_back(self.written.saturating_add(self.out.len() as u64));
    }

    /// Takes what the link has ready; answers a ping only once everything before is written.
    pub(super) fn collect(&mut self) {
        if self.out.is_empty() {
            self.link.transmit(&mut self.out);
        } else {
            self.link.transmit_sent(&mut self.out);
        }
    }

    pub(super) fn output(&self) -> &[u8] {
        &self.out
    }

    /// The socket took `octets`; answers how many frames are out of the house with them.
    pub(super) fn sent(&mut self, octets: usize) -> u32 {
        let octets = octets.min(self.out.len());
        self.out.drain(..octets);
        self.written = self.written.saturating_add(octets as u64);
        let before = self.frames.len();
        self.frames.retain(|end| *end > self.written);
        u32::try_from(before.saturating_sub(self.frames.len())).unwrap_or(u32::MAX)
    }

    pub(super) fn end(&mut self, failure: Option<String>) {
        self.ended = true;
        self.failure = failure;
        self.link.end();
    }

    fn is_written(&self) -> bool {
        self.closing.is_some() && self.out.is_empty() && self.link.is_finished()
    }

    /// Whether nothing more comes and nothing more can go.
    pub(super) fn is_done(&self) -> bool {
        self.closing.is_some() && self.ended && (self.failure.is_some() || self.is_written())
    }

    pub(super) fn interest(&self) -> Interest {
        Interest {
            read: !self.ended && (self.closing.is_some() || self.link.wants_read()),
            write: !self.out.is_empty() && self.failure.is_none(),
            shut: self.is_written(),
        }
    }

    /// The interest, where it is another one than last time.
    pub(super) fn news(&mut self) -> Option<Interest> {
        let interest = self.interest();
        (std::mem::replace(&mut self.told, interest) != interest).then_some(interest)
    }
}
