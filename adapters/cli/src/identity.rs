//! `eebus identity`: what a node is known by; looked at, judged, made once, taken over, handed on.

use crate::control::{Reached, reach};
use crate::failure::Failure;
use crate::state::{Folder, State, private_folder, write_new};
use eebus_core::ship::identity::ShipId;
use eebus_link::{Check, Identity, SkiRule};
use eebus_smol::{Clock, SystemClock};
use std::fs;
use std::path::{Path, PathBuf};

/// Show, judge, make, take over or hand on the identity of a node.
///
/// Peers know a node by its SKI, which is made of its key, and by its SHIP ID. Both stay for ever: nothing here replaces
/// an identity that is there.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  eebus identity create --state /tmp/hems
  eebus identity show --state /tmp/hems
  eebus identity check --state /tmp/hems
  eebus identity export --state /tmp/hems --backup /tmp/hems-backup
  eebus identity export --state /tmp/hems --cert /tmp/hems.crt --key /tmp/hems.key")]
pub(crate) struct Arguments {
    #[command(flatten)]
    state: State,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Show SKI, SHIP ID and certificate of a state folder.
    #[command(after_help = "\
Examples:
  eebus identity show --state ~/hems")]
    Show,
    /// Judge an identity: a file, or that of a state folder. Exit code 1 where no node can run with it.
    #[command(after_help = "\
Examples:
  eebus identity check --state ~/hems
  eebus identity check hems.crt hems.key")]
    Check {
        /// PEM files with the certificate and its key.
        files: Vec<PathBuf>,
    },
    /// Make the identity of a state folder that has none.
    #[command(after_help = "\
Examples:
  eebus identity create --state ~/hems
  eebus identity create --state ~/hems --ship-id i:46925_u:0001")]
    Create {
        /// The SHIP ID, in place of one of our making.
        #[arg(long, value_name = "ID")]
        ship_id: Option<String>,
    },
    /// Take over the identity of evcc, of a demo of eebus-go or of another program; stop that program first.
    #[command(after_help = "\
Examples:
  eebus identity import --state ~/hems evcc.yaml
  eebus identity import --state ~/hems hems.crt hems.key --ship-id Demo-HEMS-123456789
  eebus identity import --state ~/hems old.pem --ship-id EVCC-0815 --keep-stored-ski")]
    Import {
        /// evcc.yaml, or PEM files with the certificate and its key.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The SHIP ID its peers know, where the files do not say.
        #[arg(long, value_name = "ID")]
        ship_id: Option<String>,
        /// Go on under the SKI the certificate states, although its key yields another one.
        #[arg(long)]
        keep_stored_ski: bool,
    },
    /// Hand the identity on: one PEM file, two for other programs, or a backup with everything the node keeps.
    #[command(after_help = "\
Examples:
  eebus identity export --state ~/hems hems.pem
  eebus identity export --state ~/hems --cert hems.crt --key hems.key
  eebus identity export --state ~/hems --backup ~/hems-backup")]
    Export {
        /// The PEM file to write: SHIP ID, certificate and private key.
        #[arg(required_unless_present_any = ["backup", "cert"])]
        file: Option<PathBuf>,
        /// Write the certificate alone to this file.
        #[arg(long, value_name = "FILE", requires = "key")]
        cert: Option<PathBuf>,
        /// Write the private key alone to this file.
        #[arg(long, value_name = "FILE", requires = "cert")]
        key: Option<PathBuf>,
        /// Copy identity, trust and role to this new folder, which is a state folder too.
        #[arg(long, value_name = "DIR")]
        backup: Option<PathBuf>,
    },
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let state = &arguments.state;
    match &arguments.command {
        Command::Show => show(&state.folder()?.identity()?),
        Command::Check { files } if files.is_empty() => check(&[state.folder()?.file("identity.pem")]),
        Command::Check { files } => check(files),
        Command::Create { ship_id } => create(&state.folder()?, ship_id.as_deref()),
        Command::Import { files, ship_id, keep_stored_ski } => {
            let rule = if *keep_stored_ski { SkiRule::Stored } else { SkiRule::Computed };
            let identity = Identity::import(&read(files)?, ship_id.as_deref().map(ShipId::new), rule)
                .map_err(|error| Failure::Failed(format!("{}: {error}", named(files))))?;
            put(&state.folder()?, &identity)
        }
        Command::Export { file, cert, key, backup } => {
            let (folder, identity) = (state.folder()?, state.folder()?.identity()?);
            if let Some(file) = file {
                write_new(file, &identity.to_pem())?;
            }
            if let (Some(cert), Some(key)) = (cert, key) {
                write_new(cert, &identity.certificate_pem())?;
                write_new(key, &identity.key_pem())?;
            }
            backup.as_ref().map_or(Ok(()), |to| back_up(&folder, to))
        }
    }
}

