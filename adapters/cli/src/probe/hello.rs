//! What a TLS server answers to one ClientHello: enough of TLS to ask for one thing at a time (RFC 5246 7.4, RFC 8446 4.1).

/// The largest flight that is read: certificates of SHIP nodes have some hundred octets.
const MAX_FLIGHT: usize = 64 * 1024;

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) struct Offer<'a> {
    /// 0x0303 is TLS 1.2, 0x0304 is TLS 1.3.
    pub(super) version: u16,
    pub(super) suites: &'a [u16],
    pub(super) curves: &'a [u16],
    /// Of the server, as SNI; an address is none.
    pub(super) name: Option<&'a str>,
    pub(super) random: [u8; 32],
}

/// What came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Flight {
    pub(super) version: u16,
    pub(super) suite: u16,
    pub(super) curve: Option<u16>,
    /// As DER, the server's own first.
    pub(super) certificates: Vec<Vec<u8>>,
    /// Whether the client's certificate is wanted.
    pub(super) wants_certificate: bool,
}

/// How a server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Flight(Flight),
    Alert(u8),
    /// Something else than TLS, or broken TLS.
    NotTls,
}

/// The record with the ClientHello.
pub(super) fn client_hello(offer: &Offer<'_>) -> Vec<u8> {
    let is_13 = offer.version == 0x0304;
    let list = |numbers: &[u16]| numbers.iter().flat_map(|n| n.to_be_bytes()).collect::<Vec<_>>();
    let mut extensions = Vec::new();
    let mut extension = |number: u16, content: &[u8]| {
        extensions.extend(number.to_be_bytes());
        extensions.extend(sized(2, content));
    };
    if let Some(name) = offer.name {
        extension(0, &sized(2, &[&[0], sized(2, name.as_bytes()).as_slice()].concat()));
    }
    extension(10, &sized(2, &list(offer.curves)));
    extension(11, &[1, 0]);
    extension(13, &sized(2, &list(&[0x0403, 0x0503, 0x0603, 0x0804, 0x0401])));
    if is_13 {
        extension(43, &sized(1, &[3, 4]));
        // No share of any curve: the server names the one it wants.
        extension(51, &[0, 0]);
    }
    let suites = if is_13 { vec![0x1301, 0x1302, 0x1303, 0x1304, 0x1305] } else { offer.suites.to_vec() };
    let hello = [
        &offer.version.min(0x0303).to_be_bytes()[..],
        &offer.random,
        &[0],
        // RFC 5746: secure renegotiation is understood.
        &sized(2, &[list(&suites), vec![0x00, 0xff]].concat()),
        &[1, 0],
        &sized(2, &extensions),
    ]
    .concat();
    let handshake = [&[1], sized(3, &hello).as_slice()].concat();
    [&[HANDSHAKE, 3, 1], sized(2, &handshake).as_slice()].concat()
}

/// Content with its length in front, in so many octets.
fn sized(octets: usize, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&length[4 - octets..], content].concat()
}

/// Reads what a server sent so far; `None` while more has to come.
pub(super) fn read(bytes: &[u8]) -> Option<Answer> {
    let mut records = Octets(bytes);
    let mut messages = Vec::new();
    while let Some(kind) = records.octets(1) {
        if !matches!(kind, [ALERT | HANDSHAKE]) {
            return Some(Answer::NotTls);
        }
        let version = records.octets(2);
        if version.is_some_and(|version| version[0] != 3) {
            return Some(Answer::NotTls);
        }
        let Some(content) = records.sized(2) else { break };
        match (kind, content) {
            ([ALERT], [_, code]) => return Some(Answer::Alert(*code)),
            ([ALERT], _) => return Some(Answer::NotTls),
            _ => messages.extend_from_slice(content),
        }
        if let Some(answer) = flight(&messages) {
            return Some(answer);
        }
    }
    (bytes.len() > MAX_FLIGHT).then_some(Answer::NotTls)
}

