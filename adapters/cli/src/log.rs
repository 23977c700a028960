//! What the program logs: to standard error, as standard output belongs to what it is for.

use crate::failure::Failure;
use eebus_link::{KEY_LOG_VARIABLE, log_tls_keys};
use std::io::stderr;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// The environment variable that filters what is logged.
const VARIABLE: &str = "RUST_LOG";

pub(crate) const HELP: &str = "\
Logs go to standard error: errors alone, or what -v, -vv or else RUST_LOG wants. Its targets are eebus::discovery,
eebus::link, eebus::ship, eebus::spine, eebus::usecase, eebus::node and eebus::mdns:
  RUST_LOG=eebus=info eebus demo
  RUST_LOG=eebus=error,eebus::spine=debug eebus demo";

/// What every command takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Logging {
    /// Log every message by its name, and every step; -vv the text of every message too.
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    verbose: u8,
    /// Log one JSON object a line.
    #[arg(long, global = true)]
    log_json: bool,
    /// Write the keys of TLS to the file that SSLKEYLOGFILE names: whoever has it reads the traffic.
    #[arg(long, global = true)]
    tls_key_log: bool,
}

impl Logging {
    /// Begins to log.
    pub(crate) fn start(&self) -> Result<(), Failure> {
        let logger = tracing_subscriber::fmt().with_writer(stderr).with_env_filter(self.filter()?);
        // There is no logger before this one.
        let _ = if self.log_json { logger.json().try_init() } else { logger.try_init() };
        if self.tls_key_log {
            let path = log_tls_keys().map_err(|error| {
                Failure::Usage(format!(
                    "cannot log the keys of TLS: {error}; name a file that may be written by {KEY_LOG_VARIABLE}"
                ))
            })?;
            eprintln!(
                "eebus: warning: the keys of every connection go to {}; whoever has them reads the traffic",
                path.display()
            );
        }
        Ok(())
    }

    fn filter(&self) -> Result<EnvFilter, Failure> {
        match self.verbose {
            0 => {}
            1 => return Ok(EnvFilter::new("eebus=debug")),
            _ => return Ok(EnvFilter::new("eebus=trace")),
        }
        EnvFilter::builder()
            .with_default_directive(LevelFilter::ERROR.into())
            .with_env_var(VARIABLE)
            .try_from_env()
            .or_else(|error| match std::env::var_os(VARIABLE) {
                None => Ok(EnvFilter::new("eebus=error")),
                Some(_) => Err(Failure::Usage(format!(
                    "{VARIABLE} is no filter: {error}; try {VARIABLE}=eebus=debug"
                ))),
            })
    }
}
