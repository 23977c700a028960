//! A pairing and a limit, as every loop tells them to `tracing`.

use std::fs;
use std::path::Path;

use eebus_core::ids::ConnId;
use eebus_core::node::Answer;
use eebus_core::ship::PinDemand;
use eebus_link::{Identity, Link, LinkEvent};
use eebus_pump::{Clock, Engine, Setup};
use tracing::{Level, dispatcher};

use crate::script::{ENTROPY, Memory, exchange, in_memory, over_sockets};
use crate::{HandClock, Logs, PEER, Peer, Record, Run, agreeable, guard, identity, system};

/// The heat pump of the script logs exactly `session.log` in memory and over sockets, and no secret even at `TRACE`.
/// `UPDATE=1` writes the file anew.
pub fn logs(run: Run) {
    let identities = [identity("pump"), identity("box")];
    let (memory, sockets) = (Logs::default(), Logs::default());
    in_memory(&identities, &memory.dispatch());
    over_sockets(run, &identities, &sockets.dispatch());
    let masked = |logs: &Logs| {
        let lines = logs.lines(Level::DEBUG);
        // When a store is done, loops may see sooner or later.
        let lines = lines.iter().filter(|line| !line.contains("node: kept seq="));
        lines.map(|line| mask(line, &identities) + "\n").collect::<String>()
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/session.log");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, masked(&memory)).unwrap();
    }
    let expected = fs::read_to_string(path).unwrap();
    for found in [masked(&memory), masked(&sockets)] {
        for (number, (found, expected)) in found.lines().zip(expected.lines()).enumerate() {
            assert_eq!(found, expected, "line {}; UPDATE=1 writes the file anew", number + 1);
        }
        assert_eq!(found.lines().count(), expected.lines().count());
    }
    for logs in [memory, sockets] {
        let lines = logs.lines(Level::TRACE);
        assert!(lines.iter().any(|line| line.contains(r#"text=02 {"data":"#)), "messages are shown");
        assert_secret(&lines, &identities);
    }
}

/// What differs from run to run.
fn mask(line: &str, [pump, guard]: &[Identity; 2]) -> String {
    let line = line.replace(&pump.ski().to_string(), "<pump>").replace(&guard.ski().to_string(), "<box>");
    // Ports, and sizes, which every change of what a message says moves.
    let marks = ["from=127.0.0.1:", "listening port=", "octets="];
    let Some(at) = marks.iter().find_map(|mark| Some(line.find(mark)? + mark.len())) else { return line };
    let (before, behind) = line.split_at(at);
    format!("{before}<n>{}", behind.trim_start_matches(|c: char| c.is_ascii_digit()))
}

/// No part of a private key and no seed is in there, in any form.
fn assert_secret(lines: &[String], identities: &[Identity; 2]) {
    let mut secrets = vec!["PRIVATE KEY".to_owned(), hex(&ENTROPY[..8]), format!("{:?}", &ENTROPY[..8])];
    for identity in identities {
        let pem = identity.to_pem();
        let key = &pem[pem.find("BEGIN PRIVATE KEY").unwrap()..];
        let body: Vec<char> = key
            .lines()
            .skip(1)
            .take_while(|line| !line.starts_with('-'))
            .collect::<String>()
            .chars()
            .collect();
        // What every P-256 key begins with is no secret.
        secrets.extend(body[52..].chunks_exact(16).map(|part| part.iter().collect()));
    }
    assert!(secrets.len() > 10);
    for line in lines {
        let secret = secrets.iter().find(|secret| line.contains(*secret));
        assert_eq!(secret, None, "{line}");
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// A PIN that one node demands and the other one enters is in neither log, nor is one in a broken message.
pub fn pin(_: Run) {
    const PIN: &str = "0815CAFE";
    let (logs, clock, record) = (Logs::default(), HandClock::default(), Record::default());
    let (ours, theirs) = (identity("pump"), identity("box"));
    let within = dispatcher::set_default(&logs.dispatch());
    let mut config = system(&ours);
    config.pin = PinDemand::Required(PIN.parse().unwrap());
    let setup = Setup::new(config, ours.clone()).tap(record.clone()).clock(clock.clone());
    let mut peer = Peer::new(guard(&theirs), theirs.clone(), &clock);
    let mut memory = Memory::dialled_by(&mut peer, setup, ours.ski(), &logs.dispatch());
    let entered = peer.driver.at(clock.now()).peer(PEER).enter_pin(PIN.parse().unwrap());
    assert_eq!(entered, Ok(Answer::Done));
    exchange(&mut memory, &record, &mut peer);

    let broken = format!("\x01{{\"connectionPinInput\":[{{\"pin\":\"{PIN}\"").into_bytes();
    let mut engine = Engine::new(Setup::new(system(&ours), ours)).unwrap();
    let conn = engine.accepted(([192, 0, 2, 7], 4712).into()).unwrap();
    say(&mut engine, conn, &theirs, &[&[0, 0], &broken]);
    drop(within);

    let lines = logs.lines(Level::TRACE);
    let told = |what: &str| lines.iter().filter(|line| line.contains(what)).count();
    assert_eq!(
        told("sent frame=connectionPinInput") + told("received frame=connectionPinInput"),
        2,
        "{lines:#?}"
    );
    assert_eq!((told("the PIN was sent"), told("the peer entered the right PIN")), (1, 1));
    assert_eq!(told("text=(holds a PIN)"), 3);
    let shown = lines.iter().find(|line| line.to_ascii_uppercase().contains(PIN));
    assert_eq!(shown, None);
}

/// A stranger that says this once it is connected.
fn say(engine: &mut Engine, conn: ConnId, stranger: &Identity, frames: &[&[u8]]) {
    let mut link = Link::client(stranger, None, "192.0.2.7:4712", "/ship/").unwrap();
    let mut app = agreeable();
    for _ in 0..20 {
        let mut octets = Vec::new();
        link.transmit(&mut octets);
        engine.received(conn, &octets);
        while engine.poll(&mut app).is_some() {}
        let answer = engine.output(conn).to_vec();
        engine.sent(conn, answer.len());
        link.receive(&answer);
        while let Some(event) = link.poll_event() {
            if matches!(event, LinkEvent::Opened { .. }) {
                frames.iter().for_each(|frame| link.send(frame));
            }
        }
    }
}
