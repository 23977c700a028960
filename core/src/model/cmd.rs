//! The SPINE datagram: what a peer sent, as views over one tape, and what is to be sent, as plain data
//! (SPINE 5.3, SHIP 11.4).

use alloc::vec::Vec;

use super::generated::{
    DATA, DATA_FUNCTIONS, ELEMENTS, ELEMENTS_FUNCTIONS, LITERALS, SELECTORS, SELECTORS_FUNCTIONS,
    SPINE_DOCUMENT,
};
use super::{AbsoluteOrRelativeTime, CmdControl, FunctionData, FunctionId, Header};
use crate::json::table::Choice;
use crate::json::{Cursor, ElementTag, Error, Limits, Note, Repairs, Tape, Typed};

/// Field numbers of `DatagramType`.
mod datagram_field {
    pub(super) const HEADER: u8 = 0;
    pub(super) const PAYLOAD: u8 = 1;
}

/// Field numbers of `CmdType`.
mod cmd_field {
    pub(super) const FUNCTION: u8 = 0;
    pub(super) const FILTER: u8 = 1;
    pub(super) const DATA: u8 = 2;
    pub(super) const LAST_UPDATE_AT: u8 = 4;
}

/// Field numbers of `FilterType`.
mod filter_field {
    pub(super) const CMD_CONTROL: u8 = 1;
    pub(super) const SELECTORS: u8 = 2;
    pub(super) const ELEMENTS: u8 = 3;
}

/// The only field of `SpineDocument` and of `PayloadType`.
const ONLY: u8 = 0;

/// A datagram a peer sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Datagram(Tape);

impl Datagram {
    /// Reads `{"datagram":…}`.
    ///
    /// # Errors
    ///
    /// The bytes are no such document or exceed a limit.
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<(Self, Repairs), Error> {
        Tape::read_document(&SPINE_DOCUMENT, bytes, limits).map(|(tape, repairs)| (Self(tape), repairs))
    }

    /// As [`Datagram::read`], and names the place of each repair instead of counting them. For tools.
    ///
    /// # Errors
    ///
    /// As [`Datagram::read`].
    pub fn inspect(bytes: &[u8], limits: &Limits) -> Result<(Self, Vec<Note>), Error> {
        Tape::inspect_document(&SPINE_DOCUMENT, bytes, limits).map(|(tape, notes)| (Self(tape), notes))
    }

    /// The document as a tape.
    pub fn as_tape(&self) -> &Tape {
        &self.0
    }

    /// The document as a tape.
    pub fn into_tape(self) -> Tape {
        self.0
    }

    /// Appends the document.
    pub fn write(&self, out: &mut Vec<u8>) {
        self.0.write_document(out);
    }

    /// The header; empty where there is none.
    pub fn header(&self) -> Header {
        let datagram = self.0.root().field(ONLY);
        datagram.and_then(|it| it.field(datagram_field::HEADER)).map(Cursor::get).unwrap_or_default()
    }

    /// The commands; a valid datagram has one (SPINE 5.3.2).
    pub fn cmds(&self) -> impl Iterator<Item = CmdView<'_>> {
        Self::payload_of(self.0.root()).into_iter().flat_map(CmdView::all)
    }

    /// The payload of a document.
    pub(super) fn payload_of(document: Cursor<'_>) -> Option<Cursor<'_>> {
        document.field(ONLY)?.field(datagram_field::PAYLOAD)
    }
}

/// A command a peer sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CmdView<'a>(Cursor<'a>);

impl<'a> CmdView<'a> {
    /// The commands of a payload.
    pub(super) fn all(payload: Cursor<'a>) -> impl Iterator<Item = Self> {
        payload.field(ONLY).into_iter().flat_map(Cursor::items).map(CmdView)
    }

