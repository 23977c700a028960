//! Files and folders only their owner may read.

use crate::failure::Failure;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Makes a folder where there is none, and takes it away from everybody but its owner. One that holds something else
/// and is open to others is not ours to close.
pub(crate) fn private_folder(path: &Path) -> Result<(), Failure> {
    let unusable = |error: io::Error| {
        Failure::Failed(format!("cannot use {} as a state folder: {error}; name another one", path.display()))
    };
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(unusable)?;
    if !is_open(path).map_err(unusable)? {
        return Ok(());
    }
    let mut names = fs::read_dir(path).map_err(unusable)?;
    let is_ours = ["lock", "identity.pem"].iter().any(|name| path.join(name).exists());
    if names.next().is_some() && !is_ours {
        return Err(Failure::Failed(format!(
            "{} holds other files and is open to others: name a folder of the node's own, or take their access away (chmod 700)",
            path.display()
        )));
    }
    set_mode(path, 0o700).map_err(unusable)
}

/// Takes a file away from everybody but its owner, and says so.
pub(super) fn restrict(path: &Path) -> Result<(), Failure> {
    let unusable = |error: io::Error| Failure::unreadable(path, error);
    if is_open(path).map_err(unusable)? {
        set_mode(path, 0o600).map_err(unusable)?;
        eprintln!("eebus: {} could be read by others: it can't any more", path.display());
    }
    Ok(())
}

/// Writes beside a file and then takes its name: it holds what it held before or `text`, never a part.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let beside = path.with_extension("new");
    let _ = fs::remove_file(&beside);
    let mut file = create(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    if let Some(folder) = path.parent().and_then(|folder| File::open(folder).ok()) {
        folder.sync_all()?;
    }
    Ok(())
}

/// Writes a file that is not there yet.
pub(crate) fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    let written = create(path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Failure::Failed(format!("{} exists and is not overwritten; choose another name", path.display()))
        }
        _ => Failure::Failed(format!("cannot write {}: {error}; choose another place", path.display())),
    })
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(unix)]
fn is_open(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::metadata(path)?.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open(_: &Path) -> io::Result<bool> {
    Ok(false)
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}
