//! Whether and where mDNS is used, and what to say where it does not work.

use super::told;
use eebus_core::ship::txt::Record;
use eebus_mdns::{Backend, Discovery, Found, Options};
use std::net::IpAddr;
use std::task::{Context, Poll};

/// What works without mDNS.
pub(super) const REMEDY: &str = "the port keeps listening, and --dial ADDRESS reaches a peer without mDNS";

/// How peers are found.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Finding {
    /// What carries mDNS out: mdns-sd, avahi or simple-mdns.
    #[arg(long, global = true, value_name = "NAME", default_value_t, conflicts_with = "no_mdns")]
    backend: Backend,
    /// Use mDNS on this interface only; lo for programs on this host (repeatable).
    #[arg(long, global = true, value_name = "NAME", conflicts_with = "no_mdns")]
    interface: Vec<String>,
    /// Announce this address instead of those of the interfaces (repeatable).
    #[arg(long, global = true, value_name = "IP", conflicts_with = "no_mdns")]
    address: Vec<IpAddr>,
    /// Neither announce nor look for peers by mDNS.
    #[arg(long, global = true)]
    no_mdns: bool,
}

impl Finding {
    /// What mDNS is told; `None` where it is not wanted.
    pub(crate) fn options(&self) -> Option<Options> {
        let (interfaces, addresses) = (self.interface.clone(), self.address.clone());
        let known = if_addrs::get_if_addrs().unwrap_or_default();
        let loopback = known.iter().any(|known| known.is_loopback() && interfaces.contains(&known.name));
        (!self.no_mdns).then_some(Options { backend: self.backend, interfaces, addresses, loopback })
    }
}

/// Discovery whose warnings the user sees.
#[derive(Debug)]
pub(crate) struct Warned(Box<dyn Discovery>);

impl Warned {
    /// Starts mDNS; where it does not start, the user is warned and the device does without.
    pub(crate) fn open(options: Options) -> Option<Self> {
        let opened = eebus_mdns::open(options);
        opened.map(Self).inspect_err(|error| told::warn(format_args!("{error}; {REMEDY}"))).ok()
    }
}

impl Discovery for Warned {
    fn announce(&mut self, record: &Record, port: u16) {
        self.0.announce(record, port);
    }

    fn withdraw(&mut self) {
        self.0.withdraw();
    }

    fn browse(&mut self, on: bool) {
        self.0.browse(on);
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Found> {
        let found = self.0.poll(cx);
        match &found {
            Poll::Ready(Found::Warning(warning)) => told::warn(format_args!("{warning}; {REMEDY}")),
            Poll::Ready(Found::Recovered) => told::warn("mDNS works again"),
            _ => {}
        }
        found
    }
}