    /// The text of `function`; an empty one counts as absent, as some peers send it in partial replies.
    pub fn function(self) -> Option<&'a str> {
        self.0.field(cmd_field::FUNCTION).and_then(Cursor::str).filter(|name| !name.is_empty())
    }

    /// The data element; the first one, where a valid command has no other.
    pub fn data(self) -> Option<(FunctionId, Cursor<'a>)> {
        alternatives(self.0, cmd_field::DATA, &DATA, DATA_FUNCTIONS).next()
    }

    /// The data element as a typed value, where it is that function's.
    pub fn get<T: FunctionData>(self) -> Option<T> {
        self.data().filter(|(function, _)| *function == T::FUNCTION).map(|(_, data)| data.get())
    }

    /// The filters; a valid command has two at most (SPINE 5.3.4).
    pub fn filters(self) -> impl Iterator<Item = FilterView<'a>> {
        self.0.field(cmd_field::FILTER).into_iter().flat_map(Cursor::items).map(FilterView)
    }

    /// When the data was last updated at the sender.
    pub fn last_update_at(self) -> Option<AbsoluteOrRelativeTime> {
        self.0.field(cmd_field::LAST_UPDATE_AT).map(Cursor::get)
    }

    /// Name of an element that no function of SPINE 1.3.0 has: the command is answered with error 6.
    pub fn unknown(self) -> Option<&'a str> {
        self.0.fields().find_map(Cursor::unknown)
    }

    /// The command as plain data; `None` without a data element.
    pub fn to_cmd(self) -> Option<Cmd> {
        let (function, data) = self.data()?;
        let filters = self.filters().map(FilterView::to_filter).collect();
        Some(Cmd { function, filters, data: data.to_tape(function.info().ty) })
    }
}

/// A filter a peer sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FilterView<'a>(Cursor<'a>);

impl<'a> FilterView<'a> {
    /// Whether `cmdControl` states `delete`.
    pub fn delete(self) -> bool {
        self.control().delete.is_some()
    }

    /// Whether `cmdControl` states `partial`.
    pub fn partial(self) -> bool {
        self.control().partial.is_some()
    }

    fn control(self) -> CmdControl {
        self.0.field(filter_field::CMD_CONTROL).map(Cursor::get).unwrap_or_default()
    }

    /// The selectors, alternatives to each other (SPINE 5.3.4), with the function each belongs to.
    pub fn selectors(self) -> impl Iterator<Item = (FunctionId, Cursor<'a>)> {
        alternatives(self.0, filter_field::SELECTORS, &SELECTORS, SELECTORS_FUNCTIONS)
    }

    /// The elements, with the function they belong to.
    pub fn elements(self) -> Option<(FunctionId, Cursor<'a>)> {
        alternatives(self.0, filter_field::ELEMENTS, &ELEMENTS, ELEMENTS_FUNCTIONS).next()
    }

    /// Name of an element that no filter of SPINE 1.3.0 has.
    pub fn unknown(self) -> Option<&'a str> {
        self.0.fields().find_map(Cursor::unknown)
    }

    /// The filter as plain data.
    pub fn to_filter(self) -> Filter {
        let tape = |(function, part): (FunctionId, Cursor<'_>), ty: fn(FunctionId) -> Option<_>| {
            ty(function).map(|ty| part.to_tape(ty))
        };
        Filter {
            delete: self.delete(),
            partial: self.partial(),
            selectors: self.selectors().filter_map(|s| tape(s, |f| f.info().selectors)).collect(),
            elements: self.elements().and_then(|e| tape(e, |f| f.info().elements)),
        }
    }
}

/// What stands in a choice group, and the function of each alternative.
fn alternatives<'a>(
    parent: Cursor<'a>,
    number: u8,
    group: &'static Choice,
    functions: &'static [FunctionId],
) -> impl Iterator<Item = (FunctionId, Cursor<'a>)> {
    parent.fields().filter(move |field| field.number() == number).filter_map(move |field| {
        let alternative = field.choice(group)?;
        Some((*functions.get(usize::from(alternative))?, field))
    })
}

