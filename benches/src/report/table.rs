//! The report as one markdown table: a step's own time, then how the others compare.

use super::engine::Engine;
use super::measure::{geometric_mean, medians};
use eebus_benches::step::Step;
use eebus_benches::subject::Subject;

/// How the time of another engine relates to ours, at least; of the floor, ours to it, at most.
const TARGETS: [(Step, &str, Bound); 7] = [
    (Step::Decode, "crate eebus 0.10.1", Bound::AtLeast(4.5)),
    (Step::Decode, FLOOR, Bound::AtMost(1.25)),
    (Step::DecodeTyped, "crate eebus 0.10.1", Bound::AtLeast(2.5)),
    (Step::Encode, "crate eebus 0.10.1", Bound::AtLeast(4.0)),
    (Step::RoundTrip, "crate eebus 0.10.1", Bound::AtLeast(14.0)),
    (Step::Merge, "crate eebus 0.10.1", Bound::AtLeast(1.5)),
    (Step::Clone, "crate eebus 0.10.1", Bound::AtLeast(8.0)),
];

/// The engine that is a lower bound.
pub(crate) const FLOOR: &str = "checked skip";

#[derive(Clone, Copy)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

impl Bound {
    fn verdict(self, mean: f64) -> String {
        let (sign, bound, met) = match self {
            Self::AtLeast(bound) => ('≥', bound, mean >= bound),
            Self::AtMost(bound) => ('≤', bound, mean <= bound),
        };
        format!("{sign} {bound} {}", if met { "met" } else { "**missed**" })
    }
}

/// Measures everything and prints it.
pub(crate) fn print(subjects: &[Subject], engines: &mut [Box<dyn Engine>]) {
    print!("| |");
    for subject in subjects {
        print!(" {} {:.1} kB |", subject.name, subject.json.len() as f64 / 1000.0);
    }
    println!(" geometric mean | target |");
    println!("|---|{}", "---|".repeat(subjects.len() + 2));
    for step in Step::ALL {
        eprintln!("measuring: {}", step.title());
        let cells: Vec<_> = (0..subjects.len()).map(|message| medians(engines, step, message)).collect();
        let own: Vec<_> = cells.iter().map(|engines| engines.first().copied().flatten()).collect();
        if own.iter().all(Option::is_none) {
            continue;
        }
        row(&format!("**{}**", step.title()), &own, microseconds, None, "");
        for (number, engine) in engines.iter().enumerate().skip(1) {
            let other = cells.iter().map(|engines| engines.get(number).copied().flatten());
            let ratios: Vec<_> = own.iter().zip(other).map(|(own, other)| Some(other? / (*own)?)).collect();
            let target = TARGETS.iter().find(|(s, e, _)| *s == step && *e == engine.name());
            let target = target.map(|(_, _, bound)| *bound);
            compare(engine.name(), ratios, target);
        }
    }
}

fn compare(engine: &str, mut ratios: Vec<Option<f64>>, target: Option<Bound>) {
    let below = engine == FLOOR;
    if below {
        ratios.iter_mut().flatten().for_each(|ratio| *ratio = ratio.recip());
    }
    let Some(mean) = geometric_mean(ratios.iter().flatten().copied()) else { return };
    let verdict = target.map(|bound| bound.verdict(mean)).unwrap_or_default();
    let name = if below { format!("of our own {engine}") } else { format!("{engine} takes") };
    row(&name, &ratios, |ratio| format!("{ratio:.2} ×"), Some(mean), &verdict);
}

fn row(name: &str, cells: &[Option<f64>], show: impl Fn(f64) -> String, mean: Option<f64>, target: &str) {
    let show = |cell: &Option<f64>| cell.map(&show).unwrap_or_default();
    let cells: Vec<_> = cells.iter().map(show).collect();
    println!("| {name} | {} | {} | {target} |", cells.join(" | "), show(&mean));
}

fn microseconds(nanoseconds: f64) -> String {
    format!("{:.2} µs", nanoseconds / 1000.0)
}
