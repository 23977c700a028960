//! Running a trace against the node as it is now.

use crate::line::{self, END, MAGIC, Next, VERSION};
use crate::{Difference, ReplayError};
use data_encoding::HEXLOWER;
use eebus_core::ids::ConnId;
use eebus_core::node::{Action, Call, ConfigData, FrameText, Input, NoTap, Node, Saved, Tap, Tapped};
use eebus_core::time::Instant;
use eebus_core::usecase::{Actor, Recipe};
use serde::de::DeserializeOwned;
use std::fmt;
use std::io::BufRead;
use std::time::Duration;

/// What was replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Inputs given to the node.
    pub inputs: u64,
    /// Calls of the application.
    pub calls: u64,
    /// Actions that came as recorded, events included.
    pub actions: u64,
    /// Events among the actions.
    pub events: u64,
    /// From the start of the node to the last line.
    pub span: Duration,
    /// How the trace ends.
    pub end: End,
}

/// How a trace ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The recording was finished: the node did everything that was recorded, and nothing else.
    Finished,
    /// The recording stopped behind a whole line: the process died, or still runs.
    Open,
    /// The recording stopped within a line, which was left out.
    Cut {
        /// The line, counted from 1.
        line: u64,
    },
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { inputs, calls, actions, events, span, end } = self;
        write!(f, "{inputs} inputs, {calls} calls, {actions} actions ({events} events) over {span:?}, ")?;
        match end {
            End::Finished => f.write_str("finished"),
            End::Open => f.write_str("not finished"),
            End::Cut { line } => write!(f, "cut within line {line}"),
        }
    }
}

/// Replays a trace and compares every action; actors outside the core are unknown.
///
/// # Errors
///
/// The first line that cannot be read, or that the node does not keep to.
pub fn replay(reader: impl BufRead) -> Result<Summary, ReplayError> {
    replay_with(reader, |_| None)
}

/// As [`replay`]; `make` makes the actors outside the core.
///
/// # Errors
///
/// As [`replay`].
pub fn replay_with(
    reader: impl BufRead,
    make: impl FnMut(&Recipe) -> Option<Box<dyn Actor>>,
) -> Result<Summary, ReplayError> {
    let mut replayer = Replayer::new(reader, make)?;
    while replayer.step()?.is_some() {}
    Ok(replayer.summary())
}

/// What one line was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// An input, which the node took.
    Input,
    /// A call, which the node took.
    Call,
    /// The answer to a call; it came as recorded.
    Answer,
    /// An action; it came as recorded.
    Action,
}

/// A replay line by line, with the node to look at in between, and with a tap that sees what goes in and out of it.
#[derive(Debug)]
pub struct Replayer<R, T = NoTap> {
    reader: R,
    line: u64,
    node: Tapped<T>,
    start: Instant,
    now: Instant,
    /// The answer to the call of the line before.
    answer: Option<String>,
    summary: Summary,
}

impl<R: BufRead> Replayer<R> {
    /// Reads the header and makes the node.
    ///
    /// # Errors
    ///
    /// As [`replay`].
    pub fn new(reader: R, make: impl FnMut(&Recipe) -> Option<Box<dyn Actor>>) -> Result<Self, ReplayError> {
        Self::tapped(reader, make, NoTap)
    }
}

impl<R: BufRead, T: Tap> Replayer<R, T> {
    /// As [`Replayer::new`], with a tap on the node.
    ///
    /// # Errors
    ///
    /// As [`replay`].
    pub fn tapped(
        mut reader: R,
        make: impl FnMut(&Recipe) -> Option<Box<dyn Actor>>,
        tap: T,
    ) -> Result<Self, ReplayError> {
        if header(&mut reader, 1, MAGIC)? != VERSION {
            return Err(ReplayError::malformed(1, "nothing should stand behind the version"));
        }
        let config: ConfigData = json(2, &header(&mut reader, 2, "config ")?)?;
        let saved: Option<Saved> = json(3, &header(&mut reader, 3, "saved ")?)?;
        let entropy = entropy(&header(&mut reader, 4, "entropy ")?)
            .ok_or_else(|| ReplayError::malformed(4, "the entropy is not 64 lower-case hex digits"))?;
        let start = time(5, &header(&mut reader, 5, "start ")?)?;
        let config = config.config(make).map_err(|actor| ReplayError::UnknownActor { line: 2, actor })?;
        Ok(Self {
            reader,
            line: 5,
            node: Tapped::new(Node::new(config, saved, entropy, start), tap),
            start,
            now: start,
            answer: None,
            summary: Summary {
                inputs: 0,
                calls: 0,
                actions: 0,
                events: 0,
                span: Duration::ZERO,
                end: End::Open,
            },
        })
    }

    /// The node as it stands now.
    pub fn node(&self) -> &Node {
        self.node.node()
    }

    /// The tap.
    pub fn tap_mut(&mut self) -> &mut T {
        self.node.tap_mut()
    }

