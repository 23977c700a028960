//! One connection as a state machine: bytes of the socket on one side, events and messages on the other.

use std::collections::VecDeque;
use std::fmt;
use std::io::{BufRead, Write};
use std::mem;

use eebus_core::ship::identity::{PeerKey, Ski};
use ring::rand::{SecureRandom, SystemRandom};
use rustls::Connection;
use tracing::{debug, error, warn};
use tungstenite::protocol::Role;

use crate::upgrade::{ClientUpgrade, read_request};
use crate::websocket::{Incoming, WebSocket, close_code};
use crate::{Blame, Certificate, Identity, LinkError, tls};

/// The largest message accepted until [`Link::limit`] says otherwise, in octets: what a peer nobody trusts yet may
/// make us hold. No message of SHIP's handshake comes near.
pub const DEFAULT_LIMIT: usize = 4096;

const LOG: &str = "eebus::link";

/// What happened on a link.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkEvent {
    /// TLS is done: the peer holds this key.
    Secured(PeerKey),
    /// The WebSocket is open.
    Opened {
        /// Whether the peer named the subprotocol `ship`. A server that leaves it out of its answer is tolerated
        /// (against SHIP 10.2).
        names_ship: bool,
    },
    /// One SHIP message, whole; it may be empty.
    Frame(Vec<u8>),
    /// An answer to a ping.
    Pong,
    /// The peer closed the WebSocket. The last event.
    Closed {
        /// Of the close frame, if it sent one that has a code.
        code: Option<u16>,
        /// Of the close frame; at most 123 octets.
        reason: String,
    },
    /// The peer ended the connection without a close frame: by TLS, or by its socket alone. The last event.
    Ended,
    /// The link failed; the peer has been told where the protocol has a way to. The last event.
    Failed(LinkError),
}

/// TLS, HTTP upgrade and WebSocket of one connection, in memory.
///
/// The loop of an adapter, for each link:
/// 1. read from the socket while [`wants_read`](Self::wants_read), [`receive`](Self::receive) the bytes
///    ([`end`](Self::end) where there are none left);
/// 2. take every event by [`poll_event`](Self::poll_event), acting on one before taking the next;
/// 3. once everything from the last time is written, [`transmit`](Self::transmit) and write to the socket;
/// 4. when [`is_finished`](Self::is_finished) and all is written: shut down the writing half, read on for a moment
///    and drop what comes (else a reset may overtake the close frame), then close.
///
/// Nothing here waits: time limits are the node's. Bytes may come in any pieces; the events are the same.
///
/// Memory of one link: the octets of one `receive`, one message within the limit (twice the limit where a peer
/// fragments it), the messages sent and not yet transmitted, and about 12 KiB of its own.
///
/// ```
/// use eebus_core::{ship::identity::ShipId, time::WallTime};
/// use eebus_link::{Identity, Link, LinkEvent};
///
/// let now = WallTime::from_unix_micros(1_767_225_600_000_000);
/// let server_identity = Identity::create(&ShipId::new("server"), now)?;
/// let client_identity = Identity::create(&ShipId::new("client"), now)?;
/// let mut one = Link::client(&client_identity, Some(server_identity.ski()), "hems.local:4712", "/ship/")?;
/// let mut other = Link::server(&server_identity)?;
///
/// let received = 'wire: loop {
///     while let Some(event) = one.poll_event() {
///         match event {
///             LinkEvent::Opened { .. } => one.send(&[0x00, 0x00]),
///             LinkEvent::Frame(frame) => break 'wire frame,
///             LinkEvent::Failed(error) => return Err(error.into()),
///             _ => {}
///         }
///     }
///     let mut wire = Vec::new();
///     one.transmit(&mut wire);
///     other.receive(&wire);
///     std::mem::swap(&mut one, &mut other);
/// };
/// assert_eq!(received, [0x00, 0x00]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Link {
    tls: Connection,
    stage: Stage,
    /// Decrypted and not yet read.
    plain: VecDeque<u8>,
    limit: usize,
    /// The last event, due once `plain` is used up.
    ending: Option<LinkEvent>,
    /// The socket is gone.
    ended: bool,
}

enum Stage {
    /// TLS handshake; carries what comes next.
    Securing(Upgrade),
    Upgrading(Upgrade),
    Open(Box<WebSocket>),
    /// The last event was taken, or this end closed.
    Over,
}

enum Upgrade {
    Client(ClientUpgrade),
    Server,
}

impl Link {
    /// A link over a connection this end dialled.
    ///
    /// `authority` is the host name or address with the port, `hems.local:4712` or `[2001:db8::1]:4712`; a host name
    /// is sent as SNI. With `expect`, any other node is refused in TLS. `path` is the announced one.
    ///
    /// # Errors
    /// [`LinkError::Internal`] without randomness.
    pub fn client(
        identity: &Identity,
        expect: Option<Ski>,
        authority: &str,
        path: &str,
    ) -> Result<Self, LinkError> {
        let mut key = [0; 16];
        SystemRandom::new()
            .fill(&mut key)
            .map_err(|_| LinkError::Internal { reason: "no randomness".to_owned() })?;
        let upgrade = Upgrade::Client(ClientUpgrade::new(authority, path, key));
        Ok(Self::new(tls::client(identity, expect, host(authority))?, upgrade))
    }

