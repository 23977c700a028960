//! Roles, CMI, hello and protocol handshake.

use super::*;

#[test]
fn tc_ship_role_001() {
    let mut tool = Tool::client();
    tool.wait(7);
    assert!(tool.is_open());
    assert_eq!(tool.heard(), [""; 0]);
    tool.say(&[CMI]);
    assert_eq!(tool.heard(), [CMI, &ready(120_000)]);
}

#[test]
fn tc_ship_role_002() {
    let mut tool = Tool::server();
    assert_eq!(tool.heard(), [CMI]);
    tool.wait(7);
    assert!(tool.is_open());
    tool.say(&[CMI]);
    assert_eq!(tool.heard(), [ready(120_000)]);
}

/// A server answers a wrong CMI with its own and closes.
fn wrong_cmi_at_the_server(frame: &str) {
    let mut tool = Tool::client();
    tool.say(&[frame]);
    assert_eq!(tool.heard(), [CMI]);
    tool.wait(10);
    assert!(!tool.is_open());
}

/// A client says nothing more and closes at once.
fn wrong_cmi_at_the_client(frame: &str) {
    let mut tool = Tool::server();
    assert_eq!(tool.heard(), [CMI]);
    tool.say(&[frame]);
    assert!(!tool.is_open());
    assert_eq!(tool.heard(), [""; 0]);
}

#[test]
fn tc_ship_cmi_001() {
    wrong_cmi_at_the_server("01 00");
}

#[test]
fn tc_ship_cmi_002() {
    wrong_cmi_at_the_client("01 00");
}

/// Silence: open after 7 s, closed within 25 s more.
fn no_cmi(mut tool: Tool, heard: &[&str]) {
    tool.wait(7);
    assert!(tool.is_open());
    tool.wait(25);
    assert!(!tool.is_open());
    assert_eq!(tool.heard(), heard);
}

#[test]
fn tc_ship_cmi_003() {
    no_cmi(Tool::client(), &[]);
}

#[test]
fn tc_ship_cmi_004() {
    no_cmi(Tool::server(), &[CMI]);
}

#[test]
fn tc_ship_cmi_005() {
    wrong_cmi_at_the_server("00 01");
}

#[test]
fn tc_ship_cmi_006() {
    wrong_cmi_at_the_client("00 01");
}

/// The DUT's hello was heard.
fn ready_dut() -> Tool {
    let mut tool = Tool::client();
    tool.say(&[CMI]);
    assert_eq!(tool.heard(), [CMI, &ready(120_000)]);
    tool
}

#[test]
fn tc_ship_hello_001() {
    let mut tool = ready_dut();
    tool.say(&[READY, ANNOUNCE]);
    assert_eq!(tool.heard(), [SELECT]);
}

#[test]
fn tc_ship_hello_002() {
    let mut tool = ready_dut();
    tool.wait(45);
    assert!(tool.is_open());
    for left in [195_000, 240_000, 240_000] {
        tool.say(&[PROLONG]);
        assert_eq!(tool.heard(), [ready(left)]);
        tool.wait(60);
        assert!(tool.is_open());
    }
    tool.say(&[READY, ANNOUNCE]);
    assert_eq!(tool.heard(), [SELECT]);
}

#[test]
fn tc_ship_hello_003() {
    let mut tool = ready_dut();
    tool.wait(119);
    assert!(tool.is_open());
    tool.wait(3);
    assert_eq!(tool.heard(), [ABORTED]);
    assert!(!tool.is_open());
}

#[test]
fn tc_ship_hello_004() {
    let mut tool = ready_dut();
    tool.say(&[PENDING]);
    tool.wait(30);
    assert!(tool.is_open());
    assert_eq!(tool.heard(), [""; 0]);
    tool.say(&[READY, ANNOUNCE]);
    assert_eq!(tool.heard(), [SELECT]);
}

/// Both sides ready; what the DUT says in the handshake is still to be heard.
fn shaking(role: usize) -> Tool {
    let [client, server] = Tool::shaking();
    let mut tool = if role == 0 { client } else { server };
    let heard = tool.heard();
    assert_eq!(heard.last().map(String::as_str) == Some(ANNOUNCE), role == 1, "{heard:?}");
    tool
}

const DUT_IS_SERVER: usize = 0;
const DUT_IS_CLIENT: usize = 1;

#[test]
fn tc_ship_prot_001() {
    let mut tool = shaking(DUT_IS_SERVER);
    tool.say(&[ANNOUNCE]);
    assert_eq!(tool.heard(), [SELECT]);
    tool.say(&[SELECT]);
    assert_eq!(tool.heard(), [PIN_NONE]);
}

#[test]
fn tc_ship_prot_002() {
    // Its announcement of PAR_shipVersion 1.0 was heard.
    let mut tool = shaking(DUT_IS_CLIENT);
    tool.say(&[SELECT]);
    assert_eq!(tool.heard(), [SELECT, PIN_NONE]);
}

/// The DUT answers with this error and closes within 2 s.
fn refused(mut tool: Tool, error: &str) {
    assert_eq!(tool.heard(), [error]);
    tool.wait(2);
    assert!(!tool.is_open());
}

#[test]
fn tc_ship_prot_003() {
    let mut tool = shaking(DUT_IS_SERVER);
    tool.wait(12);
    refused(tool, TIMEOUT);
}

#[test]
fn tc_ship_prot_004() {
    let mut tool = shaking(DUT_IS_CLIENT);
    tool.wait(12);
    refused(tool, TIMEOUT);
}

#[test]
fn tc_ship_prot_005() {
    let mut tool = shaking(DUT_IS_SERVER);
    tool.say(&[READY]);
    refused(tool, UNEXPECTED);
}

#[test]
fn tc_ship_prot_006() {
    let mut tool = shaking(DUT_IS_CLIENT);
    tool.say(&[READY]);
    refused(tool, UNEXPECTED);
}
