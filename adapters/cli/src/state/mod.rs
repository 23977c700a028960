//! The state folder: everything of one node that outlives a restart.
//!
//! | file           | holds |
//! |----------------|-------|
//! | `identity.pem` | certificate, private key and SHIP ID; made once, never replaced |
//! | `node.json`    | trust, SHIP IDs, last good addresses, counters; replaced as a whole, damaged ones kept aside |
//! | `device.json`  | the role the node has |
//! | `lock`         | locked while a process runs the node; holds its process ID |
//! | `control.sock` | where that process is spoken to: see [`control`](crate::control) |
//!
//! The folder is its owner's alone (mode 0700, the key 0600). A copy of it is a backup: name it by `--state`.

mod files;
mod lock;

pub(crate) use files::{private_folder, write_new};
pub(crate) use lock::Lock;

use crate::device::{Role, Settings};
use crate::failure::Failure;
use eebus_core::ship::identity::ShipId;
use eebus_core::usecase::lpc::Limit;
use eebus_link::{Identity, IdentityError, entropy};
use eebus_smol::{Clock, FileStore, SystemClock};
use std::fmt::Display;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The version of `device.json`.
const VERSION: u64 = 1;

/// Where a node keeps everything.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct State {
    /// The folder of the node: identity, trust and the socket by which a running node is reached.
    #[arg(long = "state", value_name = "DIR", global = true)]
    folder: Option<PathBuf>,
}

impl State {
    /// The folder, for commands that do nothing without one.
    pub(crate) fn folder(&self) -> Result<Folder, Failure> {
        self.named().ok_or_else(|| Failure::Usage("name the folder of the node: --state DIR".to_owned()))
    }

    /// The folder, where one was named.
    pub(crate) fn named(&self) -> Option<Folder> {
        self.folder.clone().map(|path| Folder { path })
    }
}

/// A state folder, which need not exist yet.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The file of this name.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes it where there is none, and its owner's alone.
    pub(crate) fn prepare(&self) -> Result<(), Failure> {
        private_folder(&self.path)
    }

    /// The identity that is there.
    pub(crate) fn identity(&self) -> Result<Identity, Failure> {
        let path = self.file("identity.pem");
        match Identity::load(&path) {
            Ok(identity) => {
                files::restrict(&path)?;
                Ok(identity)
            }
            Err(IdentityError::Unreadable { kind: ErrorKind::NotFound, .. }) => Err(self.missing()),
            Err(error) => Err(self.unusable(error)),
        }
    }

    /// The identity that is there or, only in a folder that never had one, a new one; and whether it is new.
    pub(crate) fn identity_or_new(&self, _: &Lock) -> Result<(Identity, bool), Failure> {
        let path = self.file("identity.pem");
        // Anything but a clear no is left to loading, which says what is wrong with it.
        if path.symlink_metadata().map_err(|error| error.kind()).err() != Some(ErrorKind::NotFound) {
            return Ok((self.identity()?, false));
        }
        if self.was_used()? {
            return Err(self.missing());
        }
        let made = entropy().map_err(|error| self.failed("no identity can be made", error))?;
        let serial: String = made.iter().take(6).map(|octet| format!("{octet:02x}")).collect();
        let identity = Identity::create(&ShipId::new(&format!("EEBUS-{serial}")), SystemClock::new().wall())
            .map_err(|error| self.failed("no identity can be made", error))?;
        self.put(&identity)?;
        Ok((identity, true))
    }

    /// Puts an identity into a folder that has none.
    pub(crate) fn put(&self, identity: &Identity) -> Result<(), Failure> {
        identity.save(self.file("identity.pem")).map_err(|error| Failure::Failed(error.to_string()))
    }

    /// Whether a node ran here: then peers know its identity, and another one is never made in its place.
    pub(crate) fn was_used(&self) -> Result<bool, Failure> {
        let names = fs::read_dir(&self.path).map_err(|error| Failure::unreadable(&self.path, error))?;
        for name in names {
            let name = name.map_err(|error| Failure::unreadable(&self.path, error))?.file_name();
            let name = name.to_string_lossy();
            if name.starts_with("node.json") || name == "device.json" {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What the node saved. A damaged file is kept aside, and the user is told.
    pub(crate) fn store(&self, _: &Lock) -> Result<FileStore, Failure> {
        let mut store = FileStore::new(self.file("node.json"));
        let damaged = store.set_aside_damaged().map_err(|error| Failure::Failed(error.to_string()))?;
        if let Some(damaged) = damaged {
            eprintln!(
                "eebus: {damaged}: the node trusts nobody now; put a backup in its place, or pair again with eebus pair"
            );
        }
        Ok(store)
    }

    /// The role that was kept.
    pub(crate) fn role(&self, _: &Lock) -> Result<Option<Role>, Failure> {
        let path = self.file("device.json");
        match fs::read(&path) {
            Ok(text) => read_role(&text).map(Some).map_err(|why| {
                Failure::Failed(format!(
                    "{} can't be used: {why}; remove it and name the role again",
                    path.display()
                ))
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::unreadable(&path, error)),
        }
    }

    /// Keeps a role.
    pub(crate) fn keep_role(&self, role: Role, _: &Lock) -> Result<(), Failure> {
        let text = serde_json::json!({ "version": VERSION, "role": role.name() }).to_string();
        files::replace(&self.file("device.json"), &text)
            .map_err(|error| self.failed("the role is not kept", error))
    }

    /// The device of this folder, before it runs. Whom it trusts is read when it starts, before it listens.
    pub(crate) fn settings(&self, lock: &Lock, role: Role, limit: Limit) -> Result<Settings, Failure> {
        let (identity, is_new) = self.identity_or_new(lock)?;
        if is_new {
            eprintln!(
                "eebus: {} had no identity: a new one was made, which every peer has to trust; keep a copy of the folder",
                self.path.display()
            );
        }
        let store = self.store(lock)?;
        let mut settings = Settings::new(role, identity, limit);
        settings.config.record.id = settings.identity.ship_id();
        settings.store = Box::new(store);
        Ok(settings)
    }

    fn missing(&self) -> Failure {
        let path = self.path.display();
        Failure::Failed(match self.was_used() {
            Ok(true) => format!(
                "{path} was a node's, but identity.pem is gone: put it back from a backup; to begin anew, as a stranger to every peer, name another folder"
            ),
            _ => format!("there is no identity in {path}: eebus identity create or import makes one"),
        })
    }

    fn unusable(&self, error: impl Display) -> Failure {
        let path = self.file("identity.pem");
        Failure::Failed(format!(
            "{} is of no use and is left as it is: {error}; eebus identity check says more",
            path.display()
        ))
    }

    fn failed(&self, what: &str, error: impl Display) -> Failure {
        Failure::Failed(format!("{what} in {}: {error}", self.path.display()))
    }
}

fn read_role(text: &[u8]) -> Result<Role, String> {
    let value: serde_json::Value = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    if value["version"] != VERSION {
        return Err(format!("version {} is not version {VERSION}", value["version"]));
    }
    let name = value["role"].as_str().unwrap_or_default();
    Role::named(name).ok_or_else(|| format!("there is no role {name:?}"))
}
