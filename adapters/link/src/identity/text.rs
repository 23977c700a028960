//! The text of an identity: lines that name it, then PEM (RFC 7468, which lets such lines stand before).

use data_encoding::BASE64;
use eebus_core::ship::identity::ShipId;
use rustls_pki_types::pem::{PemObject, SectionKind};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::IdentityError;

/// Names the SHIP ID where it is not the common name of the certificate.
const SHIP_ID: &str = "SHIP-ID";
/// Says that the node keeps the SKI its certificate states: [`STORED`].
const SKI_RULE: &str = "SKI-Rule";
const STORED: &str = "stored";

/// What stands in a text, unchecked.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) certificate: Option<CertificateDer<'static>>,
    pub(super) key: Option<PrivateKeyDer<'static>>,
    pub(super) ship_id: Option<ShipId>,
    pub(super) keeps_stored_ski: bool,
}

impl Parts {
    /// Reads certificate and key in any order; further certificates are ignored.
    pub(super) fn read(text: &str) -> Result<Self, IdentityError> {
        let mut parts = Self::default();
        let mut sections = 0usize;
        for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(text.as_bytes()) {
            let (kind, der) = section.map_err(|_| IdentityError::NotPem)?;
            sections = sections.saturating_add(1);
            match kind {
                SectionKind::Certificate => _ = parts.certificate.get_or_insert(CertificateDer::from(der)),
                other => parts.key = parts.key.or_else(|| PrivateKeyDer::from_pem(other, der)),
            }
        }
        if sections == 0 {
            return Err(IdentityError::NotPem);
        }
        let named = |name: &str| {
            let lines = text.lines().filter_map(|line| line.split_once(':'));
            lines
                .filter(|(key, _)| *key == name)
                .map(|(_, value)| value.trim())
                .find(|value| !value.is_empty())
        };
        parts.ship_id = named(SHIP_ID).map(ShipId::new);
        parts.keeps_stored_ski = named(SKI_RULE) == Some(STORED);
        Ok(parts)
    }

    /// Both, or which is missing.
    pub(super) fn pair(
        &mut self,
    ) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), IdentityError> {
        let certificate = self.certificate.take().ok_or(IdentityError::NoCertificate)?;
        Ok((certificate, self.key.take().ok_or(IdentityError::NoKey)?))
    }
}

/// The lines before the PEM; none where the certificate says everything.
pub(super) fn names(ship_id: Option<&ShipId>, keeps_stored_ski: bool) -> String {
    let ship_id = ship_id.map(|id| {
        let id: String = id.as_str().chars().filter(|c| !c.is_control()).collect();
        format!("{SHIP_ID}: {id}\n")
    });
    let rule = keeps_stored_ski.then(|| format!("{SKI_RULE}: {STORED}\n"));
    [ship_id, rule].into_iter().flatten().collect()
}

pub(super) fn section(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    let encoded = BASE64.encode(der);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at_checked(64).unwrap_or((rest, ""));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

/// The PEM within another format: block scalars of YAML are indented, strings of JSON have `\n` in place of ends of
/// lines.
pub(super) fn unwrapped(text: &str) -> String {
    let lines = text.replace("\\n", "\n");
    let begin = |line: &str| line.find("-----BEGIN ").unwrap_or(0);
    let plain =
        |line: &str| line.split_at(begin(line)).1.trim().trim_matches(['"', '\'', ',']).to_owned() + "\n";
    lines.lines().map(plain).collect()
}

/// `shipid: EVCC-0123` of evcc's configuration.
pub(super) fn evcc_ship_id(text: &str) -> Option<ShipId> {
    let lines = text.lines().filter_map(|line| line.split('#').next()?.split_once(':'));
    let value =
        lines.filter(|(key, _)| key.trim_matches(['{', ' ', '"', '\'']).eq_ignore_ascii_case("shipid"));
    let value = value.map(|(_, value)| value.trim().trim_end_matches(',').trim_matches(['"', '\'']));
    value.filter(|value| !value.is_empty()).map(ShipId::new).next()
}
