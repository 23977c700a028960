//! SRIP 3.1: golden texts, the forms of the field, and a round trip of many codes.

use super::super::pairing::PairingSecret;
use super::super::qr::*;
use super::*;
use crate::ship::identity::Fingerprint;
use crate::ship::txt::Record;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

const GOLDEN: &str = "SHIP;SKI:A805 56A2 43F5 7CA1 7B0D 577A 59B7 11B7 9EB4 856C;ID:i:46925_u:0001;BRAND:EXAMPLE;TYPE:EMS;MODEL:HEMS1;SERIAL:0001;CAT:2;ENDSHIP;";

fn golden() -> Qr {
    let ski = "a80556a243f57ca17b0d577a59b711b79eb4856c".parse().unwrap();
    Qr::of(&Record {
        brand: "EXAMPLE".into(),
        device_type: "EMS".into(),
        model: "HEMS1".into(),
        serial: "0001".into(),
        categories: vec![2],
        ..Record::new(ShipId::new("i:46925_u:0001"), ski)
    })
}

fn full() -> Qr {
    Qr {
        pin: Some("1234abcd".parse().unwrap()),
        brainpool: [
            Some(crate::ship::identity::Ski::new([1; 20])),
            Some(crate::ship::identity::Ski::new([2; 20])),
        ],
        keys: ["a==".into(), "b".into(), "c".into()],
        urls: ["https://x.example:1/c?a=b".into(), "u".into(), "v".into()],
        nominal_power: Some(NominalPower { production: -5_000, consumption: 11_000 }),
        fingerprint: Some(Fingerprint([0xab; 32])),
        secret: Some("7A37DCF81BDB50F8E92CFA4160CCB3DE".parse().unwrap()),
        ..golden()
    }
}

#[test]
fn srip_310_the_golden_text_is_written_and_read() {
    assert_eq!(golden().write(), GOLDEN);
    assert_eq!(Qr::read(GOLDEN), Ok(golden()));
}

#[test]
fn every_key_is_written_in_its_order_and_read_back() {
    let text = full().write();
    assert_eq!(
        text,
        "SHIP;SKI:A805 56A2 43F5 7CA1 7B0D 577A 59B7 11B7 9EB4 856C;PIN:1234 ABCD;ID:i:46925_u:0001;BRAND:EXAMPLE;\
         TYPE:EMS;MODEL:HEMS1;BSKI:0101 0101 0101 0101 0101 0101 0101 0101 0101 0101;\
         B2SKI:0202 0202 0202 0202 0202 0202 0202 0202 0202 0202;PKEY:a==;PBKEY:b;PB2KEY:c;\
         CERTURL:https://x.example:1/c?a=b;CERTBURL:u;CERTB2URL:v;SERIAL:0001;CAT:2;NOMINALPOWER:-5000,11000;\
         FPH256:ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB;\
         SPSEC:7A37DCF81BDB50F8E92CFA4160CCB3DE;ENDSHIP;"
    );
    assert_eq!(Qr::read(&text), Ok(full()));
}

#[test]
fn srip_310_the_forms_of_the_field_are_read() {
    let ski = "a80556a243f57ca17b0d577a59b711b79eb4856c";
    for text in [
        // ship-go: neither grouped nor in upper case.
        format!(
            "SHIP;SKI:{ski};ID:i:46925_u:0001;BRAND:EXAMPLE;TYPE:EMS;MODEL:HEMS1;SERIAL:0001;CAT:2;ENDSHIP;"
        ),
        GOLDEN.replace("ENDSHIP;", ""),
        GOLDEN.replace("ENDSHIP;", "ENDSHIP;SERIAL:2;"),
        GOLDEN.replace("BRAND", "X:y;Brand"),
        GOLDEN.replace("ID:i", "SKI:00;id:i"),
        GOLDEN.replace("CAT:2", "CAT: 2,x;NOMINALPOWER:1,1"),
        format!("  {}\r\n", GOLDEN.replace(';', " ; ")),
    ] {
        assert_eq!(Qr::read(&text), Ok(golden()), "{text}");
    }
}

