//! The future of a loop may be dropped at any time: no octet is lost, and the next one goes on.

use std::time::Duration;

use eebus_smol::{Pump, Smol};
use smol::{Timer, future};

eebus_suite::tests!(|setup, mut app| smol::block_on(async {
    let mut pump = Pump::new(Smol, setup)?;
    loop {
        let run = async { Some(pump.run(&mut app).await) };
        let tiny = async {
            Timer::after(Duration::from_micros(50)).await;
            None
        };
        if let Some(ended) = future::or(run, tiny).await {
            return ended;
        }
    }
}); limit, same_actions);