    /// A link over a connection this end accepted.
    ///
    /// # Errors
    /// [`LinkError::Internal`] without randomness.
    pub fn server(identity: &Identity) -> Result<Self, LinkError> {
        Ok(Self::new(tls::server(identity)?, Upgrade::Server))
    }

    fn new(tls: Connection, upgrade: Upgrade) -> Self {
        Self {
            tls,
            stage: Stage::Securing(upgrade),
            plain: VecDeque::new(),
            limit: DEFAULT_LIMIT,
            ending: None,
            ended: false,
        }
    }

    /// Takes bytes the socket delivered. Ignored once the link is over.
    pub fn receive(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && self.is_live() {
            // Good records before a bad one still count, so plaintext is taken before the result is looked at.
            let read = self.tls.read_tls(&mut bytes);
            let state = self.tls.process_new_packets();
            self.decrypt();
            match (read, state) {
                (Ok(_), Ok(state)) => {
                    if state.peer_has_closed() {
                        self.ending = Some(LinkEvent::Ended);
                    }
                }
                (_, Err(error)) => self.ending = Some(LinkEvent::Failed(self.tls_failure(error))),
                (Err(error), Ok(_)) => {
                    self.ending = Some(LinkEvent::Failed(LinkError::Tls { reason: error.to_string() }));
                }
            }
        }
    }

    /// The socket ended, with or without an error. Messages held back by a limit of 0 are dropped.
    pub fn end(&mut self) {
        self.ended = true;
        if self.is_live() {
            self.ending = Some(LinkEvent::Ended);
        }
    }

    /// The next event. After [`Closed`](LinkEvent::Closed), [`Ended`](LinkEvent::Ended), [`Failed`](LinkEvent::Failed) or
    /// [`close`](Self::close) there is none.
    #[must_use]
    pub fn poll_event(&mut self) -> Option<LinkEvent> {
        let event = self.step().unwrap_or_else(|error| Some(self.fail(error)));
        if event.is_some() || self.is_held_back() {
            return event;
        }
        let ending = self.ending.take()?;
        match &ending {
            LinkEvent::Failed(error) => log_failure(error),
            _ => debug!(target: LOG, "ended without a close frame"),
        }
        self.finish();
        Some(ending)
    }

    /// Sends one SHIP message. Dropped unless the WebSocket is open.
    pub fn send(&mut self, frame: &[u8]) {
        if let Stage::Open(socket) = &mut self.stage {
            socket.send(frame, &mut self.tls);
        }
    }

    /// Sends a ping. Dropped unless the WebSocket is open.
    pub fn ping(&mut self) {
        if let Stage::Open(socket) = &mut self.stage {
            socket.ping(&mut self.tls);
        }
    }

    /// Ends the link: sends what was given so far, a close frame if the WebSocket is open, and TLS's end.
    /// The reason is cut to 123 octets. There are no more events; the peer's answer is not waited for.
    pub fn close(&mut self, code: u16, reason: &str) {
        if let Stage::Open(socket) = &mut self.stage {
            debug!(target: LOG, code, reason, "closing");
            socket.close(code, reason, &mut self.tls);
        }
        self.finish();
    }

    /// Appends the bytes that are ready for the socket. A waiting ping of the peer is answered here, so call this only
    /// when everything from the last time is written.
    pub fn transmit(&mut self, out: &mut Vec<u8>) {
        if let Stage::Open(socket) = &mut self.stage {
            socket.answer_ping(&mut self.tls);
        }
        self.transmit_sent(out);
    }

    /// As [`transmit`](Self::transmit), without answering a ping.
    pub(crate) fn transmit_sent(&mut self, out: &mut Vec<u8>) {
        // Writing to a Vec does not fail.
        while self.tls.wants_write() && self.tls.write_tls(out).is_ok() {}
    }

    /// Sets the largest message accepted, in octets. While it is 0, reading stops, and what was received already is
    /// kept, pings included.
    pub fn limit(&mut self, bytes: usize) {
        self.limit = bytes;
        if let Stage::Open(socket) = &mut self.stage
            && bytes > 0
        {
            socket.limit(bytes);
        }
    }

    /// Whether the socket is to be read. It is not while the limit is 0 and when the link is over.
    pub const fn wants_read(&self) -> bool {
        self.is_live() && !self.is_held_back()
    }

    /// Whether the link is over and everything for the socket was taken: the socket may be shut.
    pub fn is_finished(&self) -> bool {
        matches!(self.stage, Stage::Over) && (self.ended || !self.tls.wants_write())
    }

    const fn is_live(&self) -> bool {
        self.ending.is_none() && !matches!(self.stage, Stage::Over)
    }

    const fn is_held_back(&self) -> bool {
        self.limit == 0 && !self.ended && matches!(self.stage, Stage::Open(_))
    }

