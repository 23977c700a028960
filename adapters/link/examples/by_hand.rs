//! A loop of one's own instead of an adapter: a control box limits a heat pump over loopback TCP, TLS, WebSocket and
//! SHIP, both in this one thread.

use eebus_core::ids::ConnId;
use eebus_core::model::EntityType;
use eebus_core::node::{At, Config, Endpoint, Event, Host, Input, NoTap, Node, Product, Stage};
use eebus_core::ship::identity::ShipId;
use eebus_core::time::{Instant, WallTime};
use eebus_core::usecase::lpc::{ControllableSystem, EnergyGuard, Event as Lpc, Limit, State};
use eebus_core::usecase::watts;
use eebus_link::{Doing, Driver, Identity};
use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::time::Duration;

/// A node with its sockets.
struct Device {
    driver: Driver<NoTap>,
    listener: TcpListener,
    sockets: BTreeMap<ConnId, TcpStream>,
}

impl Device {
    /// The whole loop of an adapter, one turn of it.
    fn turn(&mut self, now: Instant, app: &mut dyn FnMut(&mut At<'_>, Event)) -> io::Result<()> {
        while let Some(doing) = self.driver.poll() {
            match doing {
                Doing::Listen(true) => {
                    let port = self.listener.local_addr()?.port();
                    self.driver.handle(Input::Listening { port }, now);
                }
                Doing::Dial { attempt, to: Endpoint { host: Host::Address(to), .. } } => {
                    match TcpStream::connect(to) {
                        Ok(stream) => self.adopt(stream, |driver| driver.dialled(attempt, now))?,
                        Err(error) => {
                            self.driver.dial_failed(attempt, Stage::Connect, error.to_string(), now);
                        }
                    }
                }
                Doing::Persist { seq, .. } => self.driver.handle(Input::Persisted { seq }, now),
                Doing::Drop { conn } => drop(self.sockets.remove(&conn)),
                Doing::Notify(event) => app(&mut self.driver.at(now), event),
                _ => {}
            }
        }
        if let Ok((stream, from)) = self.listener.accept() {
            self.adopt(stream, |driver| driver.accepted(from, now))?;
        }
        for (&conn, stream) in &mut self.sockets {
            let (wanted, mut buffer) = (self.driver.interest(conn), [0; 4096]);
            match if wanted.read { stream.read(&mut buffer) } else { Err(ErrorKind::WouldBlock.into()) } {
                Ok(0) => self.driver.ended(conn, None, now),
                Ok(octets) => self.driver.received(conn, &buffer[..octets], now),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => self.driver.ended(conn, Some(error.to_string()), now),
            }
            // A socket that takes nothing now takes it later; one that failed says so when it is read.
            let sent = if wanted.write { stream.write(self.driver.output(conn)).unwrap_or(0) } else { 0 };
            self.driver.sent(conn, sent, now);
            if wanted.shut {
                stream.shutdown(Shutdown::Write).unwrap_or(());
            }
        }
        self.driver.tick(now);
        Ok(())
    }

    fn adopt(
        &mut self,
        stream: TcpStream,
        conn: impl FnOnce(&mut Driver<NoTap>) -> Option<ConnId>,
    ) -> io::Result<()> {
        stream.set_nonblocking(true)?;
        self.sockets.extend(conn(&mut self.driver).map(|conn| (conn, stream)));
        Ok(())
    }

    fn new(model: &str, furnish: impl FnOnce(&mut Config)) -> Result<Self, Box<dyn std::error::Error>> {
        let identity =
            Identity::create(&ShipId::new(model), WallTime::from_unix_micros(1_760_000_000_000_000))?;
        let mut config = Config::new(&identity, Product::new("ACME", model, "1"));
        furnish(&mut config);
        // A real device takes the seed of its randomness from the system.
        let node = Node::new(config, None, identity.fingerprint().0, Instant::ZERO);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        Ok(Self { driver: Driver::new(node, identity, NoTap), listener, sockets: BTreeMap::new() })
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut guard = Device::new("Box", |config| {
        let entity = config.entity(EntityType::GridGuard);
        config.install(&entity, EnergyGuard::limiting(Limit::active(watts(4_200))));
    })?;
    let mut system = Device::new("Pump", |config| {
        let entity = config.entity(EntityType::HeatPumpAppliance);
        config.install(&entity, ControllableSystem::new(watts(11_000)));
    })?;
    let endpoint = Endpoint::new(system.listener.local_addr()?);
    let skis = [&guard, &system].map(|device| device.driver.view().ski());
    for (device, ski, endpoints) in [(&mut guard, skis[1], vec![endpoint]), (&mut system, skis[0], vec![])] {
        let mut at = device.driver.at(Instant::ZERO);
        let peer = at.add_peer(ski, endpoints)?;
        at.peer(peer).trust()?;
    }
    let start = std::time::Instant::now();
    let mut limited = false;
    while !limited {
        let now = Instant::from_micros(u64::try_from(start.elapsed().as_micros())?);
        guard.turn(now, &mut |_, _| {})?;
        system.turn(now, &mut |node, event| match event {
            Event::Lpc { event: Lpc::LimitProposed(proposed), .. } => {
                node.accept(proposed.ticket).expect("the ticket was opened this moment");
            }
            Event::Lpc { event: Lpc::Limit(state), .. } => limited = state.state == State::Limited,
            _ => {}
        })?;
        std::thread::sleep(Duration::from_millis(1));
        if start.elapsed() > Duration::from_secs(20) {
            return Err("no limit came into force".into());
        }
    }
    println!("limited to {}", watts(4_200));
    Ok(())
}

#[test]
fn the_example_ends_with_a_limit_in_force() {
    main().unwrap();
}
