//! The first difference between what was recorded and what came.

use std::fmt;

/// Characters shown before the place where the two sides part, and behind it.
const BEFORE: usize = 40;
const BEHIND: usize = 120;

/// The node acts otherwise than recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The line of the trace, counted from 1.
    pub line: u64,
    /// What stands there, without its check value.
    pub recorded: String,
    /// What the node did instead, written as a trace would have it; `None` where it did nothing.
    pub came: Option<String>,
}

impl Difference {
    /// Characters that both sides begin with.
    fn common(&self) -> usize {
        let came = self.came.as_deref().unwrap_or_default();
        self.recorded.chars().zip(came.chars()).take_while(|(a, b)| a == b).count()
    }
}

/// The part of `text` around character `at`.
fn excerpt(text: &str, at: usize) -> String {
    let skipped = at.saturating_sub(BEFORE);
    let shown: String = text.chars().skip(skipped).take(BEFORE + BEHIND).collect();
    let (left, right) = (skipped > 0, text.chars().nth(skipped + BEFORE + BEHIND).is_some());
    format!("{}{shown}{}", if left { "…" } else { "" }, if right { "…" } else { "" })
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = if self.came.is_some() { self.common() } else { 0 };
        let came = self.came.as_deref().map_or("nothing".into(), |came| excerpt(came, at));
        writeln!(f, "the node acts otherwise than recorded, from character {} on", at + 1)?;
        writeln!(f, "  recorded: {}", excerpt(&self.recorded, at))?;
        write!(f, "  came:     {came}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_are_shown_around_the_place_where_they_part() {
        let side = |end: &str| format!("{}{end}{}", "a".repeat(100), "ä".repeat(200));
        let difference = Difference { line: 7, recorded: side("x"), came: Some(side("y")) };
        let shown = |end: &str| format!("…{}{end}{}…", "a".repeat(40), "ä".repeat(119));
        let expected = format!(
            "the node acts otherwise than recorded, from character 101 on\n  recorded: {}\n  came:     {}",
            shown("x"),
            shown("y")
        );
        assert_eq!(difference.to_string(), expected);
    }
}
