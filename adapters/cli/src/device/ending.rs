//! What happens beside the node: the user ends the program, and silence is explained.

use super::discovery::{Heard, REMEDY};
use super::told;
use eebus_core::ids::PeerId;
use eebus_core::node::{Call, Rung};
use eebus_smol::{CallError, Handle};
use smol::Timer;
use std::time::Duration;

/// After this time without a sign of a peer the user is told what to look at.
const SILENCE: Duration = Duration::from_secs(10);
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

/// Says what may be wrong where nothing is seen of a peer, or nothing at all.
pub(super) async fn on_silence(handle: Handle, heard: Option<Heard>) {
    Timer::after(SILENCE).await;
    if heard.as_ref().is_some_and(|heard| !heard.anything()) {
        told::warn(format_args!(
            "nothing is heard by mDNS, not even the own announcement: the network may not carry multicast; {REMEDY}"
        ));
    }
    let unseen = handle.view(|view| {
        let unseen =
            view.peers().filter(|peer| peer.readiness.trusted_by_us && peer.readiness.rung == Rung::Known);
        unseen.map(|peer| (peer.peer, peer.ski)).collect::<Vec<(PeerId, _)>>()
    });
    for (_, ski) in unseen.await.unwrap_or_default() {
        told::warn(format_args!(
            "no sign of SKI {} yet: is it switched on and on this network, and does it know this SKI? {REMEDY}",
            ski.grouped()
        ));
    }
}
