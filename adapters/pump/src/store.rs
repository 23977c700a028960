//! Where a node keeps what outlives a restart.

use std::fmt;
use std::io;

use async_channel::Sender;
use eebus_core::node::{Input, Saved};

/// Keeps what a node saves.
pub trait Store: fmt::Debug + Send {
    /// What was saved last, once at the start.
    ///
    /// # Errors
    ///
    /// It is there and can't be read; the node does not start then, as its pairings would be lost.
    fn load(&mut self) -> io::Result<Option<Saved>>;

    /// Keeps `saved` in place of everything before. Called within the loop: a store that takes its time hands both
    /// on to a thread of its own, and answers from there.
    fn save(&mut self, saved: Saved, saving: Saving);
}

impl<S: Store + ?Sized> Store for Box<S> {
    fn load(&mut self) -> io::Result<Option<Saved>> {
        (**self).load()
    }

    fn save(&mut self, saved: Saved, saving: Saving) {
        (**self).save(saved, saving);
    }
}

/// The duty to tell the node how saving went. Dropped without an answer, it failed.
#[derive(Debug)]
pub struct Saving {
    seq: u64,
    answer: Option<Sender<Input<'static>>>,
}

impl Saving {
    pub(crate) fn new(seq: u64, answer: Sender<Input<'static>>) -> Self {
        Self { seq, answer: Some(answer) }
    }

    /// Everything is kept, also over a loss of power.
    pub fn done(mut self) {
        self.answer(Input::Persisted { seq: self.seq });
    }

    /// It could not be kept.
    pub fn failed(mut self, detail: impl fmt::Display) {
        self.answer(Input::PersistFailed { seq: self.seq, detail: detail.to_string() });
    }

    fn answer(&mut self, input: Input<'static>) {
        if let Some(answer) = self.answer.take() {
            // Nobody needs it once the loop is gone.
            let _ = answer.try_send(input);
        }
    }
}

impl Drop for Saving {
    fn drop(&mut self) {
        self.answer(Input::PersistFailed { seq: self.seq, detail: "the store gave no answer".to_owned() });
    }
}

/// Keeps nothing over a restart of the program: pairings have to be made again.
#[derive(Clone, Debug, Default)]
pub struct Memory(Option<Saved>);

impl Memory {
    /// A store that holds `saved`.
    pub fn new(saved: Option<Saved>) -> Self {
        Self(saved)
    }
}

impl Store for Memory {
    fn load(&mut self) -> io::Result<Option<Saved>> {
        Ok(self.0.clone())
    }

    fn save(&mut self, saved: Saved, saving: Saving) {
        self.0 = Some(saved);
        saving.done();
    }
}
