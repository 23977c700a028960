//! Medians, taken in turns: what disturbs the machine disturbs every engine.

use super::engine::Engine;
use eebus_benches::step::Step;
use std::time::Duration;

/// How long one turn lasts at least: short beside the time slices of the machine, so that most turns are undisturbed.
const TURN: Duration = Duration::from_micros(200);
/// Turns an engine gets; an odd number.
const TURNS: usize = 151;

/// Nanoseconds of one step on one message, by engine.
pub(crate) fn medians(engines: &mut [Box<dyn Engine>], step: Step, message: usize) -> Vec<Option<f64>> {
    let mut times: Vec<Option<u32>> =
        engines.iter_mut().map(|engine| calibrate(engine.as_mut(), step, message)).collect();
    let mut samples = vec![Vec::with_capacity(TURNS); engines.len()];
    for _ in 0..TURNS {
        for ((engine, times), samples) in engines.iter_mut().zip(&mut times).zip(&mut samples) {
            let Some(times) = *times else { continue };
            let time = engine.time(step, message, times);
            samples.extend(time.map(|time| time.as_nanos() as f64 / f64::from(times)));
        }
    }
    samples.into_iter().map(median).collect()
}

/// How many steps fill a turn.
fn calibrate(engine: &mut dyn Engine, step: Step, message: usize) -> Option<u32> {
    let mut times = 1u32;
    while engine.time(step, message, times)? < TURN && times < 1 << 20 {
        times *= 2;
    }
    Some(times)
}

fn median(mut samples: Vec<f64>) -> Option<f64> {
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied()
}

/// The geometric mean; `None` of nothing.
pub(crate) fn geometric_mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let logarithms: Vec<f64> = values.map(f64::ln).collect();
    let count = logarithms.len();
    (count > 0).then(|| (logarithms.into_iter().sum::<f64>() / count as f64).exp())
}
