//! A file that appears whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Writes beside the file first, then gives it its name: linking fails where the name is taken. `suffix` keeps two
/// writers apart.
pub(super) fn write_new(path: &Path, suffix: &str, text: &str) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{suffix}.new"));
    let beside = PathBuf::from(name);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);

    if path.symlink_metadata().is_ok() {
        return Err(ErrorKind::AlreadyExists.into());
    }
    let mut file = options.open(&beside)?;
    let named = file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).and_then(|()| {
        match fs::hard_link(&beside, path) {
            // A file system without links, for instance FAT.
            Err(error) if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::PermissionDenied) => {
                options.open(path)?;
                fs::rename(&beside, path).inspect_err(|_| _ = fs::remove_file(path))
            }
            other => other,
        }
    });
    let _ = fs::remove_file(&beside);
    named?;
    // The name is on disk once the directory is; some systems can't open one.
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Ok(directory) = File::open(parent) {
        let _ = directory.sync_all();
    }
    Ok(())
}
