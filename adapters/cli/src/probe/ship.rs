//! The whole way up: TLS with a certificate of our own, the WebSocket, the first SHIP messages.

use super::{Target, say};
use crate::failure::Failure;
use eebus_core::node::FrameName;
use eebus_core::ship::identity::ShipId;
use eebus_core::ship::message::{HelloPhase, Message};
use eebus_core::ship::{Received, read_frame};
use eebus_link::{Identity, Layer, Link, LinkError, LinkEvent};
use eebus_pump::{Clock, SystemClock};
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

/// CMI, the first message of either side (SHIP 13.4.3).
const CMI: [u8; 2] = [0, 0];

pub(super) fn show(target: &Target<'_>, path: &str) -> Result<(), Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::Failed(format!(
            "no connection with a certificate: {error}; try again, and look whether the device is busy"
        ))
    };
    let identity =
        Identity::create(&ShipId::new("eebus-probe"), SystemClock::new().wall()).map_err(|e| failed(&e))?;
    let link = Link::client(&identity, None, target.authority, path).map_err(|e| failed(&e))?;
    let stream = target.connect().map_err(|e| failed(&e))?;
    let mut visit = Visit { link, stream, until: Instant::now() + target.patience, heard: 0 };
    let result = visit.go();
    visit.link.close(1000, "");
    // The peer may be gone already.
    let _ = visit.write();
    result
}

struct Visit {
    link: Link,
    stream: TcpStream,
    until: Instant,
    /// SHIP messages.
    heard: u32,
}

impl Visit {
    fn go(&mut self) -> Result<(), Failure> {
        let mut buffer = [0; 4096];
        loop {
            while let Some(event) = self.link.poll_event() {
                if self.on_event(event)? {
                    return Ok(());
                }
            }
            self.write().map_err(|error| self.silent(&error))?;
            if Instant::now() >= self.until {
                return Err(self.silent(&ErrorKind::TimedOut.into()));
            }
            match self.stream.read(&mut buffer) {
                Ok(0) => self.link.end(),
                Ok(octets) => self.link.receive(&buffer[..octets]),
                Err(error) => return Err(self.silent(&error)),
            }
        }
    }

    fn write(&mut self) -> io::Result<()> {
        let mut octets = Vec::new();
        self.link.transmit(&mut octets);
        self.stream.write_all(&octets)
    }

    /// Answers whether everything is known.
    fn on_event(&mut self, event: LinkEvent) -> Result<bool, Failure> {
        match event {
            LinkEvent::Secured(key) => {
                say("handshake", format_args!("done; the peer holds the key of SKI {}", key.ski.grouped()))?;
            }
            LinkEvent::Opened { names_ship } => {
                let named = if names_ship {
                    "with the subprotocol ship"
                } else {
                    "without the subprotocol, against SHIP 10.2"
                };
                say("WebSocket", format_args!("open, {named}"))?;
                self.link.send(&CMI);
            }
            LinkEvent::Frame(frame) => {
                self.heard += 1;
                say("SHIP", words(&frame))?;
                return Ok(self.heard == 2);
            }
            LinkEvent::Closed { code, reason } => {
                let code = code.map(|code| format!(" with {code} {reason:?}")).unwrap_or_default();
                return Err(Failure::Failed(format!(
                    "the peer closes the WebSocket{code}; it may be occupied, or take only peers it knows"
                )));
            }
            LinkEvent::Ended => {
                return Err(Failure::Failed(
                    "the peer hangs up; it may be occupied, or take only peers it knows".into(),
                ));
            }
            LinkEvent::Failed(error) => return Err(Failure::Failed(remedy(&error))),
            _ => {}
        }
        Ok(false)
    }

    fn silent(&self, error: &io::Error) -> Failure {
        let waited = matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock);
        Failure::Failed(match (waited, self.heard) {
            (true, 0) => "the peer says nothing more; give it more --seconds, or start it anew".into(),
            (true, _) => {
                "the peer sends no SHIP message behind CMI; give it more --seconds, or start it anew".into()
            }
            (false, _) => {
                format!("the connection broke: {error}; try again, and look whether the device is busy")
            }
        })
    }
}

fn remedy(error: &LinkError) -> String {
    let remedy = match error.layer() {
        Layer::Tls => "the peer may be occupied, or refuse certificates it does not know",
        Layer::Upgrade => "take the port and the --path that discovery names",
        Layer::WebSocket => "that is the peer's fault; look for newer firmware",
    };
    format!("{error}; {remedy}")
}

/// A message by its name, a hello with what it says of time.
fn words(frame: &[u8]) -> String {
    let name = FrameName::of(frame);
    match read_frame(frame) {
        Ok((Received::Message(Message::Hello(hello)), _)) => {
            let trust = match hello.phase {
                HelloPhase::Pending => ": it does not trust this program yet, as it should",
                HelloPhase::Ready => ": it trusts whoever comes",
                HelloPhase::Aborted => ": it refuses whom it does not know",
            };
            let waits = hello.waiting.map(|ms| format!(", waits {:.1} s", f64::from(ms) / 1000.0));
            format!("{name}{trust}{}", waits.unwrap_or_default())
        }
        _ => name.to_string(),
    }
}
