//! What goes in and out of a node, told to `tracing`. The table of targets stands in the docs of `eebus-pump`.

mod event;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

use eebus_core::ids::{ConnId, PeerId};
use eebus_core::node::{
    Action, Answer, Call, Event, FrameName, FrameText, Input, Layer, MAX_PEERS, Misuse, View,
};
use eebus_core::ship::identity::Ski;
use tracing::{Level, Span, debug, enabled, error_span, field, trace};

pub(super) const LINK: &str = "eebus::link";
const SHIP: &str = "eebus::ship";
const SPINE: &str = "eebus::spine";
const USE_CASE: &str = "eebus::usecase";
const NODE: &str = "eebus::node";
const DISCOVERY: &str = "eebus::discovery";
/// Of the spans: whatever lets records of this stack pass lets them pass.
const SPANS: &str = "eebus";

/// The spans that records stand in.
#[derive(Debug, Default)]
pub(super) struct Log {
    conns: BTreeMap<ConnId, Span>,
    /// Connections that are lost; what comes of that is still told in their spans.
    lost: Vec<ConnId>,
    peers: BTreeMap<PeerId, Span>,
}

impl Log {
    /// A connection begins.
    pub(super) fn begin(&mut self, conn: ConnId) -> Span {
        let span = error_span!(target: SPANS, "conn", %conn, peer = field::Empty, ski = field::Empty);
        self.conns.insert(conn, span.clone());
        span
    }

    /// TLS proved whose connection it is.
    pub(super) fn proved(&self, conn: ConnId, ski: Ski, peer: Option<PeerId>) {
        let span = self.conn(conn);
        span.record("ski", field::display(ski));
        if let Some(peer) = peer {
            span.record("peer", field::display(peer));
        }
    }

    /// Everything that came of the last input is told.
    pub(super) fn settled(&mut self) {
        for conn in self.lost.drain(..) {
            self.conns.remove(&conn);
        }
    }

    fn conn(&self, conn: ConnId) -> Span {
        self.conns.get(&conn).cloned().unwrap_or_else(Span::none)
    }

    fn peer(&mut self, peer: PeerId, view: View<'_>) -> Span {
        if self.peers.len() >= MAX_PEERS {
            self.peers.retain(|known, _| view.peer(*known).is_some());
        }
        let ski = || view.peer(peer).map(|peer| field::display(peer.ski));
        let new = || error_span!(target: SPANS, "peer", %peer, ski = ski());
        self.peers.entry(peer).or_insert_with(new).clone()
    }

    /// An input, before the node takes it.
    pub(super) fn input(&mut self, input: &Input<'_>) {
        match input {
            Input::Clock { wall, trusted } => debug!(target: NODE, %wall, trusted, "wall clock"),
            Input::Accepted { conn, from } => {
                self.conn(*conn).in_scope(|| debug!(target: LINK, %from, "accepted"));
            }
            Input::Dialled { conn, attempt } => {
                self.conn(*conn).in_scope(|| debug!(target: LINK, %attempt, "dialled"));
            }
            Input::Frame { conn, bytes } => self.conn(*conn).in_scope(|| frame("received", bytes)),
            Input::Pong { conn } => self.conn(*conn).in_scope(|| debug!(target: LINK, "pong")),
            Input::Lost { conn, why } => {
                self.lost.push(*conn);
                self.conn(*conn).in_scope(|| debug!(target: LINK, reason = %why, "lost"));
            }
            Input::Seen(sighting) => {
                let endpoints: Vec<_> = sighting.endpoints.iter().map(ToString::to_string).collect();
                let (instance, ski) = (&sighting.instance, sighting.ski());
                debug!(target: DISCOVERY, instance, %ski, endpoints = endpoints.join(" "), "seen");
            }
            Input::Gone { ski, instance, .. } => debug!(target: DISCOVERY, %ski, instance, "gone"),
            Input::Persisted { seq } => debug!(target: NODE, seq, "kept"),
            // The node tells what comes of these, or there is nothing to tell.
            Input::Tick
            | Input::Listening { .. }
            | Input::DialFailed { .. }
            | Input::Secured { .. }
            | Input::Opened { .. }
            | Input::Drained { .. }
            | Input::PersistFailed { .. } => {}
        }
    }

