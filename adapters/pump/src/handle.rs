//! A node from other tasks and threads: calls with an answer, views, events.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use async_channel::{Receiver, Sender, TryRecvError, TrySendError};
use eebus_core::node::{Answer, Call, Event, Input, Misuse, View};
use futures_core::Stream;

/// Requests that may wait for the loop; more are answered `Busy`.
pub const MAX_REQUESTS: usize = 64;
/// Events that may wait for a subscriber; more are left out and counted.
pub const MAX_EVENTS: usize = 256;

/// A node that runs elsewhere. Cloning is cheap; works from any task and any thread.
///
/// The methods that block are for threads without a runtime; within the loop's own callback they would wait for ever.
#[derive(Clone, Debug)]
pub struct Handle {
    requests: Sender<Request>,
    subscribers: Subscribers,
}

/// `None` once the loop is gone.
type Subscribers = Arc<Mutex<Option<Vec<Subscriber>>>>;

/// Why a request has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallError {
    /// [`MAX_REQUESTS`] wait already; try again.
    Busy,
    /// The node does not run any more.
    Stopped,
    /// The node did not take the call.
    Misuse(Misuse),
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("too many requests wait for the node"),
            Self::Stopped => f.write_str("the node does not run any more"),
            Self::Misuse(misuse) => misuse.fmt(f),
        }
    }
}

impl std::error::Error for CallError {}

impl From<Misuse> for CallError {
    fn from(misuse: Misuse) -> Self {
        Self::Misuse(misuse)
    }
}

impl Handle {
    /// Calls the node, at once; the future only waits for the answer.
    ///
    /// # Errors
    ///
    /// [`CallError`]; where it is not `Misuse`, the node knows nothing of the call or ended over it.
    pub fn call(&self, call: Call) -> impl Future<Output = Result<Answer, CallError>> + Send + use<> {
        let asked = self.ask_call(call);
        async { Ok(asked?.recv().await.map_err(|_| CallError::Stopped)??) }
    }

    /// As [`call`](Self::call), for threads without a runtime.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    pub fn call_blocking(&self, call: Call) -> Result<Answer, CallError> {
        Ok(self.ask_call(call)?.recv_blocking().map_err(|_| CallError::Stopped)??)
    }

    /// Looks at the node: `look` runs within the loop, and is to be short.
    ///
    /// # Errors
    ///
    /// [`CallError::Busy`], [`CallError::Stopped`].
    pub fn view<R: Send + 'static, F: FnOnce(View<'_>) -> R + Send + 'static>(
        &self,
        look: F,
    ) -> impl Future<Output = Result<R, CallError>> + Send + use<R, F> {
        let asked = self.ask_view(look);
        async { asked?.recv().await.map_err(|_| CallError::Stopped) }
    }

    /// As [`view`](Self::view), for threads without a runtime.
    ///
    /// # Errors
    ///
    /// As [`view`](Self::view).
    pub fn view_blocking<R: Send + 'static>(
        &self,
        look: impl FnOnce(View<'_>) -> R + Send + 'static,
    ) -> Result<R, CallError> {
        self.ask_view(look)?.recv_blocking().map_err(|_| CallError::Stopped)
    }

    /// Every event from now on.
    pub fn events(&self) -> Events {
        let (sender, events) = async_channel::bounded(MAX_EVENTS);
        let missed = Arc::new(AtomicU64::new(0));
        let mut subscribers = self.subscribers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(subscribers) = subscribers.as_mut() {
            subscribers.push(Subscriber { events: sender, missed: missed.clone() });
        }
        Events { events, missed }
    }

    fn ask_call(&self, call: Call) -> Result<Receiver<Result<Answer, Misuse>>, CallError> {
        let (answer, receiver) = async_channel::bounded(1);
        self.ask(Request::Call { call, answer })?;
        Ok(receiver)
    }

    fn ask_view<R: Send + 'static>(
        &self,
        look: impl FnOnce(View<'_>) -> R + Send + 'static,
    ) -> Result<Receiver<R>, CallError> {
        let (answer, receiver) = async_channel::bounded(1);
        self.ask(Request::View(Box::new(move |view| {
            // Whoever asked may have lost interest.
            let _ = answer.try_send(look(view));
        })))?;
        Ok(receiver)
    }

    fn ask(&self, request: Request) -> Result<(), CallError> {
        self.requests.try_send(request).map_err(|error| match error {
            TrySendError::Full(_) => CallError::Busy,
            TrySendError::Closed(_) => CallError::Stopped,
        })
    }
}

