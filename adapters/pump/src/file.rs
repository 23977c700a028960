//! A store in one file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use eebus_core::node::Saved;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::{Saving, Store};

/// The version of the file's format; another one is refused, not guessed at.
const VERSION: u32 = 1;

/// Keeps everything in one file of JSON that only its owner may read.
///
/// The file is replaced as a whole: after a loss of power it holds what it held before or what it was to hold, never
/// a part. Writing happens on a thread of its own.
#[derive(Debug)]
pub struct FileStore {
    path: PathBuf,
    writer: Option<Sender<(Saved, Saving)>>,
}

#[derive(Serialize, Deserialize)]
struct Content<S> {
    version: u32,
    saved: S,
}

impl FileStore {
    /// A store in the file at `path`, which need not exist yet; its folder has to.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), writer: None }
    }

    fn writer(&mut self) -> &Sender<(Saved, Saving)> {
        let path = &self.path;
        self.writer.get_or_insert_with(|| {
            let (writer, waiting) = channel::<(Saved, Saving)>();
            let path = path.clone();
            thread::spawn(move || {
                for (saved, saving) in waiting {
                    match replace(&path, &saved) {
                        Ok(()) => saving.done(),
                        Err(error) => saving.failed(format_args!("{}: {error}", path.display())),
                    }
                }
            });
            writer
        })
    }
}

impl Store for FileStore {
    fn load(&mut self) -> io::Result<Option<Saved>> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.wrong(error)),
        };
        // The version first: another one may hold anything.
        let content: Content<IgnoredAny> = serde_json::from_str(&text).map_err(|error| self.wrong(error))?;
        if content.version != VERSION {
            let found = content.version;
            return Err(self.wrong(format_args!("version {found} of the format is not version {VERSION}")));
        }
        let content: Content<Saved> = serde_json::from_str(&text).map_err(|error| self.wrong(error))?;
        Ok(Some(content.saved))
    }

    fn save(&mut self, saved: Saved, saving: Saving) {
        // Where the thread is gone, `saving` is dropped and says so.
        let _ = self.writer().send((saved, saving));
    }
}

impl FileStore {
    fn wrong(&self, why: impl std::fmt::Display) -> io::Error {
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
    let mut file = options.open(&beside)?;
    let text = serde_json::to_string_pretty(&Content { version: VERSION, saved })?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
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
            ("{\"version\":2,\"saved\":{}}", "version 2"),
            ("{\"version\":1,\"saved\":7}", "invalid type"),
            ("{\"version\":1,\"saved\":{\"version\":3,\"peers\":{}}}", "saved in version 3"),
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
