//! A readable view: lines with a depth.

use std::fmt::{self, Display};

/// The lines of a view.
#[derive(Debug, Default)]
pub(crate) struct View {
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    depth: usize,
    /// The line begins an item of a list.
    item: bool,
    text: String,
}

impl View {
    /// Adds a line.
    pub(crate) fn line(&mut self, depth: usize, text: impl Display) {
        self.lines.push(Line { depth, item: false, text: text.to_string() });
    }

    /// Adds what `write` adds, as one item of a list; something stands there in any case.
    pub(crate) fn item(&mut self, depth: usize, write: impl FnOnce(&mut Self)) {
        let first = self.lines.len();
        write(self);
        if self.lines.len() == first {
            self.line(depth, "(empty)");
        }
        if let Some(line) = self.lines.get_mut(first) {
            line.item = true;
        }
    }
}

impl Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Line { depth, item, text } in &self.lines {
            let width = 2 * depth;
            let margin = if *item { "- " } else { "" };
            writeln!(f, "{margin:>width$}{text}")?;
        }
        Ok(())
    }
}

/// Text of a peer, without characters that could move a terminal's cursor.
pub(crate) fn plain(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_unicode().collect() } else { vec![c] }).collect()
}
