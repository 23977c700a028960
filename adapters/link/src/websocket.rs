//! WebSocket messages over the TLS connection (SHIP 10.2 to 10.4, RFC 6455).

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};

use rustls::Connection;
use tungstenite::error::{CapacityError, Error};
use tungstenite::protocol::frame::CloseFrame;
use tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};
use tungstenite::{Bytes, Message};

use crate::LinkError;

/// Octets read at once, allocated for each connection.
const READ_BUFFER: usize = 4096;
/// Payload of a control frame (RFC 6455 5.5).
const MAX_CONTROL: usize = 125;

/// What the peer sent.
pub(crate) enum Incoming {
    Frame(Vec<u8>),
    Pong,
    Close { code: Option<u16>, reason: String },
}

pub(crate) struct WebSocket {
    context: WebSocketContext,
    /// The latest ping not answered yet. Earlier ones need no answer of their own (RFC 6455 5.5.3), so that a peer
    /// that pings and does not read costs nothing.
    ping: Option<Bytes>,
}

impl WebSocket {
    pub(crate) fn new(role: Role, limit: usize) -> Self {
        let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER).write_buffer_size(0);
        let mut socket = Self { context: WebSocketContext::new(role, Some(config)), ping: None };
        socket.limit(limit);
        socket
    }

    pub(crate) fn limit(&mut self, bytes: usize) {
        self.context.set_config(|config| {
            config.max_message_size = Some(bytes);
            config.max_frame_size = Some(bytes.max(MAX_CONTROL));
        });
    }

    /// The next message in `plain`, if a whole one is there.
    pub(crate) fn receive(&mut self, plain: &mut VecDeque<u8>) -> Result<Option<Incoming>, LinkError> {
        loop {
            return Ok(Some(match self.context.read(&mut Input(plain)) {
                Ok(Message::Binary(frame)) => Incoming::Frame(frame.into()),
                Ok(Message::Ping(payload)) => {
                    self.ping = Some(payload);
                    continue;
                }
                Ok(Message::Pong(_)) => Incoming::Pong,
                Ok(Message::Close(None)) => Incoming::Close { code: None, reason: String::new() },
                Ok(Message::Close(Some(CloseFrame { code, reason }))) => {
                    Incoming::Close { code: Some(code.into()), reason: reason.as_str().to_owned() }
                }
                Ok(Message::Text(_) | Message::Frame(_)) => return Err(LinkError::TextFrame),
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(failure(error)),
            }));
        }
    }

    pub(crate) fn send(&mut self, frame: &[u8], tls: &mut Connection) {
        self.write(Message::Binary(Bytes::copy_from_slice(frame)), tls);
    }

    pub(crate) fn ping(&mut self, tls: &mut Connection) {
        self.write(Message::Ping(Bytes::new()), tls);
    }

    /// Answers the latest ping.
    pub(crate) fn answer_ping(&mut self, tls: &mut Connection) {
        if let Some(payload) = self.ping.take() {
            self.write(Message::Pong(payload), tls);
        }
    }

    /// Sends a close frame, or the answer to the peer's.
    pub(crate) fn close(&mut self, code: u16, reason: &str, tls: &mut Connection) {
        let room = MAX_CONTROL.saturating_sub(size_of::<u16>());
        let reason = (0..=room).rev().find_map(|end| reason.get(..end)).unwrap_or_default().to_owned();
        let frame = CloseFrame { code: code.into(), reason: reason.into() };
        // The answer to a close frame of the peer ends the context, which it reports as an error.
        let _ = self.context.close(&mut Output(tls), Some(frame));
    }

    fn write(&mut self, message: Message, tls: &mut Connection) {
        let mut output = Output(tls);
        // Fails only once closing began; then nothing more is to be sent.
        let _ = self.context.write(&mut output, message).and_then(|()| self.context.flush(&mut output));
    }
}

/// The close code that tells the peer what it did.
pub(crate) const fn close_code(error: &LinkError) -> u16 {
    match error {
        LinkError::TextFrame => 1003,
        LinkError::TooLarge { .. } => 1009,
        _ => 1002,
    }
}

fn failure(error: Error) -> LinkError {
    match error {
        Error::Capacity(CapacityError::MessageTooLong { size, max_size }) => {
            LinkError::TooLarge { limit: max_size, size }
        }
        other => LinkError::WebSocket { reason: other.to_string() },
    }
}

/// The stream to read from. Whatever is written to it is dropped: the context answers each ping by itself, but
/// only the latest is answered, when there is room for it.
struct Input<'a>(&'a mut VecDeque<u8>);

/// The stream to write to.
struct Output<'a>(&'a mut Connection);

impl Read for Input<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // No bytes would mean the end of the stream.
        if self.0.is_empty() { Err(ErrorKind::WouldBlock.into()) } else { self.0.read(buffer) }
    }
}

impl Write for Input<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Output<'_> {
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        Err(ErrorKind::WouldBlock.into())
    }
}

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.writer().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
