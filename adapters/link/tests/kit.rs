//! The identity kit: every kind of certificate gets its verdict, and what others made is taken over as it is.

#[expect(dead_code, reason = "this topic needs some of it")]
mod common;

use common::{NOW, certificate, identity, pem, pem_of, rsa_certificate, ski_of};
use eebus_core::ship::identity::{ShipId, Ski};
use eebus_core::time::WallTime;
use eebus_link::{Check, Identity, IdentityError, SkiRule, Verdict};
use rcgen::{CertificateParams, DnType, IsCa, KeyIdMethod, KeyPair, PublicKeyData, date_time_ymd};
use ring::digest::{self, SHA1_FOR_LEGACY_USE_ONLY, SHA256};

/// Certificate and key as PEM, with an SKI made by `ski`.
fn with_ski(ski: impl FnOnce(&KeyPair) -> Vec<u8>) -> (String, Ski) {
    let key = KeyPair::generate().unwrap();
    let (stored, computed) = (ski(&key), Ski::new(ski_of(&key).try_into().unwrap()));
    let (der, key) = common::certificate_for(key, |params| {
        params.key_identifier_method = KeyIdMethod::PreSpecified(stored);
        params.distinguished_name.push(DnType::CommonName, "EVCC_HEMS_01");
    });
    (pem_of(&der, &key), computed)
}

fn shaped(shape: impl FnOnce(&mut CertificateParams)) -> String {
    let (der, key) = certificate(shape);
    pem_of(&der, &key)
}

/// How software makes an SKI.
type Rule = fn(&KeyPair) -> Vec<u8>;

fn verdicts(text: &str) -> Vec<Verdict> {
    Check::of(text, Some(NOW)).unwrap().verdicts
}

fn hash(algorithm: &'static digest::Algorithm, octets: &[u8]) -> Vec<u8> {
    digest::digest(algorithm, octets).as_ref()[..20].to_vec()
}

#[test]
fn every_kind_of_identity_has_its_verdict() {
    assert_eq!(verdicts(&identity("x").to_pem()), []);

    let made: [(Rule, &str); 3] = [
        (|key| hash(&SHA1_FOR_LEGACY_USE_ONLY, &key.subject_public_key_info()), "the SHA-1 of the whole"),
        (|key| hash(&SHA256, key.der_bytes()), "the SHA-256 of the public key, cut"),
        (|key| hash(&SHA256, &key.subject_public_key_info()), "the SHA-256 of the whole"),
    ];
    for (ski, rule) in made {
        let (text, computed) = with_ski(ski);
        match &verdicts(&text)[..] {
            [found @ Verdict::WrongSki { computed: yielded, rule: found_rule, .. }] => {
                assert!(*yielded == computed && found_rule.starts_with(rule), "{found}");
                assert!(!found.is_bearable());
            }
            other => panic!("{rule}: {other:?}"),
        }
    }
    let (random, computed) = with_ski(|_| vec![7; 20]);
    assert_eq!(verdicts(&random), [Verdict::RandomSki { stored: Ski::new([7; 20]), computed }]);
    assert_eq!(verdicts(&shaped(|params| params.is_ca = IsCa::NoCa)), [Verdict::NoSki]);

    let expired = shaped(|params| params.not_after = date_time_ymd(2025, 12, 31));
    let since = WallTime::from_unix_micros(1_767_139_200_000_000);
    assert_eq!(verdicts(&expired), [Verdict::Expired { since }]);
    assert_eq!(Check::of(&expired, None).unwrap().verdicts, [], "a clock that was never set judges nothing");
    let from = WallTime::from_unix_micros(2_556_144_000_000_000);
    assert_eq!(
        verdicts(&shaped(|params| params.not_before = date_time_ymd(2051, 1, 1))),
        [Verdict::NotYetValid { from }],
        "a year that UTCTime can't hold"
    );

    let (der, key) = certificate(|_| {});
    assert_eq!(Check::of(&pem_of(&rsa_certificate(), &key), None).unwrap().verdicts, [Verdict::Rsa]);
    assert_eq!(verdicts(&pem_of(&der, &KeyPair::generate().unwrap())), [Verdict::KeyMismatch]);
    assert_eq!(verdicts(&pem("CERTIFICATE", &der)), [Verdict::Incomplete(IdentityError::NoKey)]);
    assert_eq!(Check::of("no pem", None), Err(IdentityError::NotPem));
}

