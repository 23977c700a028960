//! Which backend, where, and what opening it answers.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::str::FromStr;

use crate::Discovery;

/// What carries mDNS out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// `MdnsSd`: threads of its own, beside another responder on port 5353 as well.
    #[default]
    MdnsSd,
    /// `Avahi`: the daemon that owns the port, by D-Bus.
    Avahi,
    /// `SimpleMdns`: one interface, with the limits its documentation lists.
    SimpleMdns,
}

impl Backend {
    /// All of them, also those left out of this build.
    pub const ALL: [Self; 3] = [Self::MdnsSd, Self::Avahi, Self::SimpleMdns];

    /// The name it is chosen by, which is the name of its feature too.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MdnsSd => "mdns-sd",
            Self::Avahi => "avahi",
            Self::SimpleMdns => "simple-mdns",
        }
    }

    /// Whether it is part of this build.
    pub const fn is_built(self) -> bool {
        match self {
            Self::MdnsSd => cfg!(feature = "mdns-sd"),
            Self::Avahi => cfg!(feature = "avahi"),
            Self::SimpleMdns => cfg!(feature = "simple-mdns"),
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Backend {
    type Err = UnknownBackend;

    fn from_str(name: &str) -> Result<Self, UnknownBackend> {
        Self::ALL
            .into_iter()
            .find(|backend| backend.name() == name)
            .ok_or_else(|| UnknownBackend(name.into()))
    }
}

/// No backend has this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownBackend(pub String);

impl fmt::Display for UnknownBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Backend::ALL.map(Backend::name).join(", ");
        write!(f, "no mDNS backend is called {:?}; there are {names}", self.0)
    }
}

impl std::error::Error for UnknownBackend {}

/// Where to announce and to look, and by what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// What carries it out.
    pub backend: Backend,
    /// Names of the interfaces to use; empty for all. One that is not there yet is used once it comes.
    pub interfaces: Vec<String>,
    /// Addresses to announce, each where its subnet is; empty for those the interfaces have.
    pub addresses: Vec<IpAddr>,
    /// Whether to use the loopback interface too.
    pub loopback: bool,
}

/// Opens the backend of `options`; nothing is announced or looked for yet.
///
/// # Errors
///
/// The backend is not part of this build, its daemon does not answer, or the system gives no socket or thread. Where
/// multicast does not work is told by [`Found::Warning`](crate::Found::Warning), and may change.
pub fn open(options: Options) -> Result<Box<dyn Discovery>, Error> {
    match options.backend {
        #[cfg(feature = "mdns-sd")]
        Backend::MdnsSd => Ok(Box::new(crate::MdnsSd::new(options)?)),
        #[cfg(feature = "avahi")]
        Backend::Avahi => Ok(Box::new(crate::Avahi::new(options)?)),
        #[cfg(feature = "simple-mdns")]
        Backend::SimpleMdns => Ok(Box::new(crate::SimpleMdns::new(options)?)),
        #[cfg(not(all(feature = "avahi", feature = "mdns-sd", feature = "simple-mdns")))]
        backend => Err(Error::NotBuilt(backend)),
    }
}

/// Why a backend does not open.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// It is not part of this build.
    NotBuilt(Backend),
    /// Nobody answers for Avahi on the system bus; in the words of D-Bus.
    NoDaemon(String),
    /// The system gives no socket or thread.
    System(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotBuilt(backend) => {
                let built: Vec<_> = Backend::ALL.into_iter().filter(|backend| backend.is_built()).collect();
                write!(f, "mDNS by {backend} is not part of this build: ")?;
                match built.first() {
                    Some(other) => write!(f, "build with feature `{backend}`, or use {other}"),
                    None => write!(f, "build with feature `{backend}`, or dial peers by address"),
                }
            }
            Self::NoDaemon(detail) => write!(
                f,
                "no Avahi daemon answers ({detail}): start avahi-daemon and D-Bus, or use {}",
                Backend::MdnsSd
            ),
            Self::System(error) => write!(f, "mDNS can't start: {error}; peers can be dialled by address"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::System(error) => Some(error),
            Self::NotBuilt(_) | Self::NoDaemon(_) => None,
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::System(error) => error,
            Error::NotBuilt(_) => Self::new(io::ErrorKind::Unsupported, error),
            Error::NoDaemon(_) => Self::new(io::ErrorKind::NotConnected, error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backends_are_chosen_by_name() {
        for backend in Backend::ALL {
            assert_eq!(backend.to_string().parse(), Ok(backend));
        }
        let unknown = "bonjour".parse::<Backend>().unwrap_err();
        assert_eq!(
            unknown.to_string(),
            "no mDNS backend is called \"bonjour\"; there are mdns-sd, avahi, simple-mdns"
        );
    }

    #[test]
    fn what_is_not_built_names_what_to_try_next() {
        for backend in Backend::ALL.into_iter().filter(|backend| !backend.is_built()) {
            let error = open(Options { backend, ..Options::default() }).unwrap_err();
            assert!(matches!(error, Error::NotBuilt(it) if it == backend));
            let other = if Backend::MdnsSd.is_built() { "use mdns-sd" } else { "dial peers by address" };
            let next = format!("build with feature `{backend}`, or {other}");
            assert!(error.to_string().ends_with(&next), "{error}");
        }
    }
}
