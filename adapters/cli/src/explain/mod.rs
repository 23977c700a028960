//! `eebus replay --explain`: a recorded session as people would tell it.

mod event;
mod rules;

pub(crate) use rules::since;

use crate::failure::Failure;
use eebus_core::ids::{ActorId, PeerId};
use eebus_core::node::{Action, Answer, Call, FrameName, Input, Layer, Misuse, Tap, View};
use eebus_core::time::Instant;
use eebus_core::usecase::{self, Command, lpc};
use eebus_testvectors::{ReplayError, Replayer, Summary};
use std::fmt::{Display, Write as _};
use std::io::{BufRead, Write};
use std::time::Duration;

/// Tells a trace while it is replayed.
pub(crate) fn explain(
    trace: impl BufRead,
    messages: bool,
    out: &mut impl Write,
) -> Result<Result<Summary, ReplayError>, Failure> {
    let teller = Teller { messages, ..Teller::default() };
    let mut replayer = match Replayer::tapped(trace, |_| None, teller) {
        Ok(replayer) => replayer,
        Err(error) => return Ok(Err(error)),
    };
    let start = replayer.now();
    write!(out, "{}", header(replayer.node().view())).map_err(unwritable)?;
    loop {
        let stepped = replayer.step();
        let news: Vec<_> = replayer.tap_mut().told.drain(..).collect();
        let view = replayer.node().view();
        for Told { at, who, what, known } in news {
            let at = at.since(start).as_secs_f64();
            writeln!(out, "{at:>10.3} s  {who:<12} {}", plain(&what)).map_err(unwritable)?;
            for line in known.map(|peer| event::device(view, peer)).unwrap_or_default() {
                writeln!(out, "{:27}{}", "", plain(&line)).map_err(unwritable)?;
            }
        }
        match stepped {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(Ok(replayer.summary())),
            Err(error) => return Ok(Err(error)),
        }
    }
}

fn unwritable(error: std::io::Error) -> Failure {
    if error.kind() == std::io::ErrorKind::BrokenPipe {
        // A reader that has seen enough, such as `head`.
        std::process::exit(0);
    }
    Failure::Failed(format!("cannot write to standard output: {error}"))
}

/// What a peer said, without what would move a terminal.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Who recorded, and what it remembers.
fn header(view: View<'_>) -> String {
    let mut text = format!("Recorded by {} with SKI {}", view.device().address, view.ski().grouped());
    for actor in view.actors() {
        text.push_str(match view.actor(actor) {
            Some(usecase::View::Lpc(lpc::View::System { .. })) => ", a Controllable System",
            Some(usecase::View::Lpc(lpc::View::Guard(_))) => ", an Energy Guard",
            _ => ", with a use case of its own",
        });
    }
    text.push_str(".\n");
    for peer in view.peers() {
        // Writing to a String does not fail.
        let _ = writeln!(
            text,
            "It remembers {}: SKI {}, {}.",
            peer.peer,
            peer.ski.grouped(),
            if peer.readiness.trusted_by_us { "trusted" } else { "not trusted" }
        );
    }
    text
}

/// One line of the timeline.
#[derive(Debug)]
struct Told {
    at: Instant,
    who: String,
    what: String,
    /// The peer whose device is to be shown below.
    known: Option<PeerId>,
}

/// Hears what goes in and out of a node.
#[derive(Debug, Default)]
struct Teller {
    /// Every message is told.
    messages: bool,
    now: Instant,
    told: Vec<Told>,
}

impl Teller {
    fn tell(&mut self, who: impl Display, what: impl Display) {
        let at = self.now;
        self.told.push(Told { at, who: who.to_string(), what: what.to_string(), known: None });
    }

    fn frame(&mut self, who: impl Display, verb: &str, frame: &[u8]) {
        let name = FrameName::of(frame);
        let matters = name.layer == Layer::Ship || name.name.starts_with("write ");
        if self.messages || matters {
            self.tell(who, format_args!("{verb} {name}"));
        }
    }
}

impl Tap for Teller {
    fn input(&mut self, input: &Input<'_>, now: Instant) {
        self.now = now;
        match input {
            Input::Clock { wall, trusted: true } => self.tell("clock", format_args!("it is {wall}")),
            Input::Clock { wall, .. } => {
                self.tell("clock", format_args!("says {wall}, which cannot be believed"));
            }
            Input::Accepted { conn, from } => self.tell(conn, format_args!("comes from {from}")),
            Input::Dialled { conn, attempt } => self.tell(conn, format_args!("{attempt} got through")),
            Input::Secured { conn, peer } => {
                self.tell(conn, format_args!("TLS proves SKI {}", peer.ski.grouped()));
            }
            Input::Opened { conn } => self.tell(conn, "the WebSocket is open"),
            Input::Frame { conn, bytes } => self.frame(conn, "says", bytes),
            Input::Pong { conn } if self.messages => self.tell(conn, "answers the ping"),
            Input::Lost { conn, why } => self.tell(conn, format_args!("is over: {why}")),
            Input::Seen(sighting) => {
                let (instance, ski) = (&sighting.instance, sighting.ski().grouped());
                let places: Vec<_> = sighting.endpoints.iter().map(ToString::to_string).collect();
                self.tell(
                    "discovery",
                    format_args!("sees {instance:?}, SKI {ski}, at {}", places.join(", ")),
                );
            }
            Input::Gone { instance, .. } => self.tell("discovery", format_args!("{instance:?} is gone")),
            // The node tells what comes of the others, or there is nothing to tell.
            _ => {}
        }
    }

