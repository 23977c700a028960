//! What the node told its application, in people's words.

use super::rules::since;
use super::{Teller, span};
use eebus_core::ids::PeerId;
use eebus_core::node::{Decision, Event, Rung, View, WaitsFor};
use eebus_core::ship::PinNews;
use eebus_core::spine::Outcome;
use eebus_core::usecase::lpc::{self, LimitState, State, Written};

impl Teller {
    pub(super) fn event(&mut self, event: &Event) {
        let now = self.now;
        match event {
            Event::Listening { port } => self.tell("node", format_args!("listens at port {port}")),
            Event::Stopped => self.tell("node", "has stopped"),
            Event::Seen { peer, ski, ship_id } => {
                self.tell(peer, format_args!("is seen: SKI {}, SHIP ID {ship_id}", ski.grouped()));
            }
            Event::Gone { peer } => self.tell(peer, "is seen no more"),
            Event::Readiness { peer, readiness } => {
                let within = readiness.until.map(|at| format!(", {} at most", span(at.since(now))));
                let waits = match readiness.waits_for {
                    WaitsFor::Nobody => String::new(),
                    who => format!("; waits for {who}{}", within.unwrap_or_default()),
                };
                self.tell(peer, format_args!("is {}{waits}", rung(readiness.rung)));
            }
            Event::PairingRequested(stranger) => {
                let ski = stranger.ski.grouped();
                self.tell(stranger.peer, format_args!("a stranger with SKI {ski} wants to pair"));
            }
            Event::PairingExpired { peer } => {
                self.tell(peer, "asked for trust too long ago: that is dropped");
            }
            Event::Decided { peer, decision, source } => {
                let source = source.map(|source| format!(" ({source})")).unwrap_or_default();
                let decision = match decision {
                    Decision::Trusted => "trusted",
                    Decision::Refused => "refused",
                    Decision::Undecided => "neither trusted nor refused",
                };
                self.tell(peer, format_args!("is {decision} now{source}"));
            }
            Event::FingerprintChanged { peer, .. } => {
                self.tell(peer, "has another certificate than the trusted one, and waits for trust in it");
            }
            Event::ShipIdChanged { peer, before, now } => {
                self.tell(peer, format_args!("calls itself {now} instead of {before}; trust stays"));
            }
            Event::Pin { peer, news, .. } => self.pin(*peer, news),
            Event::KeyMaterial { peer, .. } => self.tell(peer, "says which keys it uses and will use"),
            Event::KeySwitched { peer, from, to } => {
                self.tell(
                    peer,
                    format_args!("uses the key of SKI {} instead of {}", to.grouped(), from.grouped()),
                );
            }
            Event::Connected { peer, conn } => self.tell(conn, format_args!("belongs to {peer}")),
            Event::Disconnected { peer, why, retry, .. } => {
                let retry = retry.map(|at| format!("; dialled again in {}", span(at.since(now))));
                self.tell(peer, format_args!("is disconnected: {why}{}", retry.unwrap_or_default()));
            }
            Event::Unproved { conn, from, why } => {
                self.tell(conn, format_args!("{from} left before it proved a key: {why}"));
            }
            Event::DialFailed { peer, endpoint, stage, detail } => {
                self.tell(peer, format_args!("is not reached at {endpoint}: {stage}: {detail}"));
            }
            Event::Refused { conn, why, .. } => self.tell(conn, format_args!("is refused: {why}")),
            Event::Ship { peer, fault, .. } => self.tell(peer, format_args!("breaks SHIP: {fault}")),
            Event::Ended { conn, ending, .. } => self.tell(conn, format_args!("SHIP ends: {ending}")),
            Event::PersistFailed { detail, .. } => self.tell("store", format_args!("cannot keep: {detail}")),
            Event::Lpc { event, .. } => self.lpc(event),
            Event::Custom { name, detail, .. } => self.tell("use case", format_args!("{name}: {detail}")),
            other => self.spine(other),
        }
    }

    fn pin(&mut self, peer: PeerId, news: &PinNews) {
        match news {
            PinNews::Wanted { required: true, .. } => {
                self.tell(peer, "asks for a PIN; nothing goes on without it");
            }
            PinNews::Wanted { .. } => self.tell(peer, "asks for a PIN, and goes on without it"),
            PinNews::Sent => self.tell(peer, "is sent the PIN"),
            PinNews::Refused => self.tell(peer, "says that the PIN was wrong"),
            PinNews::Granted => self.tell(peer, "takes the PIN"),
            PinNews::Wrong { count, busy_until } => {
                let busy =
                    busy_until.map(|at| format!("; none is looked at for {}", span(at.since(self.now))));
                self.tell(peer, format_args!("enters wrong PIN number {count}{}", busy.unwrap_or_default()));
            }
            PinNews::Accepted => self.tell(peer, "enters the right PIN"),
            _ => {}
        }
    }

