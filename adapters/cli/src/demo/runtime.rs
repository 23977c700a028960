//! The runtimes the demo runs on.

use eebus_core::node::{At, Event, Tap};
use eebus_pump::Setup;
use std::fmt::Debug;
use std::io;

/// What moves a node's octets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Runtime {
    /// smol
    #[default]
    Smol,
    /// async-std
    AsyncStd,
    /// tokio, one thread a node
    Tokio,
    /// No runtime: threads and blocking sockets
    Blocking,
}

impl Runtime {
    /// Runs a node on this thread until it was shut down.
    pub(crate) fn run<T: Tap + Debug>(
        self,
        setup: Setup<T>,
        app: impl FnMut(&mut At<'_>, Event),
    ) -> io::Result<()> {
        match self {
            Self::Smol => smol::block_on(eebus_smol::run(setup, app)),
            Self::AsyncStd => async_std::task::block_on(eebus_async_std::run(setup, app)),
            Self::Tokio => {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(eebus_tokio::run(setup, app))
            }
            Self::Blocking => eebus_blocking::run(setup, app),
        }
    }
}
