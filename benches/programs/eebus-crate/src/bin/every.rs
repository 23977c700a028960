//! Reads a datagram with the data of any function, which is a typed struct at once, restricts and merges it, and writes
//! it.

use eebus::model;

fn main() {
    let path = std::env::args_os().nth(1).expect("a file");
    let octets = std::fs::read(path).expect("a readable file");
    let mut datagram = model::from_json_slice(&octets).expect("a datagram");
    let cmds = datagram.payload.as_mut().and_then(|payload| payload.cmd.as_mut()).expect("commands");
    let cmd = cmds.first_mut().expect("a command");
    let selectors = cmd.filter.iter().flatten().flat_map(|filter| &filter.selectors).flatten().next();
    let data = cmd.data.as_mut().expect("data");
    let update = data.restrict(selectors, None).expect("a list");
    data.apply(update, true).expect("the same function");
    let out = model::to_json_vec(&datagram).expect("octets");
    std::io::Write::write_all(&mut std::io::stdout(), &out).expect("an open stdout");
}
