//! What happens beside the node: the user ends the program, and waiting is explained.

use super::discovery::REMEDY;
use super::told;
use eebus_core::ids::PeerId;
use eebus_core::node::{Call, PeerView, View, WaitsFor};
use eebus_smol::{CallError, Handle};
use smol::Timer;
use std::collections::BTreeMap;
use std::time::Duration;

/// What lasts this long, seen twice, is told.
const PATIENCE: Duration = Duration::from_secs(5);
/// Until a full queue of the node is tried again.
const BUSY: Duration = Duration::from_millis(20);

/// Ends the node at the first SIGINT or SIGTERM, and the program at the second.
#[cfg(unix)]
pub(super) async fn on_signal(handle: Handle) {
    use async_signal::{Signal, Signals};
    use smol::stream::StreamExt;
    let mut signals = match Signals::new([Signal::Int, Signal::Term]) {
        Ok(signals) => signals.filter_map(Result::ok),
        Err(error) => {
            return told::warn(format_args!("signals end the program without a word to peers: {error}"));
        }
    };
    if signals.next().await.is_none() {
        return;
    }
    told::say("ending: tells the peers; once more ends at once");
    let mut asked = handle.call(Call::Shutdown).await;
    while asked == Err(CallError::Busy) {
        Timer::after(BUSY).await;
        asked = handle.call(Call::Shutdown).await;
    }
    if let Some(signal) = signals.next().await {
        std::process::exit(128 + signal as i32);
    }
}

/// Elsewhere the system ends the program.
#[cfg(not(unix))]
pub(super) async fn on_signal(_: Handle) {}

/// Says who is waited for, where nothing moves, and what may be wrong.
pub(super) async fn on_waiting(handle: Handle) {
    let mut before = BTreeMap::new();
    let mut told = BTreeMap::new();
    loop {
        Timer::after(PATIENCE).await;
        let Ok(now) = handle.view(waits).await else { continue };
        for (peer, (who, line)) in &now {
            if before.get(peer) == Some(who) && told.insert(*peer, *who) != Some(*who) {
                told::warn(line);
            }
        }
        told.retain(|peer, _| now.contains_key(peer));
        before = now.into_iter().map(|(peer, (who, _))| (peer, who)).collect();
    }
}

/// Who is waited for, by peer, in words.
fn waits(view: View<'_>) -> BTreeMap<PeerId, (WaitsFor, String)> {
    let words = |peer: PeerView<'_>| {
        let (name, readiness) = (told::name(view, peer.peer), peer.readiness);
        let left =
            readiness.until.map(|at| format!(", for {} more", told::span(view, at))).unwrap_or_default();
        let own = view.ski().grouped();
        let line = match readiness.waits_for {
            WaitsFor::PeersUser | WaitsFor::BothUsers => {
                format!("{name}: its user has not trusted this device yet, SKI {own}{left}")
            }
            WaitsFor::Discovery => format!(
                "no sign of {name} yet: is it switched on and on this network, and does it know SKI {own}? {REMEDY}"
            ),
            WaitsFor::Peer => format!("{name} has not answered yet{left}"),
            WaitsFor::OurUser | WaitsFor::Dialling | WaitsFor::Nobody => return None,
        };
        Some((peer.peer, (readiness.waits_for, line)))
    };
    view.peers().filter_map(words).collect()
}
