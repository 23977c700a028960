//! From octets to data and back (`cargo bench -p eebus-benches`).
//!
//! - `decode`: octets to a datagram, nothing materialised.
//! - `decode_typed`: the same, and header and data as typed structs.
//! - `encode`: header and command to octets.
//! - `forward`: a datagram as it was read, to octets.
#![allow(missing_docs, reason = "criterion's macros write undocumented functions")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use eebus_benches::messages::{self, Message};
use eebus_core::json::Limits;
use eebus_core::model::*;
use std::hint::black_box;
use std::time::Duration;

fn read(json: &[u8]) -> Datagram {
    Datagram::read(json, &Limits::default()).expect("a valid message").0
}

fn written(header: &Header, cmd: &Cmd) -> Vec<u8> {
    let mut out = Vec::with_capacity(16 * 1024);
    write_datagram(header, cmd, &mut out);
    out
}

/// The command as a typed struct; the two functions that are measured.
fn typed(cmd: CmdView<'_>) -> Option<Box<dyn std::any::Any>> {
    if let Some(limits) = cmd.get::<LoadControlLimitListData>() {
        return Some(Box::new(limits));
    }
    cmd.get::<NodeManagementDetailedDiscoveryData>().map(|tree| Box::new(tree) as _)
}

/// What is measured has to be right first.
fn check(message: &Message) {
    let datagram = read(&message.json);
    assert_eq!(datagram.header(), message.header);
    let cmd = datagram.cmds().next().expect("one command");
    assert_eq!(cmd.to_cmd().as_ref(), Some(&message.cmd));
    assert!(typed(cmd).is_some());
    assert_eq!(written(&message.header, &message.cmd), message.json);
}

fn spine_json(criterion: &mut Criterion) {
    for message in messages::all() {
        check(&message);
        let mut group = criterion.benchmark_group("spine_json");
        group.throughput(Throughput::Bytes(message.json.len() as u64));
        let id = |step| BenchmarkId::new(step, message.name);
        group.bench_function(id("decode"), |b| b.iter(|| read(black_box(&message.json))));
        group.bench_function(id("decode_typed"), |b| {
            b.iter(|| {
                let datagram = read(black_box(&message.json));
                (datagram.header(), datagram.cmds().next().and_then(typed))
            });
        });
        group.bench_function(id("encode"), |b| {
            b.iter(|| written(black_box(&message.header), black_box(&message.cmd)));
        });
        let datagram = read(&message.json);
        group.bench_function(id("forward"), |b| {
            b.iter(|| {
                let mut out = Vec::with_capacity(16 * 1024);
                black_box(&datagram).write(&mut out);
                out
            });
        });
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = spine_json
}
criterion_main!(benches);
