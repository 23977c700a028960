//! Recording both nodes of the demo.

use crate::failure::Failure;
use eebus_core::node::{Action, Answer, Call, Config, Input, Misuse, Tap};
use eebus_core::time::{Instant, WallTime};
use eebus_pump::{Clock, SystemClock};
use eebus_testvectors::Recorder;
use std::cell::Cell;
use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// The recorder of a node, where the demo records; shared with who finishes it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recording(Option<Arc<Mutex<Recorder<File>>>>);

impl Recording {
    /// Begins the trace `NAME.trace` in a folder, which is made where it is missing.
    pub(crate) fn start(
        folder: &Path,
        name: &str,
        config: &Config,
        entropy: &[u8; 32],
        now: Instant,
    ) -> Result<Self, Failure> {
        let path = folder.join(name).with_extension("trace");
        let recorder = fs::create_dir_all(folder)
            .and_then(|()| create_private(&path))
            .and_then(|file| Recorder::start(file, config, None, entropy, now));
        match recorder {
            Ok(recorder) => Ok(Self(Some(Arc::new(Mutex::new(recorder))))),
            Err(error) => Err(Failure::Failed(format!(
                "cannot record to {}: {error}; give --record a folder that may be written",
                path.display()
            ))),
        }
    }

    /// Ends the trace.
    pub(crate) fn finish(&self) -> Result<(), Failure> {
        self.with(Recorder::finish).unwrap_or(Ok(())).map_err(|error| {
            Failure::Failed(format!("the recording is not whole: {error}; make room and record again"))
        })
    }

    fn with<R>(&self, act: impl FnOnce(&mut Recorder<File>) -> R) -> Option<R> {
        let recorder = self.0.as_ref()?;
        Some(act(&mut recorder.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Tap for Recording {
    fn input(&mut self, input: &Input<'_>, now: Instant) {
        self.with(|recorder| recorder.input(input, now));
    }

    fn call(&mut self, call: &Call, answer: &Result<Answer, Misuse>, now: Instant) {
        self.with(|recorder| recorder.call(call, answer, now));
    }

    fn action(&mut self, action: &Action) {
        self.with(|recorder| recorder.action(action));
    }
}

/// An empty file only its owner can read: traces hold everything a node was told.
fn create_private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The system's clock, whose first answer is the time the trace begins with: the node has to start just then.
#[derive(Debug)]
pub(crate) struct StartingAt {
    start: Cell<Option<Instant>>,
    system: SystemClock,
}

impl StartingAt {
    /// A clock, and the time it starts at.
    pub(crate) fn now() -> (Self, Instant) {
        let system = SystemClock::new();
        let start = system.now();
        (Self { start: Cell::new(Some(start)), system }, start)
    }
}

impl Clock for StartingAt {
    fn now(&self) -> Instant {
        self.start.take().unwrap_or_else(|| self.system.now())
    }

    fn wall(&self) -> WallTime {
        self.system.wall()
    }
}
