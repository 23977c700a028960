//! Heartbeats in both directions (SPINE RS `deviceDiagnosisHeartbeatData`; LPC-005, LPC-006).

use crate::model::{AbsoluteOrRelativeTime, DeviceDiagnosisHeartbeatData, XsDuration};
use crate::time::{Instant, WallTime};
use core::time::Duration;

/// The interval this node promises at most (LPC-005).
pub const TIMEOUT: Duration = Duration::from_secs(60);
/// The interval at which it really sends; earlier than promised, as some peers take the promise as a hard limit.
pub const PERIOD: Duration = Duration::from_secs(50);

/// Sends heartbeats of one DeviceDiagnosis server feature while somebody listens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Producer {
    counter: u64,
    next: Option<Instant>,
}

impl Producer {
    /// The next heartbeat; the following one is due a period later.
    pub fn beat(&mut self, now: Instant, wall: Option<WallTime>) -> DeviceDiagnosisHeartbeatData {
        self.counter = self.counter.wrapping_add(1);
        self.next = Some(now + PERIOD);
        DeviceDiagnosisHeartbeatData {
            timestamp: wall.map(AbsoluteOrRelativeTime::from),
            heartbeat_counter: Some(self.counter),
            heartbeat_timeout: Some(XsDuration::from_core(TIMEOUT)),
        }
    }

    /// Nobody listens any more.
    pub fn stop(&mut self) {
        self.next = None;
    }

    /// When the next heartbeat is due.
    pub fn deadline(&self) -> Option<Instant> {
        self.next
    }
}

/// Watches the heartbeats of one peer entity by the time of their arrival.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Monitor {
    last: Option<Instant>,
}

impl Monitor {
    /// A heartbeat arrived.
    pub fn heard(&mut self, now: Instant) {
        self.last = Some(now);
    }

    /// When the last one arrived.
    pub fn last(&self) -> Option<Instant> {
        self.last
    }

    /// Whether one arrived within `window` before `now`, both ends included.
    pub fn within(&self, window: Duration, now: Instant) -> bool {
        self.last.is_some_and(|last| now.since(last) <= window)
    }
}
