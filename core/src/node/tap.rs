//! Watching a node from the side: every input, call and action passes a [`Tap`].

use super::{Action, Answer, Call, Deadline, Input, Misuse, Node};
use crate::time::Instant;

/// Sees what goes in and out of a node, in order.
pub trait Tap {
    /// Before the node handles an input.
    fn input(&mut self, input: &Input<'_>, now: Instant);

    /// After the node answered a call, before its actions are taken.
    fn call(&mut self, call: &Call, answer: &Result<Answer, Misuse>, now: Instant);

    /// When an action is taken.
    fn action(&mut self, action: &Action);
}

/// A tap that sees nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTap;

impl Tap for NoTap {
    fn input(&mut self, _: &Input<'_>, _: Instant) {}

    fn call(&mut self, _: &Call, _: &Result<Answer, Misuse>, _: Instant) {}

    fn action(&mut self, _: &Action) {}
}

/// A node with a tap; the same verbs.
#[derive(Clone, Debug)]
pub struct Tapped<T> {
    node: Node,
    tap: T,
}

impl<T: Tap> Tapped<T> {
    /// Puts a tap on a node.
    pub fn new(node: Node, tap: T) -> Self {
        Self { node, tap }
    }

    /// As [`Node::handle`].
    pub fn handle(&mut self, input: Input<'_>, now: Instant) {
        self.tap.input(&input, now);
        self.node.handle(input, now);
    }

    /// As [`Node::call`].
    pub fn call(&mut self, call: Call, now: Instant) -> Result<Answer, Misuse> {
        let answer = self.node.call(call.clone(), now);
        self.tap.call(&call, &answer, now);
        answer
    }

    /// As [`Node::poll_action`].
    #[must_use]
    pub fn poll_action(&mut self) -> Option<Action> {
        let action = self.node.poll_action()?;
        self.tap.action(&action);
        Some(action)
    }

    /// As [`Node::poll_deadline`].
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Deadline> {
        self.node.poll_deadline()
    }

    /// The node, to look at.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// The tap.
    pub fn tap(&self) -> &T {
        &self.tap
    }

    /// The tap, to change it.
    pub fn tap_mut(&mut self) -> &mut T {
        &mut self.tap
    }
}
