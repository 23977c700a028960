//! Discovery, and several connections at a time.

use super::*;
use eebus_core::node::{Action, Input};

#[test]
fn tc_ship_mdns_001() {
    let mut config = config();
    config.record.categories = vec![4];
    let mut solo = Solo::with(config, None);
    solo.give(Input::Listening { port: 4712 });
    let records =
        solo.did(|action| if let Action::Announce(record) = action { Some(record.strings()) } else { None });
    let [strings] = &records[..] else { panic!("one announcement is expected") };
    assert_eq!(strings[0], "txtvers=1");
    let value = |key: &str| strings.iter().find_map(|text| text.strip_prefix(key)?.strip_prefix('='));
    assert_eq!(value("id"), Some("ACME-Pump-7"));
    assert!(value("path").is_some_and(|path| path.contains('/') && path.len() <= 32));
    assert!(value("ski").is_some_and(|ski| ski.len() == 40 && ski.bytes().all(|c| c.is_ascii_hexdigit())));
    assert_eq!((value("register"), value("cat")), (Some("false"), Some("4")));
    for key in ["brand", "model", "type"] {
        assert!(value(key).is_none_or(|text| !text.is_empty() && text.len() <= 32), "{key}");
    }
}

#[test]
fn tc_ship_conn_001() {
    let mut tool = Tool::server();
    let a = tool.conn;
    let b = tool.solo.accepted(TOOL);
    tool.conn = b;
    tool.say(&[CMI, READY, ANNOUNCE, SELECT, PIN_NONE]);
    assert!(tool.heard().contains(&PIN_NONE.to_owned()), "the exchange goes on while it is undecided");
    tool.wait(30);
    assert_eq!(tool.solo.closed(), [(a, 1000)]);
    assert_eq!(tool.solo.live(), [b]);
    assert_eq!(tool.solo.session(tool.peer), Some(b));
    tool.say(&[ASK]);
    assert!(tool.heard().contains(&METHODS.to_owned()));
}

#[test]
fn tc_ship_role_003() {
    let mut tool = Tool::server();
    let b = tool.conn;
    tool.solo.trusted(TOOL + 1);
    let a = tool.solo.accepted(TOOL + 1);
    for conn in [a, b] {
        tool.conn = conn;
        tool.say(&[CMI]);
        assert_eq!(tool.solo.sent(conn).last(), Some(&octets(&ready(120_000))));
    }
    assert_eq!(tool.solo.live(), [b, a]);
}
