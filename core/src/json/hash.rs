//! The perfect hash of the tables. The generator builds it from this very file, so both sides agree by construction.

/// A perfect hash: every listed text has a slot of its own.
#[derive(Clone, Copy, Debug)]
pub struct Index {
    /// One displacement a bucket; a power of two of them.
    pub displacements: &'static [u16],
    /// The number of the text in each slot, [`EMPTY`] where there is none; a power of two of them.
    pub slots: &'static [u16],
}

/// A slot without a text.
pub const EMPTY: u16 = u16::MAX;

impl Index {
    /// The only number `text` can have. The caller compares the text.
    #[inline]
    pub fn candidate(&self, text: &[u8]) -> Option<u16> {
        let hash = hash(text);
        let displacement = *self.displacements.get(bucket(hash, self.displacements.len()))?;
        self.slots.get(slot(hash, displacement, self.slots.len())).copied().filter(|&n| n != EMPTY)
    }
}

/// 64-bit hash of a text, eight octets at a time.
#[inline]
pub const fn hash(text: &[u8]) -> u64 {
    let mut state = (text.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut rest = text;
    while let Some((word, after)) = rest.split_first_chunk::<8>() {
        state = mix(state, u64::from_le_bytes(*word));
        rest = after;
    }
    let mut tail = 0u64;
    while let Some((octet, before)) = rest.split_last() {
        tail = tail << 8 | *octet as u64;
        rest = before;
    }
    mix(state, tail)
}

#[inline]
const fn mix(state: u64, word: u64) -> u64 {
    let product = (state.rotate_left(5) ^ word).wrapping_mul(0xff51_afd7_ed55_8ccd);
    product ^ product >> 32
}

/// The bucket of a hash among `buckets` (a power of two).
#[inline]
pub const fn bucket(hash: u64, buckets: usize) -> usize {
    hash as usize & buckets.wrapping_sub(1)
}

/// The slot of a hash among `slots` (a power of two), moved by its bucket's displacement.
#[inline]
pub const fn slot(hash: u64, displacement: u16, slots: usize) -> usize {
    let step = (hash >> 16) | 1;
    (hash >> 32).wrapping_add(step.wrapping_mul(displacement as u64)) as usize & slots.wrapping_sub(1)
}