    fn decrypt(&mut self) {
        let mut reader = self.tls.reader();
        while let Ok(chunk) = reader.fill_buf() {
            let length = chunk.len();
            if length == 0 {
                break;
            }
            self.plain.extend(chunk);
            reader.consume(length);
        }
    }

    fn tls_failure(&self, error: rustls::Error) -> LinkError {
        match tls::failure(error) {
            LinkError::NotTls if self.tls.protocol_version().is_some() => {
                LinkError::Tls { reason: "a record of unknown type".to_owned() }
            }
            other => other,
        }
    }

    /// The next event out of `plain`.
    fn step(&mut self) -> Result<Option<LinkEvent>, LinkError> {
        match &mut self.stage {
            Stage::Securing(_) if !self.tls.is_handshaking() => self.secured().map(Some),
            Stage::Upgrading(_) => self.upgrade(),
            Stage::Open(socket) if self.limit > 0 => {
                let incoming = socket.receive(&mut self.plain)?;
                Ok(incoming.map(|incoming| self.incoming(incoming)))
            }
            Stage::Securing(_) | Stage::Open(_) | Stage::Over => Ok(None),
        }
    }

    fn secured(&mut self) -> Result<LinkEvent, LinkError> {
        let presented =
            self.tls.peer_certificates().and_then(<[_]>::first).ok_or(LinkError::NoCertificate)?;
        let certificate = Certificate::parse(presented).map_err(LinkError::Certificate)?;
        let key = certificate.key();
        debug!(target: LOG, ski = %key.ski, name = certificate.common_name(), "secured");
        if let Stage::Securing(upgrade) = mem::replace(&mut self.stage, Stage::Over) {
            self.stage = Stage::Upgrading(upgrade);
        }
        Ok(LinkEvent::Secured(key))
    }

    fn upgrade(&mut self) -> Result<Option<LinkEvent>, LinkError> {
        let Stage::Upgrading(upgrade) = &mut self.stage else { return Ok(None) };
        let (role, length, names_ship) = match upgrade {
            Upgrade::Client(client) => {
                let request = mem::take(&mut client.request);
                let _ = self.tls.writer().write_all(&request);
                match client.read(self.plain.make_contiguous()).map_err(LinkError::Upgrade)? {
                    Some(response) => (Role::Client, response.length, response.names_ship),
                    None => return Ok(None),
                }
            }
            Upgrade::Server => {
                match read_request(self.plain.make_contiguous()).map_err(LinkError::Upgrade)? {
                    Some((length, answer)) => {
                        let _ = self.tls.writer().write_all(&answer);
                        (Role::Server, length, true)
                    }
                    None => return Ok(None),
                }
            }
        };
        self.plain.drain(..length);
        self.stage = Stage::Open(Box::new(WebSocket::new(role, self.limit.max(1))));
        if names_ship {
            debug!(target: LOG, "opened");
        } else {
            warn!(target: LOG, "opened, though the server did not name the subprotocol ship");
        }
        Ok(Some(LinkEvent::Opened { names_ship }))
    }

    fn incoming(&mut self, incoming: Incoming) -> LinkEvent {
        match incoming {
            Incoming::Frame(frame) => LinkEvent::Frame(frame),
            Incoming::Pong => LinkEvent::Pong,
            Incoming::Close { code, reason } => {
                debug!(target: LOG, code, reason, "closed by the peer");
                self.close(1000, "");
                LinkEvent::Closed { code, reason }
            }
        }
    }

    /// Tells the peer in the words of the layer that failed, and ends the link.
    fn fail(&mut self, error: LinkError) -> LinkEvent {
        log_failure(&error);
        match (&mut self.stage, &error) {
            (Stage::Open(socket), _) => socket.close(close_code(&error), "", &mut self.tls),
            (Stage::Upgrading(Upgrade::Server), LinkError::Upgrade(refused)) => {
                let _ = self.tls.writer().write_all(&refused.answer());
            }
            _ => {}
        }
        self.finish();
        LinkEvent::Failed(error)
    }

    fn finish(&mut self) {
        self.stage = Stage::Over;
        self.ending = None;
        self.plain = VecDeque::new();
        self.tls.send_close_notify();
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match self.stage {
            Stage::Securing(_) => "securing",
            Stage::Upgrading(_) => "upgrading",
            Stage::Open(_) => "open",
            Stage::Over => "over",
        };
        f.debug_struct("Link").field("stage", &stage).field("limit", &self.limit).finish_non_exhaustive()
    }
}

/// Ours is an error; whatever the peer does ends this link alone.
fn log_failure(error: &LinkError) {
    match error.blame() {
        Blame::Us => error!(target: LOG, reason = %error, "failed"),
        Blame::Peer | Blame::Either => debug!(target: LOG, reason = %error, "failed"),
    }
}

/// The host of an authority, without brackets, zone and port.
fn host(authority: &str) -> &str {
    let host = match authority.strip_prefix('[') {
        Some(literal) => literal.split(']').next(),
        None => authority.rsplit_once(':').map(|(host, _)| host).or(Some(authority)),
    };
    host.and_then(|host| host.split('%').next()).unwrap_or_default()
}
