//! A device at work: `eebus hems` and `eebus evse`, used as the demo programs of eebus-go are, and what other commands
//! run devices with.

mod arguments;
mod beside;
mod discovery;
mod role;
mod told;
mod watch;

pub(crate) use arguments::{Evse, Hems, address, duration, evse, hems};
pub(crate) use discovery::{Finding, Warned};
pub(crate) use role::Role;

use crate::failure::Failure;
use eebus_core::node::{At, Config, Endpoint, Event, Misuse};
use eebus_core::ship::identity::Ski;
use eebus_core::usecase::lpc::Limit;
use eebus_mdns::Options;
use eebus_smol::{Handle, Identity, Memory, Setup, Store};
use smol::future::{or, pending, zip};
use std::net::{Ipv6Addr, SocketAddr};

/// Is told every event.
pub(crate) type Observer = Box<dyn FnMut(&mut At<'_>, &Event)>;

/// A device that is about to run. What is not said is as in [`Settings::new`].
pub(crate) struct Settings {
    /// The node; what a role does not decide may be changed.
    pub(crate) config: Config,
    pub(crate) identity: Identity,
    /// The port to listen on; 0 lets the system choose.
    pub(crate) port: u16,
    /// Where trust is kept.
    pub(crate) store: Box<dyn Store>,
    /// Peers to trust, with addresses to dial.
    pub(crate) peers: Vec<(Ski, Vec<Endpoint>)>,
    /// How mDNS is used; `None` for not at all.
    pub(crate) discovery: Option<Options>,
    /// Called once before the node runs.
    pub(crate) started: Box<dyn FnOnce(Handle)>,
    /// Sees every event, before the user is told of it.
    pub(crate) observer: Observer,
}

impl Settings {
    /// A device on a port of the system's choice that keeps nothing and is found by mDNS.
    ///
    /// As an energy manager it writes `limit` to whomever it can limit.
    pub(crate) fn new(role: Role, identity: Identity, limit: Limit) -> Self {
        Self {
            config: role.config(&identity, limit),
            identity,
            port: 0,
            store: Box::new(Memory::default()),
            peers: Vec::new(),
            discovery: Some(Options::default()),
            started: Box::new(drop),
            observer: Box::new(|_, _| {}),
        }
    }
}

/// Runs a device until the user ends it, and tells on standard output what happens.
pub(crate) fn run(settings: Settings) -> Result<(), Failure> {
    let Settings { config, identity, port, store, peers, discovery, started, mut observer } = settings;
    if let Some((ski, _)) = peers.iter().find(|(ski, _)| *ski == identity.ski()) {
        return Err(cannot_pair(*ski, &Misuse::OwnSki));
    }
    told::say(format_args!("own SKI {}", identity.ski().grouped()));
    let mut setup =
        Setup::new(config, identity).listen(SocketAddr::from((Ipv6Addr::UNSPECIFIED, port))).store(store);
    if let Some(discovery) = discovery.and_then(discovery::Warned::open) {
        setup = setup.discovery(discovery);
    }
    let handle = setup.handle();
    started(handle.clone());
    let (mut told, mut watch, mut failed) = (told::Told::default(), watch::Watch::default(), None);
    let node = eebus_smol::run(setup, |node, event| {
        if let Event::Listening { .. } = event
            && let Err((ski, misuse)) = trust(node, &peers)
        {
            failed = Some(cannot_pair(ski, &misuse));
            // It was not shut down before.
            let _ = node.shut_down();
        }
        observer(node, &event);
        told.event(node.view(), &event);
        watch.event(node, &event);
    });
    let beside = async {
        zip(beside::on_signal(handle.clone()), beside::on_waiting(handle.clone())).await;
        pending().await
    };
    let ran = smol::block_on(or(node, beside));
    ran.map_err(|error| {
        Failure::Failed(format!(
            "cannot listen on port {port}: {error}; choose another port, or end the program that holds it"
        ))
    })?;
    failed.map_or(Ok(()), Err)
}

fn trust(node: &mut At<'_>, peers: &[(Ski, Vec<Endpoint>)]) -> Result<(), (Ski, Misuse)> {
    for (ski, endpoints) in peers {
        let peer = node.add_peer(*ski, endpoints.clone()).map_err(|misuse| (*ski, misuse))?;
        node.peer(peer).trust().map_err(|misuse| (*ski, misuse))?;
    }
    Ok(())
}

fn cannot_pair(ski: Ski, misuse: &Misuse) -> Failure {
    Failure::Failed(format!("cannot pair with {ski}: {misuse}; give the SKI that the other device shows"))
}
