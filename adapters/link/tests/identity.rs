//! Identities: made, saved, loaded, and refused with a sentence that says what to do.

#[expect(dead_code, reason = "this topic needs some of it")]
mod common;

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use common::{NOW, certificate, certificate_for, identity, pem, pem_of, rsa_certificate, ski_of};
use eebus_core::ship::identity::{ShipId, Ski};
use eebus_core::time::WallTime;
use eebus_link::{CertificateError, Identity, IdentityError, Link, LinkEvent};
use rcgen::{KeyIdMethod, KeyPair, PKCS_ECDSA_P384_SHA384};

/// A directory of its own, removed at the end.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("eebus-link-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn names(&self) -> Vec<String> {
        fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn der_section(text: &str, label: &str) -> Vec<u8> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let body = text.split(&begin).nth(1).unwrap().split(&end).next().unwrap();
    data_encoding::BASE64.decode(body.replace('\n', "").as_bytes()).unwrap()
}

#[test]
fn a_new_certificate_has_the_shape_of_the_installed_base() {
    let identity = identity("i:46925_u:0001");
    let der = identity.certificate_der();
    let holds = |part: &[u8]| der.windows(part.len()).any(|window| window == part);
    assert!(holds(
        &[&[0x06, 0x03, 0x55, 0x1d, 0x0e, 0x04, 0x16, 0x04, 0x14], identity.ski().as_bytes().as_slice()]
            .concat()
    ));
    assert!(
        holds(&[0x55, 0x1d, 0x0f, 0x01, 0x01, 0xff, 0x04, 0x04, 0x03, 0x02, 0x07, 0x80]),
        "digitalSignature"
    );
    assert!(holds(&[0x55, 0x1d, 0x13, 0x01, 0x01, 0xff, 0x04, 0x05, 0x30, 0x03, 0x01, 0x01, 0xff]), "cA");
    assert!(
        holds(b"\x17\x0d251231000000Z\x18\x0f20751220000000Z"),
        "one day before now, to 50 years of 365 days after"
    );
    assert!(der.len() < 500, "some peers hold 2048 octets at most: {}", der.len());
}

#[test]
fn identities_and_serial_numbers_differ_and_any_clock_will_do() {
    let made: Vec<_> = (0..8).map(|_| identity("same")).collect();
    let skis: BTreeSet<_> = made.iter().map(Identity::ski).collect();
    // Behind the headers of certificate and signed part and the version: tag, length, 16 octets.
    let serials: BTreeSet<_> = made.iter().map(|identity| &identity.certificate_der()[13..31]).collect();
    assert!(serials.iter().all(|serial| serial[0] == 0x02));
    assert_eq!((skis.len(), serials.len()), (8, 8));
    for micros in [i64::MIN, -1, 0, i64::MAX] {
        Identity::create(&ShipId::new(""), WallTime::from_unix_micros(micros)).unwrap();
    }
}

#[test]
fn debug_shows_no_secret() {
    let identity = identity("x");
    let shown = format!("{identity:?}");
    assert!(shown.contains("[redacted]") && shown.contains(&identity.ski().to_string()));
    let secret = der_section(&identity.to_pem(), "PRIVATE KEY");
    assert!(!shown.contains(&format!("{secret:?}")[1..40]));
}

#[test]
fn an_identity_is_saved_once_and_loaded_for_ever() {
    let directory = Directory::new("save");
    let path = directory.file("node.pem");
    let id = ShipId::new("i:1_u:2");
    let made = Identity::load_or_create(&path, &id, NOW).unwrap();
    let again = Identity::load_or_create(&path, &ShipId::new("another"), NOW).unwrap();
    assert_eq!((made.ski(), made.fingerprint()), (again.ski(), again.fingerprint()));
    assert_eq!(made.to_pem(), fs::read_to_string(&path).unwrap());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    let other = identity("other");
    assert_eq!(other.save(&path), Err(IdentityError::Exists { path: path.clone() }));
    assert_eq!(Identity::load(&path).unwrap().ski(), made.ski());
    assert_eq!(directory.names(), ["node.pem"], "nothing else is left behind");
}

