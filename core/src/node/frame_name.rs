//! SHIP frames by name, for logs and timelines.

use crate::json::{Enumeration, Limits};
use crate::model::{CmdView, Datagram};
use crate::ship::message::{ClosePhase, HandshakeType, HelloPhase, Message, PinState};
use crate::ship::{FaultKind, Received, read_frame};
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

/// Octets kept of a name a peer chose.
const MAX_NAME: usize = 64;

/// What a frame is, without its content: `connectionHello ready`, `write loadControlLimitListData #42`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameName {
    /// Whose message it is.
    pub layer: Layer,
    /// The message in words.
    pub name: String,
    /// `msgCounter` of a datagram.
    pub counter: Option<u64>,
    /// `msgCounterReference` of a datagram.
    pub answers: Option<u64>,
    /// Whether the frame holds a PIN, or may hold one; then its text is nobody's business.
    pub is_secret: bool,
}

/// Whose message a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// A message of SHIP itself.
    Ship,
    /// A SPINE datagram.
    Spine,
}

impl FrameName {
    /// Reads a frame as far as its name goes; what cannot be read is called so.
    pub fn of(frame: &[u8]) -> Self {
        if frame.first() == Some(&0) {
            return Self::ship("CMI".into());
        }
        match read_frame(frame) {
            Ok((Received::Payload(payload), _)) => Self::spine(&payload),
            Ok((Received::Message(message), _)) => Self {
                is_secret: frame.windows(5).any(|word| word == b"\"pin\""),
                ..Self::ship(message_name(&message))
            },
            Err(FaultKind::Unexpected(name) | FaultKind::WrongType(name)) => {
                Self { is_secret: mentions_pin(frame), ..Self::ship(name) }
            }
            Err(FaultKind::Unreadable(_)) => {
                Self { is_secret: mentions_pin(frame), ..Self::ship("unreadable message".into()) }
            }
            Err(fault) => Self::ship(fault.to_string()),
        }
    }

    fn ship(name: String) -> Self {
        Self { layer: Layer::Ship, name, counter: None, answers: None, is_secret: false }
    }

    fn spine(payload: &[u8]) -> Self {
        let unnamed = Self { layer: Layer::Spine, ..Self::ship("unreadable datagram".into()) };
        let Ok((datagram, _)) = Datagram::read(payload, &Limits::default()) else { return unnamed };
        let header = datagram.header();
        let classifier = header.cmd_classifier.as_ref().map_or("no classifier", Enumeration::as_str);
        let cmd = datagram.cmds().next();
        let function = match cmd.and_then(CmdView::data) {
            Some((function, _)) => function.name(),
            None => cmd.and_then(|cmd| cmd.unknown().or(cmd.function())).unwrap_or("nothing"),
        };
        let cut = |name: &str| name.chars().take(MAX_NAME).collect::<String>();
        Self {
            name: format!("{} {}", cut(classifier), cut(function)),
            counter: header.msg_counter.map(|counter| counter.0),
            answers: header.msg_counter_reference.map(|counter| counter.0),
            ..unnamed
        }
    }
}

/// `write loadControlLimitListData #42`, `result resultData #7 for #42`.
impl fmt::Display for FrameName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.counter.map_or(Ok(()), |counter| write!(f, " #{counter}"))?;
        self.answers.map_or(Ok(()), |answers| write!(f, " for #{answers}"))
    }
}

fn message_name(message: &Message) -> String {
    let state = match message {
        Message::Hello(hello) => match hello.phase {
            _ if hello.prolongation_request => "asks for more time",
            HelloPhase::Pending => "pending",
            HelloPhase::Ready => "ready",
            HelloPhase::Aborted => "aborted",
        },
        Message::Handshake(handshake) => match handshake.handshake_type {
            HandshakeType::AnnounceMax => "announceMax",
            HandshakeType::Select => "select",
        },
        Message::PinState(state) => match state {
            PinState::None => "none",
            PinState::Ok => "pinOk",
            PinState::Required(_) => "required",
            PinState::Optional(_) => "optional",
        },
        Message::Close(close) => match close.phase {
            ClosePhase::Announce => "announce",
            ClosePhase::Confirm => "confirm",
        },
        _ => return message.name().into(),
    };
    format!("{} {state}", message.name())
}

/// Whether a frame that could not be read may hold a PIN.
fn mentions_pin(frame: &[u8]) -> bool {
    frame.windows(3).any(|word| word.eq_ignore_ascii_case(b"pin"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_have_the_names_of_their_messages() {
        let datagram = br#"{"datagram":[{"header":[{"msgCounter":7},{"msgCounterReference":42},{"cmdClassifier":"result"}]},{"payload":[{"cmd":[[{"resultData":[{"errorNumber":0}]}]]}]}]}"#;
        let data = crate::ship::data_frame(|out| out.extend_from_slice(datagram));
        for (frame, name, layer) in [
            (&b"\x00\x00"[..], "CMI", Layer::Ship),
            (
                br#"?{"connectionHello":[{"phase":"pending"},{"waiting":60000}]}"#,
                "connectionHello pending",
                Layer::Ship,
            ),
            (
                br#"?{"connectionHello":[{"phase":"pending"},{"prolongationRequest":true}]}"#,
                "connectionHello asks for more time",
                Layer::Ship,
            ),
            (br#"?{"connectionPinState":[{"pinState":"none"}]}"#, "connectionPinState none", Layer::Ship),
            (br#"?{"accessMethodsRequest":[]}"#, "accessMethodsRequest", Layer::Ship),
            (&data, "result resultData #7 for #42", Layer::Spine),
            (b"", "an empty message", Layer::Ship),
        ] {
            let mut frame = frame.to_vec();
            if frame.first() == Some(&b'?') {
                frame[0] = 1;
            }
            let named = FrameName::of(&frame);
            assert_eq!((named.to_string().as_str(), named.layer, named.is_secret), (name, layer, false));
        }
    }

    #[test]
    fn a_frame_with_a_pin_or_a_broken_one_is_secret() {
        let sound = Message::PinInput("12345678".parse().unwrap()).frame();
        let broken = b"\x01{\"connectionPinInput\":[{\"pin\":\"12345678\"".to_vec();
        for frame in [sound, broken] {
            let named = FrameName::of(&frame);
            assert!(named.is_secret && !named.to_string().contains("1234"), "{named}");
        }
    }
}
