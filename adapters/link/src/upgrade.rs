//! The HTTP upgrade to a WebSocket with the subprotocol `ship`, both sides (SHIP 10.1, 10.2, RFC 6455 4).

use std::fmt::{self, Write};

use data_encoding::BASE64;
use httparse::{EMPTY_HEADER, Header, Status};
use ring::digest;

use crate::Blame;

/// The longest header of a request or an answer, in octets: far above what any node sends, small enough for each
/// connection of a stranger.
const MAX_HEADER: usize = 8192;
/// The most header lines.
const MAX_HEADER_LINES: usize = 64;

const SUBPROTOCOL: &str = "ship";
const ACCEPT_SALT: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Why an HTTP upgrade failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpgradeError {
    /// What the peer sent is not HTTP.
    NotHttp,
    /// The header exceeds 8 KiB or 64 lines.
    HeaderTooLarge,
    /// An HTTP request that is no upgrade to a WebSocket, for instance of a browser.
    NotAnUpgrade,
    /// Another WebSocket version than 13.
    Version,
    /// A request without `Sec-WebSocket-Key`.
    NoKey,
    /// A request without the subprotocol `ship` (SHIP 10.2).
    NoSubprotocol,
    /// The server answered with another status than 101.
    Status(u16),
    /// The server's `Sec-WebSocket-Accept` does not fit our key.
    Accept,
    /// The server chose a subprotocol other than `ship`.
    OtherSubprotocol,
}

impl UpgradeError {
    pub(crate) const fn blame(&self) -> Blame {
        match self {
            Self::Status(_) => Blame::Either,
            _ => Blame::Peer,
        }
    }

    const fn status(&self) -> &'static str {
        match self {
            Self::NotAnUpgrade | Self::Version => "426 Upgrade Required",
            Self::HeaderTooLarge => "431 Request Header Fields Too Large",
            _ => "400 Bad Request",
        }
    }

    /// The server's answer to the request that failed.
    pub(crate) fn answer(&self) -> Vec<u8> {
        let status = self.status();
        let body = format!("{self}\n");
        let mut answer = format!("HTTP/1.1 {status}\r\n");
        if status.starts_with("426") {
            answer.push_str("Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
        }
        let _ = write!(
            answer,
            "Connection: close\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        answer.into_bytes()
    }
}

impl fmt::Display for UpgradeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotHttp => f.write_str("the peer does not speak HTTP inside TLS"),
            Self::HeaderTooLarge => write!(f, "the HTTP header exceeds {MAX_HEADER} octets or 64 lines"),
            Self::NotAnUpgrade => f.write_str("the HTTP request is no upgrade to a WebSocket"),
            Self::Version => f.write_str("the request is for another WebSocket version than 13"),
            Self::NoKey => f.write_str("the request has no Sec-WebSocket-Key"),
            Self::NoSubprotocol => f.write_str("the request does not offer the subprotocol ship"),
            Self::Status(code) => write!(f, "the server answered with HTTP status {code}"),
            Self::Accept => f.write_str("the server's Sec-WebSocket-Accept does not fit the key"),
            Self::OtherSubprotocol => f.write_str("the server chose another subprotocol than ship"),
        }
    }
}

impl std::error::Error for UpgradeError {}

/// What a client needs: the request to send and the accept value to expect.
pub(crate) struct ClientUpgrade {
    pub(crate) request: Vec<u8>,
    accept: String,
}

/// A server's answer as far as it matters.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Response {
    /// Octets of the header.
    pub(crate) length: usize,
    /// Whether the subprotocol `ship` was named.
    pub(crate) names_ship: bool,
}

impl ClientUpgrade {
    pub(crate) fn new(authority: &str, path: &str, key: [u8; 16]) -> Self {
        let (authority, path) = (printable(authority), printable(path));
        let slash = if path.starts_with('/') { "" } else { "/" };
        let key = BASE64.encode(&key);
        let request = format!(
            "GET {slash}{path} HTTP/1.1\r\nHost: {authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n"
        );
        Self { request: request.into_bytes(), accept: accept(key.as_bytes()) }
    }

