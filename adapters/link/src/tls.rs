//! TLS 1.2 as SHIP wants it: mutual, self-signed P-256, the peer proved by its key alone (SHIP 9, 12.1, 12.2).
//!
//! All of rustls stays in this file and in the byte pump of [`link`](crate::link).

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use eebus_core::ship::identity::Ski;
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::server::NoServerSessionStorage;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::SingleCertAndKey;
use rustls::{
    CertificateError as TlsCertificateError, ClientConfig, ClientConnection, Connection,
    DigitallySignedStruct, DistinguishedName, Error as TlsError, InvalidMessage, OtherError,
    PeerIncompatible, ServerConfig, ServerConnection, SignatureScheme, version,
};
use rustls_pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use webpki::RawPublicKeyEntity;

use crate::key_log::key_log;
use crate::{Certificate, Identity, LinkError};

/// Records carry at most 1024 octets (SHIP 9.2); rustls counts the header of 5.
const MAX_RECORD: usize = 1029;

/// A client connection that accepts any node, or only the one with the SKI `expect`.
pub(crate) fn client(identity: &Identity, expect: Option<Ski>, host: &str) -> Result<Connection, LinkError> {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&version::TLS12])
        .map_err(failure)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(KeyVerifier { expect }))
        .with_client_cert_resolver(Arc::new(SingleCertAndKey::from(identity.certified_key())));
    config.max_fragment_size = Some(MAX_RECORD);
    config.resumption = Resumption::disabled();
    config.key_log = key_log().unwrap_or(config.key_log);
    // rustls demands a name and sends it as SNI unless it is an address (SHIP 9.4).
    let name = ServerName::try_from(host.to_owned())
        .unwrap_or(ServerName::IpAddress(IpAddr::V4(Ipv4Addr::UNSPECIFIED).into()));
    let mut connection = ClientConnection::new(Arc::new(config), name).map_err(failure)?;
    connection.set_buffer_limit(None);
    Ok(connection.into())
}

/// A server connection that accepts any node with a certificate.
pub(crate) fn server(identity: &Identity) -> Result<Connection, LinkError> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&version::TLS12])
        .map_err(failure)?
        .with_client_cert_verifier(Arc::new(KeyVerifier { expect: None }))
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(identity.certified_key())));
    config.max_fragment_size = Some(MAX_RECORD);
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.ignore_client_order = true;
    config.key_log = key_log().unwrap_or(config.key_log);
    let mut connection = ServerConnection::new(Arc::new(config)).map_err(failure)?;
    connection.set_buffer_limit(None);
    Ok(connection.into())
}

/// ECDHE_ECDSA suites over secp256r1, in our order of preference (SHIP 9.1, 9.3).
fn provider() -> Arc<CryptoProvider> {
    Arc::new(CryptoProvider {
        cipher_suites: vec![
            ring::cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
            ring::cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
            ring::cipher_suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        ],
        kx_groups: vec![ring::kx_group::SECP256R1],
        ..ring::default_provider()
    })
}

/// What TLS says, in our words.
pub(crate) fn failure(error: TlsError) -> LinkError {
    match error {
        TlsError::InvalidCertificate(TlsCertificateError::Other(OtherError(refusal))) => {
            match refusal.downcast_ref::<LinkError>() {
                Some(ours) => ours.clone(),
                None => LinkError::Tls { reason: refusal.to_string() },
            }
        }
        TlsError::InvalidCertificate(TlsCertificateError::BadSignature) => LinkError::NotTheKeyHolder,
        TlsError::NoCertificatesPresented => LinkError::NoCertificate,
        TlsError::AlertReceived(alert) => {
            LinkError::Alert { code: alert.into(), name: alert.as_str().unwrap_or("unknown").to_owned() }
        }
        TlsError::PeerIncompatible(what) => LinkError::NothingInCommon { reason: incompatibility(&what) },
        TlsError::InvalidMessage(InvalidMessage::InvalidContentType) => LinkError::NotTls,
        TlsError::FailedToGetCurrentTime | TlsError::FailedToGetRandomBytes | TlsError::General(_) => {
            LinkError::Internal { reason: error.to_string() }
        }
        other => LinkError::Tls { reason: other.to_string() },
    }
}

fn incompatibility(what: &PeerIncompatible) -> String {
    match what {
        PeerIncompatible::NoCipherSuitesInCommon => {
            "the peer offers no ECDHE_ECDSA suite with AES-GCM or ChaCha20".to_owned()
        }
        PeerIncompatible::NoKxGroupsInCommon | PeerIncompatible::NamedGroupsExtensionRequired => {
            "the peer does not offer secp256r1".to_owned()
        }
        PeerIncompatible::Tls12NotOffered | PeerIncompatible::Tls12NotOfferedOrEnabled => {
            "the peer does not offer TLS 1.2".to_owned()
        }
        other => format!("{other:?}"),
    }
}

/// Proves that the peer holds the key of a well-formed certificate. Whether it is trusted, SHIP hello decides.
#[derive(Debug)]
struct KeyVerifier {
    expect: Option<Ski>,
}

impl KeyVerifier {
    fn check(&self, der: &CertificateDer<'_>) -> Result<(), TlsError> {
        let found = Certificate::parse(der).map_err(|e| refusal(LinkError::Certificate(e)))?.key().ski;
        match self.expect {
            Some(expected) if expected != found => Err(refusal(LinkError::UnexpectedSki { expected, found })),
            _ => Ok(()),
        }
    }

    fn check_signature(
        message: &[u8],
        der: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let certificate = Certificate::parse(der).map_err(|e| refusal(LinkError::Certificate(e)))?;
        let info = SubjectPublicKeyInfoDer::from(certificate.public_key_info());
        let bad = |_| TlsError::InvalidCertificate(TlsCertificateError::BadSignature);
        RawPublicKeyEntity::try_from(&info)
            .map_err(bad)?
            .verify_signature(webpki::ring::ECDSA_P256_SHA256, message, signed.signature())
            .map_err(bad)?;
        Ok(HandshakeSignatureValid::assertion())
    }

    fn refuse_tls13() -> Result<HandshakeSignatureValid, TlsError> {
        Err(TlsError::PeerIncompatible(PeerIncompatible::Tls12NotOffered))
    }
}

/// Carries our reason through rustls; [`failure`] takes it out again.
fn refusal(reason: LinkError) -> TlsError {
    TlsError::InvalidCertificate(TlsCertificateError::Other(OtherError(Arc::new(reason))))
}

impl ServerCertVerifier for KeyVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        self.check(end_entity).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        Self::check_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        Self::refuse_tls13()
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256]
    }
}

impl ClientCertVerifier for KeyVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, TlsError> {
        self.check(end_entity).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        Self::check_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        Self::refuse_tls13()
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256]
    }
}
