//! The report: this stack and others on the same octets.
//!
//! Only ratios within one run say something: the engines take turns, and medians are compared.

mod engine;
mod measure;
#[cfg(feature = "peer")]
mod peer;
mod table;

#[cfg(feature = "peer")]
use eebus_benches::subject::Subject;
use eebus_benches::subject::{self, Fault};
use engine::{Engine, Ignored, Own, Skip, Tree};
use std::process::Command;

/// Prints the report on these files, or on our own messages.
pub(crate) fn print(files: &[String]) -> Result<(), Fault> {
    let subjects = subject::load(files)?;
    let documents = || subjects.iter().map(|subject| subject.json.clone()).collect::<Vec<_>>();
    let mut engines: Vec<Box<dyn Engine>> = vec![
        Box::new(Own(subject::load(files)?)),
        Box::new(Skip(documents())),
        Box::new(Ignored(documents())),
        Box::new(Tree::new(documents())),
    ];
    #[cfg(feature = "peer")]
    add_peers(&subjects, &mut engines)?;
    table::print(&subjects, &mut engines);
    allocations(files)
}

#[cfg(feature = "peer")]
fn add_peers(subjects: &[Subject], engines: &mut Vec<Box<dyn Engine>>) -> Result<(), Fault> {
    let folder = std::env::temp_dir().join(format!("eebus-benches-{}", std::process::id()));
    peer::lay_out(&folder, subjects)?;
    engines.push(Box::new(peer::Peer::eebus_crate(&folder)?));
    if let Some(go) = peer::Peer::go(&folder)? {
        engines.push(Box::new(go));
    }
    Ok(())
}

/// The rows of the program `allocations`, whose counting must not slow down this one.
fn allocations(files: &[String]) -> Result<(), Fault> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut count = Command::new(cargo);
    count
        .args(["run", "--release", "--quiet", "-p", "eebus-benches", "--bin", "allocations", "--"])
        .args(files);
    if count.status()?.success() { Ok(()) } else { Err("the allocations could not be counted".into()) }
}
