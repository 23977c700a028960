//! `eebus probe`: what a SHIP peer offers, layer by layer.

mod certificate;
mod hello;
mod names;
mod ship;

use crate::failure::Failure;
use clap::value_parser;
use eebus_link::entropy;
use hello::{Answer, Flight, Offer};
use names::{CURVES, OTHER_VERSIONS, SUITES, alert, name};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

const TLS_1_2: u16 = 0x0303;
/// The suites this build speaks.
const OURS: [u16; 3] = [0xc02b, 0xc02c, 0xcca9];
const SECP256R1: u16 = 23;

const LONG_HELP: &str = "\
Shows what a SHIP node offers: TCP, the versions, cipher suites and curves of TLS, facts of its certificate, the \
WebSocket, and the first SHIP message.

It asks for one thing at a time, so a node sees some twenty connections that end early, and then one of a stranger with \
a certificate made for the moment, which it may show to its user as a wish to pair. Nothing is changed and nobody is \
trusted.";

/// Show what a SHIP peer offers, layer by layer.
#[derive(Debug, clap::Args)]
#[command(long_about = LONG_HELP, after_help = "\
Examples:
  eebus probe 192.0.2.7:4712
  eebus probe '[fe80::1%2]:4712' --path /ship/

Exit codes: 0 SHIP answered, 1 it did not get as far as that, 2 wrong arguments")]
pub(crate) struct Arguments {
    /// Host name or address, and port.
    #[arg(value_name = "HOST:PORT")]
    peer: String,
    /// The path of the WebSocket, as the peer announces it.
    #[arg(long, default_value = "/ship/")]
    path: String,
    /// How long each step may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = value_parser!(u64).range(1..=600))]
    seconds: u64,
}

/// Whom to ask.
struct Target<'a> {
    authority: &'a str,
    address: SocketAddr,
    /// For SNI; an address is none.
    name: Option<&'a str>,
    patience: Duration,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let target = resolve(arguments)?;
    let begin = Instant::now();
    target.connect().map_err(|error| {
        Failure::Failed(format!(
            "no TCP connection to {}: {error}; check that the device is on and this is its port, which discovery and its \
             manual know, and that no firewall stands between",
            target.address
        ))
    })?;
    say(
        "TCP",
        format_args!("{} is reached within {} ms", target.address, begin.elapsed().as_millis().max(1)),
    )?;
    let flight = tls(&target)?;
    certificate::show(&flight.certificates)?;
    ship::show(&target, &arguments.path)
}

fn resolve(arguments: &Arguments) -> Result<Target<'_>, Failure> {
    let authority = arguments.peer.as_str();
    let found = authority.to_socket_addrs().map(|mut addresses| addresses.next());
    let address = match found {
        Ok(Some(address)) => address,
        Ok(None) => return Err(Failure::Failed(format!("{authority} has no address"))),
        Err(error) if error.kind() == ErrorKind::InvalidInput => {
            return Err(Failure::Usage(format!(
                "{authority} is no HOST:PORT: {error}; try 192.0.2.7:4712 or '[fe80::1%2]:4712'"
            )));
        }
        Err(error) => {
            return Err(Failure::Failed(format!(
                "{authority} is not found: {error}; name its address instead, as names that end in .local need mDNS"
            )));
        }
    };
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let name = (host.parse::<IpAddr>().is_err() && !host.starts_with('[')).then_some(host);
    Ok(Target { authority, address, name, patience: Duration::from_secs(arguments.seconds) })
}

impl Target<'_> {
    fn connect(&self) -> io::Result<TcpStream> {
        let stream = TcpStream::connect_timeout(&self.address, self.patience)?;
        stream.set_read_timeout(Some(self.patience))?;
        stream.set_write_timeout(Some(self.patience))?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// One question, on a connection of its own.
    fn ask(&self, version: u16, suites: &[u16], curves: &[u16]) -> io::Result<Answer> {
        let mut stream = self.connect()?;
        let offer = Offer { version, suites, curves, name: self.name, random: entropy()? };
        stream.write_all(&hello::client_hello(&offer))?;
        let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
        loop {
            match stream.read(&mut buffer)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                octets => answer.extend_from_slice(&buffer[..octets]),
            }
            if let Some(answer) = hello::read(&answer) {
                return Ok(answer);
            }
        }
    }

    /// Everything of a list that the peer takes, its favourite first: what it chose is not offered again.
    fn taken(&self, list: &[(u16, &str)], mut ask: impl FnMut(&[u16]) -> Option<u16>) -> Vec<u16> {
        let mut left: Vec<u16> = list.iter().map(|(number, _)| *number).collect();
        let mut taken = Vec::new();
        while let Some(chosen) = ask(&left).filter(|chosen| left.contains(chosen)) {
            left.retain(|number| *number != chosen);
            taken.push(chosen);
        }
        taken
    }
}

