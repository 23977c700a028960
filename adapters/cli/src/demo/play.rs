//! What the two devices' applications do: all a user of the library writes, and a word to the narrator.

use super::told::{What, Who};
use eebus_core::ids::{PeerId, RequestId};
use eebus_core::model::{FeatureType, FunctionData, LoadControlLimitListData, Role};
use eebus_core::node::{At, Event, Rung};
use eebus_core::spine::{FeaturePath, Outcome};
use eebus_core::usecase::Watts;
use eebus_core::usecase::lpc::{Event as Lpc, Limit, Written};
use std::io;
use std::sync::mpsc::Sender;

/// What reaches the narrator.
#[derive(Debug)]
pub(crate) enum Said {
    /// Something happened to a device.
    Told(Who, What),
    /// Its node runs no more.
    Ended(Who, io::Result<()>),
}

/// One device, as it speaks to the narrator.
#[derive(Clone, Debug)]
pub(crate) struct Voice {
    who: Who,
    narrator: Sender<Said>,
}

impl Voice {
    pub(crate) fn new(who: Who, narrator: Sender<Said>) -> Self {
        Self { who, narrator }
    }

    pub(crate) fn tell(&self, what: What) {
        // Once the narrator is gone, nobody listens.
        let _ = self.narrator.send(Said::Told(self.who, what));
    }

    /// The node of this device came to its end.
    pub(crate) fn end(&self, result: io::Result<()>) {
        let _ = self.narrator.send(Said::Ended(self.who, result));
    }

    /// What both devices tell alike.
    fn tell_common(&self, node: &At<'_>, event: Event) {
        self.tell(match event {
            Event::Listening { port } => What::Listens { port },
            Event::Connected { .. } => What::Connected,
            Event::Readiness { readiness, .. } if readiness.rung == Rung::Handshaken => What::Handshaken,
            Event::Discovered { peer, .. } => {
                let remote = node.view().peer(peer).and_then(|peer| peer.remote);
                What::Discovered {
                    device: remote.and_then(|remote| remote.device.clone()).unwrap_or_default(),
                }
            }
            Event::UseCases { .. } => What::UseCases,
            Event::Disconnected { why, .. } => What::Disconnected { why },
            Event::Stopped => What::Stopped,
            trouble @ (Event::DialFailed { .. }
            | Event::Refused { .. }
            | Event::Ship { .. }
            | Event::Spine { .. }
            | Event::Repaired { .. }
            | Event::WriteEnded { .. }
            | Event::PersistFailed { .. }
            | Event::Lagged { .. }) => What::Trouble { detail: format!("{trouble:?}") },
            _ => return,
        });
    }
}

/// The heat pump: its user trusts whoever asks, and it accepts every limit.
pub(crate) fn heat_pump(voice: Voice) -> impl FnMut(&mut At<'_>, Event) {
    move |node, event| match event {
        Event::PairingRequested(request) => {
            voice.tell(What::Paired { ski: request.ski });
            if let Err(misuse) = node.peer(request.peer).trust() {
                voice.tell(What::Trouble { detail: misuse.to_string() });
            }
        }
        Event::Lpc { event: Lpc::LimitProposed(proposed), .. } => {
            voice.tell(What::Accepts { limit: proposed.limit });
            if let Err(misuse) = node.accept(proposed.ticket) {
                voice.tell(What::Trouble { detail: misuse.to_string() });
            }
        }
        Event::Lpc { event: Lpc::Limit(state), .. } => voice.tell(What::Limit(state)),
        Event::Lpc { event: Lpc::Guard { bound: true, .. }, .. } => voice.tell(What::Controlled),
        other => voice.tell_common(node, other),
    }
}

/// The control box: limits the heat pump as soon as its opening write is through, and reads the limit back.
pub(crate) fn control_box(voice: Voice, wanted: Limit) -> impl FnMut(&mut At<'_>, Event) {
    let mut reading: Option<RequestId> = None;
    move |node, event| match event {
        Event::Lpc { event: Lpc::Ready { .. }, .. } => voice.tell(What::Ready),
        Event::Lpc { actor, event: Lpc::Written { peer, what: Written::Limit(limit), outcome } } => {
            let done = outcome == Outcome::Done;
            voice.tell(What::Written { limit, outcome });
            if done && limit.active {
                reading = read_limit(node, peer);
            } else if done && let Err(misuse) = node.set_limit(actor, Some(peer), wanted) {
                voice.tell(What::Trouble { detail: misuse.to_string() });
            }
        }
        Event::Answered { peer, request, outcome: Outcome::Done, .. } if reading == Some(request) => {
            if let Some(limit) = limit_read(node, peer) {
                voice.tell(What::ReadBack { limit });
            }
        }
        Event::Lpc { event: Lpc::Reported { limit, .. }, .. } => voice.tell(What::Reported { limit }),
        other => voice.tell_common(node, other),
    }
}

/// Where the peer keeps its limit.
fn limit_feature(node: &At<'_>, peer: PeerId) -> Option<FeaturePath> {
    let remote = node.view().peer(peer)?.remote?;
    let offers = |(path, _): &(&FeaturePath, _)| {
        remote.server(&path.entity, &FeatureType::LoadControl, LoadControlLimitListData::FUNCTION).as_ref()
            == Some(path)
    };
    remote.features.iter().find(offers).map(|(path, _)| path.clone())
}

/// The local feature that limits.
fn own_feature(node: &At<'_>) -> Option<FeaturePath> {
    let device = node.view().device();
    device.entities().find_map(|(path, _)| device.find(path, &FeatureType::Generic, &Role::Client))
}

fn read_limit(node: &mut At<'_>, peer: PeerId) -> Option<RequestId> {
    let (from, to) = (own_feature(node)?, limit_feature(node, peer)?);
    node.peer(peer).read(&from, &to, LoadControlLimitListData::FUNCTION, None).ok()
}

/// The limit the peer answered with.
fn limit_read(node: &At<'_>, peer: PeerId) -> Option<Limit> {
    let feature = limit_feature(node, peer)?;
    let limits: LoadControlLimitListData = node.view().peer(peer)?.remote?.data(&feature)?;
    let entry = limits.load_control_limit_data.first()?;
    let value = Watts::try_from(entry.value.as_ref()?).ok()?;
    let end = entry.time_period.as_ref().and_then(|period| period.end_time.as_ref());
    let duration = end.and_then(|end| end.to_point().ok()).and_then(|point| match point {
        eebus_core::model::TimePoint::After(span) => Some(span),
        _ => None,
    });
    Some(Limit { value, active: entry.is_limit_active == Some(true), duration })
}
