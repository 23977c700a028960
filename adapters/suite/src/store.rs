//! A store that stands still or fails.

use std::io;
use std::sync::{Arc, Mutex};

use eebus_core::ids::PeerId;
use eebus_core::node::{Answer, Call, Decision, Event, Rung, Saved};
use eebus_core::spine::Outcome;
use eebus_core::usecase::lpc::{self, Limit, Written};
use eebus_core::usecase::{Command, watts};
use eebus_pump::{Saving, Setup, Store};

use crate::{ACTOR, PEER, Record, Run, Running, agreeable, guard, identity, system};

#[derive(Debug, Default)]
enum Disk {
    #[default]
    Fine,
    Stuck,
    Full,
}

/// A store with a disk that the test breaks and mends.
#[derive(Clone, Debug, Default)]
struct Broken(Arc<Mutex<(Disk, Vec<Saving>)>>);

impl Broken {
    /// What was stuck is answered.
    fn becomes(&self, disk: Disk) {
        let mut inner = self.0.lock().unwrap();
        inner.0 = disk;
        inner.1.drain(..).for_each(Saving::done);
    }
}

impl Store for Broken {
    fn load(&mut self) -> io::Result<Option<Saved>> {
        Ok(None)
    }

    fn save(&mut self, _: Saved, saving: Saving) {
        let mut inner = self.0.lock().unwrap();
        match inner.0 {
            Disk::Fine => saving.done(),
            Disk::Stuck => inner.1.push(saving),
            Disk::Full => saving.failed("no space left on the disk"),
        }
    }
}

/// Limits the heat pump to so many watts, there and back.
fn limit(guard: &mut Running, watt: i64) {
    let limit = Limit::active(watts(watt));
    let command = Command::Lpc(lpc::Command::SetLimit { peer: None, limit });
    assert_eq!(guard.handle.call_blocking(Call::UseCase { actor: ACTOR, command }), Ok(Answer::Done));
    let what = Written::Limit(limit);
    guard.wait_lpc(|event| *event == lpc::Event::Written { peer: PEER, what, outcome: Outcome::Done });
}

/// Whether the heat pump told a box that it trusts it.
fn is_told(running: &Running) -> bool {
    let told = |peer: Option<eebus_core::node::PeerView<'_>>| {
        peer.is_some_and(|peer| peer.readiness.trusted_by_peer)
    };
    running.handle.view_blocking(move |view| told(view.peer(PEER))).unwrap()
}

/// Waits until the store was asked to keep trust in a stranger.
fn asked(pump: &mut Running) -> PeerId {
    pump.wait(|event| match event {
        Event::Decided { peer, decision: Decision::Trusted, .. } => Some(*peer),
        _ => None,
    })
}

/// While the store stands still, and while its disk is full, a limit is written and obeyed as ever; only a stranger is
/// not told of trust that a restart would forget.
pub fn store(run: Run) {
    let (identity, record, disk) = (identity("pump"), Record::default(), Broken::default());
    let ski = identity.ski();
    let setup = Setup::new(system(&identity), identity).store(disk.clone()).tap(record.clone());
    let mut pump = Running::start(run, setup, ski, record, agreeable());
    let mut known = Running::new(run, "box", guard);
    known.dial(&pump);
    known.wait_lpc(|event| *event == lpc::Event::Ready { peer: PEER });
    asked(&mut pump);

    disk.becomes(Disk::Stuck);
    let mut stranger = Running::new(run, "stranger", guard);
    stranger.dial(&pump);
    asked(&mut pump);
    limit(&mut known, 4_200);
    limit(&mut known, 4_300);
    assert!(!is_told(&stranger));
    disk.becomes(Disk::Fine);
    stranger.wait(|event| {
        matches!(event, Event::Readiness { readiness, .. } if readiness.rung >= Rung::Discovered)
            .then_some(())
    });

    disk.becomes(Disk::Full);
    let mut late = Running::new(run, "late", guard);
    late.dial(&pump);
    let peer = asked(&mut pump);
    pump.wait(|event| matches!(event, Event::PersistFailed { .. }).then_some(()));
    limit(&mut known, 4_400);
    assert!(!is_told(&late));
    disk.becomes(Disk::Fine);
    assert_eq!(pump.handle.call_blocking(Call::Trust { peer }), Ok(Answer::Done));
    late.wait(|event| {
        matches!(event, Event::Readiness { readiness, .. } if readiness.rung >= Rung::Discovered)
            .then_some(())
    });
    [known, stranger, late, pump].into_iter().for_each(Running::stop);
}
