//! `eebus demo`: a control box limits a heat pump, over real TCP, TLS, WebSocket and SHIP.

mod judge;
mod play;
mod record;
mod runtime;
mod told;

use crate::failure::Failure;
use eebus_core::model::{DeviceType, EntityType};
use eebus_core::node::{Call, Config, Endpoint, Event, Product};
use eebus_core::ship::identity::{ShipId, Ski};
use eebus_core::usecase::lpc::{ControllableSystem, EnergyGuard, Limit};
use eebus_core::usecase::{Watts, watts};
use eebus_link::{Identity, entropy};
use eebus_pump::{Clock, Handle, Setup, SystemClock};
use judge::Judge;
use play::{Said, Voice};
use record::{Recording, StartingAt};
use runtime::Runtime;
use serde_json::json;
use std::io::{ErrorKind, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};
use told::{What, Who};

/// What the heat pump may draw in the demo.
const LIMIT: Watts = watts(4_200);
/// How long.
const LASTING: Duration = Duration::from_secs(3);
/// How long the heat pump stays in failsafe at least; the shortest time there is (LPC-022).
const FAILSAFE_TIME: Duration = Duration::from_secs(2 * 3_600);
/// How long everything may take.
const PATIENCE: Duration = Duration::from_secs(30);

const LONG_HELP: &str = "\
A control box (Energy Guard) and a heat pump (Controllable System) meet on the loopback interface: two nodes with a \
thread, a certificate and a socket each. They pair, discover each other, and the box limits the pump to 4,200 W for \
three seconds.";

const EXAMPLES: &str = "\
Examples:
  eebus demo
  eebus demo --json --record /tmp/demo
  eebus demo --runtime smol --keys /tmp/keys --port 4712

Exit codes: 0 the limit was in force, acknowledged, read back and expired within 30 s, 1 it was not, 2 wrong arguments";

/// Let a control box limit a heat pump over real sockets.
#[derive(Debug, clap::Args)]
#[command(long_about = LONG_HELP, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
    /// Write what goes in and out of both nodes to traces in this folder, for `eebus replay`.
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
    /// The runtime that moves the octets.
    #[arg(long, value_enum, default_value_t)]
    runtime: Runtime,
    /// Port of the heat pump; a free one unless given.
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// Keep the certificates and keys of both devices in this folder, which exists.
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
}

/// A device of the demo that runs.
struct Device {
    ski: Ski,
    handle: Handle,
    recording: Recording,
}

/// The narrator: hears both devices, prints, judges.
struct Narrator {
    begin: Instant,
    json: bool,
    said: Receiver<Said>,
    judge: Judge,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let (voice, said) = channel();
    let mut narrator =
        Narrator { begin: Instant::now(), json: arguments.json, said, judge: Judge::new(LIMIT, LASTING) };
    let pump = heat_pump(arguments, &voice)?;
    let port = narrator.port()?;
    let guard = control_box(arguments, &voice)?;
    pair(&voice, &guard.handle, pump.ski, port)?;
    let result = narrator.until_over();
    let shut_down = [&guard, &pump].map(|device| device.handle.call_blocking(Call::Shutdown));
    let quiet = if shut_down.iter().all(Result::is_ok) { narrator.until_both_ended() } else { Ok(()) };
    guard.recording.finish()?;
    pump.recording.finish()?;
    result.and(quiet)?;
    narrator.conclude()
}

/// The control box's user enters the pump's SKI and address, and trusts it; the box dials then.
fn pair(voice: &Sender<Said>, guard: &Handle, ski: Ski, port: u16) -> Result<(), Failure> {
    let endpoints = vec![Endpoint::new(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))];
    Voice::new(Who::ControlBox, voice.clone()).tell(What::Entered { ski });
    let answer = guard.call_blocking(Call::AddPeer { ski, endpoints });
    let trusted = answer.and_then(|answer| match answer {
        eebus_core::node::Answer::Peer(peer) => guard.call_blocking(Call::Trust { peer }),
        other => Ok(other),
    });
    trusted.map(drop).map_err(|error| Failure::Failed(format!("the control box cannot pair: {error}")))
}

fn heat_pump(arguments: &Arguments, narrator: &Sender<Said>) -> Result<Device, Failure> {
    let product = Product::new("ACME", "HeatPump", "0815");
    let furnish = |config: &mut Config| {
        config.device_type(DeviceType::HeatGenerationSystem);
        let entity = config.entity(EntityType::HeatPumpAppliance);
        config.install(&entity, ControllableSystem::new(watts(11_000)).failsafe(watts(3_500), FAILSAFE_TIME));
    };
    let voice = Voice::new(Who::HeatPump, narrator.clone());
    start(arguments, Who::HeatPump, product, furnish, &voice, play::heat_pump(voice.clone()))
}