/// A filter to send (SPINE 5.3.4): which entries and elements a command touches, and how.
#[derive(Clone, PartialEq, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Filter {
    /// Deletes what is selected.
    pub delete: bool,
    /// Touches only what is selected.
    pub partial: bool,
    /// Entries to select, alternatives to each other. Writers state one at most.
    pub selectors: Vec<Tape>,
    /// Elements to select.
    pub elements: Option<Tape>,
}

impl Filter {
    /// A filter for a partial read, write, reply or notify.
    pub fn partial() -> Self {
        Self { partial: true, ..Self::default() }
    }

    /// A filter that deletes.
    pub fn delete() -> Self {
        Self { delete: true, ..Self::default() }
    }

    /// Adds entries to select: a struct `…ListDataSelectors` of the command's function.
    #[must_use]
    pub fn select(mut self, selectors: &impl Typed) -> Self {
        self.selectors.push(Tape::of(selectors));
        self
    }

    /// States the elements to select: a struct `…Elements` of the command's function.
    #[must_use]
    pub fn elements(self, elements: &impl Typed) -> Self {
        Self { elements: Some(Tape::of(elements)), ..self }
    }

    fn write(&self, function: FunctionId, out: &mut Vec<u8>) {
        let tag = |set: bool| set.then_some(ElementTag);
        out.extend_from_slice(b"[{\"cmdControl\":");
        Tape::of(&CmdControl { delete: tag(self.delete), partial: tag(self.partial) }).write(out);
        out.push(b'}');
        for selectors in &self.selectors {
            out.extend_from_slice(b",{");
            write_alternative(&SELECTORS, SELECTORS_FUNCTIONS, function, selectors, out);
            out.push(b'}');
        }
        if let Some(elements) = &self.elements {
            out.extend_from_slice(b",{");
            write_alternative(&ELEMENTS, ELEMENTS_FUNCTIONS, function, elements, out);
            out.push(b'}');
        }
        out.push(b']');
    }
}

/// A command to send.
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Cmd {
    /// The function.
    pub function: FunctionId,
    /// The filters; none for an exchange of the whole data.
    pub filters: Vec<Filter>,
    /// The data, of the function's type.
    pub data: Tape,
}

impl Cmd {
    /// A command with empty data: a read of everything, or a write of nothing.
    pub fn read(function: FunctionId) -> Self {
        Self { function, filters: Vec::new(), data: Tape::empty(function.info().ty) }
    }

    /// A command with the whole data of a function.
    pub fn data<T: FunctionData>(value: &T) -> Self {
        Self { function: T::FUNCTION, filters: Vec::new(), data: Tape::of(value) }
    }

    /// A command with a part of the data of a function, which the receiver merges.
    pub fn partial<T: FunctionData>(value: &T) -> Self {
        Self::data(value).with(Filter::partial())
    }

    /// This command with one more filter.
    #[must_use]
    pub fn with(mut self, filter: Filter) -> Self {
        self.filters.push(filter);
        self
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"[{");
        if !self.filters.is_empty() {
            out.extend_from_slice(b"\"function\":\"");
            out.extend_from_slice(self.function.name().as_bytes());
            out.extend_from_slice(b"\"},{\"filter\":");
            for (separator, filter) in
                core::iter::once(b'[').chain(core::iter::repeat(b',')).zip(&self.filters)
            {
                out.push(separator);
                filter.write(self.function, out);
            }
            out.extend_from_slice(b"]},{");
        }
        write_alternative(&DATA, DATA_FUNCTIONS, self.function, &self.data, out);
        out.extend_from_slice(b"}]");
    }
}

