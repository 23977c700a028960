//! A node from other threads.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use eebus_core::node::{Answer, Call, Event, Misuse};
use eebus_core::ship::identity::Ski;
use eebus_pump::{CallError, MAX_EVENTS, MAX_REQUESTS, Setup};

use crate::{App, PEER, Record, Run, Running, identity, system};

fn start(run: Run, app: App) -> Running {
    let (identity, record) = (identity("pump"), Record::default());
    let ski = identity.ski();
    let setup = Setup::new(system(&identity), identity).tap(record.clone());
    Running::start(run, setup, ski, record, app)
}

fn add(octets: [u8; 2]) -> Call {
    let mut ski = [7; 20];
    ski[..2].copy_from_slice(&octets);
    Call::AddPeer { ski: Ski::new(ski), endpoints: Vec::new() }
}

/// Calls and views from several threads are each answered once; a loop that is too slow answers `Busy`, one that is
/// gone `Stopped`.
pub fn handle(run: Run) {
    let (open, gate) = mpsc::channel();
    // The loop stands still in its first callback that tells the port.
    let app = move |_: &mut eebus_core::node::At<'_>, event| {
        if matches!(event, Event::Listening { .. }) {
            gate.recv().unwrap();
        }
    };
    let mut running = start(run, Box::new(app));
    let mut cx = Context::from_waker(Waker::noop());
    let mut views: Vec<_> = (0..MAX_REQUESTS).map(|_| Box::pin(running.handle.view(|_| ()))).collect();
    assert!(views.iter_mut().all(|view| view.as_mut().poll(&mut cx).is_pending()));
    assert_eq!(running.handle.view_blocking(|_| ()), Err(CallError::Busy));
    assert_eq!(running.handle.call_blocking(Call::Shutdown), Err(CallError::Busy));
    // One that nobody waits for any more does no harm.
    drop(views.pop());
    open.send(()).unwrap();
    for view in &mut views {
        while view.as_mut().poll(&mut cx) != Poll::Ready(Ok(())) {
            thread::sleep(Duration::from_millis(1));
        }
    }

    let threads = (0..8).map(|thread| {
        let handle = running.handle.clone();
        thread::spawn(move || {
            (0..20).all(|n| {
                let added = handle.call_blocking(add([thread, n]));
                let known = handle.view_blocking(|view| view.peers().count());
                matches!(added, Ok(Answer::Peer(_))) && known.is_ok_and(|peers| peers > usize::from(n))
            })
        })
    });
    let threads: Vec<_> = threads.collect();
    assert!(threads.into_iter().all(|thread| thread.join().unwrap()));
    assert_eq!(running.handle.view_blocking(|view| view.peers().count()), Ok(160));
    let own = Call::AddPeer { ski: running.ski, endpoints: Vec::new() };
    assert_eq!(running.handle.call_blocking(own), Err(CallError::Misuse(Misuse::OwnSki)));

    let (handle, mut late) = (running.handle.clone(), running.handle.events());
    running.wait(|event| matches!(event, Event::Readiness { .. }).then_some(()));
    running.stop();
    while late.next_blocking().is_some() {}
    assert_eq!(handle.view_blocking(|_| ()), Err(CallError::Stopped));
    assert_eq!(handle.events().next_blocking(), None);
}

/// What a slow subscriber missed is counted at its place, and nothing else is lost.
pub fn lagged(run: Run) {
    let told = Arc::new(AtomicU64::new(0));
    let count = told.clone();
    let running = start(
        run,
        Box::new(move |_, _| {
            count.fetch_add(1, Ordering::SeqCst);
        }),
    );
    let mut events = running.handle.events();
    let call = |call| running.handle.call_blocking(call).unwrap();
    call(add([0, 0]));
    // The answer comes before the events of the call; a view comes behind them.
    running.handle.view_blocking(|_| ()).unwrap();
    // Every event from here on reaches `events`; it has missed none so far.
    let known: Vec<_> = std::iter::from_fn(|| events.waiting()).collect();
    assert!(known.len() < MAX_EVENTS);
    let before = told.load(Ordering::SeqCst);
    while told.load(Ordering::SeqCst) < before + MAX_EVENTS as u64 + 50 {
        call(Call::Trust { peer: PEER });
        call(Call::Refuse { peer: PEER });
    }
    running.handle.view_blocking(|_| ()).unwrap();
    let all = told.load(Ordering::SeqCst) - before;
    let mut received: Vec<_> = std::iter::from_fn(|| events.waiting()).collect();
    assert_eq!(received.pop(), Some(Event::Lagged { missed: all - MAX_EVENTS as u64 }));
    assert_eq!(received.len(), MAX_EVENTS);
    assert!(!received.iter().any(|event| matches!(event, Event::Lagged { .. })));
    call(Call::Trust { peer: PEER });
    assert!(matches!(events.next_blocking(), Some(Event::Decided { .. })));
    running.stop();
}