    /// A call by its name, before its actions are taken.
    pub(super) fn call(&self, call: Option<String>, answer: &Result<Answer, Misuse>) {
        let Some(call) = call else { return };
        match answer {
            Ok(Answer::Peer(peer)) => debug!(target: NODE, call, %peer, "called"),
            Ok(Answer::Request(request)) => debug!(target: NODE, call, %request, "called"),
            Ok(_) => debug!(target: NODE, call, "called"),
            Err(misuse) => debug!(target: NODE, call, reason = %misuse, "call refused"),
        }
    }

    /// An action, before it is carried out.
    pub(super) fn action(&mut self, action: &Action, view: View<'_>) {
        match action {
            Action::Listen(true) => debug!(target: NODE, "begins to listen"),
            Action::Listen(false) => debug!(target: NODE, "listens no more"),
            Action::Dial { attempt, to, expect } => {
                let ski = expect.map(field::display);
                debug!(target: LINK, %attempt, %to, ski, "dials");
            }
            Action::CancelDial { attempt } => debug!(target: LINK, %attempt, "gives dialling up"),
            Action::Receive { conn, limit: 0 } => {
                self.conn(*conn).in_scope(|| debug!(target: LINK, "stops reading"));
            }
            Action::Receive { conn, limit } => {
                self.conn(*conn).in_scope(|| debug!(target: LINK, octets = limit, "message limit"));
            }
            Action::Send { conn, frame: octets } => self.conn(*conn).in_scope(|| frame("sent", octets)),
            Action::Ping { conn } => self.conn(*conn).in_scope(|| debug!(target: LINK, "ping")),
            // The link says so once it does it.
            Action::Close { .. } => {}
            Action::Announce(record) => {
                let (id, register) = (&record.id, record.register);
                debug!(target: DISCOVERY, ship_id = %id, register, "announces");
            }
            Action::Withdraw => debug!(target: DISCOVERY, "says goodbye"),
            Action::Browse(true) => debug!(target: DISCOVERY, "browses"),
            Action::Browse(false) => debug!(target: DISCOVERY, "browses no more"),
            Action::Persist { seq, .. } => debug!(target: NODE, seq, "keeps"),
            Action::Notify(event) => {
                let span = self.scope(event, view);
                let _within = span.enter();
                event::log(event, view.now());
            }
        }
    }

    /// The span of an event: its connection's, else its peer's.
    fn scope(&mut self, event: &Event, view: View<'_>) -> Span {
        match event::about(event) {
            (Some(conn), _) => self.conn(conn),
            (None, Some(peer)) => self.peer(peer, view),
            (None, None) => Span::none(),
        }
    }
}

/// The name of a call, where it is wanted; the rest is data, and may be nobody's business.
pub(super) fn name(call: &Call) -> Option<String> {
    enabled!(target: NODE, Level::DEBUG)
        .then(|| format!("{call:?}").chars().take_while(|c| c.is_alphanumeric()).collect())
}

/// A message by name and size; its text where everything is wanted, unless it holds a PIN.
fn frame(direction: &'static str, frame: &[u8]) {
    if !enabled!(target: SHIP, Level::DEBUG) && !enabled!(target: SPINE, Level::DEBUG) {
        return;
    }
    let (name, octets) = (FrameName::of(frame), frame.len());
    let text: &dyn Display = if name.is_secret { &"(holds a PIN)" } else { &FrameText(frame) };
    match name.layer {
        Layer::Ship => {
            debug!(target: SHIP, frame = %name, octets, "{direction}");
            trace!(target: SHIP, %text, "{direction}");
        }
        Layer::Spine => {
            debug!(target: SPINE, frame = %name, octets, "{direction}");
            trace!(target: SPINE, %text, "{direction}");
        }
    }
}

/// `118.5 s`.
fn seconds(span: Duration) -> String {
    format!("{:.1} s", span.as_secs_f64())
}