    fn call(&mut self, call: &Call, answer: &Result<Answer, Misuse>, now: Instant) {
        self.now = now;
        let what = words(call);
        match answer {
            Ok(Answer::Peer(peer)) => self.tell("application", format_args!("{what}, now {peer}")),
            Ok(_) => self.tell("application", what),
            Err(misuse) => self.tell("application", format_args!("{what}; not taken: {misuse}")),
        }
    }

    fn action(&mut self, action: &Action) {
        match action {
            Action::Dial { attempt, to, .. } => self.tell("node", format_args!("dials {to}, {attempt}")),
            Action::Send { conn, frame } => self.frame(conn, "is told", frame),
            Action::Ping { conn } if self.messages => self.tell(conn, "is pinged"),
            Action::Close { conn, code, reason } => {
                self.tell(conn, format_args!("is closed with {code} {reason:?}"));
            }
            Action::Announce(record) => self.tell("node", format_args!("announces itself as {}", record.id)),
            Action::Withdraw => self.tell("node", "takes its announcement back"),
            Action::Notify(event) => self.event(event),
            _ => {}
        }
    }
}

/// A call as a sentence without its subject.
fn words(call: &Call) -> String {
    match call {
        Call::AddPeer { ski, endpoints } if endpoints.is_empty() => {
            format!("makes SKI {} known", ski.grouped())
        }
        Call::AddPeer { ski, endpoints } => {
            let places: Vec<_> = endpoints.iter().map(ToString::to_string).collect();
            format!("makes SKI {} at {} known", ski.grouped(), places.join(", "))
        }
        Call::Trust { peer } => format!("trusts {peer}"),
        Call::Refuse { peer } => format!("refuses {peer}"),
        Call::Forget { peer } => format!("forgets {peer}"),
        Call::Connect { peer } => format!("wants {peer} dialled now"),
        Call::Accept { ticket } => format!("accepts {ticket}"),
        Call::RefuseWrite { ticket, reason } => format!("refuses {ticket}: {reason}"),
        Call::UseCase { actor, command } => command_words(*actor, command),
        Call::Read { peer, to, function, .. } => format!("reads {function} of {to} of {peer}"),
        Call::Write { peer, to, .. } => format!("writes to {to} of {peer}"),
        Call::Relate { peer, kind, server, .. } => {
            format!("asks {peer} for a {} of {server}", format!("{kind:?}").to_lowercase())
        }
        Call::SetData { feature, function, .. } => format!("sets {function} of {feature}"),
        Call::ForgetAll => "forgets every peer".into(),
        Call::Rename { peer, label } => format!("calls {peer} {label:?}"),
        Call::SetTrustPolicy { .. } => "changes who is trusted unasked".into(),
        Call::SetRegister { register: true } => "announces that a user wants to pair".into(),
        Call::SetRegister { register: false } => "announces that no user wants to pair".into(),
        Call::EnterPin { peer, .. } => format!("enters a PIN for {peer}"),
        Call::SetKeyMaterial { .. } => "tells every peer of new keys".into(),
        Call::Shutdown => "shuts the node down".into(),
        Call::Invoke { peer, to, .. } => format!("calls {to} of {peer}"),
        Call::GiveUp { peer, kind, server, .. } => {
            format!("gives its {} of {server} of {peer} back", format!("{kind:?}").to_lowercase())
        }
        Call::AddEntity { .. } => "adds an entity to the device".into(),
        Call::RemoveEntity { entity } => format!("removes entity {entity:?}"),
        Call::AddFeature { entity, .. } => format!("adds a feature to entity {entity:?}"),
        Call::RemoveFeature { feature } => format!("removes feature {feature}"),
        Call::SetAvailable { use_case, available, .. } => {
            format!("says that {use_case} is {}", if *available { "in use" } else { "not in use" })
        }
        other => format!("{other:?}"),
    }
}

fn command_words(actor: ActorId, command: &Command) -> String {
    let whom = |peer: &Option<PeerId>| peer.map_or("everybody".to_owned(), |peer| peer.to_string());
    match command {
        Command::Lpc(lpc::Command::SetLimit { peer, limit }) => {
            format!("limits {}: {limit}", whom(peer))
        }
        Command::Lpc(lpc::Command::SetFailsafe { peer, value, duration }) => {
            format!("sets the failsafe of {peer}: {value} for {}", span(*duration))
        }
        Command::Lpc(lpc::Command::Interrupt) => "lifts the limit itself".into(),
        other => format!("wants of {actor}: {other:?}"),
    }
}

/// `2 h`, `90 s`, `0.5 s`: to a tenth of a second.
fn span(span: Duration) -> String {
    let tenths = (span.as_millis() + 50) / 100;
    match (tenths / 10, tenths % 10) {
        (secs, 0) if secs >= 3_600 && secs % 3_600 == 0 => format!("{} h", secs / 3_600),
        (secs, 0) => format!("{secs} s"),
        (secs, tenths) => format!("{secs}.{tenths} s"),
    }
}
