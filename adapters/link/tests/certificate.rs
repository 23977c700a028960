//! What is read in a certificate, and that no bytes make the reader panic or believe a forged SKI.

#[expect(dead_code, reason = "this topic needs some of it")]
mod common;

use common::{certificate, certificate_for, identity, rsa_certificate, ski_of, tlv, wallbox_certificate};
use eebus_core::ship::identity::Ski;
use eebus_link::{Certificate, CertificateError};
use rcgen::{CustomExtension, DnType, IsCa, KeyIdMethod, KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};

/// The base point of P-256 and the SHA-1 of it.
const BASE_POINT: &str = "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296\
    4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
const BASE_POINT_SKI: &str = "b467a3999eb5efa671de0032f08a9c9e5efda0e1";

fn with_ski_extension(content: Vec<u8>) -> Result<Certificate, CertificateError> {
    let (der, _) = certificate(|params| {
        params.is_ca = IsCa::NoCa;
        params.custom_extensions = vec![CustomExtension::from_oid_content(&[2, 5, 29, 14], content)];
    });
    Certificate::parse(&der)
}

#[test]
fn ship_12_2_the_ski_is_the_sha_1_of_the_public_key_bits() {
    let (der, key) = certificate(|params| params.is_ca = IsCa::NoCa);
    let point = rcgen::PublicKeyData::der_bytes(&key);
    let at = der.windows(point.len()).position(|window| window == point).unwrap();
    let mut patched = der.to_vec();
    patched[at..at + point.len()]
        .copy_from_slice(&data_encoding::HEXLOWER.decode(BASE_POINT.as_bytes()).unwrap());
    assert_eq!(Certificate::parse(&patched).unwrap().key().ski.to_string(), BASE_POINT_SKI);
}

#[test]
fn key_and_name_of_our_own_certificate() {
    let identity = identity("i:46925_u:0001");
    let certificate = Certificate::parse(identity.certificate_der()).unwrap();
    assert_eq!(certificate.key().ski, identity.ski());
    let fingerprint = ring::digest::digest(&ring::digest::SHA256, identity.certificate_der());
    assert_eq!(certificate.key().fingerprint.0.as_slice(), fingerprint.as_ref());
    assert_eq!(certificate.common_name(), Some("i:46925_u:0001"));
}

#[test]
fn a_name_is_bounded_and_made_harmless() {
    let named = |name: &str| {
        let (der, _) = certificate(|params| params.distinguished_name.push(DnType::CommonName, name));
        Certificate::parse(&der).unwrap().common_name().map(str::to_owned)
    };
    assert_eq!(named("a\u{1b}[2Jb\n").as_deref(), Some("a\u{fffd}[2Jb\u{fffd}"));
    assert_eq!(named(&"ä".repeat(500)), Some("ä".repeat(64)));
    let (der, _) = certificate(|params| params.distinguished_name = rcgen::DistinguishedName::new());
    assert_eq!(Certificate::parse(&der).unwrap().common_name(), None);
}

#[test]
fn boolean_true_as_01_is_read_like_any_other() {
    let (der, key) = wallbox_certificate();
    assert_eq!(Certificate::parse(&der).unwrap().key().ski.as_bytes().as_slice(), ski_of(&key));
}

#[test]
fn every_ski_extension_must_be_of_the_key() {
    let key = KeyPair::generate().unwrap();
    let true_ski: [u8; 20] = ski_of(&key).try_into().unwrap();
    let second = tlv(0x04, &[0xcd; 20]);
    let (der, _) = certificate_for(key, |params| {
        params.custom_extensions = vec![CustomExtension::from_oid_content(&[2, 5, 29, 14], second)];
    });
    let error = CertificateError::SkiMismatch { stored: Ski::new([0xcd; 20]), computed: Ski::new(true_ski) };
    assert_eq!(
        error.to_string(),
        format!(
            "the certificate's SKI extension says {}, but its key yields {}",
            "cd".repeat(20),
            Ski::new(true_ski)
        )
    );
    assert_eq!(Certificate::parse(&der), Err(error));
}

