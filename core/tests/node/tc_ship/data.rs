//! PIN state, data exchange, access methods and the end.

use super::*;
use crate::tester::{Head, NM, READ_TREE, Tester, guard_tree, system_config};
use eebus_core::model::CmdClassifier;
use eebus_core::node::Event;
use eebus_core::usecase::lpc::Approval;

const READ_USE_CASES: &str = r#"{"nodeManagementUseCaseData":[]}"#;

#[test]
fn tc_ship_pin_001() {
    let [mut client, mut server] = Tool::shaking();
    client.say(&[ANNOUNCE, SELECT]);
    server.say(&[SELECT]);
    for mut tool in [client, server] {
        assert_eq!(tool.heard().last().map(String::as_str), Some(PIN_NONE));
        tool.say(&[PIN_NONE, ASK]);
        assert!(tool.heard().contains(&METHODS.to_owned()));
    }
}

#[test]
fn tc_ship_term_001() {
    for mut tool in Tool::established() {
        tool.solo.call(Call::Refuse { peer: tool.peer }).unwrap();
        let announce = r#"03 {"connectionClose":[{"phase":"announce"},{"maxTime":2000},{"reason":"removedConnection"}]}"#;
        assert_eq!(tool.heard(), [announce]);
        tool.wait(1);
        assert_eq!(tool.solo.closed(), []);
        tool.wait(3);
        assert_eq!(tool.solo.closed(), [(tool.conn, 4500)]);
    }
}

/// The DUT passes over what has no meaning.
fn ignored(frame: &str) {
    for mut tool in Tool::established() {
        tool.say(&[frame]);
        tool.wait(3);
        assert!(tool.is_open());
        tool.heard();
        tool.say(&[ASK]);
        assert_eq!(tool.heard(), [METHODS]);
    }
}

#[test]
fn tc_ship_msg_001() {
    ignored("02");
}

#[test]
fn tc_ship_msg_002() {
    ignored("FF 00");
}

#[test]
fn tc_ship_msg_003() {
    for mut tool in Tool::established() {
        tool.say(&["01 { \t\r\n\"accessMethodsRequest\" \t\r\n:\r\n\t [ \t\r\n] \t\r\n} \t\r\n"]);
        assert_eq!(tool.heard(), [METHODS]);
    }
}

#[test]
fn tc_ship_am_001() {
    for mut tool in Tool::established() {
        tool.say(&[ASK]);
        assert_eq!(tool.heard(), [METHODS]);
    }
}

/// Two SPINE reads around a request for access methods: three answers at once.
fn three_answers(tool: &mut Tester) {
    tool.solo.fresh();
    let tree = tool.send(Head::new("read", NM, NM), READ_TREE);
    tool.solo.frames(tool.conn, &[&octets(ASK)]);
    let use_cases = tool.send(Head::new("read", NM, NM), READ_USE_CASES);
    assert!(tool.solo.sent(tool.conn).contains(&octets(METHODS)));
    for (counter, function) in
        [(tree, "nodeManagementDetailedDiscoveryData"), (use_cases, "nodeManagementUseCaseData")]
    {
        let reply = tool.answer_to(counter);
        assert!(reply.kind == CmdClassifier::Reply && reply.cmd.contains(function), "{reply:?}");
    }
}

#[test]
fn tc_ship_amdata_001() {
    three_answers(&mut Tester::connected());
}

#[test]
fn tc_ship_amdata_002() {
    let mut tool = Tester::connected();
    assert!(tool.solo.sent(tool.conn).contains(&octets(ASK)), "the DUT asks within 10 s");
    three_answers(&mut tool);
    tool.solo.wait(secs(8));
    let answer = octets(r#"01 {"accessMethods":[{"id":"i:46925_u:tool"}]}"#);
    tool.solo.frames(tool.conn, &[&answer]);
    let peer = tool.solo.node.view().peer(tool.peer).unwrap();
    assert_eq!(peer.ship_id.map(ToString::to_string).as_deref(), Some("i:46925_u:tool"));
    assert_eq!(tool.solo.live(), [tool.conn]);
}

#[test]
fn tc_ship_amdata_003() {
    let mut tool = Tester::connected();
    let reads = tool.of(&CmdClassifier::Read);
    assert!(reads.iter().any(|read| read.cmd == READ_TREE), "the DUT reads within 10 s");
    tool.solo.frames(tool.conn, &[&octets(ASK)]);
    assert!(tool.solo.sent(tool.conn).contains(&octets(METHODS)));
    tool.solo.wait(secs(8));
    assert_eq!(tool.solo.live(), [tool.conn]);
    tool.answer(|got| got.cmd == READ_TREE, &guard_tree());
    assert!(tool.solo.events().iter().any(|event| matches!(event, Event::Discovered { .. })));
}

#[test]
fn tc_ship_amdata_004() {
    let mut config = system_config(Approval::Automatic);
    config.access.ask = false;
    let mut tool = Tester::with(config);
    tool.solo.wait(secs(120));
    assert!(!tool.solo.sent(tool.conn).contains(&octets(ASK)));
    assert_eq!(tool.solo.live(), [tool.conn]);
}
