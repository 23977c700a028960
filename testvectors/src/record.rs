//! Writing a trace while a node runs.

use crate::line::{self, END, MAGIC, VERSION, seal};
use data_encoding::HEXLOWER;
use eebus_core::node::{Action, Answer, Call, Config, Input, Misuse, Saved, Tap};
use eebus_core::time::Instant;
use std::io::{self, Write};

/// Writes everything that goes in and out of a node; put it on the node with [`Tapped`](eebus_core::node::Tapped).
///
/// Every line is flushed as it is written, an input before the node handles it: what is on disk when a process dies is
/// a usable trace. After the first failure of the writer nothing more is written, and the node runs on;
/// [`Recorder::finish`] reports it. A trace is private: see the crate.
#[derive(Debug)]
pub struct Recorder<W> {
    writer: W,
    lines: u64,
    now: Instant,
    is_open: bool,
    failure: Option<io::Error>,
}

impl<W: Write> Recorder<W> {
    /// Writes what the node is about to be made from: the same values as for [`Node::new`](eebus_core::node::Node::new).
    ///
    /// # Errors
    ///
    /// The writer's.
    pub fn start(
        writer: W,
        config: &Config,
        saved: Option<&Saved>,
        entropy: &[u8; 32],
        now: Instant,
    ) -> io::Result<Self> {
        let mut recorder = Self { writer, lines: 0, now, is_open: true, failure: None };
        recorder.write(Ok(format!("{MAGIC}{VERSION}")));
        recorder.write(serde_json::to_string(&config.data()).map(|json| format!("config {json}")));
        recorder.write(serde_json::to_string(&saved).map(|json| format!("saved {json}")));
        recorder.write(Ok(format!("entropy {}", HEXLOWER.encode(entropy))));
        recorder.write(Ok(format!("start {now}")));
        recorder.failure.take().map_or(Ok(recorder), Err)
    }

    /// Writes that the recording ends here, in order; what follows is not recorded.
    ///
    /// # Errors
    ///
    /// The first failure of the whole recording.
    pub fn finish(&mut self) -> io::Result<()> {
        self.write(Ok(END.into()));
        self.is_open = false;
        self.failure.take().map_or(Ok(()), Err)
    }

    /// The first failure; nothing was written since.
    pub fn failure(&self) -> Option<&io::Error> {
        self.failure.as_ref()
    }

    /// The writer.
    pub fn writer(&self) -> &W {
        &self.writer
    }

    fn write(&mut self, content: serde_json::Result<String>) {
        if !self.is_open {
            return;
        }
        self.lines += 1;
        let written = content.map_err(io::Error::from).and_then(|content| {
            self.writer.write_all(seal(self.lines, &content).as_bytes())?;
            self.writer.flush()
        });
        if let Err(error) = written {
            (self.is_open, self.failure) = (false, Some(error));
        }
    }
}

impl<W: Write> Tap for Recorder<W> {
    fn input(&mut self, input: &Input<'_>, now: Instant) {
        self.now = now;
        self.write(line::input(now, input));
    }

    fn call(&mut self, call: &Call, answer: &Result<Answer, Misuse>, now: Instant) {
        self.now = now;
        self.write(line::call(now, call));
        self.write(line::answer(now, answer));
    }

    fn action(&mut self, action: &Action) {
        self.write(line::action(self.now, action));
    }
}