#[test]
fn a_file_that_is_no_identity_is_never_replaced() {
    let directory = Directory::new("keep");
    let path = directory.file("node.pem");
    for (content, error) in [
        (String::new(), IdentityError::NotPem),
        ("\u{1}\u{2} no pem".to_owned(), IdentityError::NotPem),
        ("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n".to_owned(), IdentityError::NotPem),
    ] {
        fs::write(&path, &content).unwrap();
        assert_eq!(Identity::load_or_create(&path, &ShipId::new("x"), NOW).unwrap_err(), error);
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    }
    let folder = directory.file("folder.pem");
    fs::create_dir(&folder).unwrap();
    let error = Identity::load_or_create(&folder, &ShipId::new("x"), NOW).unwrap_err();
    assert_eq!(error, IdentityError::Unreadable { path: folder, kind: ErrorKind::IsADirectory });
}

#[test]
fn files_that_cannot_be_read_or_written_are_named() {
    let error = Identity::load("/nowhere/node.pem").unwrap_err();
    let path = PathBuf::from("/nowhere/node.pem");
    assert_eq!(error, IdentityError::Unreadable { path: path.clone(), kind: ErrorKind::NotFound });
    assert_eq!(
        error.to_string(),
        "can't read /nowhere/node.pem (entity not found); check the path and the file's permissions"
    );
    let error = identity("x").save(Path::new("/nowhere/node.pem")).unwrap_err();
    assert_eq!(error, IdentityError::Unwritable { path, kind: ErrorKind::NotFound });
}

#[test]
fn keys_in_either_form_and_order_are_read() {
    let made = identity("x");
    let text = made.to_pem();
    let (der, pkcs8) = (der_section(&text, "CERTIFICATE"), der_section(&text, "PRIVATE KEY"));
    // PKCS#8 of a P-256 key: 27 octets of header, then the SEC1 key as an OCTET STRING with a header of 2.
    let sec1 = &pkcs8[29..];
    assert_eq!(sec1.len(), usize::from(pkcs8[28]));
    let (certificate, key) = (pem("CERTIFICATE", &der), pem("EC PRIVATE KEY", sec1));
    let chain = pem("CERTIFICATE", identity("issuer").certificate_der());
    for text in [
        text,
        certificate.clone() + &key,
        key.clone() + &certificate,
        format!("some text\r\n{certificate}{chain}{key}").replace('\n', "\r\n"),
    ] {
        let read = Identity::from_pem(&text).unwrap();
        assert_eq!((read.ski(), read.fingerprint()), (made.ski(), made.fingerprint()));
        assert_eq!(Identity::from_pem(&read.to_pem()).unwrap().ski(), made.ski());

        let mut pair = common::Pair::new(&read, &identity("peer"));
        pair.run();
        assert!(matches!(pair.at_server.as_slice(), [LinkEvent::Secured(key), _] if key.ski == made.ski()));
    }
}

#[test]
fn what_is_missing_or_does_not_fit_is_named() {
    let (der, key) = certificate(|_| {});
    let (_, other_key) = certificate(|_| {});
    let p384 = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
    let key_pem = pem("PRIVATE KEY", &key.serialize_der());
    let (forged, forged_key) =
        certificate(|params| params.key_identifier_method = KeyIdMethod::PreSpecified(vec![7; 20]));
    let computed = Ski::new(ski_of(&forged_key).try_into().unwrap());
    let (p384_der, p384) = certificate_for(p384, |_| {});
    for (text, error) in [
        (key_pem.clone(), IdentityError::NoCertificate),
        (pem("CERTIFICATE", &der), IdentityError::NoKey),
        (pem("CERTIFICATE", &der) + &pem("PUBLIC KEY", b"x"), IdentityError::NoKey),
        (
            pem("CERTIFICATE", b"x") + &key_pem,
            IdentityError::Certificate(CertificateError::Malformed("the outer sequence")),
        ),
        (pem_of(&rsa_certificate(), &key), IdentityError::Certificate(CertificateError::NotEllipticCurve)),
        (pem_of(&p384_der, &p384), IdentityError::Certificate(CertificateError::NotP256)),
        (pem_of(&der, &p384), IdentityError::NotP256),
        (pem("CERTIFICATE", &der) + &pem("PRIVATE KEY", b"x"), IdentityError::NotP256),
        (pem_of(&der, &other_key), IdentityError::KeyMismatch),
        (pem_of(&forged, &forged_key), IdentityError::SkiMismatch { stored: Ski::new([7; 20]), computed }),
    ] {
        assert_eq!(Identity::from_pem(&text).unwrap_err(), error);
        let sentence = error.to_string();
        assert!(sentence.contains(';') && !sentence.ends_with('.'), "what is wrong; what to do: {sentence}");
    }
}

#[test]
fn a_link_takes_a_loaded_identity() {
    let read = Identity::from_pem(&identity("x").to_pem()).unwrap();
    assert!(Link::server(&read).unwrap().wants_read());
}
