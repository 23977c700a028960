//! One process a folder.

use super::Folder;
use crate::failure::Failure;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;

/// The right to run the node of a folder. The system takes it back when the process ends, however that happens.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Folder {
    /// Takes the lock; `None` where another process has it.
    pub(crate) fn lock(&self) -> Result<Option<Lock>, Failure> {
        self.prepare()?;
        let path = self.file("lock");
        let unusable = |error| {
            let path = path.display();
            Failure::Failed(format!(
                "cannot lock {path}: {error}; name a folder on a disk that can lock files"
            ))
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        // For people only: who has the lock is known by the lock.
        let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Some(Lock { _file: file }))
    }

    /// Who has the lock, as far as that is written.
    pub(crate) fn holder(&self) -> String {
        let text = fs::read_to_string(self.file("lock")).unwrap_or_default();
        match text.trim() {
            "" => "another process".to_owned(),
            id => format!("process {id}"),
        }
    }
}
