//! TLS: who the peer is, and who is turned away (SHIP 9, 12.1, 12.2).

#[expect(dead_code, reason = "this topic needs some of it")]
mod common;

use common::raw::Raw;
use common::{
    Pair, certificate, certificate_for, identity, pem_of, rsa_certificate, signer, ski_of, take, transmitted,
    wallbox_certificate,
};
use eebus_core::ship::identity::{PeerKey, Ski};
use eebus_link::{Blame, CertificateError, Identity, Layer, Link, LinkError, LinkEvent};
use rcgen::{CertificateParams, IsCa, KeyIdMethod, KeyPair, PKCS_ECDSA_P384_SHA384};
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::{cipher_suite, default_provider, kx_group};
use rustls::{AlertDescription, CipherSuite, Error, ProtocolVersion, version};
use rustls_pki_types::CertificateDer;

fn key(identity: &Identity) -> PeerKey {
    PeerKey { ski: identity.ski(), fingerprint: identity.fingerprint() }
}

/// What a link of each role says of a peer with this certificate and key, and what the peer hears.
fn refusals(certificate: &CertificateDer<'static>, key: &KeyPair) -> [(Vec<LinkEvent>, Option<Error>); 2] {
    let identity = identity("us");
    let links = [
        Link::server(&identity).unwrap(),
        Link::client(&identity, None, "peer.local:4712", "/ship/").unwrap(),
    ];
    let peers =
        [Raw::client(certificate.clone(), signer(key)), Raw::server(certificate.clone(), signer(key))];
    let mut both = links.into_iter().zip(peers).map(|(mut link, mut raw)| {
        raw.exchange(&mut link);
        assert!(link.is_finished() && !link.wants_read());
        (raw.events, raw.error)
    });
    [both.next().unwrap(), both.next().unwrap()]
}

fn assert_refused(
    certificate: &CertificateDer<'static>,
    key: &KeyPair,
    why: &LinkError,
    alert: AlertDescription,
) {
    for (events, heard) in refusals(certificate, key) {
        assert_eq!(events, [LinkEvent::Failed(why.clone())]);
        assert_eq!(heard, Some(Error::AlertReceived(alert)));
    }
}

#[test]
fn each_end_sees_the_key_of_the_other() {
    let (client, server) = (identity("client"), identity("server"));
    let mut pair = Pair::new(&client, &server);
    pair.run();
    assert_eq!(pair.at_client, [LinkEvent::Secured(key(&server)), LinkEvent::Opened { names_ship: true }]);
    assert_eq!(pair.at_server, [LinkEvent::Secured(key(&client)), LinkEvent::Opened { names_ship: true }]);
    assert!(pair.client.wants_read() && !pair.client.is_finished());
}

#[test]
fn tls_1_2_with_aes_128_gcm_and_records_of_at_most_1024_octets() {
    let (raw, mut link) = Raw::open_client();
    assert_eq!(raw.tls.protocol_version(), Some(ProtocolVersion::TLSv1_2));
    let suite = raw.tls.negotiated_cipher_suite().unwrap().suite();
    assert_eq!(suite, CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256);

    link.send(&[7; 10_000]);
    let bytes = transmitted(&mut link);
    let mut rest = bytes.as_slice();
    let mut records = 0;
    while let [_, _, _, high, low, after @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        assert!(length <= 1024 + 24, "1024 octets, explicit nonce and tag of GCM");
        rest = &after[length..];
        records += 1;
    }
    assert_eq!(records, 10);
}

#[test]
fn the_wanted_node_passes_and_another_one_is_refused_in_tls() {
    let (client, server) = (identity("client"), identity("server"));
    for (expected, passes) in [(server.ski(), true), (Ski::new([7; 20]), false)] {
        let mut pair = Pair::new(&client, &server);
        pair.client = Link::client(&client, Some(expected), "192.0.2.1:4712", "/ship/").unwrap();
        pair.run();
        if passes {
            assert_eq!(pair.at_client.len(), 2);
        } else {
            let error = LinkError::UnexpectedSki { expected, found: server.ski() };
            assert_eq!((error.blame(), error.layer()), (Blame::Either, Layer::Tls));
            assert_eq!(pair.at_client, [LinkEvent::Failed(error)]);
            let alert = LinkError::Alert { code: 46, name: "CertificateUnknown".to_owned() };
            assert_eq!(pair.at_server, [LinkEvent::Failed(alert)]);
        }
    }
}

#[test]
fn a_client_without_certificate_is_refused() {
    let mut raw = Raw::client_without_certificate();
    let mut link = Link::server(&identity("server")).unwrap();
    raw.exchange(&mut link);
    assert_eq!(raw.events, [LinkEvent::Failed(LinkError::NoCertificate)]);
    assert!(matches!(raw.error, Some(Error::AlertReceived(_))));
    assert!(link.is_finished());
}

#[test]
fn a_peer_that_shares_no_parameters_is_told_apart_by_what_is_missing() {
    let suites = vec![cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256];
    let groups = vec![kx_group::X25519];
    for (mut raw, reason) in [
        (
            Raw::client_that_offers(
                CryptoProvider { cipher_suites: suites, ..default_provider() },
                &version::TLS12,
            ),
            "the peer offers no ECDHE_ECDSA suite with AES-GCM or ChaCha20",
        ),
        (
            Raw::client_that_offers(
                CryptoProvider { kx_groups: groups, ..default_provider() },
                &version::TLS12,
            ),
            "the peer does not offer secp256r1",
        ),
        (Raw::client_that_offers(default_provider(), &version::TLS13), "the peer does not offer TLS 1.2"),
    ] {
        let mut link = Link::server(&identity("server")).unwrap();
        raw.exchange(&mut link);
        let error = LinkError::NothingInCommon { reason: reason.to_owned() };
        assert_eq!(error.blame(), Blame::Either);
        assert_eq!(raw.events, [LinkEvent::Failed(error)]);
        assert!(matches!(raw.error, Some(Error::AlertReceived(_))));
    }
}