    /// Reads the server's answer; `None` while it is not whole.
    pub(crate) fn read(&self, input: &[u8]) -> Result<Option<Response>, UpgradeError> {
        let mut lines = [EMPTY_HEADER; MAX_HEADER_LINES];
        let mut response = httparse::Response::new(&mut lines);
        let Some(length) = whole(response.parse(input), input)? else { return Ok(None) };
        match response.code {
            Some(101) => {}
            code => return Err(UpgradeError::Status(code.unwrap_or(0))),
        }
        if values(response.headers, "sec-websocket-accept").next() != Some(self.accept.as_bytes()) {
            return Err(UpgradeError::Accept);
        }
        let mut chosen = tokens(response.headers, "sec-websocket-protocol").peekable();
        let names_ship = chosen.peek().is_some();
        if chosen.any(|name| name != SUBPROTOCOL.as_bytes()) {
            return Err(UpgradeError::OtherSubprotocol);
        }
        Ok(Some(Response { length, names_ship }))
    }
}

/// Reads a client's request: the octets of its header and the answer; `None` while it is not whole. Any path will do.
pub(crate) fn read_request(input: &[u8]) -> Result<Option<(usize, Vec<u8>)>, UpgradeError> {
    let mut lines = [EMPTY_HEADER; MAX_HEADER_LINES];
    let mut request = httparse::Request::new(&mut lines);
    let Some(length) = whole(request.parse(input), input)? else { return Ok(None) };
    let headers = &*request.headers;
    let is_upgrade = request.method == Some("GET")
        && tokens(headers, "upgrade").any(|token| token.eq_ignore_ascii_case(b"websocket"))
        && tokens(headers, "connection").any(|token| token.eq_ignore_ascii_case(b"upgrade"));
    if !is_upgrade {
        return Err(UpgradeError::NotAnUpgrade);
    }
    if values(headers, "sec-websocket-version").next() != Some(b"13") {
        return Err(UpgradeError::Version);
    }
    let key = values(headers, "sec-websocket-key").next().filter(|key| !key.is_empty());
    let key = key.ok_or(UpgradeError::NoKey)?;
    if !tokens(headers, "sec-websocket-protocol").any(|token| token == SUBPROTOCOL.as_bytes()) {
        return Err(UpgradeError::NoSubprotocol);
    }
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\nSec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n",
        accept(key)
    );
    Ok(Some((length, answer.into_bytes())))
}

/// The header's length once it is whole, within its bounds.
fn whole(parsed: httparse::Result<usize>, input: &[u8]) -> Result<Option<usize>, UpgradeError> {
    match parsed {
        Ok(Status::Complete(length)) if length <= MAX_HEADER => Ok(Some(length)),
        Ok(Status::Partial) if input.len() < MAX_HEADER => Ok(None),
        Ok(_) | Err(httparse::Error::TooManyHeaders) => Err(UpgradeError::HeaderTooLarge),
        Err(_) => Err(UpgradeError::NotHttp),
    }
}

fn accept(key: &[u8]) -> String {
    let mut hash = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
    hash.update(key);
    hash.update(ACCEPT_SALT);
    BASE64.encode(hash.finish().as_ref())
}

/// The values of every header line of this name, trimmed.
fn values<'a>(headers: &'a [Header<'a>], name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case(name))
        .map(|header| header.value.trim_ascii())
}

/// The comma-separated tokens of every header line of this name.
fn tokens<'a>(headers: &'a [Header<'a>], name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    values(headers, name)
        .flat_map(|value| value.split(|octet| *octet == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|token| !token.is_empty())
}

/// Host and path come from a peer's announcement: everything that could break a header line is percent-encoded.
fn printable(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for octet in text.bytes() {
        if octet.is_ascii_graphic() {
            safe.push(char::from(octet));
        } else {
            let _ = write!(safe, "%{octet:02X}");
        }
    }
    safe
}
