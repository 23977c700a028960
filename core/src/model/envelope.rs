//! A received datagram of which only the header was read: what is not for this node costs no more.

use core::str;

use super::cmd::{CmdView, Datagram};
use super::generated::{CMD, PAYLOAD};
use super::{FunctionId, Header};
use crate::json::{Error, Limits, Repairs, Tape, Typed};

/// What stands in front of the header, between it and the payload, and behind that, as every writer of EEBUS JSON has it.
const FRONT: &[u8] = b"{\"datagram\":[{\"header\":";
const BETWEEN: &[u8] = b"},{\"payload\":";
const END: &[u8] = b"}]}";
/// What stands in front of the first key of the first command.
const CMD_FRONT: &[u8] = b"[{\"cmd\":[[{\"";
/// Octets in which the key and the function's name are looked for; the longest name has 53.
const MAX_NAMES: usize = 160;

/// A datagram a peer sent, its payload not looked at yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope<'a> {
    header: Header,
    body: Body<'a>,
    limits: Limits,
}

#[derive(Clone, Debug, PartialEq)]
enum Body<'a> {
    /// The document, and in it the JSON of the payload.
    Unread { document: &'a [u8], payload: &'a [u8] },
    /// The document had an unusual form and was read as a whole.
    Read(Datagram),
}

impl<'a> Envelope<'a> {
    /// Reads the header of `{"datagram":…}`. The payload stays a slice, unless the document has another form than
    /// nearly every peer writes (white space, another order, NULs behind).
    ///
    /// # Errors
    ///
    /// There is no such header, or the document exceeds a limit.
    pub fn open(bytes: &'a [u8], limits: &Limits) -> Result<(Self, Repairs), Error> {
        if let Some((header, body, repairs)) = usual(bytes, limits) {
            return Ok((Self { header, body, limits: *limits }, repairs));
        }
        let (datagram, repairs) = Datagram::read(bytes, limits)?;
        Ok((Self { header: datagram.header(), body: Body::Read(datagram), limits: *limits }, repairs))
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Name of the function the first command is about, if no function of SPINE 1.3.0 has it and that can be told
    /// without reading the payload.
    pub fn unknown_function(&self) -> Option<&'a str> {
        let Body::Unread { payload, .. } = self.body else { return None };
        let names = payload.get(..MAX_NAMES).unwrap_or(payload).strip_prefix(CMD_FRONT)?;
        let mut parts = names.split(|&octet| octet == b'"');
        let name = match parts.next()? {
            b"function" if parts.next() == Some(b":") => parts.next()?,
            key => key,
        };
        // The last part may be cut.
        parts.next()?;
        let name = str::from_utf8(name).ok().filter(|name| !name.is_empty() && !name.contains('\\'))?;
        let listed = FunctionId::from_name(name).is_some() || CMD.field_named(name).is_some();
        (!listed).then_some(name)
    }

    /// Reads the payload.
    ///
    /// # Errors
    ///
    /// It is no payload, or exceeds a limit.
    pub fn payload(self) -> Result<(Payload, Repairs), Error> {
        match self.body {
            Body::Read(datagram) => Ok((Payload(datagram.into_tape()), Repairs::default())),
            Body::Unread { document, payload } => match Tape::read(&PAYLOAD, payload, &self.limits) {
                Ok((tape, repairs)) => Ok((Payload(tape), repairs)),
                // Something stands behind the payload, or it has a fault: then its place in the document matters.
                Err(_) => Datagram::read(document, &self.limits)
                    .map(|(datagram, repairs)| (Payload(datagram.into_tape()), repairs)),
            },
        }
    }
}

fn usual<'a>(bytes: &'a [u8], limits: &Limits) -> Option<(Header, Body<'a>, Repairs)> {
    if bytes.len() > limits.size {
        return None;
    }
    let front = bytes.strip_prefix(FRONT)?;
    let (tape, repairs, len) = Tape::read_front(Header::TY, front, limits)?;
    let payload = front.get(len..)?.strip_prefix(BETWEEN)?.strip_suffix(END)?;
    Some((tape.root().get(), Body::Unread { document: bytes, payload }, repairs))
}

/// What a datagram carries.
#[derive(Clone, Debug, PartialEq)]
pub struct Payload(Tape);