/// The messages of a flight, once it is whole: up to ServerHelloDone, or the ServerHello alone in TLS 1.3.
fn flight(messages: &[u8]) -> Option<Answer> {
    let mut octets = Octets(messages);
    let mut flight = Flight::default();
    while let Some(kind) = octets.octets(1) {
        let mut content = Octets(octets.sized(3)?);
        let read = match kind {
            [2] => server_hello(&mut content, &mut flight),
            [11] => certificates(&mut content, &mut flight),
            [12] => {
                flight.curve = match (content.octets(1), content.number()) {
                    (Some([3]), curve) => curve,
                    _ => None,
                };
                Some(())
            }
            [13] => {
                flight.wants_certificate = true;
                Some(())
            }
            _ => Some(()),
        };
        if read.is_none() {
            return Some(Answer::NotTls);
        }
        if kind == [14] || flight.version == 0x0304 {
            return Some(Answer::Flight(flight));
        }
    }
    None
}

fn server_hello(content: &mut Octets<'_>, flight: &mut Flight) -> Option<()> {
    flight.version = content.number()?;
    content.octets(32)?;
    content.sized(1)?;
    flight.suite = content.number()?;
    content.octets(1)?;
    let mut extensions = Octets(content.sized(2).unwrap_or_default());
    while let Some(number) = extensions.number() {
        let mut extension = Octets(extensions.sized(2)?);
        match number {
            43 => flight.version = extension.number()?,
            51 => flight.curve = extension.number(),
            _ => {}
        }
    }
    Some(())
}

fn certificates(content: &mut Octets<'_>, flight: &mut Flight) -> Option<()> {
    let mut list = Octets(content.sized(3)?);
    while !list.0.is_empty() {
        flight.certificates.push(list.sized(3)?.to_vec());
    }
    Some(())
}

/// What is left to read.
struct Octets<'a>(&'a [u8]);

impl<'a> Octets<'a> {
    fn octets(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.octets(2)?.try_into().ok()?))
    }

    /// Content behind its length, which has so many octets.
    fn sized(&mut self, octets: usize) -> Option<&'a [u8]> {
        let length = self.octets(octets)?.iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet));
        self.octets(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ServerHello, Certificate with one of three octets, ServerKeyExchange, CertificateRequest, ServerHelloDone.
    fn answer() -> Vec<u8> {
        let message = |kind: u8, content: &[u8]| [&[kind], sized(3, content).as_slice()].concat();
        let hello =
            [&[3, 3][..], &[7; 32], &[0], &[0xc0, 0x23], &[0], &sized(2, &[0xff, 0x01, 0, 1, 0])].concat();
        let chain = sized(3, &sized(3, &[1, 2, 3]));
        let flight = [
            message(2, &hello),
            message(11, &chain),
            message(12, &[3, 0, 23, 1, 4]),
            message(13, &[0]),
            message(14, &[]),
        ]
        .concat();
        // Two records, cut within a message.
        let (one, two) = flight.split_at(50);
        [&[22, 3, 3], sized(2, one).as_slice(), &[22, 3, 3], &sized(2, two)].concat()
    }

    #[test]
    fn a_flight_is_read_once_it_is_whole() {
        let answer = answer();
        for length in 0..answer.len() {
            assert_eq!(read(&answer[..length]), None, "{length}");
        }
        let expected = Flight {
            version: 0x0303,
            suite: 0xc023,
            curve: Some(23),
            certificates: vec![vec![1, 2, 3]],
            wants_certificate: true,
        };
        assert_eq!(read(&answer), Some(Answer::Flight(expected)));
    }

    #[test]
    fn alerts_and_other_protocols_are_told_apart() {
        assert_eq!(read(&[21, 3, 3, 0, 2, 2, 40]), Some(Answer::Alert(40)));
        assert_eq!(read(b"HTTP/1.1 400 Bad Request"), Some(Answer::NotTls));
        assert_eq!(read(&[22, 3]), None);
        assert_eq!(read(&[21, 3, 3, 0, 0]), Some(Answer::NotTls));
    }

    #[test]
    fn no_octets_make_it_panic() {
        let answer = answer();
        for at in 0..answer.len() {
            for octet in [0, 1, 0x7f, 0x80, 0xff] {
                let mut broken = answer.clone();
                broken[at] = octet;
                read(&broken);
            }
        }
    }
}
