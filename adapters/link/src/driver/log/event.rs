//! What the application is told, in the log.

use eebus_core::ids::{ConnId, PeerId};
use eebus_core::node::{Decision, Event, Refused};
use eebus_core::ship::{Ending, PinNews};
use eebus_core::spine::Outcome;
use eebus_core::time::Instant;
use eebus_core::usecase::lpc;
use tracing::{debug, error, info, warn};

use super::{DISCOVERY, LINK, NODE, SHIP, SPINE, USE_CASE, seconds};

/// Which connection and which peer an event is about.
pub(super) fn about(event: &Event) -> (Option<ConnId>, Option<PeerId>) {
    match event {
        Event::Connected { peer, conn }
        | Event::Disconnected { peer, conn, .. }
        | Event::Ship { peer, conn, .. }
        | Event::Pin { peer, conn, .. }
        | Event::KeyMaterial { peer, conn, .. }
        | Event::Ended { peer, conn, .. } => (Some(*conn), Some(*peer)),
        Event::Unproved { conn, .. } => (Some(*conn), None),
        Event::Refused { conn, peer, .. } => (Some(*conn), *peer),
        Event::PairingRequested(request) => (None, Some(request.peer)),
        Event::Seen { peer, .. }
        | Event::KeySwitched { peer, .. }
        | Event::PairingExpired { peer }
        | Event::Decided { peer, .. }
        | Event::FingerprintChanged { peer, .. }
        | Event::ShipIdChanged { peer, .. }
        | Event::Gone { peer }
        | Event::Readiness { peer, .. }
        | Event::DialFailed { peer, .. }
        | Event::Spine { peer, .. }
        | Event::Repaired { peer, .. }
        | Event::Discovered { peer, .. }
        | Event::UseCases { peer }
        | Event::Data { peer, .. }
        | Event::Answered { peer, .. }
        | Event::WriteProposed { peer, .. } => (None, Some(*peer)),
        Event::Lpc { event, .. } => (None, partner(event)),
        _ => (None, None),
    }
}

fn partner(event: &lpc::Event) -> Option<PeerId> {
    match event {
        lpc::Event::LimitProposed(proposed) => Some(proposed.peer),
        lpc::Event::Guard { peer, .. }
        | lpc::Event::Ready { peer }
        | lpc::Event::Written { peer, .. }
        | lpc::Event::Reported { peer, .. }
        | lpc::Event::Declined { peer, .. } => Some(*peer),
        _ => None,
    }
}

/// Logs an event; contents of messages never.
pub(super) fn log(event: &Event, now: Instant) {
    match event {
        Event::Listening { port } => info!(target: NODE, port, "listening"),
        Event::Seen { ship_id, .. } => info!(target: DISCOVERY, %ship_id, "seen"),
        Event::Gone { .. } => info!(target: DISCOVERY, "gone"),
        Event::Readiness { readiness, .. } => {
            let (rung, waits_for) = (readiness.rung, readiness.waits_for);
            let within = readiness.until.map(|until| seconds(until.since(now)));
            debug!(target: NODE, %rung, %waits_for, within, "readiness");
        }
        Event::PairingRequested(request) => {
            let ship_id = request.ship_id.as_ref().map(ToString::to_string);
            warn!(target: NODE, ski = %request.ski, ship_id, "a stranger waits for trust");
        }
        Event::PairingExpired { .. } => info!(target: NODE, "its wish for trust is dropped"),
        Event::Decided { decision, source, .. } => {
            let decision = match decision {
                Decision::Trusted => "trusted",
                Decision::Refused => "refused",
                Decision::Undecided => "undecided",
            };
            let source = source.map(|source| source.to_string());
            info!(target: NODE, decision, source, "decided");
        }
        Event::FingerprintChanged { known, presented, .. } => {
            warn!(target: NODE, %known, %presented, "another certificate under the same SKI waits for trust");
        }
        Event::ShipIdChanged { before, now, .. } => {
            warn!(target: NODE, %before, %now, "another SHIP ID under the same SKI");
        }
        Event::KeySwitched { from, to, .. } => info!(target: NODE, %from, %to, "another key of the peer"),
        Event::PersistFailed { seq, detail } => error!(target: NODE, seq, reason = detail, "not kept"),
        Event::Lagged { missed } => warn!(target: NODE, missed, "the application is too slow"),
        Event::Stopped => info!(target: NODE, "stopped"),
        Event::Connected { .. }
        | Event::Disconnected { .. }
        | Event::Unproved { .. }
        | Event::DialFailed { .. }
        | Event::Refused { .. }
        | Event::Ship { .. }
        | Event::Ended { .. } => connection(event, now),
        Event::Pin { news, .. } => pin(news, now),
        Event::KeyMaterial { .. } => info!(target: SHIP, "the peer tells which keys it uses"),
        Event::Lpc { event, .. } => lpc(event, now),
        Event::Custom { name, .. } => info!(target: USE_CASE, name, "custom"),
        _ => spine(event),
    }
}