#[test]
fn what_is_usable_loads_and_what_is_not_does_not() {
    let (wrong, _) = with_ski(|key| hash(&SHA256, key.der_bytes()));
    let (_, key) = certificate(|_| {});
    for text in [
        identity("x").to_pem(),
        shaped(|params| params.is_ca = IsCa::NoCa),
        shaped(|params| params.not_after = date_time_ymd(2025, 12, 31)),
        wrong.clone(),
        "SKI-Rule: stored\n".to_owned() + &wrong,
        pem_of(&rsa_certificate(), &key),
    ] {
        let check = Check::of(&text, Some(NOW)).unwrap();
        assert_eq!(check.is_usable(), Identity::from_pem(&text).is_ok(), "{check:?}");
        assert!(check.verdicts.iter().all(|verdict| verdict.to_string().contains([';', ':'])));
    }
}

#[test]
fn a_stored_ski_is_kept_where_that_is_asked_for_and_stays_so() {
    let (text, computed) = with_ski(|_| vec![7; 20]);
    let stored = Ski::new([7; 20]);
    assert_eq!(Identity::from_pem(&text).unwrap_err(), IdentityError::SkiMismatch { stored, computed });
    let kept = Identity::from_pem_with_stored_ski(&text).unwrap();
    assert_eq!((kept.ski(), kept.keeps_stored_ski()), (stored, true));
    let again = Identity::from_pem(&kept.to_pem()).unwrap();
    assert_eq!((again.ski(), again.fingerprint()), (stored, kept.fingerprint()));
    let renewed = kept.renew(NOW).unwrap();
    assert_eq!((renewed.ski(), renewed.keeps_stored_ski()), (computed, false));
    let good = Identity::from_pem_with_stored_ski(&identity("x").to_pem()).unwrap();
    assert!(!good.keeps_stored_ski(), "there is nothing to keep");
}

#[test]
fn a_renewed_certificate_keeps_key_ski_and_ship_id_and_a_rotated_identity_its_ship_id_only() {
    let made = identity("i:1_u:2");
    let renewed = made.renew(NOW).unwrap();
    assert_eq!((renewed.ski(), renewed.ship_id()), (made.ski(), made.ship_id()));
    assert_ne!(renewed.fingerprint(), made.fingerprint());
    assert_eq!(verdicts(&renewed.to_pem()), []);
    let mut pair = common::Pair::new(&renewed, &identity("peer"));
    pair.run();
    assert!(pair.at_server.len() == 2 && pair.at_client.len() == 2, "TLS and WebSocket on both ends");

    let rotated = made.rotate(NOW).unwrap();
    assert_eq!(rotated.ship_id(), ShipId::new("i:1_u:2"));
    assert_ne!(rotated.ski(), made.ski());
}

#[test]
fn the_identities_of_evcc_and_of_eebus_go_are_taken_over_with_their_ship_id() {
    let (text, ski) = with_ski(ski_of);
    let (certificate, key) = text.split_at(text.find("-----BEGIN PRIVATE").unwrap());
    let block = |pem: &str| pem.lines().map(|line| format!("      {line}\n")).collect::<String>();
    let yaml = format!(
        "eebus:\n  shipid: EVCC-0815 # announced\n  port: 4712\n  certificate:\n    private: |\n{}    public: |\n{}",
        block(key),
        block(certificate)
    );
    let json = format!(
        "{{\"shipid\": \"EVCC-0815\",\n\"public\": \"{}\",\n\"private\": \"{}\"}}",
        certificate.replace('\n', "\\n"),
        key.replace('\n', "\\n")
    );
    for config in [yaml, json] {
        let taken = Identity::import(&config, None, SkiRule::Computed).unwrap();
        assert_eq!((taken.ski(), taken.ship_id()), (ski, ShipId::new("EVCC-0815")));
        let again = Identity::from_pem(&taken.to_pem()).unwrap();
        assert_eq!((again.ski(), again.ship_id()), (ski, ShipId::new("EVCC-0815")));
    }

    let demo = ShipId::new("Demo-HEMS-123456789");
    let taken = Identity::import(&text, Some(demo.clone()), SkiRule::Computed).unwrap();
    assert_eq!((taken.ski(), taken.ship_id()), (ski, demo));
    let unnamed = Identity::import(&text, None, SkiRule::Computed).unwrap_err();
    assert_eq!(unnamed, IdentityError::NoShipId { common_name: "EVCC_HEMS_01".into() });
    let own = taken.certificate_pem() + &taken.key_pem();
    assert_eq!(Identity::from_pem(&own).unwrap().ski(), ski, "in two files for programs that want them so");
}

#[test]
fn a_ship_id_of_hostile_characters_does_not_break_the_text() {
    let id = ShipId::new("a\nSKI-Rule: stored\u{7}b");
    let made = Identity::import(&identity("x").to_pem(), Some(id), SkiRule::Computed).unwrap();
    let again = Identity::from_pem(&made.to_pem()).unwrap();
    assert_eq!(again.ship_id(), ShipId::new("aSKI-Rule: storedb"));
}
