//! A store in one file.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::iter;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};

use eebus_core::node::{Saved, SavedVersion};
use serde::{Deserialize, Serialize};

use crate::{Saving, Store};

/// The version of the file's format, with that of what it holds; a newer one is refused, not guessed at.
const VERSION: u32 = SavedVersion::NEWEST;
/// Damaged files kept beside a good one: disks that damage more than that need a person.
const MAX_SET_ASIDE: u32 = 99;

/// Keeps everything in one file of JSON that only its owner may read.
///
/// The file is replaced as a whole: after a loss of power it holds what it held before or what it was to hold, never
/// a part. Writing happens on a thread of its own; what waits while the disk is slow is written at once, as the last
/// state contains every earlier one. Dropping the store waits until everything is written.
#[derive(Debug)]
pub struct FileStore {
    path: PathBuf,
    writer: Option<Writer>,
}

#[derive(Debug)]
struct Writer {
    waiting: Sender<(Saved, Saving)>,
    thread: JoinHandle<()>,
}

/// A file that held nothing readable, and its new name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// The file.
    pub path: PathBuf,
    /// Where it is now, for whoever wants to mend it.
    pub kept_as: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, kept_as) = (self.path.display(), self.kept_as.display());
        write!(f, "{path} is damaged ({}) and kept as {kept_as}", self.why)
    }
}

#[derive(Serialize, Deserialize)]
struct Content<S> {
    version: u32,
    saved: S,
}

/// What a [`Saved`] of any version has, but the first.
#[derive(Deserialize)]
struct Versioned {
    #[serde(default)]
    version: u32,
}

/// Why there is nothing to load.
enum Unread {
    Missing,
    /// Not to be touched: it may be all right.
    Failed(String),
    Damaged(String),
}

impl FileStore {
    /// A store in the file at `path`, which need not exist yet; its folder has to.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), writer: None }
    }

    /// Gives a damaged file another name, so that a node can start without what was in it; nothing is overwritten.
    /// Without this, [`load`](Store::load) fails.
    ///
    /// # Errors
    ///
    /// The file can't be read, is of a newer version, or can't be renamed.
    pub fn set_aside_damaged(&mut self) -> io::Result<Option<Damaged>> {
        let why = match self.read() {
            Ok(_) | Err(Unread::Missing) => return Ok(None),
            Err(Unread::Failed(why)) => return Err(self.wrong(why)),
            Err(Unread::Damaged(why)) => why,
        };
        for number in 1..=MAX_SET_ASIDE {
            let mut name = self.path.as_os_str().to_owned();
            name.push(format!(".damaged-{number}"));
            let kept_as = PathBuf::from(name);
            // Linking, unlike renaming, fails where the name is taken.
            match fs::hard_link(&self.path, &kept_as) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                linked => {
                    linked.and_then(|()| fs::remove_file(&self.path))?;
                    return Ok(Some(Damaged { path: self.path.clone(), kept_as, why }));
                }
            }
        }
        Err(self
            .wrong(format_args!("{why}; {MAX_SET_ASIDE} damaged ones are beside it already, move them away")))
    }

    fn read(&self) -> Result<Saved, Unread> {
        let text = fs::read(&self.path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => Unread::Missing,
            _ => Unread::Failed(error.to_string()),
        })?;
        let damaged = |error: serde_json::Error| Unread::Damaged(error.to_string());
        // The versions first: a newer one may hold anything, and is not damaged by that.
        let content: Content<Versioned> = serde_json::from_slice(&text).map_err(damaged)?;
        match content.version.max(content.saved.version) {
            1..=VERSION => {
                let content: Content<Saved> = serde_json::from_slice(&text).map_err(damaged)?;
                Ok(content.saved)
            }
            found => Err(Unread::Failed(format!("version {found} of the format is newer than {VERSION}"))),
        }
    }

    fn writer(&mut self) -> &Writer {
        let path = &self.path;
        self.writer.get_or_insert_with(|| {
            let (waiting, saves) = channel::<(Saved, Saving)>();
            let path = path.clone();
            let thread = thread::spawn(move || {
                while let Ok(first) = saves.recv() {
                    let all: Vec<_> = iter::once(first).chain(saves.try_iter()).collect();
                    let written = all.last().map_or(Ok(()), |(last, _)| replace(&path, last));
                    for (_, saving) in all {
                        match &written {
                            Ok(()) => saving.done(),
                            Err(error) => saving.failed(format_args!("{}: {error}", path.display())),
                        }
                    }
                }
            });
            Writer { waiting, thread }
        })
    }
}

impl Store for FileStore {
    fn load(&mut self) -> io::Result<Option<Saved>> {
        match self.read() {
            Ok(saved) => Ok(Some(saved)),
            Err(Unread::Missing) => Ok(None),
            Err(Unread::Failed(why) | Unread::Damaged(why)) => Err(self.wrong(why)),
        }
    }

    fn save(&mut self, saved: Saved, saving: Saving) {
        // Where the thread is gone, `saving` is dropped and says so.
        let _ = self.writer().waiting.send((saved, saving));
    }
}

impl Drop for FileStore {
    fn drop(&mut self) {
        if let Some(Writer { waiting, thread }) = self.writer.take() {
            drop(waiting);
            // A thread that panicked has nothing more to write.
            let _ = thread.join();
        }
    }
}

impl FileStore {
    fn wrong(&self, why: impl fmt::Display) -> io::Error {
        let path = self.path.display();
        io::Error::new(
            ErrorKind::InvalidData,
            format!("what the node saved can't be read from {path}: {why}"),
        )
    }
}

