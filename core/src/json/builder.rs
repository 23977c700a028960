//! Builds a tape value by value, in the order of the schema.

use alloc::string::String;
use alloc::vec::Vec;

use super::cursor::Cursor;
use super::table::{Kind, Names, Ty};
use super::tape::Tape;
use super::text;
use super::token::{Form, Head, Token};
use super::value::Value;

/// Builds the tape of one struct.
///
/// A struct's [`Value::write`] is `b.object(&TY, |b| { b.put(0, &self.first); b.put_list(1, &self.second); })`.
/// Fields are put in ascending order of their numbers.
#[derive(Debug)]
pub struct Builder {
    root: &'static Ty,
    /// The type of the struct being filled.
    ty: &'static Ty,
    /// Key of the next value.
    head: Head,
    text: String,
    tokens: Vec<Token>,
}

impl Builder {
    /// An empty tape of type `ty`; the first value to be written is its root.
    pub fn new(ty: &'static Ty) -> Self {
        Self { root: ty, ty, head: Head::NONE, text: String::new(), tokens: Vec::new() }
    }

    /// The tape; without fields where nothing was written.
    pub fn finish(self) -> Tape {
        if self.tokens.is_empty() {
            return Tape::empty(self.root);
        }
        Tape::from_parts(self.root, self.text, self.tokens)
    }

    /// Gives the next value the key of field `number`.
    #[inline]
    pub fn key(&mut self, number: u8) -> &mut Self {
        let number = usize::from(number);
        self.head = self.ty.keys.get(number).map_or(Head::NONE, |&key| Head::new(key, number));
        self
    }

    /// Gives the next value the key of an alternative of the choice group in field `number`.
    pub fn alternative(&mut self, number: u8, alternative: u16) -> &mut Self {
        let number = usize::from(number);
        self.head = match self.ty.fields.get(number).map(|field| field.kind) {
            Some(Kind::Choice(group)) => group.keys.get(usize::from(alternative)),
            _ => None,
        }
        .map_or(Head::NONE, |&key| Head::new(key, number));
        self
    }

    /// Writes field `number` if there is a value.
    #[inline]
    pub fn put<V: Value>(&mut self, number: u8, value: &Option<V>) {
        if let Some(value) = value {
            value.write(self.key(number));
        }
    }

    /// Writes the repeated field `number` if there are items.
    #[inline]
    pub fn put_list<V: Value>(&mut self, number: u8, items: &[V]) {
        if !items.is_empty() {
            self.key(number).list(items);
        }
    }

    /// Writes a list.
    pub fn list<V: Value>(&mut self, items: &[V]) {
        self.list_with(items, V::write);
    }

    /// Writes a list whose items `write` writes.
    pub fn list_with<T>(&mut self, items: &[T], write: impl Fn(&T, &mut Self)) {
        let list = self.open(Form::List);
        for item in items {
            self.head = Head::NONE;
            write(item, self);
        }
        self.close(list);
    }

    /// Writes a struct of type `ty`, whose fields `fill` puts.
    #[inline]
    pub fn object(&mut self, ty: &'static Ty, fill: impl FnOnce(&mut Self)) {
        let object = self.open(Form::Object);
        let outer = core::mem::replace(&mut self.ty, ty);
        fill(self);
        self.ty = outer;
        self.close(object);
    }

    fn open(&mut self, form: Form) -> usize {
        let at = self.tokens.len();
        self.push(Token::new(self.head, form, 0, 0));
        at
    }

    fn close(&mut self, at: usize) {
        let inside = self.tokens.len().wrapping_sub(at).wrapping_sub(1);
        if let Some(token) = self.tokens.get_mut(at) {
            token.len = inside as u32;
        }
    }

    fn push(&mut self, token: Token) {
        self.tokens.push(token);
    }

    /// Writes a boolean.
    pub fn bool(&mut self, value: bool) {
        self.push(Token::number(self.head, Form::Bool, u64::from(value)));
    }

    /// Writes a number of 0 or more.
    pub fn unsigned(&mut self, value: u64) {
        self.push(Token::number(self.head, Form::Unsigned, value));
    }

    /// Writes a signed number.
    pub fn signed(&mut self, value: i64) {
        self.push(Token::number(self.head, Form::Signed, value as u64));
    }

    /// Writes a string.
    pub fn text(&mut self, value: &str) {
        let token = append(&mut self.text, value, self.head, 0);
        self.push(token);
    }

    /// Writes the enum value with this number, or `text` where the schema has no such value.
    pub fn enumeration(&mut self, names: &'static Names, number: Option<u16>, text: &str) {
        let number = number.or_else(|| names.find(self.ty.literals, text));
        match number.and_then(|number| Some((number, *names.values.get(usize::from(number))?))) {
            Some((number, literal)) => self.push(Token::enumeration(self.head, literal, number)),
            None => self.text(text),
        }
    }

    /// Writes an element tag.
    pub fn tag(&mut self) {
        self.push(Token::new(self.head, Form::Tag, 0, 0));
    }

    /// Writes a JSON text as it is.
    pub(super) fn raw(&mut self, json: &str) {
        self.push(Token::new(self.head, Form::Raw, json.len(), self.text.len()));
        self.text.push_str(json);
    }

    /// Copies a value of another tape.
    pub fn copy(&mut self, from: Cursor<'_>) {
        let at = self.tokens.len();
        copy(&mut self.tokens, &mut self.text, 0, from.tokens(), &from.tape().text);
        if let Some(token) = self.tokens.get_mut(at) {
            *token = token.under(self.head);
        }
    }
}

/// Appends a string to `text`, of which `base` octets stand elsewhere; answers its token.
pub(super) fn append(text: &mut String, value: &str, head: Head, base: usize) -> Token {
    let from = text.len().wrapping_add(base);
    if text::is_plain(value) {
        text.push('"');
        text.push_str(value);
        text.push('"');
        Token::new(head, Form::Text, value.len().wrapping_add(2), from)
    } else {
        text.push_str(value);
        Token::new(head, Form::Escaped, value.len(), from)
    }
}

/// Appends tokens, and the text they point to, to `text`, of which `base` octets stand elsewhere. A canonical container
/// brings its text in one piece.
pub(super) fn copy(tokens: &mut Vec<Token>, text: &mut String, base: usize, from: &[Token], from_text: &str) {
    tokens.reserve(from.len());
    text.reserve(from_text.len());
    let mut rest = from;
    while let Some((&token, after)) = rest.split_first() {
        rest = after;
        if let Some(canonical) = token.canonical(from_text) {
            let moved = (text.len().wrapping_add(base) as u32).wrapping_sub(token.low);
            text.push_str(canonical);
            let (inside, after) = rest.split_at_checked(token.len as usize).unwrap_or((rest, &[]));
            rest = after;
            tokens.push(token.moved(moved));
            tokens.extend(inside.iter().map(|token| token.moved(moved)));
        } else if token.owns_text() {
            tokens.push(token.at(text.len().wrapping_add(base)));
            text.push_str(token.text(from_text));
        } else {
            tokens.push(token);
        }
    }
}
