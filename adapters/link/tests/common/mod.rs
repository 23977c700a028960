//! Peers for the tests: a pair of links, and a rustls connection that says whatever a test wants.

use std::io::{Read, Write};
use std::sync::Arc;

use data_encoding::BASE64;
use eebus_core::ship::identity::ShipId;
use eebus_core::time::WallTime;
use eebus_link::{Identity, Link, LinkEvent};
use rcgen::{
    BasicConstraints, CertificateParams, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, PublicKeyData,
    SigningKey as _,
};
use ring::digest;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

pub(crate) mod raw;

/// 2026-01-01T00:00:00Z.
pub(crate) const NOW: WallTime = WallTime::from_unix_micros(1_767_225_600_000_000);

pub(crate) fn identity(name: &str) -> Identity {
    Identity::create(&ShipId::new(name), NOW).unwrap()
}

/// Gives the bytes in pieces and takes the events as they come.
pub(crate) fn feed(link: &mut Link, bytes: &[u8], chunk: usize, events: &mut Vec<LinkEvent>) {
    for piece in bytes.chunks(chunk) {
        link.receive(piece);
        take(link, events);
    }
}

pub(crate) fn take(link: &mut Link, events: &mut Vec<LinkEvent>) {
    events.extend(std::iter::from_fn(|| link.poll_event()));
}

pub(crate) fn transmitted(link: &mut Link) -> Vec<u8> {
    let mut bytes = Vec::new();
    link.transmit(&mut bytes);
    bytes
}

/// Two links and the wire between them.
pub(crate) struct Pair {
    pub(crate) client: Link,
    pub(crate) server: Link,
    pub(crate) at_client: Vec<LinkEvent>,
    pub(crate) at_server: Vec<LinkEvent>,
    pub(crate) chunk: usize,
}

impl Pair {
    pub(crate) fn new(client: &Identity, server: &Identity) -> Self {
        Self {
            client: Link::client(client, None, "server.local:4712", "/ship/").unwrap(),
            server: Link::server(server).unwrap(),
            at_client: Vec::new(),
            at_server: Vec::new(),
            chunk: usize::MAX,
        }
    }

    /// A pair whose WebSocket is open, with the events up to there dropped.
    pub(crate) fn open() -> Self {
        let mut pair = Self::new(&identity("client"), &identity("server"));
        pair.run();
        assert!(matches!(
            pair.at_client.as_slice(),
            [LinkEvent::Secured(_), LinkEvent::Opened { names_ship: true }]
        ));
        assert!(matches!(
            pair.at_server.as_slice(),
            [LinkEvent::Secured(_), LinkEvent::Opened { names_ship: true }]
        ));
        pair.at_client.clear();
        pair.at_server.clear();
        pair
    }

    /// Carries bytes both ways until nothing moves.
    pub(crate) fn run(&mut self) {
        loop {
            let (up, down) = (transmitted(&mut self.client), transmitted(&mut self.server));
            feed(&mut self.server, &up, self.chunk, &mut self.at_server);
            feed(&mut self.client, &down, self.chunk, &mut self.at_client);
            if up.is_empty() && down.is_empty() {
                return;
            }
        }
    }
}

/// A certificate of our usual shape with its key; `shape` may bend it.
pub(crate) fn certificate(shape: impl FnOnce(&mut CertificateParams)) -> (CertificateDer<'static>, KeyPair) {
    certificate_for(KeyPair::generate().unwrap(), shape)
}

pub(crate) fn certificate_for(
    key: KeyPair,
    shape: impl FnOnce(&mut CertificateParams),
) -> (CertificateDer<'static>, KeyPair) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.key_identifier_method = KeyIdMethod::PreSpecified(ski_of(&key));
    shape(&mut params);
    let certificate = params.self_signed(&key).unwrap();
    (certificate.der().clone(), key)
}

pub(crate) fn ski_of(key: &KeyPair) -> Vec<u8> {
    digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, key.der_bytes()).as_ref().to_vec()
}

