//! What a device tells its user.

mod data;
mod lpc;
mod news;
mod tree;

pub(super) use data::KINDS;

use eebus_core::ids::{ConnId, PeerId};
use eebus_core::node::{Decision, Event, PairingRequested, Rung, View};
use eebus_core::ship::PinNews;
use eebus_core::spine::Outcome;
use eebus_core::time::Instant;
use news::{News, between};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::Write;

/// Says one line, at once. Peers have no say in where lines begin and what a terminal does.
pub(super) fn say(line: impl Display) {
    let line = line.to_string().replace(char::is_control, "?");
    let mut out = std::io::stdout().lock();
    // Nobody listens any more: the device works on.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Warns on standard error.
pub(super) fn warn(line: impl Display) {
    eprintln!("eebus: {line}");
}

/// Tells what happens, and of peers only what is new.
#[derive(Debug, Default)]
pub(super) struct Told {
    peers: BTreeMap<PeerId, Known>,
    /// How SHIP ended on connections that are not closed yet.
    endings: BTreeMap<ConnId, String>,
}

/// What was told of a peer.
#[derive(Debug, Default)]
struct Known {
    places: BTreeMap<tree::Place, String>,
    use_cases: BTreeMap<(String, String, String), String>,
    facts: BTreeMap<data::Fact, String>,
}

impl Told {
    /// Says what happened, where a user wants to know.
    pub(super) fn event(&mut self, view: View<'_>, event: &Event) {
        match event {
            Event::Discovered { peer, .. } => self.tree(view, *peer),
            Event::UseCases { peer } => self.use_cases(view, *peer),
            Event::Data { peer, .. } => self.facts(view, *peer),
            Event::Lpc { event, .. } => lpc::event(view, event),
            Event::Ended { conn, ending, .. } => drop(self.endings.insert(*conn, ending.to_string())),
            Event::Disconnected { peer, conn, why, retry } => {
                let why = self.endings.remove(conn).unwrap_or_else(|| why.to_string());
                let retry = retry.map(|at| format!("; dialling again in {}", span(view, at)));
                say(format_args!("{}: disconnected: {why}{}", name(view, *peer), retry.unwrap_or_default()));
            }
            other => {
                if let Some(line) =
                    connection(view, other).or_else(|| trust(view, other)).or_else(|| exchange(view, other))
                {
                    say(line);
                }
            }
        }
    }

    fn tree(&mut self, view: View<'_>, peer: PeerId) {
        let Some(remote) = view.peer(peer).and_then(|peer| peer.remote) else { return };
        let (name, now) = (name(view, peer), tree::places(remote));
        let known = self.peers.entry(peer).or_default();
        if known.places.is_empty() {
            let address = remote.device.as_deref().unwrap_or("without an address");
            let kind = remote.device_type.as_ref().map(|kind| format!(", {kind}")).unwrap_or_default();
            say(format_args!("{name}: device {address}{kind}"));
        }
        let news = between(&known.places, &now);
        if news.is_empty() {
            say(format_args!("{name} has the entities and features it had"));
        }
        for (place, news) in news {
            let line = match news {
                News::Added(line) if known.places.is_empty() => line.to_owned(),
                News::Added(line) => format!("new: {line}"),
                News::Changed(line) => format!("changed: {line}"),
                // Said of what held it.
                News::Gone(_) if tree::is_within(place, &known.places) && !tree::is_within(place, &now) => {
                    continue;
                }
                News::Gone(line) => format!("gone: {line}"),
            };
            say(format_args!("{:indent$}{line}", "", indent = tree::indent(place)));
        }
        known.places = now;
    }

    fn use_cases(&mut self, view: View<'_>, peer: PeerId) {
        let Some(remote) = view.peer(peer).and_then(|peer| peer.remote) else { return };
        let (name, now) = (name(view, peer), tree::use_cases(remote));
        let known = self.peers.entry(peer).or_default();
        for (_, news) in between(&known.use_cases, &now) {
            match news {
                News::Added(line) => say(format_args!("{name}: {line}")),
                News::Changed(line) => say(format_args!("{name}: changed: {line}")),
                News::Gone(line) => say(format_args!("{name}: gone: {line}")),
            }
        }
        known.use_cases = now;
    }

    /// Facts stay until they are reported anew: a session begins without any.
    fn facts(&mut self, view: View<'_>, peer: PeerId) {
        let Some(remote) = view.peer(peer).and_then(|peer| peer.remote) else { return };
        let (name, now) = (name(view, peer), data::facts(remote));
        let known = self.peers.entry(peer).or_default();
        for ((path, ..), news) in between(&known.facts, &now) {
            if let News::Added(line) | News::Changed(line) = news {
                say(format_args!("{name}: {path} {line}"));
            }
        }
        known.facts.retain(|(path, ..), _| remote.features.contains_key(path));
        known.facts.extend(now);
    }
}

/// What a peer is called: its SHIP ID, once known.
pub(super) fn name(view: View<'_>, peer: PeerId) -> String {
    match view.peer(peer) {
        Some(row) => row.ship_id.map_or_else(|| format!("SKI {}", row.ski.grouped()), ToString::to_string),
        None => peer.to_string(),
    }
}

/// How connections come and go.
fn connection(view: View<'_>, event: &Event) -> Option<String> {
    let name = |peer: &PeerId| name(view, *peer);
    Some(match event {
        Event::Listening { port } => format!("listening on port {port}"),
        Event::Seen { ski, ship_id, .. } => format!("{ship_id} is on the network, SKI {}", ski.grouped()),
        Event::Gone { peer } => format!("{} left the network", name(peer)),
        Event::Connected { peer, .. } => format!("{}: connected", name(peer)),
        Event::DialFailed { peer, endpoint, stage, detail } => {
            format!("{}: no connection to {endpoint}: {stage}: {detail}", name(peer))
        }
        Event::Unproved { from, why, .. } => format!("a connection from {from} came to nothing: {why}"),
        Event::Refused { peer, why, from, .. } => match (peer, from) {
            (Some(peer), _) => format!("{}: closed: {why}", name(peer)),
            (None, Some(from)) => format!("refused a connection from {from}: {why}"),
            (None, None) => format!("closed a connection: {why}"),
        },
        Event::Readiness { peer, readiness } if readiness.rung == Rung::Handshaken => {
            format!("{}: paired", name(peer))
        }
        Event::Stopped => "ended".into(),
        _ => return None,
    })
}

/// Who is trusted, and what makes it doubtful.
fn trust(view: View<'_>, event: &Event) -> Option<String> {
    let name = |peer: &PeerId| name(view, *peer);
    Some(match event {
        Event::PairingRequested(PairingRequested { peer, ski, .. }) => {
            format!("{} wants to pair: SKI {}", name(peer), ski.grouped())
        }
        Event::PairingExpired { peer } => format!("{} waits for trust no more", name(peer)),
        Event::Decided { peer, decision, source } => {
            let source = source.map(|source| format!(" ({source})")).unwrap_or_default();
            let decision = match decision {
                Decision::Trusted => "trusted now",
                Decision::Refused => "refused now",
                Decision::Undecided => "neither trusted nor refused now",
            };
            format!("{}: {decision}{source}", name(peer))
        }
        Event::FingerprintChanged { peer, .. } => {
            format!("{} has another certificate than the trusted one, and waits for trust in it", name(peer))
        }
        Event::ShipIdChanged { before, now, .. } => format!("{before} calls itself {now} now; trust stays"),
        Event::Pin { peer, news: PinNews::Wanted { required: true, .. }, .. } => {
            format!("{} wants its PIN before it talks", name(peer))
        }
        Event::Pin { peer, news: PinNews::Refused, .. } => {
            format!("{} says that the PIN is wrong", name(peer))
        }
        Event::KeySwitched { peer, from, to } => {
            format!("{} has SKI {} now instead of {}; trust stays", name(peer), to.grouped(), from.grouped())
        }
        _ => return None,
    })
}

/// What goes wrong between connected nodes.
fn exchange(view: View<'_>, event: &Event) -> Option<String> {
    let name = |peer: &PeerId| name(view, *peer);
    Some(match event {
        Event::Ship { peer, fault, .. } => format!("{} broke a rule of SHIP: {fault}", name(peer)),
        Event::Spine { peer, fault } => format!("{} broke a rule of SPINE: {fault}", name(peer)),
        Event::Repaired { peer, repairs } => {
            format!("{} writes EEBUS JSON of its own kind, read all the same: {repairs}", name(peer))
        }
        Event::Answered { outcome: Outcome::Done, .. } => return None,
        Event::Answered { peer, outcome, .. } => {
            format!("{} does not tell all it offers: {outcome}", name(peer))
        }
        Event::WriteProposed { peer, feature, function, .. } => {
            format!("{} wants to write {function} of {feature}: nobody here decides on that", name(peer))
        }
        Event::WriteEnded { why, .. } => format!("a write was not carried out: {why}"),
        Event::PersistFailed { detail, .. } => format!("nothing could be kept: {detail}"),
        Event::Lagged { missed } => format!("{missed} events were missed"),
        _ => return None,
    })
}

/// How long until `at`.
pub(super) fn span(view: View<'_>, at: Instant) -> String {
    format!("{:.1} s", at.since(view.now()).as_secs_f32())
}
