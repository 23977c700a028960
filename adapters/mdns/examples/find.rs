//! Announces a node and prints what is found, one JSON object a line, until standard input ends.
//!
//! `find ID SKI [PORT [BACKEND [INTERFACE…]]]`. A line `register` on standard input opens the pairing window in the record.

use std::error::Error;
use std::io::BufRead;
use std::process::ExitCode;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use eebus_core::ship::identity::ShipId;
use eebus_core::ship::txt::Record;
use eebus_mdns::{Backend, Discovery, Found, Options, open};
use serde_json::json;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let mut arguments = std::env::args().skip(1);
    let id = arguments.next().ok_or("usage: find ID SKI [PORT [BACKEND [INTERFACE…]]]")?;
    let ski = arguments.next().ok_or("the SKI is missing")?.parse()?;
    let port = arguments.next().map_or(Ok(4712), |port| port.parse())?;
    let mut record = Record::new(ShipId::new(&id), ski);
    let backend = arguments.next().map_or(Ok(Backend::default()), |name| name.parse())?;
    let mut discovery = open(Options { backend, interfaces: arguments.collect(), ..Options::default() })?;
    discovery.announce(&record, port);
    discovery.browse(true);

    let (lines, input) = channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if lines.send(line).is_err() {
                return;
            }
        }
    });
    loop {
        match input.recv_timeout(Duration::from_millis(50)) {
            Ok(line) if line == "register" => {
                record.register = true;
                discovery.announce(&record, port);
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
            Ok(_) | Err(RecvTimeoutError::Timeout) => {}
        }
        while let Poll::Ready(found) = discovery.poll(&mut Context::from_waker(Waker::noop())) {
            println!("{}", line(&found));
        }
    }
}

fn line(found: &Found) -> serde_json::Value {
    match found {
        Found::Seen(seen) => json!({
            "seen": seen.instance,
            "ski": seen.ski().to_string(),
            "interface": seen.interface,
            "register": seen.record.register,
            "endpoints": seen.endpoints.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }),
        Found::Gone { ski, instance, interface } => {
            json!({ "gone": instance, "ski": ski.to_string(), "interface": interface })
        }
        Found::Warning(warning) => json!({ "warning": warning.to_string() }),
        other => json!({ "other": format!("{other:?}") }),
    }
}
