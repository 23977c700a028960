//! The thread of a backend, and what it shares with the node.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, JoinHandle, Thread};
use std::time::{Duration, Instant};
use std::{fmt, io};

use async_channel::{Receiver, Sender};
use eebus_core::ship::txt::Record;
use futures_core::Stream;

use crate::known::Known;
use crate::{Discovery, Found};

/// Findings that wait for the node; beyond it the newest state of each instance waits in its place.
pub const MAX_FINDINGS: usize = 256;
/// How long a full queue is left alone.
const PATIENCE: Duration = Duration::from_millis(100);

/// What the node wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// What to announce, and its port.
    pub(crate) announced: Option<(Record, u16)>,
    /// Which subscription is wanted: another number each time browsing is begun.
    pub(crate) browse: Option<u64>,
    stop: bool,
    browsed: u64,
}

/// What a backend does on its thread.
pub(crate) trait Work {
    /// Does what is wanted and takes what is heard, until only `cx` or the time it answers brings more.
    fn turn(
        &mut self,
        wanted: &Wanted,
        known: &mut Known,
        cx: &mut Context<'_>,
        now: Instant,
    ) -> Option<Instant>;

    /// Says goodbye.
    fn stop(self);
}

/// A backend as the node holds it.
pub(crate) struct Desk {
    wanted: Arc<Mutex<Wanted>>,
    found: Pin<Box<Receiver<Found>>>,
    thread: Option<JoinHandle<()>>,
}

impl Desk {
    /// Starts the thread; `work` is made within it.
    pub(crate) fn start<W: Work>(work: impl FnOnce() -> W + Send + 'static) -> io::Result<Self> {
        let wanted = Arc::new(Mutex::new(Wanted::default()));
        let (sender, found) = async_channel::bounded(MAX_FINDINGS);
        let orders = wanted.clone();
        let thread = thread::Builder::new()
            .name("eebus-mdns".to_owned())
            .spawn(move || run(work(), &orders, &sender))?;
        Ok(Self { wanted, found: Box::pin(found), thread: Some(thread) })
    }

    fn want(&self, change: impl FnOnce(&mut Wanted)) {
        change(&mut lock(&self.wanted));
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

/// Makes a backend, which is a desk under its own name, a [`Discovery`].
macro_rules! at_desk {
    ($backend:ident) => {
        impl crate::Discovery for $backend {
            fn announce(&mut self, record: &eebus_core::ship::txt::Record, port: u16) {
                self.0.announce(record, port);
            }

            fn withdraw(&mut self) {
                self.0.withdraw();
            }

            fn browse(&mut self, on: bool) {
                self.0.browse(on);
            }

            fn poll(&mut self, cx: &mut std::task::Context<'_>) -> std::task::Poll<crate::Found> {
                self.0.poll(cx)
            }
        }
    };
}
pub(crate) use at_desk;

impl Discovery for Desk {
    fn announce(&mut self, record: &Record, port: u16) {
        self.want(|wanted| wanted.announced = Some((record.clone(), port)));
    }

    fn withdraw(&mut self) {
        self.want(|wanted| wanted.announced = None);
    }

    fn browse(&mut self, on: bool) {
        self.want(|wanted| {
            wanted.browsed = wanted.browsed.wrapping_add(u64::from(wanted.browse.is_none()));
            wanted.browse = on.then_some(wanted.browsed);
        });
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Found> {
        match self.found.as_mut().poll_next(cx) {
            Poll::Ready(Some(found)) => Poll::Ready(found),
            // Closed only where the thread is gone, and then nothing is found any more.
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.want(|wanted| wanted.stop = true);
        if let Some(thread) = self.thread.take() {
            // It waits for nobody longer than `GOODBYE_TIME`.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").field("wanted", &*lock(&self.wanted)).finish_non_exhaustive()
    }
}

fn run(mut work: impl Work, orders: &Mutex<Wanted>, found: &Sender<Found>) {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut known = Known::default();
    loop {
        let wanted = lock(orders).clone();
        if wanted.stop {
            return work.stop();
        }
        let next = work.turn(&wanted, &mut known, &mut Context::from_waker(&waker), Instant::now());
        let now = Instant::now();
        while !found.is_full()
            && let Some(news) = known.next(now)
        {
            let _ = found.try_send(news);
        }
        let full = found.is_full().then(|| now + PATIENCE);
        let due = known.due().filter(|_| full.is_none());
        match [next, due, full].into_iter().flatten().min() {
            Some(until) => thread::park_timeout(until.saturating_duration_since(now)),
            None => thread::park(),
        }
    }
}

fn lock(wanted: &Mutex<Wanted>) -> MutexGuard<'_, Wanted> {
    wanted.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
