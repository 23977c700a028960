//! Whether and where mDNS is used, and what to say where it does not work.

use eebus_core::ship::txt::Record;
use eebus_mdns::{Discovery, Found, MdnsSd, Options};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

/// How peers are found.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Finding {
    /// Use mDNS on this interface only (repeatable).
    #[arg(long, value_name = "NAME", conflicts_with = "no_mdns")]
    interface: Vec<String>,
    /// Announce this address instead of those of the interfaces (repeatable).
    #[arg(long, value_name = "IP", conflicts_with = "no_mdns")]
    address: Vec<IpAddr>,
    /// Neither announce nor look for peers by mDNS.
    #[arg(long)]
    no_mdns: bool,
}

impl Finding {
    /// What mDNS is told; `None` where it is not wanted.
    pub(crate) fn options(&self) -> Option<Options> {
        let (interfaces, addresses) = (self.interface.clone(), self.address.clone());
        (!self.no_mdns).then(|| Options { interfaces, addresses, ..Options::default() })
    }
}

/// Whether anything at all was heard; a node hears its own announcement too.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard(Arc<AtomicBool>);

impl Heard {
    pub(super) fn anything(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Discovery that remembers whether it works.
#[derive(Debug)]
pub(super) struct Listening {
    inner: Box<dyn Discovery>,
    heard: Heard,
}

impl Listening {
    /// Starts mDNS; where the system does not let it, the user is warned and the device does without.
    pub(super) fn start(options: Options) -> Option<(Self, Heard)> {
        match MdnsSd::new(options) {
            Ok(inner) => {
                let heard = Heard::default();
                Some((Self { inner: Box::new(inner), heard: heard.clone() }, heard))
            }
            Err(error) => {
                super::told::warn(format_args!("mDNS does not work: {error}; {REMEDY}"));
                None
            }
        }
    }
}

/// What works without mDNS.
pub(super) const REMEDY: &str = "the port keeps listening, and --dial ADDRESS reaches a peer without mDNS";

impl Discovery for Listening {
    fn announce(&mut self, record: &Record, port: u16) {
        self.inner.announce(record, port);
    }

    fn withdraw(&mut self) {
        self.inner.withdraw();
    }

    fn browse(&mut self, on: bool) {
        self.inner.browse(on);
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Found> {
        let found = self.inner.poll(cx);
        if found.is_ready() {
            self.heard.0.store(true, Ordering::Relaxed);
        }
        found
    }
}
