//! Who in a loop was woken: each socket has a waker of its own, so that only that one is looked at.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

use eebus_core::ids::{AttemptId, ConnId};

/// What a loop waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    Listener,
    Dial(AttemptId),
    Socket(ConnId),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Ready(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    keys: BTreeSet<Key>,
    waker: Option<Waker>,
}

struct KeyWaker {
    key: Key,
    ready: Ready,
}

impl Ready {
    /// Whom to wake once something is ready.
    pub(crate) fn register(&self, waker: &Waker) {
        let mut inner = self.lock();
        if !inner.waker.as_ref().is_some_and(|known| known.will_wake(waker)) {
            inner.waker = Some(waker.clone());
        }
    }

    /// Makes a key ready, from within the loop.
    pub(crate) fn insert(&self, key: Key) {
        self.lock().keys.insert(key);
    }

    /// Everything that is ready now.
    pub(crate) fn take(&self) -> BTreeSet<Key> {
        std::mem::take(&mut self.lock().keys)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lock().keys.is_empty()
    }

    pub(crate) fn waker(&self, key: Key) -> Waker {
        Arc::new(KeyWaker { key, ready: self.clone() }).into()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for KeyWaker {
    fn wake(self: Arc<Self>) {
        let waker = {
            let mut inner = self.ready.lock();
            inner.keys.insert(self.key);
            inner.waker.clone()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
