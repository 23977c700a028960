//! Times the codec of the crate `eebus`. The argument is the folder of the messages; a line on stdin is
//! `STEP MESSAGE TIMES`, the answer is nanoseconds, or `-` where the crate has no such step or can't read the message.

use eebus::model::{self, CmdData, Datagram, FilterSelectors};
use eebus::ship::{ShipMessage, spine_datagram, spine_message};
use std::collections::HashMap;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

struct Subject {
    json: Vec<u8>,
    frame: Vec<u8>,
    datagram: Datagram,
    data: CmdData,
    stored: CmdData,
    updates: Vec<CmdData>,
    selectors: Option<FilterSelectors>,
}

impl Subject {
    fn load(folder: &Path, message: &str) -> Option<Self> {
        let file = |kind: &str| std::fs::read(folder.join(format!("{message}.{kind}"))).ok();
        let datagram = |kind: &str| file(kind).and_then(|octets| model::from_json_slice(&octets).ok());
        let whole = datagram("json")?;
        let data = cmd(&whole)?.data.clone()?;
        let updates = ["update-1", "update-2"].into_iter().filter_map(datagram);
        let updates = updates.filter_map(|update| cmd(&update)?.data.clone()).collect();
        let selectors = datagram("read")
            .and_then(|read| cmd(&read)?.filter.as_ref()?.first()?.selectors.as_ref()?.first().cloned());
        let stored = data.clone();
        Some(Self {
            json: file("json")?,
            frame: file("frame")?,
            datagram: whole,
            data,
            stored,
            updates,
            selectors,
        })
    }

    fn time(&mut self, step: &str, times: u32) -> Option<Duration> {
        match step {
            "decode" | "decode_typed" | "open" => {
                timed(times, || model::from_json_slice(black_box(&self.json)).expect("a datagram"))
            }
            "encode" | "send" => timed(times, || model::to_json_vec(black_box(&self.datagram)).expect("octets")),
            "round_trip" => timed(times, || round_trip(black_box(&self.frame))),
            "merge" => self.merge(times),
            "partial_read" => {
                let selectors = Some(self.selectors.as_ref()?);
                timed(times, || black_box(&self.data).restrict(selectors, None).expect("a list"))
            }
            "clone" => timed(times, || black_box(&self.data).clone()),
            _ => None,
        }
    }

    /// The updates are given away, so each one is cloned before the clock runs.
    fn merge(&mut self, times: u32) -> Option<Duration> {
        let [one, two] = self.updates.as_slice() else { return None };
        let mut updates: Vec<_> =
            (0..times).map(|turn| if turn % 2 == 0 { one } else { two }.clone()).collect();
        let begin = Instant::now();
        for update in updates.drain(..) {
            self.stored.apply(update, true).expect("the same function");
        }
        Some(begin.elapsed())
    }
}

fn cmd(datagram: &Datagram) -> Option<&model::Cmd> {
    datagram.payload.as_ref()?.cmd.as_ref()?.first()
}

/// What its runtime does with a frame, and with a datagram to send.
fn round_trip(frame: &[u8]) -> Vec<u8> {
    let Ok(ShipMessage::Data(data)) = ShipMessage::decode(frame) else { panic!("a data message") };
    let datagram = spine_datagram(&data).expect("a datagram").expect("SPINE");
    spine_message(&datagram).and_then(|message| message.encode()).expect("octets")
}

fn timed<R>(times: u32, mut work: impl FnMut() -> R) -> Option<Duration> {
    let begin = Instant::now();
    for _ in 0..times {
        black_box(work());
    }
    Some(begin.elapsed())
}

fn main() {
    let folder = std::env::args_os().nth(1).expect("the folder of the messages");
    let mut subjects = HashMap::new();
    for line in std::io::stdin().lines() {
        let line = line.expect("a line");
        let [step, message, times] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let load = || Subject::load(Path::new(&folder), message);
        let subject = subjects.entry(message.to_string()).or_insert_with(load);
        let times = times.parse().expect("a number");
        match subject.as_mut().and_then(|subject| subject.time(step, times)) {
            Some(time) => println!("{}", time.as_nanos()),
            None => println!("-"),
        }
    }
}