/// A certificate as some wallboxes have it: every BOOLEAN TRUE is `01` instead of `ff`, the self-signature holds.
pub(crate) fn wallbox_certificate() -> (CertificateDer<'static>, KeyPair) {
    let (der, key) = certificate(|_| {});
    let (header, signed_end) = (4, 8 + usize::from(u16::from_be_bytes([der[6], der[7]])));
    let mut signed = der[header..signed_end].to_vec();
    let mut patched = 0;
    for at in 0..signed.len() - 2 {
        if signed[at..at + 3] == [0x01, 0x01, 0xff] {
            signed[at + 2] = 0x01;
            patched += 1;
        }
    }
    assert_eq!(patched, 3, "two critical flags and cA");
    let algorithm_end = signed_end + 2 + usize::from(der[signed_end + 1]);
    let algorithm = &der[signed_end..algorithm_end];
    let signature = [&[0], key.sign(&signed).unwrap().as_slice()].concat();
    let der = tlv(0x30, &[&signed, algorithm, &tlv(0x03, &signature)].concat());
    (der.into(), key)
}

pub(crate) fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = value.len();
    let mut out = match length {
        0..=0x7f => vec![tag, length as u8],
        0x80..=0xff => vec![tag, 0x81, length as u8],
        _ => vec![tag, 0x82, (length >> 8) as u8, length as u8],
    };
    out.extend_from_slice(value);
    out
}

pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64.encode(der))
}

/// Certificate and key as a PEM file would hold them.
pub(crate) fn pem_of(certificate: &[u8], key: &KeyPair) -> String {
    pem("CERTIFICATE", certificate) + &pem("PRIVATE KEY", &key.serialize_der())
}

/// A self-signed RSA certificate.
pub(crate) fn rsa_certificate() -> CertificateDer<'static> {
    const RSA: &str = "\
MIIB+DCCAWGgAwIBAgIUT2Ym6jCaQu6hYrhuhYYPtRIu5GMwDQYJKoZIhvcNAQELBQAwDjEMMAoGA1UEAwwDcnNhMB4XDTI2MTEy\
NDE1MTk1OVoXDTM2MTEyMTE1MTk1OVowDjEMMAoGA1UEAwwDcnNhMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC9LS/Z8QrC\
hs1WMEppF2JtROIh9XNRUuz+srzihNSbGkRGc+IiELetS2gmfmWpccOzAtEKpJl1kSKODbWuD8esjr6eJR1DdgT9MW77OBGBLrb0\
cm8EnCw11IB7aXvBtb087cAkkme2Ww/+VZEWQA8twouhuKWOVMRYlDJUQXJ3AwIDAQABo1MwUTAdBgNVHQ4EFgQUVzV+e8XRcg93\
yKFyopbCVf1A2kowHwYDVR0jBBgwFoAUVzV+e8XRcg93yKFyopbCVf1A2kowDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0BAQsF\
AAOBgQAJCdWfVcVMY8j6hu/MfCRtBZql5EFlSJlWdjZPg03KNV+QSVojqJjWkZP0kHnGwDHFMayZLrQpBeDwKgje6NTCXufUoWqD\
3lHwLX60KJJGoWdjdYk90Dpwrr5/Tb6Tqmki+TuOm6ueoCFke+i5KG+pAN0bFerT0qcJxCsusYei4A==";
    BASE64.decode(RSA.as_bytes()).unwrap().into()
}

pub(crate) fn signer(key: &KeyPair) -> Arc<dyn rustls::sign::SigningKey> {
    rustls::crypto::ring::sign::any_ecdsa_type(&PrivateKeyDer::Pkcs8(key.serialize_der().into())).unwrap()
}

/// One WebSocket frame; `first` holds FIN and the opcode. A client's is masked.
pub(crate) fn frame(first: u8, payload: &[u8], masked: bool) -> Vec<u8> {
    let mask = if masked { 0x80 } else { 0 };
    let mut out = match payload.len() {
        short @ 0..=125 => vec![first, mask | short as u8],
        medium @ 126..=0xffff => vec![first, mask | 126, (medium >> 8) as u8, medium as u8],
        long => [&[first, mask | 127], (long as u64).to_be_bytes().as_slice()].concat(),
    };
    if masked {
        const KEY: [u8; 4] = [0x11, 0x22, 0x33, 0x44];
        out.extend_from_slice(&KEY);
        out.extend(payload.iter().zip(KEY.iter().cycle()).map(|(octet, key)| octet ^ key));
    } else {
        out.extend_from_slice(payload);
    }
    out
}

pub(crate) fn drain(mut from: impl Read, into: &mut impl Write) {
    let mut bytes = Vec::new();
    let _ = from.read_to_end(&mut bytes);
    into.write_all(&bytes).unwrap();
}
