//! The test vector of PS 7, both roles in virtual time.

use super::*;
use crate::ship::identity::{Fingerprint, ShipId, hex};
use crate::time::Instant;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

const SECRET: &str = "7A37DCF81BDB50F8E92CFA4160CCB3DE";
const NONCE: &str = "BDCEE427FA7208DF3C1F2A749BA6F4D4";
const RECORD: [&str; 11] = [
    "txtvers=1",
    "parType=fpSha256",
    "forId=i:983327_u:C8277H008F-3",
    "forPar=C74B7855D3479415F62CC01E5F6D9A93EBC676057D85417ADA16FD1384338943",
    "trustId=i:46925_u:43652bk-2-gt1",
    "trustPar=2CC72E781F7A7D2A08D50196C50FEDF0F7BA583F43F76C8C0DDEC9EEF0D005B4",
    "trustCurve=secp256r1",
    "type=addCu",
    "trustNonce=BDCEE427FA7208DF3C1F2A749BA6F4D4",
    "alg=hmacSha256",
    "digest=BCBB62B2176DA2CEE545784CEB1F2A55E049451B12A549C98E8CA213F001DA25",
];

fn party(id: &str, fingerprint: &str) -> Party {
    Party { id: ShipId::new(id), fingerprint: Fingerprint(hex(fingerprint).unwrap().try_into().unwrap()) }
}

fn manager() -> Party {
    party("i:983327_u:C8277H008F-3", "C74B7855D3479415F62CC01E5F6D9A93EBC676057D85417ADA16FD1384338943")
}

fn unit() -> Party {
    party("i:46925_u:43652bk-2-gt1", "2CC72E781F7A7D2A08D50196C50FEDF0F7BA583F43F76C8C0DDEC9EEF0D005B4")
}

fn other_unit() -> Party {
    Party { fingerprint: Fingerprint([7; 32]), ..unit() }
}

fn secret() -> PairingSecret {
    SECRET.parse().unwrap()
}

fn request(trust: Party, nonce: u8) -> Request {
    Request::new(manager(), trust, Curve::Secp256r1, &secret(), [nonce; 16])
}

fn read(strings: &[String]) -> Result<Request, RequestFault> {
    Request::read(strings.iter().map(String::as_bytes))
}

fn at(secs: u64) -> Instant {
    Instant::from_secs(secs)
}

fn listener() -> Listener {
    Listener::new(manager(), secret(), Paired::default(), at(0))
}

fn trust(unit: Party, displaced: Option<Party>) -> Verdict {
    Verdict::Trust { unit, displaced }
}

#[test]
fn ps_7_the_test_vector_is_written_read_and_proved() {
    let nonce = hex(NONCE).unwrap().try_into().unwrap();
    let request = Request::new(manager(), unit(), Curve::Secp256r1, &secret(), nonce);
    let strings = request.strings();
    assert_eq!(strings, RECORD);
    assert_eq!(strings.iter().map(|text| text.len() + 1).sum::<usize>(), 398);
    assert_eq!(read(&strings), Ok(request.clone()));
    assert!(request.is_proved_by(&secret()));
    assert!(!request.is_proved_by(&PairingSecret::new(&[7; 16]).unwrap()));
}

#[test]
fn every_changed_value_is_malformed_or_unproved() {
    for line in 0..RECORD.len() {
        for at in RECORD[line].find('=').unwrap() + 1..RECORD[line].len() {
            let mut strings = RECORD.map(String::from);
            let octet = if RECORD[line].as_bytes()[at] == b'0' { "1" } else { "0" };
            strings[line].replace_range(at..=at, octet);
            assert!(!read(&strings).is_ok_and(|request| request.is_proved_by(&secret())), "{strings:?}");
        }
    }
}

#[test]
fn a_record_is_read_in_any_order_and_case_of_keys_and_unknown_ones_are_passed_over() {
    let mut strings: Vec<String> = RECORD.iter().rev().map(|text| (*text).into()).collect();
    strings.push("unknown=1".into());
    strings[2] = strings[2].replace("trustNonce", "TRUSTNONCE");
    assert!(read(&strings).unwrap().is_proved_by(&secret()));
    // The digest covers the letters as they were written.
    strings[2] = strings[2].to_ascii_lowercase();
    assert!(!read(&strings).unwrap().is_proved_by(&secret()));
    let lower = format!("digest={}", RECORD[10].split_at(7).1.to_ascii_lowercase());
    let strings = [&RECORD[..10], &[lower.as_str()]].concat();
    assert!(Request::read(strings.iter().map(|s| s.as_bytes())).unwrap().is_proved_by(&secret()));
}

#[test]
fn ps_5_4_a_missing_or_malformed_key_is_named() {
    for (line, text) in RECORD.iter().enumerate() {
        let (key, value) = text.split_once('=').unwrap();
        for wrong in [None, Some(format!("{key}=")), Some(format!("{key}={value}{}", "x".repeat(64)))] {
            let mut strings: Vec<String> = RECORD.iter().map(|text| (*text).into()).collect();
            match wrong {
                Some(wrong) => strings[line] = wrong,
                None => {
                    strings.remove(line);
                }
            }
            assert_eq!(read(&strings).map_err(|fault| fault.0), Err(key), "{strings:?}");
        }
    }
}

#[test]
fn ps_9_who_proves_the_secret_is_trusted_once() {
    let mut listener = listener();
    let first = request(unit(), 1);
    assert_eq!(listener.evaluate(&first, at(1)), trust(unit(), None));
    assert!(listener.trusts(unit().fingerprint) && !listener.trusts(other_unit().fingerprint));
    assert_eq!(listener.paired().digests, [*first.digest()]);
    listener.untrust();
    assert!(!listener.trusts(unit().fingerprint));
    assert_eq!(listener.evaluate(&first, at(2)), Verdict::Replayed);
    assert_eq!(listener.evaluate(&request(unit(), 2), at(3)), trust(unit(), None));
}

