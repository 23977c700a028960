//! What a device tells its user.

use eebus_core::ids::PeerId;
use eebus_core::node::{At, Event};
use eebus_core::spine::Outcome;
use eebus_core::usecase::lpc::{self, LimitState};
use std::fmt::Display;
use std::io::Write;

/// Says one line, at once.
pub(super) fn say(line: impl Display) {
    let mut out = std::io::stdout().lock();
    // Nobody listens any more: the device works on.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Says what happened, where a user wants to know.
pub(super) fn event(node: &At<'_>, event: &Event) {
    match event {
        Event::Listening { port } => say(format_args!("listening on port {port}")),
        Event::Connected { .. } => say("connected"),
        Event::Disconnected { why, retry: Some(at), .. } => {
            let seconds = at.since(node.now()).as_secs_f32();
            say(format_args!("disconnected: {why}; dialling again in {seconds:.1} s"));
        }
        Event::Disconnected { why, retry: None, .. } => say(format_args!("disconnected: {why}")),
        Event::DialFailed { endpoint, stage, detail, .. } => {
            say(format_args!("no connection to {endpoint}: {stage}: {detail}"));
        }
        Event::Refused { why, from, .. } => match from {
            Some(from) => say(format_args!("refused a connection from {from}: {why}")),
            None => say(format_args!("closed the connection: {why}")),
        },
        Event::Ended { ending, .. } => say(format_args!("SHIP ended: {ending}")),
        Event::PairingRequested(stranger) => {
            say(format_args!("a stranger wants to pair: SKI {}", stranger.ski.grouped()));
        }
        Event::Readiness { readiness, .. } => say(format_args!("the peer is {}", readiness.rung)),
        Event::Discovered { peer, .. } => device(node, *peer),
        Event::UseCases { peer } => use_cases(node, *peer),
        Event::Spine { fault, .. } => say(format_args!("the peer broke a rule: {fault:?}")),
        Event::Lpc { event, .. } => lpc(event),
        _ => {}
    }
}

fn device(node: &At<'_>, peer: PeerId) {
    let Some(remote) = node.view().peer(peer).and_then(|peer| peer.remote) else { return };
    let device_type = remote.device_type.as_ref().map(ToString::to_string).unwrap_or_default();
    say(format_args!("device {} {device_type}", remote.device.as_deref().unwrap_or("without a name")));
    for (path, entity_type) in &remote.entities {
        say(format_args!("  entity {path:?} {entity_type}"));
        for (address, feature) in remote.features.iter().filter(|(address, _)| address.entity == *path) {
            say(format_args!("    feature {address} {} {}", feature.feature_type, feature.role));
            for function in feature.functions.keys() {
                say(format_args!("      {function}"));
            }
        }
    }
}

fn use_cases(node: &At<'_>, peer: PeerId) {
    let Some(remote) = node.view().peer(peer).and_then(|peer| peer.remote) else { return };
    for use_case in &remote.use_cases {
        let entity = use_case.entity.as_deref().unwrap_or_default();
        let (actor, name, version) = (&use_case.actor, &use_case.name, &use_case.version);
        let scenarios = &use_case.scenarios;
        say(format_args!("use case {name} {version} as {actor} on {entity:?}, scenarios {scenarios:?}"));
    }
}

fn lpc(event: &lpc::Event) {
    match event {
        lpc::Event::Limit(LimitState { state, ceiling, rule, .. }) => {
            let ceiling =
                ceiling.map_or_else(|| "no ceiling".to_string(), |ceiling| format!("ceiling {ceiling}"));
            say(format_args!("{ceiling}: {state} {rule}"));
        }
        lpc::Event::Guard { bound: true, .. } => say("under control of the peer"),
        lpc::Event::Guard { bound: false, .. } => say("no longer under control of the peer"),
        lpc::Event::Failsafe { value, duration } => {
            say(format_args!("failsafe {value} for {} h at least", duration.as_secs() / 3_600));
        }
        lpc::Event::Ready { .. } => say("the peer can be limited"),
        lpc::Event::Written { outcome: Outcome::Done, .. } => say("the peer took what was written"),
        lpc::Event::Written { outcome, .. } => {
            say(format_args!("the peer did not take what was written: {outcome:?}"));
        }
        lpc::Event::Reported { limit, .. } => say(format_args!("the peer's limit: {limit}")),
        lpc::Event::Declined { what, outcome, .. } => {
            say(format_args!("the peer declined {what}: {outcome:?}"));
        }
        _ => {}
    }
}