    fn spine(&mut self, event: &Event) {
        match event {
            Event::Spine { peer, fault } => self.tell(peer, format_args!("breaks SPINE: {fault}")),
            Event::Repaired { peer, repairs } => {
                let repairs: Vec<_> =
                    repairs.iter().map(|(repair, count)| format!("{count} × {repair}")).collect();
                self.tell(peer, format_args!("writes in a form of its own: {}", repairs.join(", ")));
            }
            Event::Discovered { peer, news } if news.removed.is_empty() && news.modified.is_empty() => {
                self.tell(peer, "says what it is");
                self.show(*peer);
            }
            Event::Discovered { peer, news } => {
                let (added, removed, modified) = (&news.added, &news.removed, &news.modified);
                let what = format_args!(
                    "is another one now: entities {removed:?} are gone, {added:?} are new, {modified:?} are changed"
                );
                self.tell(peer, what);
            }
            Event::UseCases { peer } => {
                self.tell(peer, "says what it can do");
                self.show(*peer);
            }
            Event::Data { peer, feature, function } if self.messages => {
                self.tell(peer, format_args!("reports {function} of {feature}"));
            }
            Event::Answered { peer, request, outcome, .. } => {
                self.tell(peer, format_args!("answers {request}: {outcome}"));
            }
            Event::WriteProposed { ticket, peer, feature, function } => {
                self.tell(peer, format_args!("wants to write {function} of {feature}: {ticket}"));
            }
            Event::WriteEnded { ticket, why } => self.tell(ticket, format_args!("is not carried out: {why}")),
            _ => {}
        }
    }

    fn show(&mut self, peer: PeerId) {
        if let Some(told) = self.told.last_mut() {
            told.known = Some(peer);
        }
    }

    fn lpc(&mut self, event: &lpc::Event) {
        let now = self.now;
        match event {
            lpc::Event::LimitProposed(proposed) => {
                let (ticket, limit) = (proposed.ticket, proposed.limit);
                self.tell(proposed.peer, format_args!("asks for the limit {limit}: {ticket}"));
            }
            lpc::Event::Limit(LimitState { state, ceiling, rule, ends }) => {
                let draws = match (state, ceiling) {
                    (State::Limited, Some(ceiling)) => format!("LIMITED to {ceiling}"),
                    (state, Some(ceiling)) => format!("{state}: draws {ceiling} at most"),
                    (state, None) => format!("{state}: draws what it needs"),
                };
                let ends = ends.map(|at| format!(", for {}", span(at.since(now)))).unwrap_or_default();
                self.tell("device", format_args!("{draws}{ends}{}", since(rule)));
            }
            lpc::Event::Failsafe { value, duration } => {
                let duration = span(*duration);
                self.tell("device", format_args!("in failsafe it draws {value}, for {duration} at least"));
            }
            lpc::Event::Guard { peer, bound: true } => self.tell(peer, "takes control"),
            lpc::Event::Guard { peer, bound: false } => self.tell(peer, "gives up control"),
            lpc::Event::Ready { peer } => self.tell(peer, "can be limited"),
            lpc::Event::Written { peer, what, outcome } => {
                let what = match what {
                    Written::Limit(limit) => format!("the limit {limit}"),
                    Written::Failsafe { value, duration } => {
                        format!("failsafe {value} for {}", span(*duration))
                    }
                };
                match outcome {
                    Outcome::Done => self.tell(peer, format_args!("takes {what}")),
                    _ => self.tell(peer, format_args!("does not take {what}: {outcome}")),
                }
            }
            lpc::Event::Reported { peer, limit } => {
                self.tell(peer, format_args!("reports its limit: {limit}"));
            }
            lpc::Event::Declined { peer, what, outcome } => {
                self.tell(peer, format_args!("declines {what}: {outcome}"));
            }
            _ => {}
        }
    }
}

fn rung(rung: Rung) -> &'static str {
    match rung {
        Rung::Known => "known by its SKI alone",
        Rung::Seen => "known with an address",
        Rung::Reachable => "reached over TCP",
        Rung::Secured => "proved by TLS",
        Rung::Trusted => "trusted on both sides",
        Rung::Handshaken => "through with SHIP",
        Rung::Discovered => "known with its device",
        Rung::UseCases => "known with its use cases",
    }
}

/// What a peer said of itself so far, a line a thing.
pub(super) fn device(view: View<'_>, peer: PeerId) -> Vec<String> {
    let Some(remote) = view.peer(peer).and_then(|peer| peer.remote) else { return Vec::new() };
    if !remote.use_cases.is_empty() {
        let use_cases = remote.use_cases.iter();
        return use_cases.map(|use_case| format!("{} as {}", use_case.name, use_case.actor)).collect();
    }
    let kind = remote.device_type.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut lines = vec![format!("{} {kind}", remote.device.as_deref().unwrap_or("a device without a name"))];
    lines.extend(remote.entities.iter().map(|(path, entity)| format!("entity {path:?} {entity}")));
    lines
}