/// The events of a node, in order. What a slow subscriber missed is counted in `Event::Lagged`, at its place; the
/// view is whole.
#[derive(Debug)]
pub struct Events {
    events: Receiver<Event>,
    missed: Arc<AtomicU64>,
}

impl Events {
    /// The next event; `None` once the node does not run any more.
    pub async fn next(&mut self) -> Option<Event> {
        match self.waiting() {
            None => self.events.recv().await.ok().or_else(|| self.lagged()),
            event => event,
        }
    }

    /// As [`next`](Self::next), for threads without a runtime.
    pub fn next_blocking(&mut self) -> Option<Event> {
        match self.waiting() {
            None => self.events.recv_blocking().ok().or_else(|| self.lagged()),
            event => event,
        }
    }

    /// The next event, where one waits already.
    pub fn waiting(&mut self) -> Option<Event> {
        match self.events.try_recv() {
            Ok(event) => Some(event),
            Err(TryRecvError::Empty | TryRecvError::Closed) => self.lagged(),
        }
    }

    fn lagged(&self) -> Option<Event> {
        let missed = self.missed.swap(0, Ordering::AcqRel);
        (missed > 0).then_some(Event::Lagged { missed })
    }
}

#[derive(Debug)]
struct Subscriber {
    events: Sender<Event>,
    missed: Arc<AtomicU64>,
}

impl Subscriber {
    /// Answers whether anybody listens still. Once something is missed, everything is, until that was told: so the
    /// gap has one place.
    fn tell(&self, event: &Event) -> bool {
        let told = match self.missed.load(Ordering::Acquire) {
            0 => self.events.try_send(event.clone()),
            _ if self.events.is_closed() => return false,
            _ => Err(TrySendError::Full(event.clone())),
        };
        if let Err(TrySendError::Full(_)) = told {
            self.missed.fetch_add(1, Ordering::AcqRel);
        }
        !matches!(told, Err(TrySendError::Closed(_)))
    }
}

pub(crate) enum Request {
    Call { call: Call, answer: Sender<Result<Answer, Misuse>> },
    View(Box<dyn FnOnce(View<'_>) + Send>),
}

/// The loop's end of every handle.
pub(crate) struct Inbox {
    requests: Pin<Box<Receiver<Request>>>,
    /// What stores answer.
    inputs: Pin<Box<Receiver<Input<'static>>>>,
    input: Sender<Input<'static>>,
    subscribers: Subscribers,
}

pub(crate) fn inbox() -> (Handle, Inbox) {
    let (sender, requests) = async_channel::bounded(MAX_REQUESTS);
    // No more than one for each `Persist`.
    let (input, inputs) = async_channel::unbounded();
    let subscribers: Subscribers = Arc::new(Mutex::new(Some(Vec::new())));
    let handle = Handle { requests: sender, subscribers: subscribers.clone() };
    (handle, Inbox { requests: Box::pin(requests), inputs: Box::pin(inputs), input, subscribers })
}

impl Inbox {
    pub(crate) fn next_request(&mut self, cx: &mut Context<'_>) -> Option<Request> {
        ready(self.requests.as_mut().poll_next(cx))
    }

    pub(crate) fn next_input(&mut self, cx: &mut Context<'_>) -> Option<Input<'static>> {
        ready(self.inputs.as_mut().poll_next(cx))
    }

    pub(crate) fn waiting_input(&self) -> Option<Input<'static>> {
        self.inputs.try_recv().ok()
    }

    pub(crate) fn input(&self) -> Sender<Input<'static>> {
        self.input.clone()
    }

    pub(crate) fn publish(&self, event: &Event) {
        let mut subscribers = self.subscribers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(subscribers) = subscribers.as_mut() {
            subscribers.retain(|subscriber| subscriber.tell(event));
        }
    }

    /// From now on every handle answers `Stopped`, and subscribers come to their end.
    pub(crate) fn close(&mut self) {
        self.requests.close();
        while self.requests.try_recv().is_ok() {}
        self.subscribers.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").field("requests", &self.requests.len()).finish_non_exhaustive()
    }
}

fn ready<T>(poll: Poll<Option<T>>) -> Option<T> {
    match poll {
        Poll::Ready(item) => item,
        Poll::Pending => None,
    }
}
