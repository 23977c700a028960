//! `eebus run`: a device that keeps everything in its state folder.

use crate::control::{Reached, Serving, reach};
use crate::device::{Finding, Role, Settings};
use crate::failure::Failure;
use crate::state::{Folder, State};
use eebus_core::node::{Call, TrustPolicy};
use eebus_core::usecase::lpc::Limit;
use eebus_core::usecase::watts;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// Run the device of a state folder.
///
/// The first run makes an identity in the folder and never again: peers know the device by it. Trust, the role and the
/// addresses of peers are kept there too. While it runs, `eebus pair --state DIR` and others speak with it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  eebus run --state ~/hems --role hems --limit 4200
  eebus run --state ~/hems
  eebus run --state ~/evse --role evse --port 4713 --auto-accept 2min")]
pub(crate) struct Arguments {
    #[command(flatten)]
    state: State,
    /// What the device is; kept in the folder.
    #[arg(long)]
    role: Option<Role>,
    /// The port to listen on; 0 lets the system choose.
    #[arg(long, default_value_t = eebus_pump::DEFAULT_PORT)]
    port: u16,
    /// As an energy manager, limit peers to so many watts; without it they are told that there is no limit.
    #[arg(long, value_name = "WATTS")]
    limit: Option<u32>,
    /// End the limit after this time: 90s, 15min, 2h; a plain number counts seconds. Without it the limit stays.
    #[arg(long = "for", value_name = "DURATION", value_parser = crate::device::duration, requires = "limit")]
    duration: Option<Duration>,
    /// For this time trust whoever asks, without the user: 2min. Nothing else opens the door.
    #[arg(long, value_name = "WINDOW", value_parser = crate::device::duration)]
    auto_accept: Option<Duration>,
    /// Announce that a user wants to pair: many devices list only those. It accepts nobody.
    #[arg(long)]
    register: bool,
    #[command(flatten)]
    finding: Finding,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let limit = arguments.limit.map_or(Limit::inactive(), |limit| Limit::active(watts(limit.into())));
    let limit = arguments.duration.map_or(limit, |duration| limit.lasting(duration));
    run_in(arguments.state.folder()?, arguments.role, limit, |settings| {
        settings.port = arguments.port;
        settings.discovery = arguments.finding.options();
        settings.config.record.register = arguments.register;
        if let Some(window) = arguments.auto_accept {
            settings.config.trust_policy = TrustPolicy::Window(window);
        }
    })
}

/// Runs the device of a folder until the user ends it; `shape` is what the command line says.
pub(crate) fn run_in(
    folder: Folder,
    role: Option<Role>,
    limit: Limit,
    shape: impl FnOnce(&mut Settings),
) -> Result<(), Failure> {
    let lock = match reach(&folder)? {
        Reached::Free(lock) => lock,
        Reached::Running(_) => {
            return Err(Failure::Failed(format!(
                "{} runs the device of {} already: eebus pair speaks with it; end it to run another",
                folder.holder(),
                folder.path().display()
            )));
        }
    };
    let kept = folder.role(&lock)?;
    let role = role.or(kept).ok_or_else(|| {
        Failure::Failed("nothing says what the device is: --role hems or --role evse, once".to_owned())
    })?;
    let mut settings = folder.settings(&lock, role, limit)?;
    if kept != Some(role) {
        folder.keep_role(role, &lock)?;
    }
    shape(&mut settings);
    let served = Rc::new(RefCell::new(None));
    let (slot, identity) = (served.clone(), settings.identity.clone());
    settings.started = Box::new(move |handle| {
        let server = Serving::start(&folder, lock, &identity, handle.clone());
        if server.is_err() {
            // Taken once the node runs, and ends it.
            drop(handle.call(Call::Shutdown));
        }
        *slot.borrow_mut() = Some(server);
    });
    let ran = crate::device::run(settings);
    ran.and(served.take().map_or(Ok(()), |served| served.map(drop)))
}
