//! The connection to D-Bus.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::num::NonZeroUsize;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use zbus::connection::Builder;
use zbus::message::Type;
use zbus::{Connection, Message, MessageStream, block_on};

/// How long a method of the daemon takes at most.
const CALL_TIME: Duration = Duration::from_secs(5);
/// Signals that wait at most; beyond it everything is asked anew.
const MAX_SIGNALS: usize = 4096;
/// Messages the connection keeps before its reader waits.
const MAX_QUEUED: NonZeroUsize = NonZeroUsize::new(256).expect("not zero");

pub(super) const DAEMON: &str = "org.freedesktop.Avahi";
const DBUS: &str = "org.freedesktop.DBus";

/// A connection, and the signals it brought.
pub(super) struct Bus {
    connection: Connection,
    stream: MessageStream,
    signals: VecDeque<Message>,
    is_closed: bool,
}

impl Bus {
    /// Connects to the system bus, and asks for signals of the daemon and its coming and going.
    pub(super) fn connect() -> zbus::Result<Self> {
        let builder = Builder::system().max_queued(MAX_QUEUED).method_timeout(CALL_TIME);
        let connection = block_on(builder.build())?;
        let stream = MessageStream::from(&connection);
        let mut bus = Self { connection, stream, signals: VecDeque::new(), is_closed: false };
        for rule in [
            format!("type='signal',sender='{DAEMON}'"),
            format!("type='signal',sender='{DBUS}',member='NameOwnerChanged',arg0='{DAEMON}'"),
        ] {
            bus.call_at(DBUS, "/org/freedesktop/DBus", DBUS, "AddMatch", &rule)?;
        }
        Ok(bus)
    }

    /// Calls a method of the daemon: of its server at `/`, or of the object at `path`.
    pub(super) fn call<B>(
        &mut self,
        path: &str,
        interface: &str,
        method: &str,
        body: &B,
    ) -> zbus::Result<Message>
    where
        B: serde::Serialize + zbus::DynamicType,
    {
        self.call_at(DAEMON, path, &format!("{DAEMON}.{interface}"), method, body)
    }

    fn call_at<B>(
        &mut self,
        to: &str,
        path: &str,
        interface: &str,
        method: &str,
        body: &B,
    ) -> zbus::Result<Message>
    where
        B: serde::Serialize + zbus::DynamicType,
    {
        let connection = self.connection.clone();
        let mut call = pin!(connection.call_method(Some(to), path, Some(interface), method, body));
        // Signals are taken meanwhile: the answer comes behind them.
        block_on(poll_fn(|cx| {
            self.take(cx);
            call.as_mut().poll(cx)
        }))
    }

    fn take(&mut self, cx: &mut Context<'_>) {
        while !self.is_closed
            && let Poll::Ready(message) = Pin::new(&mut self.stream).poll_next(cx)
        {
            match message {
                Some(Ok(message)) => self.signals.extend(Some(message).filter(is_signal)),
                Some(Err(_)) | None => self.is_closed = true,
            }
        }
        if self.signals.len() > MAX_SIGNALS {
            self.is_closed = true;
        }
    }

    /// The next signal; none once the connection is of no more use.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        self.take(cx);
        match self.signals.pop_front() {
            _ if self.is_closed => Poll::Ready(None),
            Some(signal) => Poll::Ready(Some(signal)),
            None => Poll::Pending,
        }
    }
}

fn is_signal(message: &Message) -> bool {
    message.message_type() == Type::Signal
}
