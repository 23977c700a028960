//! Reads a file and writes it: what the other programs take beyond this is the codec.

fn main() {
    let path = std::env::args_os().nth(1).expect("a file");
    let octets = std::fs::read(path).expect("a readable file");
    std::io::Write::write_all(&mut std::io::stdout(), &octets).expect("an open stdout");
}