#[test]
fn an_ski_extension_of_another_length_is_refused() {
    assert_eq!(with_ski_extension(tlv(0x04, &[1; 8])), Err(CertificateError::SkiLength(8)));
    assert_eq!(with_ski_extension(tlv(0x04, &[])), Err(CertificateError::SkiLength(0)));
    let bare = with_ski_extension(vec![1; 20]);
    assert_eq!(bare, Err(CertificateError::Malformed("the extensions")));
}

#[test]
fn keys_of_other_kinds_are_named() {
    assert_eq!(Certificate::parse(&rsa_certificate()), Err(CertificateError::NotEllipticCurve));
    for (algorithm, error) in [
        (&PKCS_ECDSA_P384_SHA384, CertificateError::NotP256),
        (&PKCS_ED25519, CertificateError::NotEllipticCurve),
    ] {
        let (der, _) = certificate_for(KeyPair::generate_for(algorithm).unwrap(), |_| {});
        assert_eq!(Certificate::parse(&der), Err(error));
    }
    let (der, key) = certificate(|_| {});
    let point = rcgen::PublicKeyData::der_bytes(&key);
    let at = der.windows(point.len()).position(|window| window == point).unwrap();
    let mut compressed = der.to_vec();
    compressed[at] = 0x02;
    assert_eq!(Certificate::parse(&compressed), Err(CertificateError::PointForm));
}

#[test]
fn a_certificate_cut_anywhere_in_what_is_read_is_refused() {
    let der = identity("cut").certificate_der().to_vec();
    for length in 0..der.len() {
        let error = Certificate::parse(&der[..length]).unwrap_err();
        assert!(matches!(error, CertificateError::Malformed(_)), "{length}: {error:?}");
    }
}

/// Whatever a bit flip does, the SKI is that of the key the certificate was made with, or there is none: a flip in
/// the key contradicts the extension, and one that hides the extension leaves the key as it was.
#[test]
fn no_bit_flip_yields_another_ski() {
    let der = identity("flip").certificate_der().to_vec();
    let ski = identity_ski(&der).unwrap();
    let mut accepted = 0;
    for bit in 0..der.len() * 8 {
        let mut flipped = der.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Some(found) = identity_ski(&flipped) {
            assert_eq!(found, ski, "bit {bit}");
            accepted += 1;
        }
    }
    assert!(accepted > 0, "serial, names and the signature are not looked at");
}

/// Random damage of several octets, inserted and removed ones included, in certificates of several shapes.
#[test]
fn random_damage_never_panics() {
    let (wallbox, _) = wallbox_certificate();
    let (plain, _) = certificate(|params| params.is_ca = IsCa::NoCa);
    let seeds = [wallbox.to_vec(), plain.to_vec(), rsa_certificate().to_vec()];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut refused = 0;
    for round in 0..100_000 {
        let mut der = seeds[round % seeds.len()].clone();
        for _ in 0..=random(4) {
            let at = random(der.len());
            match random(3) {
                0 => der[at] = random(256) as u8,
                1 => _ = der.remove(at),
                _ => der.insert(at, [0x00, 0x30, 0x80, 0x84, 0xff][random(5)]),
            }
        }
        refused += usize::from(Certificate::parse(&der).is_err());
    }
    assert!((50_000..100_000).contains(&refused), "{refused}");
}

fn identity_ski(der: &[u8]) -> Option<Ski> {
    Certificate::parse(der).ok().map(|certificate| certificate.key().ski)
}

#[test]
fn a_key_identifier_made_by_another_rule_is_refused() {
    let (der, _) = certificate(|params| params.key_identifier_method = KeyIdMethod::Sha256);
    assert!(matches!(Certificate::parse(&der), Err(CertificateError::SkiMismatch { .. })));
}
