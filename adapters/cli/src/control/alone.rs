//! The node of a folder, wherever it runs.

#[cfg(unix)]
use super::Server;
use super::{Asker, Local, Reached, reach};
use crate::device::{Finding, Role, Warned};
use crate::failure::Failure;
use crate::state::{Folder, Lock};
use eebus_core::node::Call;
use eebus_core::usecase::lpc::Limit;
use eebus_link::Identity;
use eebus_smol::{Handle, Setup};
use std::net::{Ipv6Addr, SocketAddr};
use std::thread;

/// A folder in use by a node of this process: it is spoken to there, and by nobody else's node.
#[derive(Debug)]
pub(crate) struct Serving {
    #[cfg(unix)]
    _server: Server,
    // Given back last.
    _lock: Lock,
}

impl Serving {
    /// Lets other processes speak with a node, where the system has Unix-domain sockets.
    pub(crate) fn start(
        folder: &Folder,
        lock: Lock,
        identity: &Identity,
        handle: Handle,
    ) -> Result<Self, Failure> {
        #[cfg(not(unix))]
        {
            let _ = (folder, identity, handle);
            eprintln!(
                "eebus: no Unix-domain sockets on this system: other commands can't speak with this node"
            );
            Ok(Self { _lock: lock })
        }
        #[cfg(unix)]
        Ok(Self { _server: Server::start(folder, &lock, identity, handle)?, _lock: lock })
    }
}

/// How a node runs for one command.
#[derive(Clone, Debug)]
pub(crate) struct Alone {
    /// What it is, where the folder does not say.
    pub(crate) role: Role,
    pub(crate) finding: Finding,
    pub(crate) port: u16,
}

/// Does `work` with the node of a folder: the one that runs or, with `true`, one that runs meanwhile.
pub(crate) fn with_node<R>(
    folder: &Folder,
    how: Alone,
    work: impl FnOnce(&mut dyn Asker, bool) -> Result<R, Failure>,
) -> Result<R, Failure> {
    let lock = match reach(folder)? {
        Reached::Running(mut client) => return work(&mut client, false),
        Reached::Free(lock) => lock,
    };
    let role = folder.role(&lock)?.unwrap_or(how.role);
    let settings = folder.settings(&lock, role, Limit::inactive())?;
    let mut setup = Setup::new(settings.config, settings.identity.clone())
        .listen(SocketAddr::from((Ipv6Addr::UNSPECIFIED, how.port)))
        .store(settings.store);
    if let Some(discovery) = how.finding.options().and_then(Warned::open) {
        setup = setup.discovery(discovery);
    }
    let handle = setup.handle();
    let serving = Serving::start(folder, lock, &settings.identity, handle.clone())?;
    let node = thread::spawn(move || smol::block_on(eebus_smol::run(setup, |_, _| {})));
    let worked = work(&mut Local(handle.clone()), true);
    // It may be gone already, for instance as the port is taken: its end says why.
    let _ = handle.call_blocking(Call::Shutdown);
    let ran = node.join().unwrap_or(Ok(()));
    drop(serving);
    ran.map_err(|error| {
        Failure::Failed(format!("the node can't run on port {}: {error}; choose another --port", how.port))
    })?;
    worked
}
