//! What holds for every phase: the own deadlines suffice, extra ticks and clocks that run backwards change nothing.

use super::*;

const INPUTS: [&str; 21] = [
    CMI,
    READY,
    READY_BARE,
    PENDING,
    PROLONG,
    ABORTED,
    ANNOUNCE,
    SELECT,
    ERROR_UNEXPECTED,
    PIN_NONE,
    r#"01 {"connectionPinState":[{"pinState":"required"},{"inputPermission":"ok"}]}"#,
    r#"01 {"connectionPinInput":[{"pin":"1234ABCD"}]}"#,
    r#"01 {"connectionPinError":[{"error":1}]}"#,
    ASK,
    METHODS,
    DATA,
    ANNOUNCE_CLOSE,
    CONFIRM_CLOSE,
    "02",
    "FF 00",
    "01 7b",
];

#[test]
fn waiting_until_exactly_each_deadline_leads_to_rest() {
    for mut bench in Bench::every_phase() {
        let mut deadlines = 0;
        while let Some((left, _)) = bench.next() {
            assert!(left > 0, "a deadline that is already due");
            let phase = bench.connection.phase();
            assert_eq!(bench.wait(left - 1), [""; 0], "{phase}");
            assert_ne!(bench.wait(1), [""; 0], "{phase}: nothing happened at the deadline");
            deadlines += 1;
            assert!(deadlines < 10, "{phase}: silence does not end");
        }
        assert!(matches!(bench.connection.phase(), Phase::Data | Phase::Closed));
    }
}

#[test]
fn one_late_tick_does_what_all_the_ticks_did() {
    for bench in Bench::every_phase() {
        let (mut once, mut often) = (bench.clone(), bench);
        let late = once.wait(1_000_000);
        let mut all = Vec::new();
        for _ in 0..1_000 {
            all.extend(often.wait(1_000));
        }
        assert_eq!(late, all);
        assert_eq!(once.connection, often.connection);
    }
}

#[test]
fn everything_that_is_due_happens_in_one_tick() {
    let mut bench = Bench::hello(Role::Server, Trust::Undecided);
    bench.give(&pending(60_000));
    let timeout = "close 4452: the peer did not send hello ready in time";
    assert_eq!(bench.wait(1_000_000), [PROLONG, ABORTED, timeout]);
}

#[test]
fn extra_ticks_change_nothing() {
    for bench in Bench::every_phase() {
        for input in INPUTS {
            for ms in [0, 1, 9_999, 10_000, 24_999, 25_000, 120_000] {
                let (mut plain, mut ticked) = (bench.clone(), bench.clone());
                plain.now += Duration::from_millis(ms);
                let plain_items = plain.give(input);
                let mut items = ticked.wait(ms);
                items.extend(ticked.wait(0));
                items.extend(ticked.give(input));
                items.extend(ticked.wait(0));
                assert_eq!(plain_items, items, "{}: {input} after {ms} ms", bench.connection.phase());
                assert_eq!(plain.connection, ticked.connection);
            }
        }
    }
}

#[test]
fn a_now_that_runs_backwards_counts_as_the_latest() {
    for bench in Bench::every_phase() {
        for input in INPUTS {
            let (mut straight, mut backwards) = (bench.clone(), bench.clone());
            straight.wait(5_000);
            backwards.wait(5_000);
            backwards.now = Instant::from_secs(1);
            assert_eq!(backwards.wait(0), [""; 0]);
            assert_eq!(backwards.give(input), straight.give(input));
            assert_eq!(backwards.connection, straight.connection);
        }
    }
}

#[test]
fn nothing_follows_a_close() {
    for bench in Bench::every_phase().into_iter().filter(|bench| bench.connection.phase() != Phase::Closed) {
        for first in INPUTS {
            for second in INPUTS {
                let mut bench = bench.clone();
                let items = [bench.drain(), bench.give(first), bench.give(second)].concat();
                let close = items.iter().position(|item| item.starts_with("close "));
                assert!(close.is_none_or(|at| at + 1 == items.len()), "{items:?}");
                assert_eq!(close.is_some(), bench.connection.phase() == Phase::Closed, "{items:?}");
            }
        }
    }
}

#[test]
fn no_frame_makes_a_connection_panic_or_talk_on_after_its_close() {
    let frames = INPUTS.iter().map(|text| octets(text)).flat_map(|frame| {
        let cut = (0..frame.len()).map({
            let frame = frame.clone();
            move |len| frame[..len].to_vec()
        });
        let flipped = (0..frame.len()).flat_map(move |at| {
            let frame = frame.clone();
            [0x01, 0x20, 0x80].into_iter().map(move |bit| {
                let mut frame = frame.clone();
                frame[at] ^= bit;
                frame
            })
        });
        cut.chain(flipped).collect::<Vec<_>>()
    });
    let phases = Bench::every_phase();
    for frame in frames {
        for bench in &phases {
            let mut bench = bench.clone();
            let _ = bench.connection.handle(&frame, bench.now, &mut bench.out);
            let items = bench.drain();
            let close = items.iter().position(|item| item.starts_with("close "));
            assert!(close.is_none_or(|at| at + 1 == items.len()), "{items:?}");
            assert!(items.len() <= 4, "{items:?}");
        }
    }
}
