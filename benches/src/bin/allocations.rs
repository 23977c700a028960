//! `allocations [FILE…]`: how often a step allocates or reallocates, as rows of the report's table. Fails if a message of
//! ours takes more allocations to decode than it should.

use eebus_benches::step::Step;
use eebus_benches::subject::{self, Fault};

/// Allocations of a decoded message: its text, its tokens, and one more where something had to be repaired.
const MOST: u64 = 3;

fn main() -> Result<(), Fault> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let mut subjects = subject::load(&files)?;
    let mut most = 0;
    for step in Step::ALL {
        let counts: Vec<_> = subjects
            .iter_mut()
            .map(|subject| {
                subject.run(step, 2);
                let count = allocation_counter::measure(|| subject.run(step, 1)).count_total;
                subject.has(step).then_some(count)
            })
            .collect();
        let cells: Vec<_> = counts.iter().map(|n| n.map(|n| n.to_string()).unwrap_or_default()).collect();
        let mut verdict = String::new();
        if step == Step::Decode {
            most = counts.iter().copied().flatten().max().unwrap_or_default();
            verdict = format!("≤ {MOST} {}", if most <= MOST { "met" } else { "**missed**" });
        }
        println!("| allocations: {} | {} | | {verdict} |", step.title(), cells.join(" | "));
    }
    if files.is_empty() && most > MOST { Err(format!("{most} allocations to decode").into()) } else { Ok(()) }
}
