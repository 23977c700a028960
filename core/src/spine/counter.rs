//! `msgCounter`: ascending over restarts, reserved in blocks so that the store is written rarely (SPINE 5.2.3.1).

/// How many counters one write to the store reserves.
pub const BLOCK: u64 = 1_000;

/// The counter of everything this node sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counter {
    next: u64,
    reserved: u64,
}

impl Counter {
    /// Goes on behind what an earlier run reserved.
    pub fn resume(reserved: u64) -> Self {
        Self { next: reserved.wrapping_add(1), reserved }
    }

    /// The next counter; wraps at 2^64.
    pub fn take(&mut self) -> u64 {
        let counter = self.next;
        self.next = self.next.wrapping_add(1);
        counter
    }

    /// A new reservation to store, once less than half a block is left.
    pub fn reserve(&mut self) -> Option<u64> {
        let left = self.reserved.wrapping_add(1).wrapping_sub(self.next);
        (!(BLOCK / 2..=BLOCK).contains(&left)).then(|| {
            self.reserved = self.next.wrapping_add(BLOCK).wrapping_sub(1);
            self.reserved
        })
    }

    /// The counter up to which a restart has to skip.
    pub fn reserved(&self) -> u64 {
        self.reserved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_never_repeats_a_counter() {
        let mut first = Counter::resume(0);
        assert_eq!(first.reserve(), Some(1_000));
        assert_eq!(first.reserve(), None);
        assert_eq!((1..=500).map(|_| first.take()).last(), Some(500));
        assert_eq!(first.reserve(), None);
        first.take();
        assert_eq!(first.reserve(), Some(1_501));
        assert_eq!(Counter::resume(first.reserved()).take(), 1_502);
    }

    #[test]
    fn it_wraps() {
        let mut counter = Counter::resume(u64::MAX - 1);
        counter.reserve();
        assert_eq!([counter.take(), counter.take()], [u64::MAX, 0]);
        assert_eq!(counter.reserve(), None);
    }
}
