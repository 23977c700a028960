//! Limitation of power consumption in words.

use super::{name, say};
use crate::explain::since;
use eebus_core::node::View;
use eebus_core::spine::Outcome;
use eebus_core::usecase::lpc::{Event, Limit, LimitState, Written};

pub(super) fn event(view: View<'_>, event: &Event) {
    match event {
        Event::Limit(state) => say(own(view, state)),
        Event::LimitProposed(proposed) => {
            say(format_args!("{} asks for {}", name(view, proposed.peer), words(&proposed.limit)));
        }
        Event::Guard { peer, bound: true } => say(format_args!("{} is in control", name(view, *peer))),
        Event::Guard { peer, bound: false } => say(format_args!("{} gave up control", name(view, *peer))),
        Event::Failsafe { value, duration } => {
            let duration = humantime::format_duration(*duration);
            say(format_args!("own failsafe value {value} for {duration} at least"));
        }
        Event::Ready { peer } => say(format_args!("{} can be limited", name(view, *peer))),
        Event::Written { peer, what, outcome } => {
            let what = match what {
                Written::Limit(limit) => words(limit),
                Written::Failsafe { value, .. } => format!("the failsafe value {value}"),
            };
            match outcome {
                Outcome::Done => say(format_args!("{} accepts {what}", name(view, *peer))),
                outcome => say(format_args!("{} does not accept {what}: {outcome}", name(view, *peer))),
            }
        }
        Event::Reported { peer, limit } => {
            say(format_args!("{} reports {}", name(view, *peer), words(limit)));
        }
        Event::Declined { peer, what, outcome } => {
            say(format_args!("{} declined {what}: {outcome}", name(view, *peer)));
        }
        _ => {}
    }
}

/// The ceiling of this device, and why.
fn own(view: View<'_>, LimitState { state, ceiling, rule, ends }: &LimitState) -> String {
    let ceiling = ceiling.map_or_else(|| "none".into(), |ceiling| ceiling.to_string());
    let ends = ends.map(|at| format!(" for {}", super::span(view, at))).unwrap_or_default();
    format!("own ceiling {ceiling}{ends}: {state}{}", since(rule))
}

fn words(limit: &Limit) -> String {
    match (limit.active, limit.duration) {
        (false, _) => "no limit".into(),
        (true, None) => format!("the limit {} without end", limit.value),
        (true, Some(duration)) => {
            format!("the limit {} for {}", limit.value, humantime::format_duration(duration))
        }
    }
}