fn show(identity: &Identity) -> Result<(), Failure> {
    println!("SKI          {}", identity.ski());
    println!("             {}", identity.ski().grouped());
    println!("SHIP ID      {}", identity.ship_id());
    println!("Fingerprint  {}", identity.fingerprint());
    if identity.keeps_stored_ski() {
        println!("             goes by the SKI its certificate states, although its key yields another one");
    }
    Ok(())
}

fn check(files: &[PathBuf]) -> Result<(), Failure> {
    let check = Check::of(&read(files)?, Some(SystemClock::new().wall()))
        .map_err(|error| Failure::Failed(format!("{}: {error}", named(files))))?;
    let unread = || "unreadable".to_owned();
    println!("SKI of the key      {}", check.computed_ski.map_or_else(unread, |ski| ski.to_string()));
    println!(
        "SKI as stated       {}",
        check.stored_ski.map_or_else(|| "none".to_owned(), |ski| ski.to_string())
    );
    let common_name = check.common_name.clone().unwrap_or_else(unread);
    println!("SHIP ID             {}", check.ship_id.as_ref().map_or(common_name, ToString::to_string));
    if let Some((from, until)) = check.validity {
        println!("Valid               {from} to {until}");
    }
    for verdict in &check.verdicts {
        println!("{}  {verdict}", if verdict.is_bearable() { "note   " } else { "problem" });
    }
    match check.is_usable() {
        true => {
            println!("A node can run with it.");
            Ok(())
        }
        false => {
            println!("No node can run with it as it is.");
            Err(Failure::Told)
        }
    }
}

fn create(folder: &Folder, ship_id: Option<&str>) -> Result<(), Failure> {
    let Some(ship_id) = ship_id else {
        let lock = free(folder)?;
        let (identity, is_new) = folder.identity_or_new(&lock)?;
        return if is_new { show(&identity) } else { Err(exists(folder)) };
    };
    let identity = Identity::create(&ShipId::new(ship_id), SystemClock::new().wall())
        .map_err(|error| Failure::Failed(error.to_string()))?;
    put(folder, &identity)
}

/// Puts an identity into a folder no node ever ran on.
fn put(folder: &Folder, identity: &Identity) -> Result<(), Failure> {
    let _lock = free(folder)?;
    if folder.was_used()? {
        return Err(exists(folder));
    }
    folder.put(identity)?;
    show(identity)
}

fn free(folder: &Folder) -> Result<crate::state::Lock, Failure> {
    match reach(folder)? {
        Reached::Free(lock) => Ok(lock),
        Reached::Running(_) => Err(exists(folder)),
    }
}

fn exists(folder: &Folder) -> Failure {
    Failure::Failed(format!(
        "{} is a node's already, and peers know it: it is left as it is; name another folder",
        folder.path().display()
    ))
}

/// Everything that has to outlive the loss of the folder. Its files are replaced as a whole, so a running node does no
/// harm.
fn back_up(folder: &Folder, to: &Path) -> Result<(), Failure> {
    if fs::read_dir(to).is_ok_and(|mut names| names.next().is_some()) {
        return Err(Failure::Failed(format!("{} holds something already; name a new folder", to.display())));
    }
    private_folder(to)?;
    for name in ["identity.pem", "node.json", "device.json"] {
        let from = folder.file(name);
        match fs::read_to_string(&from) {
            Ok(text) => write_new(&to.join(name), &text)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Failure::unreadable(&from, error)),
        }
    }
    println!("{} holds a copy; it is used by --state {0}, once this one is not any more", to.display());
    Ok(())
}

fn read(files: &[PathBuf]) -> Result<String, Failure> {
    let read = |file: &PathBuf| fs::read(file).map_err(|error| Failure::unreadable(file, error));
    let texts = files.iter().map(|file| Ok(String::from_utf8_lossy(&read(file)?).into_owned()));
    Ok(texts.collect::<Result<Vec<_>, Failure>>()?.join("\n"))
}

fn named(files: &[PathBuf]) -> String {
    let names: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
    names.join(" and ")
}
