//! What the fuzz targets check. `core/tests/codec` calls the same functions on the corpus and on our own vectors.

pub mod generate;
mod operations;

use eebus_core::json::{Limits, Repair, Tape};
use eebus_core::model::{Datagram, Envelope, violations};
pub use operations::operations;

/// Any octets, as a SHIP frame and as a datagram: nothing panics, and whatever can be read is written in one way only.
pub fn datagram(bytes: &[u8]) {
    _ = eebus_core::ship::read_frame(bytes);
    let limits = Limits::default();
    let header_first = Envelope::open(bytes, &limits);
    let Ok((datagram, repairs)) = Datagram::read(bytes, &limits) else { return };

    let (envelope, _) = header_first.expect("what can be read as a whole can be opened");
    assert!(repairs.count(Repair::Duplicate) > 0 || *envelope.header() == datagram.header());
    let unknown = envelope.unknown_function();
    let (payload, _) = envelope.payload().expect("and its payload read");
    assert!(payload.cmds().eq(datagram.cmds()));
    let named = datagram.cmds().next().is_some_and(|cmd| [cmd.unknown(), cmd.function()].contains(&unknown));
    assert!(named || unknown.is_none() || repairs.count(Repair::Duplicate) > 0);
    datagram.cmds().for_each(|cmd| drop(cmd.to_cmd()));

    let (inspected, notes) = Datagram::inspect(bytes, &limits).expect("an inspection reads the same");
    assert_eq!(inspected, datagram);
    assert_eq!(notes.len(), repairs.iter().map(|(_, count)| count as usize).sum::<usize>().min(4096));
    _ = violations(datagram.as_tape());

    let written = sound(datagram.as_tape());
    let (again, repairs) = Datagram::read(&written, &limits).expect("what was written is read");
    let kept = |repair| matches!(repair, Repair::UnknownValue | Repair::UnknownElement);
    assert!(repairs.iter().all(|(repair, _)| kept(repair)), "{repairs:?}");
    assert_eq!(again, datagram);
    let plain = datagram.as_tape().root().plain().to_string();
    let (again, _) = Datagram::read(plain.as_bytes(), &limits).expect("ordinary JSON is read");
    assert_eq!(again, datagram);
}

/// Fails unless a document is written the same with and without copied spans; answers what is written.
fn sound(tape: &Tape) -> Vec<u8> {
    let (mut spans, mut anew) = (Vec::new(), Vec::new());
    tape.write_document(&mut spans);
    let mut copy = tape.clone();
    copy.forget_canonical();
    copy.write_document(&mut anew);
    assert_eq!(String::from_utf8_lossy(&spans), String::from_utf8_lossy(&anew));
    spans
}
