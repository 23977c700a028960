//! What an operator has to know of a node, in its log.

use eebus_core::node::Event;
use tracing::{debug, info, warn};

const LOG: &str = "eebus::node";

/// Logs an event; contents of messages never.
pub(super) fn event(event: &Event) {
    match event {
        Event::Listening { port } => info!(target: LOG, port, "listening"),
        Event::PairingRequested(request) => {
            info!(target: LOG, peer = %request.peer, ski = %request.ski, "waits for trust");
        }
        Event::Readiness { peer, readiness } => {
            debug!(target: LOG, %peer, rung = %readiness.rung, waits_for = ?readiness.waits_for, "readiness");
        }
        Event::Connected { peer, conn } => info!(target: LOG, %peer, %conn, "connected"),
        Event::Disconnected { peer, conn, why, retry } => {
            let retry = retry.map(|at| at.to_string());
            info!(target: LOG, %peer, %conn, reason = %why, retry, "disconnected");
        }
        Event::Unproved { conn, from, why } => {
            warn!(target: LOG, %conn, %from, reason = %why, "ended before it proved a key");
        }
        Event::DialFailed { peer, endpoint, stage, detail } => {
            info!(target: LOG, %peer, %endpoint, %stage, reason = detail, "dialling failed");
        }
        Event::Refused { conn, peer, from, why } => {
            let peer = peer.map(|peer| peer.to_string());
            let from = from.map(|from| from.to_string());
            warn!(target: LOG, %conn, peer, from, reason = %why, "refused");
        }
        Event::Ship { peer, conn, fault } => warn!(target: LOG, %peer, %conn, reason = %fault, "broke SHIP"),
        Event::Ended { peer, conn, ending } => {
            info!(target: LOG, %peer, %conn, reason = %ending, "SHIP ended");
        }
        Event::Spine { peer, fault } => warn!(target: LOG, %peer, reason = ?fault, "broke SPINE"),
        Event::PersistFailed { seq, detail } => warn!(target: LOG, seq, reason = detail, "not kept"),
        Event::Lagged { missed } => warn!(target: LOG, missed, "the application is too slow"),
        Event::Stopped => info!(target: LOG, "stopped"),
        _ => {}
    }
}
