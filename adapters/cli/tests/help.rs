//! Help, completions, manual pages and exit codes, as users meet them.

mod common;
#[path = "common/examples.rs"]
mod examples;
#[path = "common/shell.rs"]
mod shell;

use common::{eebus, root};
use examples::examples;
use shell::calls;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Every command, as `eebus --help` lists them.
fn commands() -> Vec<String> {
    let help = eebus(&["--help"]).out;
    let list =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    list.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// Whether a command line needs another node, or the state folder of one.
fn needs_a_node(call: &[String]) -> bool {
    match call.get(1).map(String::as_str) {
        // With the port alone, these make an identity.
        Some("hems" | "evse") => call.len() > 3,
        Some("demo" | "replay" | "decode" | "completions" | "man" | "help") => false,
        _ => true,
    }
}

#[test]
fn the_examples_of_every_help_run() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples");
    let bin = Path::new(env!("CARGO_BIN_EXE_eebus")).parent().unwrap();
    let path = std::env::join_paths(
        [bin.to_owned()].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let path = path.unwrap();
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("keys")).unwrap();
    let mut ran = Vec::new();
    for name in [vec!["--help".to_owned()]].into_iter().chain(
        commands().into_iter().filter(|name| name != "help").map(|name| vec![name, "--help".to_owned()]),
    ) {
        let name: Vec<_> = name.iter().map(String::as_str).collect();
        let help = eebus(&name);
        assert_eq!((help.code, help.err.as_str()), (Some(0), ""), "{name:?}");
        for line in examples(&help.out) {
            if calls(&line).iter().any(|call| needs_a_node(call)) {
                continue;
            }
            // Files that an example writes belong into a folder of the test; ports of the machine are not ours.
            let here = line.replace("/tmp/", &format!("{}/", folder.display()));
            let here = here.replace(" > ", &format!(" > {}/", folder.display())).replace(" --port 4712", "");
            let mut shell = Command::new("sh");
            shell.args(["-ec", &here]).current_dir(root()).env("PATH", &path);
            let output = shell.output().unwrap();
            assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
            ran.push(line);
        }
    }
    for begin in
        ["eebus demo", "eebus hems 4711", "eebus replay", "eebus decode", "eebus completions", "eebus man"]
    {
        assert!(ran.iter().any(|line| line.starts_with(begin)), "{begin} is not among {ran:#?}");
    }
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    let page = eebus(&["man"]);
    assert!(page.out.contains(".TH eebus 1"), "{}", page.out);
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = eebus(&["completions", shell]);
        assert_eq!(script.code, Some(0), "{}", script.err);
        for name in commands() {
            assert!(script.out.contains(&name), "{shell} does not know {name}");
        }
    }
    for name in commands() {
        assert!(page.out.contains(&format!("eebus\\-{name}")), "{name} is not in the manual");
        let own = eebus(&["man", &name]);
        assert!(own.out.contains(&format!(".TH eebus-{name} 1")), "{}", own.out);
    }
}

#[test]
fn every_failure_has_its_exit_code_and_names_what_to_try() {
    let codes = eebus(&["--help"]).out;
    let codes = &codes[codes.find("Exit codes:").unwrap()..];
    for code in ["0  done", "1  the thing itself failed", "2  wrong arguments"] {
        assert!(codes.contains(code), "{codes}");
    }
    for (arguments, code, remedy) in [
        (&["replay", "testvectors/sessions/limit.guard.trace"][..], 0, ""),
        (&["replay", "no-such-file"], 1, "name one that exists"),
        (&["decode", "no-such-file"], 1, "name one that exists"),
        (&["man", "nothing"], 2, "`eebus help` shows"),
        (&["nothing"], 2, "--help"),
        (&["hems", "none"], 2, "--help"),
        (&["replay"], 2, "--help"),
        (&[], 2, "Usage:"),
    ] {
        let ran = eebus(arguments);
        assert_eq!(ran.code, Some(code), "{arguments:?}");
        assert!(ran.err.contains(remedy), "{arguments:?}: {}", ran.err);
    }
}
