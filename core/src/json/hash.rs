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

/// 64-bit hash of a text, eight octets at a time; the last eight of a longer text count twice.
#[inline]
pub const fn hash(text: &[u8]) -> u64 {
    let mut state = (text.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut rest = text;
    while let Some((word, after)) = rest.split_first_chunk::<8>() {
        state = mix(state, u64::from_le_bytes(*word));
        rest = after;
    }
    match text.last_chunk::<8>() {
        Some(word) => mix(state, u64::from_le_bytes(*word)),
        None => mix(state, short(text)),
    }
}

#[inline]
const fn short(mut text: &[u8]) -> u64 {
    let mut word = 0;
    while let Some((octet, before)) = text.split_last() {
        word = word << 8 | *octet as u64;
        text = before;
    }
    word
}

/// Both halves of the product, so that every bit of the word counts in every bit.
#[inline]
const fn mix(state: u64, word: u64) -> u64 {
    let product = ((state ^ word) as u128).wrapping_mul(0xff51_afd7_ed55_8ccd);
    product as u64 ^ (product >> 64) as u64
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
