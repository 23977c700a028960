//! A node without any adapter: its driver, one listening socket, and a loop of a few lines.
//!
//! `cargo run -p eebus-link --example by_hand` listens for a control box on port 4712, and trusts whoever comes;
//! with the argument `once` it only shows that it listens.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::{Duration, Instant as Clock, SystemTime};

use eebus_core::ids::ConnId;
use eebus_core::model::EntityType;
use eebus_core::node::{Config, Event, Input, NoTap, Node, Product};
use eebus_core::ship::identity::ShipId;
use eebus_core::time::{Instant, WallTime};
use eebus_core::usecase::lpc::{self, ControllableSystem};
use eebus_core::usecase::watts;
use eebus_link::{Doing, Driver, Identity, entropy};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let start = Clock::now();
    let now = || Instant::from_micros(start.elapsed().as_micros() as u64);
    let unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_micros();
    let identity = Identity::create(&ShipId::new("ACME-HP-7-0815"), WallTime::from_unix_micros(unix as i64))?;
    let mut config = Config::new(&identity, Product::new("ACME", "HP-7", "0815"));
    let pump = config.entity(EntityType::HeatPumpAppliance);
    config.install(&pump, ControllableSystem::new(watts(11_000)));
    let once = std::env::args().any(|argument| argument == "once");
    let listener = TcpListener::bind(("::", if once { 0 } else { 4712 }))?;
    listener.set_nonblocking(true)?;
    let mut sockets: BTreeMap<ConnId, TcpStream> = BTreeMap::new();
    let mut driver = Driver::new(Node::new(config, None, entropy()?, now()), identity, NoTap);
    let mut buffer = [0; 4096];

    loop {
        while let Some(doing) = driver.poll() {
            match doing {
                Doing::Listen(true) => {
                    let port = listener.local_addr()?.port();
                    driver.handle(Input::Listening { port }, now());
                }
                Doing::Dial { attempt, .. } => drop(driver.dialled(attempt, now())),
                Doing::Drop { conn } => drop(sockets.remove(&conn)),
                Doing::Persist { seq, .. } => driver.handle(Input::Persisted { seq }, now()),
                Doing::Notify(Event::PairingRequested(request)) => {
                    driver.at(now()).peer(request.peer).trust()?;
                }
                Doing::Notify(Event::Lpc { event: lpc::Event::LimitProposed(proposed), .. }) => {
                    println!("{}", proposed.limit);
                    driver.at(now()).accept(proposed.ticket)?;
                }
                Doing::Notify(Event::Listening { port }) => {
                    println!("listening at port {port}");
                    if once {
                        return Ok(());
                    }
                }
                _ => {}
            }
        }
        if let Ok((stream, from)) = listener.accept() {
            stream.set_nonblocking(true)?;
            driver.accepted(from, now()).map(|conn| sockets.insert(conn, stream));
        }
        for (conn, stream) in &mut sockets {
            let interest = driver.interest(*conn);
            if interest.write {
                match stream.write(driver.output(*conn)) {
                    Ok(octets) => driver.sent(*conn, octets, now()),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Err(error) => driver.ended(*conn, Some(error.to_string()), now()),
                }
            }
            if interest.shut {
                let _ = stream.shutdown(Shutdown::Write);
            }
            if interest.read {
                match stream.read(&mut buffer) {
                    Ok(0) => driver.ended(*conn, None, now()),
                    Ok(octets) => driver.received(*conn, &buffer[..octets], now()),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Err(error) => driver.ended(*conn, Some(error.to_string()), now()),
                }
            }
        }
        driver.tick(now());
        std::thread::sleep(Duration::from_millis(10));
    }
}
