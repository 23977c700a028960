//! What the SPINE JSON pipeline costs: the messages that are measured and the steps on them. The benchmarks stand in
//! `benches/`, the comparison with other stacks in `main.rs`.

pub mod functions;
pub mod messages;
pub mod step;
pub mod subject;