impl Payload {
    /// The commands; a valid datagram has one (SPINE 5.3.2).
    pub fn cmds(&self) -> impl Iterator<Item = CmdView<'_>> {
        let root = self.0.root();
        let payload =
            if core::ptr::eq(self.0.ty(), &PAYLOAD) { Some(root) } else { Datagram::payload_of(root) };
        payload.into_iter().flat_map(CmdView::all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Repair;
    use crate::model::MsgCounter;
    use alloc::format;
    use alloc::vec::Vec;

    const HEAD: &str = r#"{"datagram":[{"header":[{"msgCounter":7},{"cmdClassifier":"read"}]},{"payload":"#;

    fn open(text: &str) -> Result<(Envelope<'_>, Repairs), Error> {
        Envelope::open(text.as_bytes(), &Limits::default())
    }

    #[test]
    fn the_payload_is_not_looked_at_before_somebody_needs_it() {
        let text = format!("{HEAD}[{{\"cmd\":[[{{\"resultData\":[{{\"errorNumber\":\"x\"}}]}}]]}}]}}]}}");
        let (envelope, repairs) = open(&text).unwrap();
        assert!(repairs.is_empty());
        assert_eq!(envelope.header().msg_counter, Some(MsgCounter(7)));
        assert_eq!(envelope.unknown_function(), None);
        let error = envelope.payload().unwrap_err();
        assert_eq!(error.path, "datagram.payload.cmd[0].resultData.errorNumber");
        assert_eq!(error, Datagram::read(text.as_bytes(), &Limits::default()).unwrap_err());
        let (envelope, _) = open(r#"{"datagram":[{"header":[]},{"payload":"no payload at all"}]}"#).unwrap();
        let error = envelope.payload().unwrap_err();
        assert_eq!((error.path.as_str(), error.at), ("datagram.payload", 38));
    }

    #[test]
    fn every_form_of_a_datagram_has_the_same_header_and_commands() {
        let cmd = r#"[{"cmd":[[{"function":"resultData"},{"resultData":[{"errorNumber":7}]}]]}]"#;
        let usual = format!("{HEAD}{cmd}}}]}}");
        let (datagram, _) = Datagram::read(usual.as_bytes(), &Limits::default()).unwrap();
        let swapped = format!(
            r#"{{"datagram":[{{"payload":{cmd}}},{{"header":[{{"msgCounter":7}},{{"cmdClassifier":"read"}}]}}]}}"#
        );
        let more = format!("{HEAD}{cmd}}},{{\"odd\":[{{\"a\":1}}]}}]}}");
        let long =
            usual.replace("[{\"msgCounter\"", &format!("[{{\"odd\":\"{:2000}\"}},{{\"msgCounter\"", ""));
        let forms = [
            usual.clone(),
            format!("{usual}\0"),
            format!("{usual}\n"),
            format!(" {usual}"),
            swapped,
            more,
            long,
        ];
        for (at, form) in forms.iter().enumerate() {
            let (envelope, _) = open(form).unwrap();
            assert_eq!(*envelope.header(), datagram.header());
            assert_eq!(matches!(envelope.body, Body::Unread { .. }), matches!(at, 0 | 5), "{form}");
            let (payload, _) = envelope.payload().unwrap();
            assert!(payload.cmds().eq(datagram.cmds()), "{form}");
        }
    }

    #[test]
    fn an_unknown_function_is_told_from_the_front_of_the_payload() {
        for (cmd, unknown) in [
            (r#"{"acmeData":[{"#, Some("acmeData")),
            (r#"{"function":"acmeData"},{"#, Some("acmeData")),
            (r#"{"function":"acmeData"#, None),
            (r#"{"function":""},{"acmeData":[]"#, None),
            (r#"{"function":"resultData"},{"#, None),
            (r#"{"function":7},{"#, None),
            (r#"{"filter":[["#, None),
            (r#"{"a\u0063meData":[]"#, None),
            (r#"{"resultData":[]"#, None),
        ] {
            let text = format!("{HEAD}[{{\"cmd\":[[{cmd}}}]}}");
            let (envelope, _) = open(&text).unwrap();
            assert_eq!(envelope.unknown_function(), unknown, "{cmd}");
        }
    }

    #[test]
    fn the_header_is_repaired_and_limits_hold() {
        let text = format!("{}[]}}]}}", HEAD.replace(":7", ":7.0"));
        let (_, repairs) = open(&text).unwrap();
        assert_eq!(repairs.iter().collect::<Vec<_>>(), [(Repair::NumberForm, 1)]);
        let limits = Limits { size: text.len() - 1, ..Limits::default() };
        assert!(Envelope::open(text.as_bytes(), &limits).is_err());
        assert!(open("{}").is_err());
    }
}
