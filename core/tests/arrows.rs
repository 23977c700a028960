//! The house stays in order: arrows between rooms run one way, files stay short, the core stays without `std`.

use std::fs;
use std::path::{Path, PathBuf};

const CORE: &str = env!("CARGO_MANIFEST_DIR");
/// A hand-written file stays under this many lines.
const MAX_LINES: usize = 600;

/// Each room and the rooms it may use.
const ARROWS: [(&str, &[&str]); 9] = [
    ("as_text", &[]),
    ("time", &[]),
    ("ids", &[]),
    ("json", &["time", "ids", "as_text"]),
    ("model", &["json", "time", "ids", "as_text"]),
    ("ship", &["model", "json", "time", "ids", "as_text"]),
    ("spine", &["model", "json", "time", "ids", "as_text"]),
    ("usecase", &["spine", "model", "json", "time", "ids", "as_text"]),
    ("node", &["usecase", "spine", "ship", "model", "json", "time", "ids", "as_text"]),
];

fn rust_files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !name.starts_with('.') && name != "target" && name != "generated" {
                rust_files(&path, found);
            }
        } else if name.ends_with(".rs") {
            found.push(path);
        }
    }
}

fn files(dir: impl AsRef<Path>) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    rust_files(dir.as_ref(), &mut found);
    assert!(!found.is_empty());
    found.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// The text without comments; no string in the core holds two slashes behind a path.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines().map(|line| line.split("//").next().unwrap_or_default()))
}

/// The rooms a line names by `crate::room` or `crate::{room, …}`.
fn named(line: &str) -> Vec<&str> {
    let mut rooms = Vec::new();
    for path in line.split("crate::").skip(1) {
        let list = path.strip_prefix('{').map_or(path, |list| list.split('}').next().unwrap_or_default());
        for item in if list.len() < path.len() { list.split(',').collect() } else { vec![path] } {
            let word = item.trim().split(|c: char| !c.is_alphanumeric() && c != '_').next();
            rooms.extend(word.filter(|word| ARROWS.iter().any(|(room, _)| room == word)));
        }
    }
    rooms
}

/// The room of a file, and how many levels below the crate's root its module is.
fn place(path: &Path) -> (String, usize) {
    let inside = path.strip_prefix(Path::new(CORE).join("src")).unwrap();
    let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
    let depth = parts.len() - usize::from(parts.last().is_some_and(|file| file == "mod.rs"));
    (parts[0].trim_end_matches(".rs").to_string(), depth)
}

#[test]
fn arrows_between_rooms_run_one_way() {
    let mut against = Vec::new();
    for (path, text) in files(format!("{CORE}/src")) {
        let (room, depth) = place(&path);
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == room) else {
            assert_eq!(room, "lib", "{} is in no known room", path.display());
            continue;
        };
        let mut nested = 0usize;
        for (number, line) in code(&text) {
            nested += usize::from(line.contains("mod tests {"));
            let wrong = named(line).into_iter().find(|used| *used != room && !allowed.contains(used));
            let climbs = line.matches("super::").count() >= depth + nested && line.contains("super::");
            let escapes = climbs && line.contains(&"super::".repeat(depth + nested));
            if wrong.is_some() || escapes {
                against.push(format!("{}:{number}: {}", path.display(), line.trim()));
            }
        }
    }
    assert!(against.is_empty(), "{}", against.join("\n"));
}

#[test]
fn the_arrows_are_read_from_every_form_of_path() {
    assert_eq!(named("use crate::spine::Event;"), ["spine"]);
    assert_eq!(named("use crate::{ids::PeerId, node::Node};"), ["ids", "node"]);
    assert_eq!(named("let x: crate::ship::Trust = crate::time::NOW;"), ["ship", "time"]);
    assert_eq!(named("use crate::spines;"), [""; 0]);
}

#[test]
fn hand_written_files_stay_under_600_lines() {
    let long: Vec<_> = files(format!("{CORE}/.."))
        .into_iter()
        .filter(|(_, text)| text.lines().count() >= MAX_LINES)
        .map(|(path, text)| format!("{} has {} lines", path.display(), text.lines().count()))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn the_core_uses_no_std() {
    for (path, text) in files(format!("{CORE}/src")) {
        for (number, line) in code(&text) {
            assert!(!line.contains("std::"), "{}:{number}: {line}", path.display());
        }
    }
}
