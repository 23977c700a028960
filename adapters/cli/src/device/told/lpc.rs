//! Limitation of power consumption in words.

use super::{name, say};
use eebus_core::node::View;
use eebus_core::spine::Outcome;
use eebus_core::usecase::lpc::{Event, Limit, LimitState, Written};

/// Why a Controllable System came to its state.
const RULES: [(&str, &str); 16] = [
    ("LPC-901", "just started"),
    ("LPC-902", "the first limit was refused"),
    ("LPC-904", "the Energy Guard set a limit"),
    ("LPC-905", "the Energy Guard sets no limit"),
    ("LPC-906", "no Energy Guard took control within 120 s"),
    ("LPC-908", "the time of the limit is over"),
    ("LPC-909", "the Energy Guard lifted the limit"),
    ("LPC-910", "the Energy Guard set a limit"),
    ("LPC-911", "the Energy Guard was silent for 120 s"),
    ("LPC-912", "the Energy Guard was silent for 120 s"),
    ("LPC-918", "a limit was refused"),
    ("LPC-919", "the Energy Guard set a limit"),
    ("LPC-920", "the Energy Guard sets no limit"),
    ("LPC-921", "the Energy Guard is back and says nothing of a limit"),
    ("LPC-922", "the Energy Guard stayed silent for the failsafe duration"),
    ("LPC-923", "this device lifted the limit itself"),
];

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
    let why = RULES.iter().find(|(known, _)| known == rule).map(|(_, why)| format!(": {why}"));
    let why = why.unwrap_or_default();
    let rule = if rule.is_empty() { String::new() } else { format!(" ({rule})") };
    format!("own ceiling {ceiling}{ends}, {state}{why}{rule}")
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
