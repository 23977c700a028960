//! SHIP 13.4.7 (13.4.8 in 1.1.0): every row of the table.

use super::*;

const CLOSED: &str = "close 4001: this node closed the connection";
const REMOVED: &str = "close 4500: the user removed the trust in the peer";
const TO_CLOSING: &str = "entered closing";

#[test]
fn removed_trust_is_announced_and_the_connection_closed_in_time() {
    for trust in [Trust::Refused, Trust::Undecided] {
        let mut bench = Bench::data();
        assert_eq!(bench.decide(trust), [TO_CLOSING, ANNOUNCE_REMOVED]);
        assert_eq!(bench.next(), Some((2_000, Timer::CloseConfirmation)));
        assert_eq!(bench.wait(1_999), [""; 0]);
        assert_eq!(bench.wait(1), [REMOVED]);
        assert!(bench.is_over());
    }
}

#[test]
fn the_announcer_closes_on_the_confirmation() {
    for (cause, announced, close) in [
        (CloseCause::Unspecific, ANNOUNCE_CLOSE, CLOSED),
        (CloseCause::TrustRemoved, ANNOUNCE_REMOVED, REMOVED),
        (
            CloseCause::DoubleConnection,
            ANNOUNCE_CLOSE,
            "close 1000: another connection with the peer is kept",
        ),
    ] {
        let mut bench = Bench::data();
        assert_eq!(bench.leave(cause), [TO_CLOSING, announced]);
        assert_eq!(bench.give(CONFIRM_CLOSE), [close]);
        assert!(bench.is_over());
    }
}

#[test]
fn the_announcer_sends_and_takes_nothing_more() {
    let mut bench = Bench::data();
    bench.leave(CloseCause::Unspecific);
    for frame in [DATA, ASK, METHODS, READY] {
        assert_eq!(bench.give(frame), [""; 0]);
    }
    assert_eq!(bench.leave(CloseCause::TrustRemoved), [""; 0]);
    assert_eq!(bench.decide(Trust::Refused), [""; 0]);
    assert_eq!(bench.wait(2_000), [CLOSED]);
}

#[test]
fn simultaneous_announcements_are_both_confirmed() {
    let mut bench = Bench::data();
    bench.leave(CloseCause::Unspecific);
    assert_eq!(
        bench.give(ANNOUNCE_CLOSE),
        [CONFIRM_CLOSE, "close 4001: the peer closed the connection: unspecific"]
    );
    assert!(bench.is_over());
}

#[test]
fn an_announcement_is_confirmed_in_every_phase_under_every_type_and_reason() {
    let connections = [
        Bench::hello(Role::Server, Trust::Trusted),
        Bench::hello(Role::Client, Trust::Undecided),
        Bench::protocol(Role::Server, &own()),
        Bench::protocol(Role::Client, &own()),
        Bench::pin(),
        Bench::data(),
    ];
    let repaired = &["repaired 1 unknown enum value"][..];
    for (members, repaired, reason) in [
        (
            r#"{"phase":"announce"},{"maxTime":500},{"reason":"removedConnection"}"#,
            &[][..],
            "removedConnection",
        ),
        (r#"{"phase":"announce"},{"maxTime":500},{"reason":"User close"}"#, repaired, "User close"),
        (r#"{"phase":"announce"},{"reason":""}"#, repaired, ""),
        (r#"{"phase":"announce"}"#, &[], "unspecific"),
    ] {
        for kind in ["01", "02", "03"] {
            for mut bench in connections.clone() {
                let frame = format!(r#"{kind} {{"connectionClose":[{members}]}}"#);
                let close = format!("close 4001: the peer closed the connection: {reason}");
                let items = [repaired, &[CONFIRM_CLOSE, close.as_str()]].concat();
                assert_eq!(bench.give(&frame), items, "{frame}");
                assert!(bench.is_over());
            }
        }
    }
}

#[test]
fn a_close_without_a_phase_is_unreadable() {
    let mut bench = Bench::data();
    let fault = "fault data exchange: the peer sent an unreadable message: `phase` is missing (SHIP 11.4)";
    assert_eq!(bench.give(r#"03 {"connectionClose":[{"maxTime":500}]}"#), [fault]);
}