fn connection(event: &Event, now: Instant) {
    match event {
        Event::Connected { .. } => info!(target: LINK, "connected"),
        Event::Disconnected { why, retry, .. } => {
            let retry_in = retry.map(|at| seconds(at.since(now)));
            info!(target: LINK, reason = %why, retry_in, "disconnected");
        }
        Event::Unproved { from, why, .. } => {
            warn!(target: LINK, %from, reason = %why, "ended before it proved a key");
        }
        Event::DialFailed { endpoint, stage, detail, .. } => {
            info!(target: LINK, %endpoint, %stage, reason = detail, "dialling failed");
        }
        Event::Refused { from, why, .. } => {
            let from = from.map(|from| from.to_string());
            match why {
                Refused::DoubleConnection | Refused::SelfConnection | Refused::ShuttingDown => {
                    info!(target: NODE, from, reason = %why, "refused");
                }
                _ => warn!(target: NODE, from, reason = %why, "refused"),
            }
        }
        Event::Ship { fault, .. } => warn!(target: SHIP, reason = %fault, "rule broken"),
        Event::Ended { ending, .. } => match ending {
            Ending::Closed(_) | Ending::ClosedByPeer(_) | Ending::Refused => {
                info!(target: SHIP, reason = %ending, "ended");
            }
            _ => warn!(target: SHIP, reason = %ending, "ended"),
        },
        _ => {}
    }
}

fn pin(news: &PinNews, now: Instant) {
    match news {
        PinNews::Wanted { required, busy } => warn!(target: SHIP, required, busy, "the peer asks for a PIN"),
        PinNews::Sent => info!(target: SHIP, "the PIN was sent"),
        PinNews::Refused => warn!(target: SHIP, "the PIN was wrong"),
        PinNews::Granted => info!(target: SHIP, "the PIN was taken"),
        PinNews::Wrong { count, busy_until } => {
            let busy = busy_until.map(|until| seconds(until.since(now)));
            warn!(target: SHIP, count, busy, "the peer entered a wrong PIN");
        }
        PinNews::Accepted => info!(target: SHIP, "the peer entered the right PIN"),
        _ => {}
    }
}

fn spine(event: &Event) {
    match event {
        Event::Spine { fault, .. } => warn!(target: SPINE, reason = %fault, "rule broken"),
        Event::Repaired { repairs, .. } => {
            let repairs: Vec<_> =
                repairs.iter().map(|(repair, count)| format!("{count} × {repair}")).collect();
            debug!(target: SPINE, repairs = repairs.join(", "), "repaired");
        }
        Event::Discovered { news, .. } => {
            let (added, removed, modified) = (&news.added, &news.removed, &news.modified);
            info!(target: SPINE, ?added, ?removed, ?modified, "discovered");
        }
        Event::UseCases { .. } => info!(target: SPINE, "use cases known"),
        Event::Data { feature, function, .. } => debug!(target: SPINE, %feature, %function, "data"),
        Event::Answered { request, outcome: Outcome::Done, .. } => {
            debug!(target: SPINE, %request, "answered");
        }
        Event::Answered { request, outcome, .. } => {
            info!(target: SPINE, %request, reason = %outcome, "not carried out");
        }
        Event::WriteProposed { ticket, feature, function, .. } => {
            info!(target: SPINE, %ticket, %feature, %function, "write proposed");
        }
        Event::WriteEnded { ticket, why } => {
            info!(target: SPINE, %ticket, reason = %why, "write not carried out");
        }
        _ => {}
    }
}

fn lpc(event: &lpc::Event, now: Instant) {
    match event {
        lpc::Event::LimitProposed(proposed) => {
            info!(target: USE_CASE, ticket = %proposed.ticket, limit = %proposed.limit, "limit proposed");
        }
        lpc::Event::Limit(limit) => {
            let ceiling = limit.ceiling.map_or_else(|| "none".to_owned(), |ceiling| ceiling.to_string());
            let ends_in = limit.ends.map(|ends| seconds(ends.since(now)));
            info!(target: USE_CASE, state = %limit.state, ceiling, rule = limit.rule, ends_in, "limit");
        }
        lpc::Event::Failsafe { value, duration } => {
            info!(target: USE_CASE, %value, duration = seconds(*duration), "failsafe values changed");
        }
        lpc::Event::Guard { bound: true, .. } => info!(target: USE_CASE, "under control"),
        lpc::Event::Guard { bound: false, .. } => info!(target: USE_CASE, "no longer under control"),
        lpc::Event::Ready { .. } => info!(target: USE_CASE, "can be limited"),
        lpc::Event::Written { what, outcome, .. } => {
            let what = match what {
                lpc::Written::Limit(limit) => format!("limit {limit}"),
                lpc::Written::Failsafe { value, duration } => {
                    format!("failsafe {value} for {} at least", seconds(*duration))
                }
            };
            match outcome {
                Outcome::Done => info!(target: USE_CASE, what, "written"),
                _ => warn!(target: USE_CASE, what, reason = %outcome, "not written"),
            }
        }
        lpc::Event::Reported { limit, .. } => info!(target: USE_CASE, %limit, "reported"),
        lpc::Event::Declined { what, outcome, .. } => {
            warn!(target: USE_CASE, what, reason = %outcome, "declined");
        }
        _ => {}
    }
}
