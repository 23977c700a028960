//! What went in and out of a node, for tests that look from outside its loop.

use std::sync::{Arc, Mutex, MutexGuard};

use eebus_core::ids::ConnId;
use eebus_core::node::{Action, Answer, Call, Event, Input, Lost, Misuse, Tap};
use eebus_core::time::Instant;

/// Shared by its clones.
#[derive(Clone, Debug, Default)]
pub struct Record(Arc<Mutex<Recorded>>);

/// What was recorded.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// Every action. The port that is listened at is shown as 0.
    pub actions: Vec<Action>,
    /// Connections that began.
    pub began: Vec<ConnId>,
    /// Connections that ended, and how.
    pub lost: Vec<(ConnId, Lost)>,
    /// Frames that came.
    pub received: usize,
    /// Frames to be sent.
    pub sent: usize,
    /// Frames that left.
    pub drained: usize,
    /// WebSockets that opened.
    pub opened: usize,
    /// Pings to be sent.
    pub pings: usize,
    /// Pongs that came.
    pub pongs: usize,
}

impl Record {
    /// What was recorded so far.
    pub fn get(&self) -> MutexGuard<'_, Recorded> {
        self.0.lock().unwrap()
    }
}

impl Tap for Record {
    fn input(&mut self, input: &Input<'_>, _: Instant) {
        let mut record = self.get();
        match input {
            Input::Accepted { conn, .. } | Input::Dialled { conn, .. } => record.began.push(*conn),
            Input::Lost { conn, why } => record.lost.push((*conn, why.clone())),
            Input::Frame { .. } => record.received += 1,
            Input::Opened { .. } => record.opened += 1,
            Input::Pong { .. } => record.pongs += 1,
            Input::Drained { frames, .. } => record.drained += *frames as usize,
            _ => {}
        }
    }

    fn call(&mut self, _: &Call, _: &Result<Answer, Misuse>, _: Instant) {}

    fn action(&mut self, action: &Action) {
        let mut record = self.get();
        record.sent += usize::from(matches!(action, Action::Send { .. }));
        record.pings += usize::from(matches!(action, Action::Ping { .. }));
        record.actions.push(match action {
            Action::Notify(Event::Listening { .. }) => Action::Notify(Event::Listening { port: 0 }),
            other => other.clone(),
        });
    }
}