/// Versions, suites and curves; answers the flight of TLS 1.2.
fn tls(target: &Target<'_>) -> Result<Flight, Failure> {
    let (suites, curves): (Vec<_>, Vec<_>) =
        (SUITES.iter().map(|suite| suite.0).collect(), CURVES.iter().map(|curve| curve.0).collect());
    let flight = match target.ask(TLS_1_2, &suites, &curves) {
        Ok(Answer::Flight(flight)) if flight.version == TLS_1_2 => flight,
        other => return Err(no_tls(target, &other)),
    };
    let mut versions = vec!["TLS 1.2".to_owned()];
    for (version, name) in OTHER_VERSIONS {
        let answer = target.ask(*version, &suites, &curves);
        if matches!(&answer, Ok(Answer::Flight(flight)) if flight.version == *version) {
            versions.push((*name).to_owned());
        }
    }
    say("TLS", format_args!("{}; SHIP uses 1.2", versions.join(", ")))?;
    let chosen = |answer: io::Result<Answer>, part: fn(&Flight) -> Option<u16>| match answer {
        Ok(Answer::Flight(flight)) => part(&flight),
        _ => None,
    };
    let taken =
        target.taken(SUITES, |left| chosen(target.ask(TLS_1_2, left, &curves), |flight| Some(flight.suite)));
    for suite in &taken {
        let ours = if OURS.contains(suite) { "" } else { ", which this program does not speak" };
        say("suite", format_args!("{}{ours}", name(SUITES, *suite)))?;
    }
    let taken_curves =
        target.taken(CURVES, |left| chosen(target.ask(TLS_1_2, &suites, left), |flight| flight.curve));
    let names: Vec<_> = taken_curves.iter().map(|curve| name(CURVES, *curve)).collect();
    let needed = if taken_curves.contains(&SECP256R1) { "" } else { "; SHIP needs secp256r1" };
    say("curve", format_args!("{}{needed}", names.join(", ")))?;
    let wanted = if flight.wants_certificate { "wanted" } else { "not wanted, against SHIP 12.1" };
    say("client", format_args!("the certificate of the client is {wanted}"))?;
    if !taken.iter().any(|suite| OURS.contains(suite)) {
        certificate::show(&flight.certificates)?;
        return Err(Failure::Failed(
            "no cipher suite in common: the peer takes none with AES-GCM or ChaCha20; look for newer firmware".into(),
        ));
    }
    Ok(flight)
}

fn no_tls(target: &Target<'_>, answer: &io::Result<Answer>) -> Failure {
    let address = target.address;
    Failure::Failed(match answer {
        Ok(Answer::Alert(code)) => format!(
            "{address} refuses TLS 1.2 with every suite of SHIP, by the alert {}; it is no SHIP node, or one with an RSA key",
            alert(*code)
        ),
        Ok(Answer::NotTls) => {
            format!("{address} does not speak TLS on this port; take the port that discovery names")
        }
        Ok(Answer::Flight(flight)) => format!(
            "{address} answers with version {:#06x} of TLS instead of 1.2; it is no SHIP node",
            flight.version
        ),
        Err(error) if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset) => {
            format!(
                "{address} hangs up on TLS; it takes no more connections, or this is another service's port"
            )
        }
        Err(error) => format!(
            "{address} does not answer TLS within {} s: {error}; take the port that discovery names, or more --seconds",
            target.patience.as_secs()
        ),
    })
}

/// One line: what, and how it is.
fn say(what: &str, how: impl std::fmt::Display) -> Result<(), Failure> {
    let how: String = how.to_string().chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    writeln!(io::stdout(), "{what:<12} {how}")
        .map_err(|error| Failure::Failed(format!("cannot write to standard output: {error}")))
}
