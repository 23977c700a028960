//! Our node against the published Go stack over real sockets, in every pairing of roles and dialling sides, and again
//! after the Go side was killed without a word.
//!
//! `cargo run -p eebus-smol --example against_eebus_go -- PATH_OF_THE_GO_PEER`; see `testvectors/peers/eebus-go.sh`.

use eebus_core::ids::ActorId;
use eebus_core::model::EntityType;
use eebus_core::node::{Answer, Call, Config, Endpoint, Event, Product};
use eebus_core::ship::identity::{ShipId, Ski};
use eebus_core::spine::Outcome;
use eebus_core::time::WallTime;
use eebus_core::usecase::lpc::{self, ControllableSystem, EnergyGuard, Limit, State, Written};
use eebus_core::usecase::{View, watts};
use eebus_link::Identity;
use eebus_smol::{Events, Handle, Setup, run};
use std::error::Error;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

type Done<T = ()> = Result<T, Box<dyn Error>>;

/// Longest wait for one step; the Go stack redials after up to 20 s.
const PATIENCE: Duration = Duration::from_secs(60);
/// The limit of every scenario.
const WATTS: i64 = 4_200;

/// Which side the Go peer takes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum GoRole {
    Guard,
    System,
}

/// A running Go peer.
struct Go {
    child: Child,
    lines: Receiver<String>,
}

impl Go {
    fn start(program: &Path, args: &[String]) -> Done<Self> {
        let mut child =
            Command::new(program).args(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let out = child.stdout.take().ok_or("no standard output")?;
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self { child, lines })
    }

