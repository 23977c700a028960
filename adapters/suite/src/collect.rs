//! A subscriber that keeps what is logged, as lines.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber, dispatcher::Dispatch};

/// Everything that one thread logs, down to `TRACE`; shared by its clones.
#[derive(Clone, Debug, Default)]
pub struct Logs(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    spans: BTreeMap<u64, Fields>,
    within: Vec<u64>,
    records: Vec<(Level, String)>,
}

impl Logs {
    /// For `tracing::dispatcher::with_default`.
    pub fn dispatch(&self) -> Dispatch {
        // With one subscriber alone, `tracing` takes what the first thread to come by wants for everybody's wish.
        static SECOND: OnceLock<Dispatch> = OnceLock::new();
        SECOND.get_or_init(|| Dispatch::new(Self::default()));
        Dispatch::new(self.clone())
    }

    /// What was logged at `level` or above, as `LEVEL target span{…}: message field=value`.
    pub fn lines(&self, level: Level) -> Vec<String> {
        let inner = self.get();
        inner.records.iter().filter(|record| record.0 <= level).map(|record| record.1.clone()).collect()
    }

    fn get(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }
}

impl Subscriber for Logs {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("eebus")
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut fields = Fields(attributes.metadata().name().to_owned());
        attributes.record(&mut fields);
        let mut inner = self.get();
        let id = inner.spans.last_key_value().map_or(1, |(id, _)| id + 1);
        inner.spans.insert(id, fields);
        Id::from_u64(id)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        values.record(self.get().spans.get_mut(&id.into_u64()).unwrap());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut inner = self.get();
        let mut line = format!("{} {}", metadata.level(), metadata.target());
        for id in &inner.within {
            write!(line, " {}", inner.spans[id].0).unwrap();
        }
        write!(line, ":{}", fields.0).unwrap();
        inner.records.push((*metadata.level(), line));
    }

    fn enter(&self, id: &Id) {
        self.get().within.push(id.into_u64());
    }

    fn exit(&self, id: &Id) {
        let mut inner = self.get();
        assert_eq!(inner.within.pop(), Some(id.into_u64()));
    }
}

/// Fields as text; the message first, as it is recorded first.
#[derive(Debug, Default)]
struct Fields(String);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        write!(self.0, " {field}={value}").unwrap();
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => write!(self.0, " {value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        }
        .unwrap();
    }
}
