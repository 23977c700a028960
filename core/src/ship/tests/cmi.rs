//! SHIP 13.4.3: every row of the phase.

use super::*;

const FAULT: &str = "close 1002: CMI: the peer sent something else than the CMI message 00 00 (SHIP 13.4.3)";
const TIMEOUT: &str = "close 4001: the peer did not send its CMI in time";

fn start(role: Role) -> Bench {
    Bench::start(role, Trust::Trusted, &own())
}

#[test]
fn the_server_waits_for_the_client() {
    let mut server = start(Role::Server);
    assert_eq!(server.drain(), [""; 0]);
    assert_eq!(server.next(), Some((25_000, Timer::Cmi)));
    assert_eq!(server.wait(7_000), [""; 0]);
    assert_eq!(server.give(CMI), [CMI, TO_READY, READY]);
}

#[test]
fn the_client_begins() {
    let mut client = start(Role::Client);
    assert_eq!(client.drain(), [CMI]);
    assert_eq!(client.next(), Some((25_000, Timer::Cmi)));
    assert_eq!(client.wait(7_000), [""; 0]);
    assert_eq!(client.give(CMI), [TO_READY, READY]);
}

#[test]
fn the_server_answers_a_wrong_cmi_and_closes() {
    for wrong in ["01 00", "00 01", "00", "00 00 00", "FF 00", READY] {
        let mut server = start(Role::Server);
        assert_eq!(server.give(wrong), [CMI, FAULT], "{wrong}");
        assert!(server.is_over());
    }
}

#[test]
fn the_client_closes_at_once() {
    for wrong in ["01 00", "00 01", "00", "00 00 00", "FF 00", READY] {
        let mut client = start(Role::Client);
        client.drain();
        assert_eq!(client.give(wrong), [FAULT], "{wrong}");
        assert!(client.is_over());
    }
}

#[test]
fn silence_ends_between_7_and_32_seconds_without_a_message() {
    for role in [Role::Server, Role::Client] {
        let mut bench = start(role);
        bench.drain();
        assert_eq!(bench.wait(24_999), [""; 0]);
        assert_eq!(bench.wait(1), [TIMEOUT]);
        assert!(bench.is_over());
    }
}

#[test]
fn a_close_message_instead_of_the_cmi_is_not_answered() {
    let mut server = start(Role::Server);
    assert_eq!(server.give(ANNOUNCE_CLOSE), [FAULT]);
    assert!(server.is_over());
}

#[test]
fn an_empty_message_instead_of_the_cmi_is_a_wrong_one() {
    let mut server = start(Role::Server);
    assert_eq!(server.give(""), [CMI, FAULT]);
}

#[test]
fn leaving_before_hello_only_closes() {
    for (cause, close) in [
        (CloseCause::Unspecific, "close 4001: this node closed the connection"),
        (CloseCause::DoubleConnection, "close 1000: another connection with the peer is kept"),
        (CloseCause::TrustRemoved, "close 4500: the user removed the trust in the peer"),
    ] {
        let mut server = start(Role::Server);
        assert_eq!(server.leave(cause), [close]);
        assert!(server.is_over());
    }
}

#[test]
fn a_decision_before_hello_counts_in_hello() {
    for (trust, hello) in [
        (Trust::Undecided, &[CMI, TO_PENDING, PENDING][..]),
        (Trust::Refused, &[CMI, ABORTED, "close 4452: this node does not trust the peer"]),
    ] {
        let mut server = start(Role::Server);
        assert_eq!(server.decide(trust), [""; 0]);
        assert_eq!(server.give(CMI), hello);
    }
}
