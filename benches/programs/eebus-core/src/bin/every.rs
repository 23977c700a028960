//! Reads a datagram with the data of any function, takes it through the typed struct, restricts and merges it, and
//! writes it.

#[path = "../../../../src/functions.rs"]
mod functions;

use eebus_core::json::Limits;
use eebus_core::model::*;

fn main() {
    let path = std::env::args_os().nth(1).expect("a file");
    let octets = std::fs::read(path).expect("a readable file");
    let (datagram, _) = Datagram::read(&octets, &Limits::default()).expect("a datagram");
    let view = datagram.cmds().next().expect("a command");
    let function = functions::Function::of_data(view).expect("a known function");
    (function.read)(view);
    let mut cmd = (function.rebuild)(view).expect("data");
    let selectors: Vec<_> =
        cmd.filters.iter().flat_map(|filter| &filter.selectors).map(Criterion::from).collect();
    let update = project(&cmd.data, &selectors, None).expect("a list");
    merge(&mut cmd.data, update.root()).expect("identifiers");
    let mut out = Vec::new();
    write_datagram(&datagram.header(), &cmd, &mut out);
    std::io::Write::write_all(&mut std::io::stdout(), &out).expect("an open stdout");
}