fn control_box(arguments: &Arguments, narrator: &Sender<Said>) -> Result<Device, Failure> {
    let product = Product::new("ACME", "ControlBox", "4711");
    let furnish = |config: &mut Config| {
        let entity = config.entity(EntityType::GridGuard);
        config.install(&entity, EnergyGuard::new());
    };
    let voice = Voice::new(Who::ControlBox, narrator.clone());
    let app = play::control_box(voice.clone(), Limit::active(LIMIT).lasting(LASTING));
    start(arguments, Who::ControlBox, product, furnish, &voice, app)
}

/// Gives a device its identity and its recording, and lets its node run on a thread of its own.
fn start(
    arguments: &Arguments,
    who: Who,
    product: Product,
    furnish: impl FnOnce(&mut Config),
    voice: &Voice,
    app: impl FnMut(&mut eebus_core::node::At<'_>, Event) + Send + 'static,
) -> Result<Device, Failure> {
    let identity = identity(arguments, who)?;
    let seed =
        entropy().map_err(|error| Failure::Failed(format!("the system has no randomness: {error}")))?;
    let mut config = Config::new(&identity, product);
    furnish(&mut config);
    let ski = config.key.ski;
    let (clock, now) = StartingAt::now();
    let recording = match &arguments.record {
        Some(folder) => Recording::start(folder, who.slug(), &config, &seed, now)?,
        None => Recording::default(),
    };
    let port = if who == Who::HeatPump { arguments.port } else { 0 };
    let setup = Setup::new(config, identity)
        .listen((Ipv4Addr::LOCALHOST, port).into())
        .entropy(seed)
        .clock(clock)
        .tap(recording.clone());
    let (handle, runtime, voice) = (setup.handle(), arguments.runtime, voice.clone());
    thread::spawn(move || voice.end(runtime.run(setup, app)));
    Ok(Device { ski, handle, recording })
}

/// A new identity, or the one kept in the folder of keys.
fn identity(arguments: &Arguments, who: Who) -> Result<Identity, Failure> {
    let (ship_id, now) = (ShipId::new(who.slug()), SystemClock::new().wall());
    match &arguments.keys {
        None => Identity::create(&ship_id, now)
            .map_err(|error| Failure::Failed(format!("the {who} has no identity: {error}"))),
        Some(folder) => {
            let path = folder.join(who.slug()).with_extension("pem");
            Identity::load_or_create(&path, &ship_id, now).map_err(|error| {
                Failure::Failed(format!("the {who} has no identity in {}: {error}", path.display()))
            })
        }
    }
}

impl Narrator {
    /// The next thing said, printed; an end before its time is a failure.
    fn next(&mut self) -> Result<Said, Failure> {
        let left = PATIENCE.saturating_sub(self.begin.elapsed());
        let said = self.said.recv_timeout(left).map_err(|_| {
            let missing = self.judge.missing().unwrap_or("a device never shut down");
            Failure::Failed(format!(
                "{missing} within {} s; run it once more on an idle machine, and with --record to see why",
                PATIENCE.as_secs()
            ))
        })?;
        match &said {
            Said::Told(who, what) => {
                let at = self.begin.elapsed();
                self.judge.hear(at, *who, what);
                self.print(&told::line(at, *who, what, self.json))?;
            }
            Said::Ended(who, Err(error)) if error.kind() == ErrorKind::AddrInUse => {
                return Err(Failure::Failed(format!(
                    "the {who} cannot listen, its port is taken ({error}); choose another --port, or none for a free one"
                )));
            }
            Said::Ended(who, Err(error)) => {
                return Err(Failure::Failed(format!(
                    "the {who} cannot run: {error}; choose another --port, or check the loopback interface"
                )));
            }
            Said::Ended(_, Ok(())) => {}
        }
        Ok(said)
    }

    /// The port the first device listens at.
    fn port(&mut self) -> Result<u16, Failure> {
        loop {
            if let Said::Told(_, What::Listens { port }) = self.next()? {
                return Ok(port);
            }
        }
    }

    fn until_over(&mut self) -> Result<(), Failure> {
        while self.judge.missing().is_some() {
            self.next()?;
        }
        Ok(())
    }

    fn until_both_ended(&mut self) -> Result<(), Failure> {
        let mut running = 2;
        while running > 0 {
            running -= usize::from(matches!(self.next()?, Said::Ended(..)));
        }
        Ok(())
    }

    fn conclude(&self) -> Result<(), Failure> {
        let (at, lasting) = (self.begin.elapsed(), LASTING.as_secs());
        let text =
            format!("The heat pump was limited to {LIMIT} for {lasting} s, as the control box wanted.");
        if !self.json {
            return self.print(&format!("\n{text}"));
        }
        let watts = LIMIT.milliwatts() / 1_000;
        let result =
            json!({ "ms": told::millis(at), "who": "demo", "what": "done", "text": text, "watts": watts });
        self.print(&result.to_string())
    }

    fn print(&self, line: &str) -> Result<(), Failure> {
        writeln!(std::io::stdout(), "{line}")
            .map_err(|error| Failure::Failed(format!("cannot write to standard output: {error}")))
    }
}