#[test]
fn ps_9_what_is_not_for_this_node_or_not_proved_changes_nothing() {
    let mut listener = listener();
    let stranger = PairingSecret::new(&[1; 16]).unwrap();
    let forged = Request::new(manager(), unit(), Curve::Secp256r1, &stranger, [1; 16]);
    let elsewhere = |for_| Request::new(for_, unit(), Curve::Secp256r1, &secret(), [1; 16]);
    for (request, verdict) in [
        (elsewhere(Party { id: ShipId::new("x"), ..manager() }), Verdict::ForAnother),
        (elsewhere(Party { fingerprint: Fingerprint([1; 32]), ..manager() }), Verdict::ForAnother),
        (request(manager(), 1), Verdict::Oneself),
        (forged, Verdict::Unproved),
    ] {
        assert_eq!(listener.evaluate(&request, at(1)), verdict);
        assert_eq!(listener.paired(), &Paired::default());
    }
}

#[test]
fn ps_4_3_another_unit_waits_until_the_paired_one_was_away_for_15_min() {
    let mut listener = listener();
    listener.evaluate(&request(unit(), 1), at(0));
    listener.reachable(true, at(10));
    let other = request(other_unit(), 2);
    assert_eq!(listener.occupied_until(), None);
    assert_eq!(listener.evaluate(&other, at(100_000)), Verdict::Occupied);
    listener.reachable(false, at(100_000));
    listener.reachable(false, at(100_500));
    assert_eq!(listener.occupied_until(), Some(at(100_900)));
    assert_eq!(listener.evaluate(&other, at(100_899)), Verdict::Occupied);
    // A new certificate displaces the old one, its own does not.
    assert_eq!(listener.clone().evaluate(&request(unit(), 3), at(100_900)), trust(unit(), None));
    assert_eq!(listener.evaluate(&other, at(100_900)), trust(other_unit(), Some(unit())));
    assert_eq!(listener.evaluate(&request(unit(), 4), at(100_901)), Verdict::Occupied);
}

#[test]
fn ps_4_3_the_15_min_count_while_the_node_runs() {
    let mut first = listener();
    first.evaluate(&request(unit(), 1), at(0));
    let mut again = Listener::new(manager(), secret(), first.paired().clone(), at(5_000));
    let other = request(other_unit(), 2);
    assert_eq!(again.evaluate(&other, at(5_899)), Verdict::Occupied);
    assert_eq!(again.evaluate(&other, at(5_900)), trust(other_unit(), Some(unit())));
}

#[test]
fn ps_11_the_history_is_bounded_and_outlives_a_restart() {
    let mut listener = listener();
    let nonces = || 0..u8::try_from(MAX_DIGESTS + 8).unwrap();
    for nonce in nonces() {
        listener.untrust();
        assert_eq!(listener.evaluate(&request(unit(), nonce), at(0)), trust(unit(), None));
    }
    let mut again = Listener::new(manager(), secret(), listener.paired().clone(), at(0));
    again.untrust();
    assert_eq!(again.paired().digests.len(), MAX_DIGESTS);
    for nonce in nonces().skip(8) {
        assert_eq!(again.evaluate(&request(unit(), nonce), at(0)), Verdict::Replayed);
    }
}

fn announcer() -> Announcer {
    Announcer::new(manager(), unit(), Curve::Secp256r1, secret(), [1; 16])
}

#[test]
fn ps_4_2_the_announcement_ends_after_15_min_without_interruption() {
    let mut announcer = announcer();
    assert_eq!(announcer.request(), Some(&request(unit(), 1)));
    assert_eq!(announcer.deadline(), None);
    announcer.connected(at(100));
    announcer.connected(at(200));
    assert_eq!(announcer.deadline(), Some(at(1_000)));
    announcer.tick(at(999));
    assert!(!announcer.is_done());
    announcer.disconnected([2; 16], at(999));
    assert_eq!(announcer.request(), Some(&request(unit(), 2)));
    announcer.connected(at(2_000));
    announcer.tick(at(2_000) + Duration::from_secs(900));
    assert!(announcer.is_done());
    assert_eq!((announcer.request(), announcer.deadline()), (None, None));
    announcer.disconnected([3; 16], at(9_000));
    assert!(announcer.is_done());
}

#[test]
fn ps_4_2_an_attempt_that_fails_keeps_the_request_and_the_user_may_end_it() {
    let mut announcer = announcer();
    announcer.disconnected([2; 16], at(10));
    assert_eq!(announcer.request(), Some(&request(unit(), 1)));
    announcer.stop();
    assert_eq!(announcer.request(), None);
}

#[test]
fn both_sides_meet_by_what_one_announces() {
    let mut listener = listener();
    let strings = announcer().request().unwrap().strings();
    let verdict = listener.evaluate(&read(&strings).unwrap(), at(1));
    assert_eq!(verdict, trust(unit(), None));
}

#[test]
fn a_secret_has_16_to_128_octets_and_does_not_show_itself() {
    assert_eq!(format!("{:?}", secret()), "PairingSecret(…)");
    assert_eq!(secret().reveal(), SECRET);
    assert_eq!(SECRET.to_ascii_lowercase().parse(), Ok(secret()));
    for text in ["", "7A", "xy", &"0".repeat(33), &"00".repeat(15), &"00".repeat(129)] {
        assert_eq!(text.parse::<PairingSecret>(), Err(NoSecret), "{text}");
    }
    assert!("00".repeat(128).parse::<PairingSecret>().is_ok());
}
