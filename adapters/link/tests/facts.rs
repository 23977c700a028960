//! What people are told of a certificate.

#[expect(dead_code, reason = "this topic needs some of it")]
mod common;

use common::{certificate, identity, rsa_certificate, wallbox_certificate};
use eebus_link::{CertificateError, CertificateFacts};
use rcgen::{DnType, IsCa, date_time_ymd};

#[test]
fn facts_of_our_own_certificate() {
    let identity = identity("i:46925_u:0001");
    let facts = CertificateFacts::read(identity.certificate_der()).unwrap();
    assert_eq!(facts.verdict.unwrap().key().ski, identity.ski());
    assert_eq!(
        (facts.subject.as_deref(), facts.issuer.as_deref()),
        (Some("i:46925_u:0001"), Some("i:46925_u:0001"))
    );
    assert!(facts.is_self_issued && facts.has_ski && facts.odd_booleans.is_empty());
    assert_eq!(facts.not_before, "2025-12-31T00:00:00Z");
}

#[test]
fn odd_encodings_and_what_is_missing_are_seen() {
    let (der, _) = wallbox_certificate();
    let facts = CertificateFacts::read(&der).unwrap();
    assert!(facts.verdict.is_ok());
    assert_eq!(facts.odd_booleans, [1, 1, 1], "two critical flags and cA");
    let (der, _) = certificate(|params| {
        params.is_ca = IsCa::NoCa;
        params.not_before = date_time_ymd(2049, 12, 31);
        params.not_after = date_time_ymd(2050, 1, 1);
        params.distinguished_name.push(DnType::CommonName, "Box");
    });
    let facts = CertificateFacts::read(&der).unwrap();
    assert!(facts.verdict.is_ok() && !facts.has_ski && facts.odd_booleans.is_empty());
    // UTCTime ends with 2049 (RFC 5280 4.1.2.5).
    assert_eq!(
        (facts.not_before.as_str(), facts.not_after.as_str()),
        ("2049-12-31T00:00:00Z", "2050-01-01T00:00:00Z")
    );
    let der = rsa_certificate();
    assert_eq!(CertificateFacts::read(&der).unwrap().verdict, Err(CertificateError::NotEllipticCurve));
}

#[test]
fn no_octets_make_it_panic() {
    let (der, _) = wallbox_certificate();
    for at in 0..der.len() {
        for octet in [0x00, 0x01, 0x7f, 0x80, 0x84, 0xff] {
            let mut broken = der.to_vec();
            broken[at] = octet;
            let _ = CertificateFacts::read(&broken);
        }
        let _ = CertificateFacts::read(&der[..at]);
    }
    assert_eq!(CertificateFacts::read(b"no"), Err(CertificateError::Malformed("the outer sequence")));
}