#[test]
fn what_is_no_qr_code_of_a_node_is_named() {
    for (text, fault) in [
        ("", QrFault::NotShip),
        ("SHIP", QrFault::NotShip),
        ("SHIPP:x;", QrFault::NotShip),
        ("WIFI:S:x;;", QrFault::NotShip),
        ("SHIP;ID:x;", QrFault::Missing("SKI")),
        ("SHIP;SKI:00;ID:x;", QrFault::Malformed("SKI")),
        ("SHIP;SKI:A80556A243F57CA17B0D577A59B711B79EB4856C;", QrFault::Missing("ID")),
        (&GOLDEN.replace("CAT:2", "PIN:123"), QrFault::Malformed("PIN")),
        (&GOLDEN.replace("CAT:2", "FPH256:123"), QrFault::Malformed("FPH256")),
        (&GOLDEN.replace("CAT:2", "SPSEC:123"), QrFault::Malformed("SPSEC")),
        (&GOLDEN.replace("CAT:2", "BSKI:123"), QrFault::Malformed("BSKI")),
        (&"x".repeat(MAX_QR + 1), QrFault::TooLong),
    ] {
        assert_eq!(Qr::read(text), Err(fault), "{text}");
    }
}

#[test]
fn nothing_secret_shows_itself() {
    let shown = format!("{:?}", full());
    assert!(!shown.contains("1234ABCD") && !shown.contains("7A37"), "{shown}");
}

/// A text of letters that are hard to write.
fn text(random: &mut ChaCha8Rng) -> String {
    let letters = [';', ':', '=', ' ', '\n', 'ä', '\u{200b}', 'a', 'Z', '0', '-', '_', '/', '€'];
    let length = random.next_u32() % 60;
    (0..length).map(|_| letters[random.next_u32() as usize % letters.len()]).collect()
}

#[test]
fn what_is_written_is_read_back_and_written_the_same() {
    let mut random = ChaCha8Rng::from_seed([9; 32]);
    for _ in 0..2_000 {
        let random = &mut random;
        let mut octets = [0u8; 128];
        random.fill_bytes(&mut octets);
        let some = octets[0];
        let id = format!("i{}", text(random));
        let qr = Qr {
            pin: (some & 1 != 0)
                .then(|| format!("{:016X}", random.next_u64())[..8 + usize::from(some) % 9].parse().unwrap()),
            id: ShipId::new(&id),
            brand: text(random),
            device_type: text(random),
            model: text(random),
            brainpool: [None, (some & 2 != 0).then(|| crate::ship::identity::Ski::new([some; 20]))],
            keys: [text(random), text(random), text(random)],
            urls: [text(random), text(random), text(random)],
            serial: text(random),
            categories: (0..u16::from(some % 9)).collect(),
            nominal_power: (some & 4 != 0)
                .then(|| NominalPower { production: -i64::from(some), consumption: i64::MAX }),
            fingerprint: (some & 8 != 0).then_some(Fingerprint([some; 32])),
            secret: PairingSecret::new(&octets[..usize::from(some) / 2]),
            ..golden()
        };
        let written = qr.write();
        let read = Qr::read(&written).unwrap();
        assert_eq!(read.write(), written);
        let plain = |qr: &Qr| {
            (
                qr.ski,
                qr.pin.clone(),
                qr.brainpool,
                qr.categories.clone(),
                qr.nominal_power,
                qr.fingerprint,
                qr.secret.clone(),
            )
        };
        assert_eq!(plain(&read), plain(&qr));
    }
}

#[test]
fn no_text_makes_the_reader_panic() {
    let mut random = ChaCha8Rng::from_seed([3; 32]);
    let whole = full().write();
    for _ in 0..5_000 {
        let mut octets = whole.clone().into_bytes();
        for _ in 0..4 {
            let at = random.next_u32() as usize % octets.len();
            octets[at] = random.next_u32() as u8;
        }
        octets.truncate(random.next_u32() as usize % 700);
        if let Ok(qr) = Qr::read(&String::from_utf8_lossy(&octets)) {
            assert_eq!(Qr::read(&qr.write()).map(|again| again.write()), Ok(qr.write()));
        }
    }
}
