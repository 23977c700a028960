//! Where the writer's octets go: a vector that is laid out with zeros some way ahead, so that a short piece is one copy
//! of fixed length, of which the next piece overwrites what is too much.

use alloc::vec::Vec;

/// Octets laid out at a time.
const AHEAD: usize = 1024;

/// Appends to a vector; [`Sink::finish`] has to be called.
#[derive(Debug)]
pub(super) struct Sink<'a> {
    out: &'a mut Vec<u8>,
    /// What is written ends here.
    at: usize,
}

impl<'a> Sink<'a> {
    /// A sink for about `len` octets.
    pub(super) fn new(out: &'a mut Vec<u8>, len: usize) -> Self {
        out.reserve(len.saturating_add(AHEAD));
        let at = out.len();
        Self { out, at }
    }

    /// Cuts off what was laid out and not written.
    pub(super) fn finish(self) {
        self.out.truncate(self.at);
    }

    /// Appends one octet.
    #[inline]
    pub(super) fn push(&mut self, octet: u8) {
        match self.out.get_mut(self.at) {
            Some(place) => {
                *place = octet;
                self.at = self.at.wrapping_add(1);
            }
            None => self.extend(&[octet]),
        }
    }

    /// Appends the first `len` of `octets`.
    #[inline]
    pub(super) fn cut<const N: usize>(&mut self, octets: &[u8; N], len: usize) {
        match self.out.get_mut(self.at..).and_then(<[u8]>::first_chunk_mut) {
            Some(place) => {
                *place = *octets;
                self.at = self.at.wrapping_add(len);
            }
            None => self.extend(octets.get(..len).unwrap_or_default()),
        }
    }

    /// Appends two octets.
    #[inline]
    pub(super) fn pair(&mut self, octets: &[u8; 2]) {
        self.cut(octets, 2);
    }

    /// Appends octets, however many, and lays out more.
    #[inline(never)]
    pub(super) fn extend(&mut self, octets: &[u8]) {
        self.out.truncate(self.at);
        self.out.extend_from_slice(octets);
        self.at = self.out.len();
        self.out.resize(self.at.saturating_add(AHEAD), 0);
    }

    /// Appends the digits of `value`.
    #[inline]
    pub(super) fn unsigned(&mut self, mut value: u64) {
        if value < 10 {
            return self.push(b'0' | value as u8);
        }
        let mut digits = [0u8; 20];
        let mut start = digits.len();
        for slot in digits.iter_mut().rev() {
            *slot = b'0' | (value % 10) as u8;
            value /= 10;
            start = start.wrapping_sub(1);
            if value == 0 {
                break;
            }
        }
        digits.get(start..).unwrap_or_default().iter().for_each(|digit| self.push(*digit));
    }

    /// Appends `value` with its sign.
    #[inline]
    pub(super) fn signed(&mut self, value: i64) {
        if value < 0 {
            self.push(b'-');
        }
        self.unsigned(value.unsigned_abs());
    }
}