/// Writes `"name":value` with the name that a choice group has for `function`.
fn write_alternative(
    group: &Choice,
    functions: &[FunctionId],
    function: FunctionId,
    value: &Tape,
    out: &mut Vec<u8>,
) {
    // The alternatives stand in the order of the functions.
    let alternative = functions.binary_search(&function).unwrap_or(usize::MAX);
    debug_assert!(
        group.types.get(alternative).is_some_and(|ty| core::ptr::eq(*ty, value.ty())),
        "{} is no part of {function}",
        value.ty().name
    );
    let Some(key) = group.keys.get(alternative) else { return };
    out.push(b'"');
    out.extend_from_slice(LITERALS.name(*key).as_bytes());
    out.extend_from_slice(b"\":");
    value.write(out);
}

/// Octets of a header and the frame around the data, in nearly every datagram.
const FRAME: usize = 512;

/// Appends `{"datagram":…}` with one command. `function` is stated if and only if there are filters (SPINE 5.3.4.1).
pub fn write_datagram(header: &Header, cmd: &Cmd, out: &mut Vec<u8>) {
    out.reserve(cmd.data.written_len().saturating_add(FRAME));
    out.extend_from_slice(b"{\"datagram\":[{\"header\":");
    Tape::of(header).write(out);
    out.extend_from_slice(b"},{\"payload\":[{\"cmd\":[");
    cmd.write(out);
    out.extend_from_slice(b"]}]}]}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::table::Ty;
    use crate::model::*;
    use alloc::string::String;

    fn header() -> Header {
        Header {
            msg_counter: Some(7.into()),
            cmd_classifier: Some(CmdClassifier::Write),
            ..Header::default()
        }
    }

    fn written(cmd: &Cmd) -> String {
        let mut out = Vec::new();
        write_datagram(&header(), cmd, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn framed(cmd: &str) -> String {
        let head =
            r#"{"datagram":[{"header":[{"msgCounter":7},{"cmdClassifier":"write"}]},{"payload":[{"cmd":[["#;
        alloc::format!("{head}{cmd}]]}}]}}]}}")
    }

    fn limit(id: u32) -> LoadControlLimitListData {
        let entry = LoadControlLimitData {
            limit_id: Some(id.into()),
            is_limit_active: Some(true),
            ..Default::default()
        };
        LoadControlLimitListData { load_control_limit_data: [entry].into() }
    }

    fn selectors(id: u32) -> LoadControlLimitListDataSelectors {
        LoadControlLimitListDataSelectors { limit_id: Some(id.into()) }
    }

    fn end_time() -> LoadControlLimitDataElements {
        let period = TimePeriodElements { end_time: Some(ElementTag), ..Default::default() };
        LoadControlLimitDataElements { time_period: Some(period), ..Default::default() }
    }

    #[test]
    fn commands_are_written_in_the_forms_of_the_specification() {
        let function = FunctionId::LOAD_CONTROL_LIMIT_LIST_DATA;
        let delete = Filter::delete().select(&selectors(7)).elements(&end_time());
        for (cmd, text) in [
            (Cmd::read(function), r#"{"loadControlLimitListData":[]}"#),
            (
                Cmd::data(&limit(7)),
                r#"{"loadControlLimitListData":[{"loadControlLimitData":[[{"limitId":7},{"isLimitActive":true}]]}]}"#,
            ),
            (
                Cmd::partial(&limit(7)),
                r#"{"function":"loadControlLimitListData"},{"filter":[[{"cmdControl":[{"partial":[]}]}]]},{"loadControlLimitListData":[{"loadControlLimitData":[[{"limitId":7},{"isLimitActive":true}]]}]}"#,
            ),
            (
                Cmd::read(function).with(Filter::partial().select(&selectors(7)).select(&selectors(8))),
                r#"{"function":"loadControlLimitListData"},{"filter":[[{"cmdControl":[{"partial":[]}]},{"loadControlLimitListDataSelectors":[{"limitId":7}]},{"loadControlLimitListDataSelectors":[{"limitId":8}]}]]},{"loadControlLimitListData":[]}"#,
            ),
            (
                Cmd::data(&limit(7)).with(delete).with(Filter::partial()),
                r#"{"function":"loadControlLimitListData"},{"filter":[[{"cmdControl":[{"delete":[]}]},{"loadControlLimitListDataSelectors":[{"limitId":7}]},{"loadControlLimitDataElements":[{"timePeriod":[{"endTime":[]}]}]}],[{"cmdControl":[{"partial":[]}]}]]},{"loadControlLimitListData":[{"loadControlLimitData":[[{"limitId":7},{"isLimitActive":true}]]}]}"#,
            ),
        ] {
            let document = framed(text);
            assert_eq!(written(&cmd), document);
            let (datagram, repairs) = Datagram::read(document.as_bytes(), &Limits::default()).unwrap();
            assert!(repairs.is_empty(), "{text}");
            assert_eq!(datagram.header(), header());
            assert_eq!(datagram.cmds().map(CmdView::to_cmd).collect::<Vec<_>>(), [Some(cmd)]);
        }
    }

    #[test]
    fn the_field_numbers_are_those_of_the_tables() {
        for (ty, name, number) in [
            (&SPINE_DOCUMENT, "datagram", ONLY),
            (&DATAGRAM, "header", datagram_field::HEADER),
            (&DATAGRAM, "payload", datagram_field::PAYLOAD),
            (&PAYLOAD, "cmd", ONLY),
            (&CMD, "function", cmd_field::FUNCTION),
            (&CMD, "filter", cmd_field::FILTER),
            (&CMD, "lastUpdateAt", cmd_field::LAST_UPDATE_AT),
            (&FILTER, "cmdControl", filter_field::CMD_CONTROL),
        ] {
            assert_eq!(ty.field_named(name), Some(number), "{name}");
        }
        let groups = |ty: &'static Ty| ty.choices().map(|(number, _)| number).collect::<Vec<_>>();
        assert_eq!(groups(&CMD), [cmd_field::DATA]);
        assert_eq!(groups(&FILTER), [filter_field::SELECTORS, filter_field::ELEMENTS]);
    }

    #[test]
    fn a_view_shows_what_a_peer_sent() {
        let text = framed(
            r#"{"function":""},{"filter":[[{"cmdControl":[{"delete":[]},{"partial":[]}]},{"setpointDataElements":[{"value":[]}]}]]},{"loadControlLimitListData":[]},{"lastUpdateAt":"PT5S"}"#,
        );
        let (datagram, _) = Datagram::read(text.as_bytes(), &Limits::default()).unwrap();
        let cmd = datagram.cmds().next().unwrap();
        assert_eq!(cmd.function(), None);
        assert_eq!(cmd.data().unwrap().0, FunctionId::LOAD_CONTROL_LIMIT_LIST_DATA);
        assert_eq!(cmd.get(), Some(LoadControlLimitListData::default()));
        assert_eq!(cmd.get::<SetpointListData>(), None);
        assert_eq!(cmd.last_update_at(), Some("PT5S".into()));
        let filter = cmd.filters().next().unwrap();
        assert!(filter.delete() && filter.partial());
        assert_eq!(filter.selectors().count(), 0);
        assert_eq!(filter.elements().unwrap().0, FunctionId::SETPOINT_LIST_DATA);
    }

    #[test]
    fn an_unlisted_data_element_is_named() {
        let text = framed(r#"{"electricalConnectionCharacteristicData":[{"parameterId":1}]}"#);
        let (datagram, repairs) = Datagram::read(text.as_bytes(), &Limits::default()).unwrap();
        let cmd = datagram.cmds().next().unwrap();
        assert!(!repairs.is_empty());
        assert_eq!(cmd.unknown(), Some("electricalConnectionCharacteristicData"));
        assert_eq!(cmd.data(), None);
        assert_eq!(cmd.to_cmd(), None);
    }
}
