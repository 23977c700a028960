//! The keys of TLS connections, for those who look at their own traffic.

use std::fs::OpenOptions;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use rustls::{KeyLog, KeyLogFile};

/// The environment variable that names the file, as in browsers and Wireshark.
pub const KEY_LOG_VARIABLE: &str = "SSLKEYLOGFILE";

static KEY_LOG: OnceLock<Arc<dyn KeyLog>> = OnceLock::new();

/// Writes the keys of every TLS connection that begins from now on in this process to the file named by
/// [`KEY_LOG_VARIABLE`], which is answered. Whoever has that file reads the traffic: never call this unasked.
///
/// # Errors
///
/// The variable is not set, or the file can't be written.
pub fn log_tls_keys() -> io::Result<PathBuf> {
    let unset = || io::Error::new(io::ErrorKind::NotFound, format!("{KEY_LOG_VARIABLE} is not set"));
    let path = PathBuf::from(std::env::var_os(KEY_LOG_VARIABLE).ok_or_else(unset)?);
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&path)?;
    KEY_LOG.get_or_init(|| Arc::new(KeyLogFile::new()));
    Ok(path)
}

/// Where keys are logged, if they are.
pub(crate) fn key_log() -> Option<Arc<dyn KeyLog>> {
    KEY_LOG.get().cloned()
}