#[test]
fn tc_ship_sec_001() {
    let forged = [0xab; 20];
    let (der, key) =
        certificate(|params| params.key_identifier_method = KeyIdMethod::PreSpecified(forged.to_vec()));
    let computed = Ski::new(ski_of(&key).try_into().unwrap());
    let why = LinkError::Certificate(CertificateError::SkiMismatch { stored: Ski::new(forged), computed });
    assert_eq!((why.blame(), why.layer()), (Blame::Peer, Layer::Tls));
    assert_refused(&der, &key, &why, AlertDescription::CertificateUnknown);
}

#[test]
fn tc_ship_sec_002() {
    let trusted = identity("trusted");
    let (der, key) = certificate(|params| {
        params.key_identifier_method = KeyIdMethod::PreSpecified(trusted.ski().as_bytes().to_vec());
    });
    let computed = Ski::new(ski_of(&key).try_into().unwrap());
    let why = LinkError::Certificate(CertificateError::SkiMismatch { stored: trusted.ski(), computed });
    assert_refused(&der, &key, &why, AlertDescription::CertificateUnknown);
}

#[test]
fn a_stolen_certificate_without_its_key_is_refused() {
    let (der, _) = certificate(|_| {});
    let thief = KeyPair::generate().unwrap();
    assert_refused(&der, &thief, &LinkError::NotTheKeyHolder, AlertDescription::DecryptError);
}

#[test]
fn other_keys_than_secp256r1_are_refused() {
    let key = KeyPair::generate().unwrap();
    let why = LinkError::Certificate(CertificateError::NotEllipticCurve);
    assert_refused(&rsa_certificate(), &key, &why, AlertDescription::CertificateUnknown);

    let (p384, _) = certificate_for(KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap(), |_| {});
    let why = LinkError::Certificate(CertificateError::NotP256);
    assert_refused(&p384, &key, &why, AlertDescription::CertificateUnknown);

    let why = LinkError::Certificate(CertificateError::Malformed("the outer sequence"));
    assert_refused(&vec![0x31, 0x00].into(), &key, &why, AlertDescription::CertificateUnknown);
}

/// What field devices present besides our own shape: BOOLEAN TRUE as `01`, no SKI extension, an end entity, a
/// certificate long expired.
#[test]
fn certificates_of_the_field_pass_in_both_roles() {
    let shapes: [fn(&mut CertificateParams); 3] = [
        |params| params.is_ca = IsCa::NoCa,
        |params| params.is_ca = IsCa::ExplicitNoCa,
        |params| params.not_after = rcgen::date_time_ymd(2001, 1, 1),
    ];
    let mut certificates: Vec<_> = shapes.into_iter().map(certificate).collect();
    certificates.push(wallbox_certificate());
    let us = identity("us");
    for (der, pair_key) in certificates {
        let peer = Identity::from_pem(&pem_of(&der, &pair_key)).unwrap();
        assert_eq!(peer.ski().as_bytes().as_slice(), ski_of(&pair_key));
        for (client, server) in [(&us, &peer), (&peer, &us)] {
            let mut pair = Pair::new(client, server);
            pair.run();
            assert_eq!(
                pair.at_client,
                [LinkEvent::Secured(key(server)), LinkEvent::Opened { names_ship: true }]
            );
            assert_eq!(
                pair.at_server,
                [LinkEvent::Secured(key(client)), LinkEvent::Opened { names_ship: true }]
            );
        }
    }
}

#[test]
fn bytes_that_are_not_tls_are_named() {
    for bytes in [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".as_slice(), &[0; 64]] {
        let mut link = Link::server(&identity("server")).unwrap();
        let mut events = Vec::new();
        common::feed(&mut link, bytes, 1, &mut events);
        assert_eq!(events, [LinkEvent::Failed(LinkError::NotTls)]);
        assert!(!transmitted(&mut link).is_empty(), "a fatal alert");
        assert!(link.is_finished());
    }
}

#[test]
fn the_end_of_the_socket_without_close_notify_is_a_normal_loss_at_every_stage() {
    let lost = LinkEvent::Ended;
    let mut fresh = Link::server(&identity("server")).unwrap();
    let (_, mut secured) = Raw::secured_client(&identity("server"));
    let (_, mut open) = Raw::open_client();
    for link in [&mut fresh, &mut secured, &mut open] {
        let mut events = Vec::new();
        link.end();
        take(link, &mut events);
        assert_eq!(events, std::slice::from_ref(&lost));
        assert!(link.is_finished() && !link.wants_read());
    }
}

#[test]
fn a_close_notify_without_close_frame_is_a_normal_loss_and_answered() {
    let (mut raw, mut link) = Raw::open_client();
    raw.tls.send_close_notify();
    raw.exchange(&mut link);
    assert_eq!(raw.events, [LinkEvent::Ended]);
    assert!(link.is_finished());
    assert!(raw.tls.process_new_packets().unwrap().peer_has_closed());
}
