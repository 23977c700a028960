//! How much may be on its way to one peer, so that a slow one costs only itself.

use crate::time::Instant;
use alloc::collections::VecDeque;
use core::time::Duration;

/// Frames that may be on their way to one peer.
pub const MAX_FRAMES: usize = 16;
/// Octets that may be on their way to one peer; one frame may be larger when nothing else is.
pub const MAX_OCTETS: usize = 64 * 1024;
/// A peer that takes nothing for this long is closed.
pub const STALL: Duration = Duration::from_secs(10);

/// The account of one connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Credit {
    sizes: VecDeque<usize>,
    octets: usize,
    /// When something last moved, while something is on its way.
    moved: Option<Instant>,
}

impl Credit {
    /// Whether another frame may be sent.
    pub(super) fn is_open(&self) -> bool {
        self.sizes.len() < MAX_FRAMES && self.octets < MAX_OCTETS
    }

    /// Whether answers of SHIP, which wait for no credit, pile up: the peer asks and does not read.
    pub(super) fn is_overdrawn(&self) -> bool {
        self.sizes.len() >= MAX_FRAMES.saturating_mul(2)
    }

    /// A frame of `size` octets is on its way.
    pub(super) fn spend(&mut self, size: usize, now: Instant) {
        if self.sizes.is_empty() {
            self.moved = Some(now);
        }
        self.sizes.push_back(size);
        self.octets = self.octets.saturating_add(size);
    }

    /// The oldest `frames` frames have left.
    pub(super) fn give_back(&mut self, frames: u32, now: Instant) {
        for _ in 0..frames {
            let Some(size) = self.sizes.pop_front() else { break };
            self.octets = self.octets.saturating_sub(size);
            self.moved = (!self.sizes.is_empty()).then_some(now);
        }
    }

    /// When the peer counts as stalled.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.moved.map(|moved| moved + STALL)
    }
}
