//! What a node answers.

use super::{ConnectionStatus, Kind, Look, NodeStatus, PeerStatus, Refusal, Reply, Request};
use eebus_core::node::{Call, View};
use eebus_smol::{CallError, Handle};
use serde::Serialize;
use serde_json::Value;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long an answer waits for the store. A disk that takes longer than that is told.
const STORE_TIME: Duration = Duration::from_secs(60);
/// How often the store is asked after.
const STORE_STEP: Duration = Duration::from_millis(2);
/// How long a full queue of the node is tried again.
const BUSY_TIME: Duration = Duration::from_secs(5);

/// Answers everything but a wish for events.
pub(crate) fn answer(handle: &Handle, request: Request) -> Reply {
    let id = Some(request.id);
    let answered = match (request.view, request.call, request.events) {
        (Some(look), None, None) => looked(handle, look),
        (None, Some(call), None) => called(handle, &call),
        _ => Err(refusal(Kind::Protocol, "a request has one of view, call and events")),
    };
    match answered {
        Ok(ok) => Reply { id, ok: Some(ok), ..Reply::default() },
        Err(error) => Reply { id, error: Some(error), ..Reply::default() },
    }
}

pub(super) fn refusal(kind: Kind, message: impl ToString) -> Refusal {
    Refusal { kind, message: message.to_string() }
}

fn looked(handle: &Handle, look: Look) -> Result<Value, Refusal> {
    match look {
        Look::Node => view(handle, NodeStatus::of).and_then(value),
        Look::Peers => view(handle, PeerStatus::all).and_then(value),
        Look::Connections => view(handle, ConnectionStatus::all).and_then(value),
    }
}

/// Calls, and waits until the store holds what the call decided.
fn called(handle: &Handle, call: &Call) -> Result<Value, Refusal> {
    let answered = value(patiently(|| handle.call_blocking(call.clone()))?)?;
    if matches!(call, Call::Shutdown) {
        return Ok(answered);
    }
    let asked = view(handle, |view| view.saves().asked)?;
    let begin = Instant::now();
    loop {
        let (kept, failed) = view(handle, |view| (view.saves().kept, view.saves().failed))?;
        if kept >= asked {
            return Ok(answered);
        }
        if failed >= asked {
            return Err(refusal(Kind::NotKept, "the store failed; free space on its disk and try again"));
        }
        if begin.elapsed() > STORE_TIME {
            return Err(refusal(Kind::NotKept, "the store takes longer than a minute; look at its disk"));
        }
        sleep(STORE_STEP);
    }
}

fn view<R: Send + 'static>(
    handle: &Handle,
    look: impl Fn(View<'_>) -> R + Clone + Send + 'static,
) -> Result<R, Refusal> {
    patiently(|| handle.view_blocking(look.clone()))
}

/// Asks again while too many others ask.
fn patiently<R>(mut ask: impl FnMut() -> Result<R, CallError>) -> Result<R, Refusal> {
    let begin = Instant::now();
    loop {
        let kind = match ask() {
            Ok(answer) => return Ok(answer),
            Err(CallError::Busy) if begin.elapsed() < BUSY_TIME => {
                sleep(STORE_STEP);
                continue;
            }
            Err(error) => (kind(&error), error),
        };
        return Err(refusal(kind.0, kind.1));
    }
}

fn kind(error: &CallError) -> Kind {
    match error {
        CallError::Busy => Kind::Busy,
        CallError::Misuse(_) => Kind::Misuse,
        _ => Kind::Stopped,
    }
}

pub(super) fn value(value: impl Serialize) -> Result<Value, Refusal> {
    serde_json::to_value(value).map_err(|error| refusal(Kind::Protocol, error))
}