/// Writes beside the file and then takes its name.
fn replace(path: &Path, saved: &Saved) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let text = serde_json::to_string_pretty(&Content { version: VERSION, saved })?;
    let written = options.open(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    });
    if let Err(error) = written {
        // A part of it would only fill a disk that is full already.
        let _ = fs::remove_file(&beside);
        return Err(error);
    }
    // The name is on disk once the folder is; some systems can't open one.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Ok(folder) = File::open(folder) {
        folder.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use eebus_core::node::{Endpoint, Input, SavedData, SavedPeer, SavedVersion, TrustSource};
    use eebus_core::ship::identity::{Fingerprint, ShipId, Ski};
    use eebus_core::spine::FeaturePath;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("eebus-file-store-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn saved() -> Saved {
        use eebus_core::model::FunctionId;
        let function = FunctionId::DEVICE_CONFIGURATION_KEY_VALUE_LIST_DATA;
        let feature = FeaturePath::new(&[1], 2);
        Saved {
            version: SavedVersion::default(),
            counters: 1_000,
            peers: vec![SavedPeer {
                ski: Ski::new([7; 20]),
                trust: Some(TrustSource::UserVerified.trust()),
                label: "Control box".into(),
                ship_id: Some(ShipId::new("ACME-Box-1")),
                fingerprint: Some(Fingerprint([9; 32])),
                endpoints: vec![Endpoint::new(([192, 0, 2, 1], 4712).into())],
                reached: vec![Endpoint::new(([192, 0, 2, 2], 4712).into())],
                keys: Default::default(),
                pin: Default::default(),
            }],
            data: vec![SavedData {
                feature,
                function,
                data: eebus_core::json::Tape::empty(function.info().ty),
            }],
        }
    }

    fn save(store: &mut FileStore, seq: u64, saved: Saved) -> Input<'static> {
        let (answer, answers) = async_channel::bounded(1);
        store.save(saved, Saving::new(seq, answer));
        answers.recv_blocking().unwrap()
    }

    #[test]
    fn what_was_saved_is_loaded_by_the_next_program() {
        let folder = folder("again");
        let path = folder.join("node.json");
        let mut store = FileStore::new(&path);
        assert_eq!(store.load().unwrap(), None);
        assert_eq!(save(&mut store, 1, Saved::default()), Input::Persisted { seq: 1 });
        assert_eq!(save(&mut store, 2, saved()), Input::Persisted { seq: 2 });
        assert_eq!(FileStore::new(&path).load().unwrap(), Some(saved()));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_can_not_be_read_stops_the_node_instead_of_losing_its_pairings() {
        let folder = folder("unreadable");
        let path = folder.join("node.json");
        let rows = [
            ("{", "EOF"),
            ("{\"version\":3,\"saved\":{}}", "version 3"),
            ("{\"version\":1,\"saved\":7}", "invalid type"),
            ("{\"version\":1,\"saved\":{\"version\":3,\"peers\":{}}}", "version 3"),
        ];
        for (text, why) in rows {
            fs::write(&path, text).unwrap();
            let error = FileStore::new(&path).load().unwrap_err().to_string();
            assert!(error.contains("node.json") && error.contains(why), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_damaged_file_is_kept_under_another_name_and_one_that_may_be_good_is_left_alone() {
        let folder = folder("damaged");
        let path = folder.join("node.json");
        let mut store = FileStore::new(&path);
        assert_eq!(store.set_aside_damaged().unwrap(), None, "there is none");
        for (number, text) in ["{", "{\"version\":1,\"saved\":7}", "\u{0}\u{0}"].iter().enumerate() {
            fs::write(&path, text).unwrap();
            let damaged = store.set_aside_damaged().unwrap().unwrap();
            assert_eq!(damaged.kept_as, folder.join(format!("node.json.damaged-{}", number + 1)));
            assert_eq!(fs::read_to_string(&damaged.kept_as).unwrap(), *text);
            assert_eq!(store.load().unwrap(), None);
        }
        let newer = "{\"version\":3,\"saved\":{}}";
        fs::write(&path, newer).unwrap();
        let error = store.set_aside_damaged().unwrap_err().to_string();
        assert!(error.contains("version 3"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), newer);
        fs::remove_file(&path).unwrap();
        assert_eq!(save(&mut store, 1, saved()), Input::Persisted { seq: 1 });
        assert_eq!(store.set_aside_damaged().unwrap(), None, "it is good");
        assert_eq!(store.load().unwrap(), Some(saved()));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn everything_asked_for_is_written_and_answered_when_the_store_is_dropped() {
        let folder = folder("dropped");
        let mut store = FileStore::new(folder.join("node.json"));
        let (answer, answers) = async_channel::unbounded();
        for seq in 1..=200 {
            let state = Saved { counters: seq, ..saved() };
            store.save(state, Saving::new(seq, answer.clone()));
        }
        drop(store);
        let answered: Vec<_> = std::iter::from_fn(|| answers.try_recv().ok()).collect();
        assert_eq!(answered, (1..=200).map(|seq| Input::Persisted { seq }).collect::<Vec<_>>());
        let kept = FileStore::new(folder.join("node.json")).load().unwrap().unwrap();
        assert_eq!(kept.counters, 200);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_failure_to_write_is_told() {
        let mut store = FileStore::new(std::env::temp_dir().join("eebus-no-such-folder").join("node.json"));
        match save(&mut store, 3, Saved::default()) {
            Input::PersistFailed { seq: 3, detail } => {
                assert!(detail.contains("eebus-no-such-folder"), "{detail}");
            }
            other => panic!("{other:?}"),
        }
    }
}
