//! The tests that every loop of a node has to pass, over real sockets on this machine.
//!
//! An adapter tells how it runs a node, and gets them all:
//!
//! ```ignore
//! eebus_suite::tests!(|setup, app| smol::block_on(eebus_smol::run(setup, app)));
//! ```
#![forbid(unsafe_code)]
#![expect(clippy::missing_panics_doc, reason = "these are tests")]

use std::io;
use std::net::SocketAddr;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use eebus_core::ids::{ActorId, PeerId};
use eebus_core::model::EntityType;
use eebus_core::node::{Answer, At, Call, Config, Endpoint, Event, Product};
use eebus_core::ship::identity::{ShipId, Ski};
use eebus_core::time::WallTime;
use eebus_core::usecase::lpc::{self, ControllableSystem, EnergyGuard};
use eebus_core::usecase::watts;
use eebus_link::Identity;
use eebus_pump::{CallError, Events, Handle, Setup};
use tracing::dispatcher;

mod collect;
mod handle;
mod limit;
mod logs;
mod peer;
mod record;
mod script;
mod store;
mod strangers;

pub use collect::Logs;
pub use handle::{handle, lagged};
pub use limit::limit;
pub use logs::{logs, pin};
pub use peer::{HandClock, Peer, Pipe};
pub use record::{Record, Recorded};
pub use script::{Tcp, same_actions};
pub use store::store;
pub use strangers::strangers;

/// What an application does with events.
pub type App = Box<dyn FnMut(&mut At<'_>, Event) + Send>;
/// Runs a node on the thread it is called on, until the node was shut down.
pub type Run = fn(Setup<Record>, App) -> io::Result<()>;

/// Longest time anything may take here.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// The one actor of either node.
pub const ACTOR: ActorId = ActorId(0);
/// The first peer of either node.
pub const PEER: PeerId = PeerId(0);

/// Every test, for one loop.
#[macro_export]
macro_rules! tests {
    ($run:expr) => {
        $crate::tests!($run; limit, same_actions, logs, pin, handle, lagged, store, strangers);
    };
    ($run:expr; $($name:ident),*) => {
        $(
            #[test]
            fn $name() {
                $crate::$name($run);
            }
        )*
    };
}

/// A new identity.
pub fn identity(name: &str) -> Identity {
    Identity::create(&ShipId::new(name), WallTime::from_unix_micros(1_767_225_600_000_000)).unwrap()
}

/// The control box.
pub fn guard(identity: &Identity) -> Config {
    let mut config = Config::new(identity, Product::new("ACME", "Box", "1"));
    let entity = config.entity(EntityType::GridGuard);
    config.install(&entity, EnergyGuard::new());
    config
}

/// The heat pump.
pub fn system(identity: &Identity) -> Config {
    let mut config = Config::new(identity, Product::new("ACME", "Pump", "7"));
    let entity = config.entity(EntityType::HeatPumpAppliance);
    config.install(&entity, ControllableSystem::new(watts(11_000)));
    config
}

/// An application that trusts and accepts everybody.
pub fn agreeable() -> App {
    Box::new(|node, event| match event {
        Event::PairingRequested(request) => assert_eq!(node.peer(request.peer).trust(), Ok(Answer::Done)),
        Event::Lpc { event: lpc::Event::LimitProposed(proposed), .. } => {
            assert_eq!(node.accept(proposed.ticket), Ok(Answer::Done));
        }
        _ => {}
    })
}

/// A node on a thread of its own.
#[derive(Debug)]
pub struct Running {
    /// It.
    pub handle: Handle,
    /// Its events since it listened.
    pub events: Events,
    /// What went in and out.
    pub record: Record,
    /// Where it listens.
    pub port: u16,
    /// Its SKI.
    pub ski: Ski,
    thread: JoinHandle<io::Result<()>>,
}

impl Running {
    /// Starts a node at a port of the system's choice, and waits until it listens.
    pub fn start(run: Run, setup: Setup<Record>, ski: Ski, record: Record, app: App) -> Self {
        let setup = setup.listen(([127, 0, 0, 1], 0).into());
        let handle = setup.handle();
        let mut events = handle.events();
        let log = dispatcher::get_default(Clone::clone);
        let thread = thread::spawn(move || dispatcher::with_default(&log, || run(setup, app)));
        let port = std::iter::from_fn(|| events.next_blocking()).find_map(|event| match event {
            Event::Listening { port } => Some(port),
            _ => None,
        });
        let port = port.expect("it listens");
        Self { handle, events, record, port, ski, thread }
    }

    /// The control box, or the heat pump.
    pub fn new(run: Run, name: &str, config: fn(&Identity) -> Config) -> Self {
        let (identity, record) = (identity(name), Record::default());
        let ski = identity.ski();
        let setup = Setup::new(config(&identity), identity).tap(record.clone());
        Self::start(run, setup, ski, record, agreeable())
    }

    /// Trusts and dials another node.
    pub fn dial(&self, other: &Self) {
        let endpoints = vec![Endpoint::new(other.address())];
        let added = self.handle.call_blocking(Call::AddPeer { ski: other.ski, endpoints });
        let Ok(Answer::Peer(peer)) = added else { panic!("{added:?}") };
        assert_eq!(self.handle.call_blocking(Call::Trust { peer }), Ok(Answer::Done));
        assert_eq!(self.handle.call_blocking(Call::Connect { peer }), Ok(Answer::Done));
    }

    /// Waits for an event that `wanted` makes something of.
    pub fn wait<R>(&mut self, mut wanted: impl FnMut(&Event) -> Option<R>) -> R {
        let start = Instant::now();
        let mut seen = Vec::new();
        while start.elapsed() < PATIENCE {
            match self.events.waiting() {
                Some(event) => {
                    if let Some(found) = wanted(&event) {
                        return found;
                    }
                    seen.push(event);
                }
                None => thread::sleep(Duration::from_millis(1)),
            }
        }
        panic!("it did not happen, but: {seen:#?}")
    }

    /// Waits for what the actor tells.
    pub fn wait_lpc(&mut self, mut wanted: impl FnMut(&lpc::Event) -> bool) {
        self.wait(|event| match event {
            Event::Lpc { event, .. } => wanted(event).then_some(()),
            _ => None,
        });
    }

    /// Shuts the node down and waits for its end.
    pub fn stop(self) {
        assert_eq!(self.handle.call_blocking(Call::Shutdown), Ok(Answer::Done));
        self.join();
    }

    /// Waits for its end.
    pub fn join(self) {
        self.thread.join().unwrap().unwrap();
        assert_eq!(self.handle.call_blocking(Call::Shutdown), Err(CallError::Stopped));
    }

    /// Where it can be dialled.
    pub fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }
}
