//! Every step on every message, in instructions (`.ci/instructions.sh`).
#![allow(missing_docs, reason = "gungraun's macros write undocumented functions")]

use eebus_benches::messages;
use eebus_benches::step::Step;
use eebus_benches::subject::Subject;
use gungraun::{LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main};

/// glibc picks its copying by the processor: the one for every x86-64 makes the counts the same on all of them.
const ANY_PROCESSOR: &str = "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX2,-AVX_Fast_Unaligned_Load,-ERMS,-FSRM";

/// A message on which the step was taken before, so that its buffers have their size.
fn ready(message: &str, step: Step) -> Box<Subject> {
    let message = messages::ALL.iter().find(|known| known.name == message).expect("a known message");
    let mut subject = Box::new(Subject::try_from(message).expect("a valid message"));
    subject.run(step, 2);
    subject
}

macro_rules! steps {
    ($($name:ident $step:ident: $($message:ident)*;)*) => {
        $(
            #[library_benchmark]
            $(#[bench::$message(ready(stringify!($message), Step::$step))])*
            fn $name(mut subject: Box<Subject>) -> Box<Subject> {
                subject.run(Step::$step, 1);
                subject
            }
        )*

        library_benchmark_group!(name = steps, benchmarks = [$($name),*]);
    };
}

steps! {
    decode Decode: heartbeat limit_write limit_group_write measurement_list discovery_2k discovery_10k discovery_30k use_case_16k;
    decode_typed DecodeTyped: heartbeat limit_write limit_group_write measurement_list discovery_2k discovery_10k discovery_30k use_case_16k;
    open Open: heartbeat discovery_30k;
    encode Encode: heartbeat limit_write limit_group_write measurement_list discovery_2k discovery_10k discovery_30k use_case_16k;
    send Send: heartbeat limit_write limit_group_write measurement_list discovery_2k discovery_10k discovery_30k use_case_16k;
    forward Forward: heartbeat limit_write limit_group_write measurement_list discovery_2k discovery_10k discovery_30k use_case_16k;
    round_trip RoundTrip: heartbeat limit_write limit_group_write measurement_list discovery_2k discovery_10k discovery_30k use_case_16k;
    merge Merge: heartbeat limit_write limit_group_write measurement_list;
    partial_read PartialRead: limit_write limit_group_write measurement_list;
    clone Clone: heartbeat limit_write limit_group_write measurement_list discovery_2k discovery_10k discovery_30k use_case_16k;
}

main!(
    config = LibraryBenchmarkConfig::default().env("GLIBC_TUNABLES", ANY_PROCESSOR),
    library_benchmark_groups = steps
);
