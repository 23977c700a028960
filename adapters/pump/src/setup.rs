//! Everything a loop needs to know before it runs.

use std::fmt;
use std::net::{Ipv6Addr, SocketAddr};

use eebus_core::node::{Config, NoTap, Tap};
use eebus_link::Identity;
use eebus_mdns::Discovery;

use crate::handle::{Handle, Inbox, inbox};
use crate::{Clock, Memory, Store, SystemClock};

/// The port SHIP nodes listen on unless something else is wanted; discovery announces the one in use.
pub const DEFAULT_PORT: u16 = 4712;

/// A node that is about to run: what it is, and where it lives.
#[derive(Debug)]
pub struct Setup<T = NoTap> {
    pub(crate) config: Config,
    pub(crate) identity: Identity,
    pub(crate) listen: SocketAddr,
    pub(crate) store: Box<dyn Store>,
    pub(crate) clock: Box<dyn Clock>,
    pub(crate) discovery: Option<Box<dyn Discovery>>,
    pub(crate) entropy: Option<[u8; 32]>,
    pub(crate) tap: T,
    pub(crate) handle: Handle,
    pub(crate) inbox: Inbox,
}

impl Setup {
    /// A node that listens on every address at [`DEFAULT_PORT`] and keeps what it saves in [`Memory`].
    ///
    /// `config` has to be made with the key of `identity`.
    pub fn new(config: Config, identity: Identity) -> Self {
        let (handle, inbox) = inbox();
        Self {
            config,
            identity,
            listen: (Ipv6Addr::UNSPECIFIED, DEFAULT_PORT).into(),
            store: Box::new(Memory::default()),
            clock: Box::new(SystemClock::new()),
            discovery: None,
            entropy: None,
            tap: NoTap,
            handle,
            inbox,
        }
    }
}

impl<T> Setup<T> {
    /// Listens at this port; 0 lets the system choose, and `Event::Listening` tells.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.listen.set_port(port);
        self
    }

    /// Listens at this address and port. `[::]` takes IPv4 too, and is `0.0.0.0` where there is no IPv6.
    #[must_use]
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Keeps what the node saves there.
    #[must_use]
    pub fn store(mut self, store: impl Store + 'static) -> Self {
        self.store = Box::new(store);
        self
    }

    /// Takes the time from there.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Announces the node and finds others by this: `eebus_mdns::open(..)?`. Without one, peers are reached by address.
    #[must_use]
    pub fn discovery(mut self, discovery: impl Discovery + 'static) -> Self {
        self.discovery = Some(Box::new(discovery));
        self
    }

    /// Seeds every random choice of the node, in place of the system's randomness: for a run that is repeated.
    #[must_use]
    pub fn entropy(mut self, entropy: [u8; 32]) -> Self {
        self.entropy = Some(entropy);
        self
    }

    /// Lets `tap` see every input, call and action.
    #[must_use]
    pub fn tap<U: Tap + fmt::Debug>(self, tap: U) -> Setup<U> {
        let Self { config, identity, listen, store, clock, discovery, entropy, tap: _, handle, inbox } = self;
        Setup { config, identity, listen, store, clock, discovery, entropy, tap, handle, inbox }
    }

    /// The node, for other tasks and threads. What they ask waits until the node runs.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Where it is to listen.
    pub fn address(&self) -> SocketAddr {
        self.listen
    }
}