    /// The time of the last line.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The number of the last line.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// What was replayed so far.
    pub fn summary(&self) -> Summary {
        Summary { span: self.now.since(self.start), ..self.summary }
    }

    /// Takes the next line; `None` at the end.
    ///
    /// # Errors
    ///
    /// As [`replay`].
    pub fn step(&mut self) -> Result<Option<Step>, ReplayError> {
        let number = self.line + 1;
        let content = match line::next(&mut self.reader, number)? {
            Next::Line(content) => content,
            Next::Nothing => return Ok(None),
            Next::Cut => {
                self.summary.end = End::Cut { line: number };
                return Ok(None);
            }
        };
        self.line = number;
        if self.summary.end == End::Finished {
            return Err(ReplayError::malformed(number, "a line behind the end"));
        }
        if content == END {
            self.finish(content)?;
            return self.step();
        }
        self.take(content).map(Some)
    }

    fn take(&mut self, content: String) -> Result<Step, ReplayError> {
        let mut words = content.splitn(3, ' ');
        let (Some(at), Some(kind), Some(rest)) = (words.next(), words.next(), words.next()) else {
            return Err(ReplayError::malformed(self.line, "no time, kind and content"));
        };
        let at = time(self.line, at)?;
        match kind {
            "answer" => {
                let came = self.answer.take();
                self.compare(content, came)?;
                return Ok(Step::Answer);
            }
            _ if self.answer.is_some() => {
                let came = self.answer.take();
                return Err(self.differs(content, came));
            }
            "action" | "send" | "event" => {
                let came = self.node.poll_action();
                self.summary.events += u64::from(matches!(came, Some(Action::Notify(_))));
                let came = came.map(|action| self.show(line::action(self.now, &action))).transpose()?;
                self.compare(content, came)?;
                self.summary.actions += 1;
                return Ok(Step::Action);
            }
            _ => {}
        }
        self.now = at;
        if kind == "call" {
            let call: Call = json(self.line, rest)?;
            self.summary.calls += 1;
            let answer = self.node.call(call, at);
            self.answer = Some(self.show(line::answer(at, &answer))?);
            return Ok(Step::Call);
        }
        match kind {
            "input" => self.node.handle(json::<Input<'static>>(self.line, rest)?, at),
            "frame" => {
                let (conn, bytes) = frame(rest)
                    .ok_or_else(|| ReplayError::malformed(self.line, "no connection and frame"))?;
                self.node.handle(Input::Frame { conn, bytes: &bytes }, at);
            }
            other => return Err(ReplayError::malformed(self.line, format!("{other:?} is no kind of line"))),
        }
        self.summary.inputs += 1;
        Ok(Step::Input)
    }

    /// The recording was finished: so has to be the node.
    fn finish(&mut self, content: String) -> Result<(), ReplayError> {
        let left = match self.answer.take() {
            Some(answer) => Some(answer),
            None => {
                let action = self.node.poll_action();
                action.map(|action| self.show(line::action(self.now, &action))).transpose()?
            }
        };
        if left.is_some() {
            return Err(self.differs(content, left));
        }
        self.summary.end = End::Finished;
        Ok(())
    }

    fn compare(&self, recorded: String, came: Option<String>) -> Result<(), ReplayError> {
        if came.as_ref() == Some(&recorded) { Ok(()) } else { Err(self.differs(recorded, came)) }
    }

    fn differs(&self, recorded: String, came: Option<String>) -> ReplayError {
        ReplayError::Differs(Box::new(Difference { line: self.line, recorded, came }))
    }

    fn show(&self, content: serde_json::Result<String>) -> Result<String, ReplayError> {
        content.map_err(|error| ReplayError::malformed(self.line, error.to_string()))
    }
}

/// The content of a line of the header behind `name`.
fn header(reader: &mut impl BufRead, line: u64, name: &'static str) -> Result<String, ReplayError> {
    match line::next(reader, line)? {
        Next::Line(content) => match content.strip_prefix(name) {
            Some(rest) => Ok(rest.into()),
            None => Err(ReplayError::malformed(line, format!("`{}` should stand here", name.trim_end()))),
        },
        Next::Cut | Next::Nothing => Err(ReplayError::HeaderIncomplete { line, expected: name.trim_end() }),
    }
}

fn json<T: DeserializeOwned>(line: u64, text: &str) -> Result<T, ReplayError> {
    serde_json::from_str(text).map_err(|error| ReplayError::malformed(line, error.to_string()))
}

fn time(line: u64, text: &str) -> Result<Instant, ReplayError> {
    line::time(text).ok_or_else(|| ReplayError::malformed(line, format!("{text:?} is no time")))
}

fn entropy(text: &str) -> Option<[u8; 32]> {
    HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}

fn frame(text: &str) -> Option<(ConnId, Vec<u8>)> {
    let (conn, frame) = text.split_once(' ')?;
    Some((ConnId(conn.parse().ok()?), FrameText::read(frame)?))
}
