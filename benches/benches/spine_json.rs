//! Every step on every message, by the clock (`cargo bench -p eebus-benches`).
#![allow(missing_docs, reason = "criterion's macros write undocumented functions")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use eebus_benches::messages;
use eebus_benches::step::Step;
use eebus_benches::subject::Subject;
use std::time::Duration;

fn spine_json(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("spine_json");
    for message in &messages::ALL {
        let mut subject = Subject::try_from(message).expect("a valid message");
        group.throughput(Throughput::Bytes(subject.json.len() as u64));
        for step in Step::ALL.into_iter().filter(|step| subject.has(*step)).collect::<Vec<_>>() {
            let id = BenchmarkId::new(step.name(), message.name);
            group.bench_function(id, |bencher| bencher.iter(|| subject.run(step, 1)));
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = spine_json
}
criterion_main!(benches);
