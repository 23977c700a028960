//! The official cases of SPINE, one test each under its name (`docs/conformance.md`).

mod any;
mod guard;
mod system;

use crate::tester::Got;

fn errors(answers: &[Got]) -> Vec<Option<u32>> {
    answers.iter().map(Got::error).collect()
}
