//! Where the time comes from.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use eebus_core::time::{Instant, WallTime};

/// A monotonic clock and a wall clock.
pub trait Clock: fmt::Debug + Send {
    /// The time since a start of its own; counts suspend and never runs backwards.
    fn now(&self) -> Instant;

    /// The wall time, as the system believes it.
    fn wall(&self) -> WallTime;
}

/// The system's clocks: the boot-time clock on Linux and Android, elsewhere the monotonic one, which may stand still
/// during suspend.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    start: std::time::Instant,
}

impl SystemClock {
    /// The clocks.
    #[expect(clippy::new_without_default, reason = "where there is a start, it is now, not a default")]
    pub fn new() -> Self {
        Self {
            #[cfg(not(any(target_os = "linux", target_os = "android")))]
            start: std::time::Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn now(&self) -> Instant {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let (secs, nanos) = (u64::try_from(time.tv_sec), u64::try_from(time.tv_nsec));
        Instant::from_micros(secs.unwrap_or(0) * 1_000_000 + nanos.unwrap_or(0) / 1_000)
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn now(&self) -> Instant {
        Instant::from_micros(u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    fn wall(&self) -> WallTime {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        WallTime::from_unix_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}
