//! Operations on the data of one function.

use super::generate::{self, Entropy};
use eebus_core::json::{Limits, Tape};
use eebus_core::model::{
    Criterion, ExchangeFault, FunctionId, delete, merge, merge_selected, project, protect,
};

/// Most operations of a run; more say nothing new.
const MAX_OPERATIONS: usize = 16;

/// Any octets, as operations on the stored data of a function: each is sound, and one that fails changes nothing.
pub fn operations(bytes: &[u8]) {
    let entropy = Entropy::new(bytes);
    let functions: Vec<_> = FunctionId::all().collect();
    let function = functions[entropy.below(functions.len())].info();
    let mut stored = generate::tape(function.ty, &entropy);
    sound(&stored);
    for _ in 0..MAX_OPERATIONS {
        if entropy.is_empty() {
            break;
        }
        let update = generate::tape(function.ty, &entropy);
        let selectors: Vec<_> = function
            .selectors
            .map(|ty| (0..entropy.below(3)).map(|_| generate::tape(ty, &entropy)).collect())
            .unwrap_or_default();
        let selectors: Vec<_> = selectors.iter().map(Criterion::from).collect();
        let elements = function.elements.map(|ty| generate::tape(ty, &entropy));
        let elements = elements.as_ref().map(Criterion::from).filter(|_| entropy.octet() & 1 == 1);
        let before = stored.clone();
        match entropy.below(5) {
            0 => settled(merge(&mut stored, update.root()), &before, &stored),
            1 => settled(merge_selected(&mut stored, &selectors, update.root()), &before, &stored),
            2 => settled(delete(&mut stored, &selectors, elements), &before, &stored),
            3 => {
                if let Ok(part) = project(&stored, &selectors, elements) {
                    sound(&part);
                    assert!(part.memory() <= 2 * before.memory() + 64);
                }
            }
            _ => {
                let mut written = update.clone();
                if protect(&stored, &mut written, entropy.octet() & 1 == 1).is_ok() {
                    sound(&written);
                }
            }
        }
        sound(&stored);
    }
}

/// An operation says the truth about whether it changed the value.
fn settled(done: Result<bool, ExchangeFault>, before: &Tape, after: &Tape) {
    assert_eq!(done == Ok(true), before != after, "{done:?}: {before:?} {after:?}");
}

/// Fails unless the value is written the same with and without copied spans, and read back from both notations.
pub(super) fn sound(tape: &Tape) {
    let (mut spans, mut anew) = (Vec::new(), Vec::new());
    tape.write(&mut spans);
    let mut copy = tape.clone();
    copy.forget_canonical();
    copy.write(&mut anew);
    assert_eq!(String::from_utf8_lossy(&spans), String::from_utf8_lossy(&anew));
    let plain = tape.root().plain().to_string();
    for json in [spans.as_slice(), plain.as_bytes()] {
        let (again, _) = Tape::read(tape.ty(), json, &Limits::default()).expect("what was written is read");
        assert_eq!(again, *tape);
    }
}
