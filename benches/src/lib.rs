//! What the benchmarks measure; the benchmarks themselves stand in `benches/`.

pub mod messages;
