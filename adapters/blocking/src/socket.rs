//! One socket with its two threads.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};

use eebus_core::ids::ConnId;
use eebus_pump::READ_BUFFER;

use crate::{Arrival, Sender, spawn};

/// Dropped, it ends its threads.
pub(crate) struct Socket {
    stream: Arc<TcpStream>,
    reads: SyncSender<Vec<u8>>,
    writes: SyncSender<Vec<u8>>,
    /// Here while nobody reads.
    pub(crate) buffer: Option<Vec<u8>>,
    pub(crate) is_writing: bool,
    is_shut: bool,
}

impl Socket {
    pub(crate) fn start(conn: ConnId, stream: TcpStream, sender: &Sender<Arrival>) -> io::Result<Self> {
        // Refused only where the peer is gone already, which reading tells.
        let _ = stream.set_nodelay(true);
        let stream = Arc::new(stream);
        let (reads, buffers) = sync_channel::<Vec<u8>>(1);
        let (source, arrivals) = (stream.clone(), sender.clone());
        spawn(move || {
            for mut buffer in buffers {
                let read = retry(|| (&*source).read(&mut buffer));
                if arrivals.send(Arrival::Read(conn, buffer, read)).is_err() {
                    break;
                }
            }
        })?;
        let (writes, pieces) = sync_channel::<Vec<u8>>(1);
        let (sink, arrivals) = (stream.clone(), sender.clone());
        spawn(move || {
            for piece in pieces {
                let wrote = retry(|| (&*sink).write(&piece));
                if arrivals.send(Arrival::Wrote(conn, wrote)).is_err() {
                    break;
                }
            }
        })?;
        let buffer = Some(vec![0; READ_BUFFER]);
        Ok(Self { stream, reads, writes, buffer, is_writing: false, is_shut: false })
    }

    /// Reads once, unless it does.
    pub(crate) fn read(&mut self) {
        if let Some(buffer) = self.buffer.take() {
            // The thread waits for exactly this.
            let _ = self.reads.try_send(buffer);
        }
    }

    /// Writes once, unless it does.
    pub(crate) fn write(&mut self, octets: &[u8]) {
        if !self.is_writing {
            self.is_writing = true;
            let piece = octets.iter().copied().take(READ_BUFFER).collect();
            // The thread waits for exactly this.
            let _ = self.writes.try_send(piece);
        }
    }

    /// Shuts the writing half, once.
    pub(crate) fn shut(&mut self) {
        if !self.is_shut {
            self.is_shut = true;
            // A socket that can't be shut is gone already.
            let _ = self.stream.shutdown(Shutdown::Write);
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // So that threads within a read or write come back.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

fn retry(mut operation: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match operation() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