    /// Waits for a line with all of `parts`.
    fn wait(&self, parts: &[&str]) -> Done<String> {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let line =
                self.lines.recv_timeout(left).map_err(|_| format!("the Go peer never said {parts:?}"))?;
            if parts.iter().all(|part| line.contains(part)) {
                return Ok(line);
            }
        }
    }

    /// As `kill -9`.
    fn kill(mut self) -> Done {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

/// Our node on a thread of its own.
struct Own {
    handle: Handle,
    events: Events,
    ski: Ski,
    port: u16,
}

impl Own {
    fn start(go: GoRole) -> Done<Self> {
        let product = Product::new("ACME", if go == GoRole::Guard { "Pump" } else { "Box" }, "1");
        let identity =
            Identity::create(&ShipId::new("ACME"), WallTime::from_unix_micros(1_760_000_000_000_000))?;
        let ski = identity.ski();
        let mut config = Config::new(&identity, product);
        match go {
            GoRole::Guard => {
                let entity = config.entity(EntityType::HeatPumpAppliance);
                config.install(&entity, ControllableSystem::new(watts(11_000)));
            }
            GoRole::System => {
                let entity = config.entity(EntityType::GridGuard);
                config.install(&entity, EnergyGuard::limiting(Limit::active(watts(WATTS))));
            }
        }
        let setup = Setup::new(config, identity).listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let (handle, mut events) = (setup.handle(), setup.handle().events());
        std::thread::spawn(|| {
            smol::block_on(run(setup, |node, event| {
                if let Event::Lpc { event: lpc::Event::LimitProposed(proposed), .. } = event {
                    // Refused only where the peer is gone meanwhile.
                    let _ = node.accept(proposed.ticket);
                }
            }))
        });
        let port = loop {
            match events.next_blocking() {
                Some(Event::Listening { port }) => break port,
                Some(_) => {}
                None => return Err("our node does not listen".into()),
            }
        };
        Ok(Self { handle, events, ski, port })
    }

    fn trust(&self, ski: Ski, endpoints: Vec<Endpoint>) -> Done {
        let Answer::Peer(peer) = self.handle.call_blocking(Call::AddPeer { ski, endpoints })? else {
            return Err("a peer has a name".into());
        };
        self.handle.call_blocking(Call::Trust { peer })?;
        Ok(())
    }

    /// Waits for an event; a stranger at the door is a failure, as everybody is paired.
    fn wait(&mut self, what: &str, wanted: impl Fn(&lpc::Event) -> bool) -> Done {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            match self.events.waiting() {
                Some(Event::PairingRequested(_)) => return Err("the Go peer has to be paired again".into()),
                Some(Event::Lpc { event, .. }) if wanted(&event) => return Ok(()),
                Some(_) => {}
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        }
        Err(format!("our node never told: {what}").into())
    }

    fn is_limited(&self) -> Done<bool> {
        let view = self.handle.view_blocking(|view| view.actor(ActorId(0)))?;
        Ok(matches!(view, Some(View::Lpc(lpc::View::System { limit, .. }))
            if limit.state == State::Limited && limit.ceiling == Some(watts(WATTS))))
    }
}

/// The limit is written, acknowledged, in force and read back.
fn limited(go: &Go, own: &mut Own, role: GoRole) -> Done {
    match role {
        GoRole::Guard => {
            own.wait(
                "a limit in force",
                |event| matches!(event, lpc::Event::Limit(now) if now.state == State::Limited),
            )?;
            go.wait(&["\"limit-written\"", "\"result\":0"])?;
            go.wait(&["\"limit-read-back\"", "\"watts\":4200", "\"active\":true"])?;
            if own.is_limited()? { Ok(()) } else { Err("the limit is not in force".into()) }
        }
        GoRole::System => {
            go.wait(&["\"limit-received\"", "\"watts\":4200", "\"active\":true", "\"accepted\":true"])?;
            let limit = Limit::active(watts(WATTS));
            let what = Written::Limit(limit);
            own.wait("the limit written with result 0", |event| {
                matches!(event, lpc::Event::Written { what: w, outcome: Outcome::Done, .. } if *w == what)
            })
        }
    }
}

/// One pairing of roles and dialling sides, before and after the Go peer was killed.
fn scenario(program: &Path, dir: &Path, role: GoRole, go_dials: bool) -> Done {
    let name = if role == GoRole::Guard { "guard" } else { "system" };
    let file = |ending: &str| dir.join(format!("{name}-{go_dials}.{ending}")).to_string_lossy().into_owned();
    let identity = ["-cert".to_string(), file("crt"), "-key".to_string(), file("key")];
    let told = Go::start(program, &identity)?.wait(&["\"ski\""])?;
    let hex = told.split('"').find(|part| part.len() == 40).ok_or("the Go peer names no SKI")?;
    let go_ski: Ski = hex.parse()?;
    let mut own = Own::start(role)?;
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    let mut args = identity.to_vec();
    args.extend(["-role", name, "-remote-ski"].map(String::from));
    args.extend([own.ski.to_string(), "-port".to_string(), free.port().to_string()]);
    if go_dials {
        args.extend(["-dial".to_string(), format!("127.0.0.1:{}", own.port)]);
        own.trust(go_ski, Vec::new())?;
    } else {
        own.trust(go_ski, vec![Endpoint::new(free)])?;
    }
    let go = Go::start(program, &args)?;
    limited(&go, &mut own, role)?;
    go.kill()?;
    let go = Go::start(program, &args)?;
    limited(&go, &mut own, role)?;
    own.handle.call_blocking(Call::Shutdown)?;
    go.kill()
}

fn main() -> Done {
    let program =
        PathBuf::from(std::env::args().nth(1).ok_or("usage: against_eebus_go PATH_OF_THE_GO_PEER")?);
    let dir = std::env::temp_dir().join(format!("against-eebus-go-{}", std::process::id()));
    std::fs::create_dir_all(&dir)?;
    let mut failed = 0;
    for role in [GoRole::Guard, GoRole::System] {
        for go_dials in [true, false] {
            let start = Instant::now();
            let name = format!("Go as {role:?}, {} dials", if go_dials { "Go" } else { "our node" });
            match scenario(&program, &dir, role, go_dials) {
                Ok(()) => {
                    println!("ok      {name}, killed and recovered ({:.1} s)", start.elapsed().as_secs_f32());
                }
                Err(error) => {
                    failed += 1;
                    println!("FAILED  {name}: {error}");
                }
            }
        }
    }
    std::fs::remove_dir_all(&dir)?;
    if failed == 0 { Ok(()) } else { Err(format!("{failed} of 4 scenarios failed").into()) }
}
