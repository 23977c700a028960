//! Builds the perfect hash that `core/src/json/hash.rs` looks up.

use crate::hash::{EMPTY, bucket, hash, slot};

/// Displacements and slots of a perfect hash of `texts`, whose numbers are their places in the list.
pub(crate) fn build(texts: &[&str]) -> (Vec<u16>, Vec<u16>) {
    let buckets = texts.len().div_ceil(2).next_power_of_two();
    let mut size = texts.len().next_power_of_two();
    loop {
        if let Some(found) = fill(texts, buckets, size) {
            return found;
        }
        size *= 2;
        assert!(size < 64 * texts.len(), "no perfect hash: is a text listed twice? {texts:?}");
    }
}

fn fill(texts: &[&str], buckets: usize, size: usize) -> Option<(Vec<u16>, Vec<u16>)> {
    let mut members = vec![Vec::new(); buckets];
    for (number, text) in texts.iter().enumerate() {
        let hash = hash(text.as_bytes());
        members[bucket(hash, buckets)].push((number as u16, hash));
    }
    let mut order: Vec<usize> = (0..buckets).collect();
    order.sort_by_key(|&b| std::cmp::Reverse(members[b].len()));

    let mut displacements = vec![0; buckets];
    let mut slots = vec![EMPTY; size];
    for b in order {
        displacements[b] = (0..=u16::MAX).take(size).find(|&d| place(&mut slots, &members[b], d))?;
    }
    Some((displacements, slots))
}

/// Takes the slots of a bucket with this displacement, or none of them.
fn place(slots: &mut [u16], members: &[(u16, u64)], displacement: u16) -> bool {
    for (done, &(number, hash)) in members.iter().enumerate() {
        let at = slot(hash, displacement, slots.len());
        if slots[at] != EMPTY {
            for &(_, hash) in &members[..done] {
                slots[slot(hash, displacement, slots.len())] = EMPTY;
            }
            return false;
        }
        slots[at] = number;
    }
    true
}
