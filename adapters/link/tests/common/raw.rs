//! A peer that is nothing but TLS: it accepts every certificate and sends what the test writes.

use std::sync::Arc;

use eebus_link::{Identity, Link, LinkEvent};
use rustls::client::WantsClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::default_provider;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::{CertifiedKey, SigningKey, SingleCertAndKey};
use rustls::{
    ClientConfig, ClientConnection, ConfigBuilder, Connection, DigitallySignedStruct, DistinguishedName,
    Error, ServerConfig, ServerConnection, SignatureScheme, SupportedProtocolVersion, version,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use super::{drain, feed, transmitted};

pub(crate) const REQUEST: &str = "GET /ship/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ship\r\n\r\n";

pub(crate) struct Raw {
    pub(crate) tls: Connection,
    /// What the link sent inside TLS.
    pub(crate) plain: Vec<u8>,
    /// Why TLS failed on this side, for instance an alert of the link.
    pub(crate) error: Option<Error>,
    /// What the link said.
    pub(crate) events: Vec<LinkEvent>,
    pub(crate) chunk: usize,
}

impl Raw {
    fn new(tls: impl Into<Connection>) -> Self {
        let mut tls = tls.into();
        tls.set_buffer_limit(None);
        Self { tls, plain: Vec::new(), error: None, events: Vec::new(), chunk: usize::MAX }
    }

    pub(crate) fn client(certificate: CertificateDer<'static>, key: Arc<dyn SigningKey>) -> Self {
        let resolver = SingleCertAndKey::from(CertifiedKey::new(vec![certificate], key));
        let config = client_config(default_provider(), &version::TLS12);
        Self::connect(config.with_client_cert_resolver(Arc::new(resolver)))
    }

    pub(crate) fn client_without_certificate() -> Self {
        Self::client_that_offers(default_provider(), &version::TLS12)
    }

    pub(crate) fn client_that_offers(
        parameters: CryptoProvider,
        version: &'static SupportedProtocolVersion,
    ) -> Self {
        Self::connect(client_config(parameters, version).with_no_client_auth())
    }

    fn connect(config: ClientConfig) -> Self {
        let name = ServerName::try_from("server.local").unwrap();
        Self::new(ClientConnection::new(Arc::new(config), name).unwrap())
    }

    pub(crate) fn server(certificate: CertificateDer<'static>, key: Arc<dyn SigningKey>) -> Self {
        let resolver = SingleCertAndKey::from(CertifiedKey::new(vec![certificate], key));
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[&version::TLS12])
            .unwrap()
            .with_client_cert_verifier(Arc::new(Anyone))
            .with_cert_resolver(Arc::new(resolver));
        Self::new(ServerConnection::new(Arc::new(config)).unwrap())
    }

    /// A client of good standing whose handshake with the link is done, WebSocket not yet.
    pub(crate) fn secured_client(identity: &Identity) -> (Self, Link) {
        let (certificate, key) = super::certificate(|_| {});
        let mut raw = Self::client(certificate, super::signer(&key));
        let mut link = Link::server(identity).unwrap();
        raw.exchange(&mut link);
        assert!(matches!(raw.events.as_slice(), [LinkEvent::Secured(_)]));
        raw.events.clear();
        (raw, link)
    }

    /// A client whose WebSocket with the link is open.
    pub(crate) fn open_client() -> (Self, Link) {
        let (mut raw, mut link) = Self::secured_client(&super::identity("server"));
        raw.write(REQUEST.as_bytes());
        raw.exchange(&mut link);
        assert_eq!(raw.events, [LinkEvent::Opened { names_ship: true }]);
        raw.events.clear();
        raw.plain.clear();
        (raw, link)
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        std::io::Write::write_all(&mut self.tls.writer(), bytes).unwrap();
    }

    /// Carries bytes both ways until nothing moves.
    pub(crate) fn exchange(&mut self, link: &mut Link) {
        loop {
            let mut up = Vec::new();
            while self.tls.wants_write() {
                self.tls.write_tls(&mut up).unwrap();
            }
            feed(link, &up, self.chunk, &mut self.events);
            super::take(link, &mut self.events);
            let down = transmitted(link);
            let mut unread = down.as_slice();
            while !unread.is_empty() && self.error.is_none() && self.tls.read_tls(&mut unread).unwrap() > 0 {
                self.error = self.tls.process_new_packets().err();
                drain(self.tls.reader(), &mut self.plain);
            }
            if up.is_empty() && down.is_empty() {
                return;
            }
        }
    }
}

fn client_config(
    parameters: CryptoProvider,
    version: &'static SupportedProtocolVersion,
) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    ClientConfig::builder_with_provider(Arc::new(parameters))
        .with_protocol_versions(&[version])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anyone))
}

#[derive(Debug)]
struct Anyone;

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256, SignatureScheme::ECDSA_NISTP384_SHA384]
    }
}

impl ClientCertVerifier for Anyone {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        ServerCertVerifier::verify_tls12_signature(self, message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        ServerCertVerifier::verify_tls13_signature(self, message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ServerCertVerifier::supported_verify_schemes(self)
    }
}
