//! What else stands in a certificate: for people who want to know why two nodes do not get along.

use crate::certificate::{
    BOOLEAN, Der, EXTENSIONS, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, OID_SUBJECT_KEY_IDENTIFIER, SEQUENCE,
    VERSION, common_name,
};
use crate::{Certificate, CertificateError};

const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const OID_BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
/// Odd values kept of one certificate; more say nothing more.
const MAX_ODD: usize = 8;

/// What stands in a certificate and decides nothing (SHIP 12.1.1), with the verdict on what does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    /// What a node makes of it.
    pub verdict: Result<Certificate, CertificateError>,
    /// The subject's common name.
    pub subject: Option<String>,
    /// The issuer's common name.
    pub issuer: Option<String>,
    /// Whether issuer and subject are the same name.
    pub is_self_issued: bool,
    /// Begin of validity, as `2026-01-31T12:00:00Z`; as it is written where it is no such time.
    pub not_before: String,
    /// End of validity, likewise.
    pub not_after: String,
    /// Whether it has an SKI extension.
    pub has_ski: bool,
    /// BOOLEAN values that DER does not know: neither `00` nor `ff` (X.690 11.1).
    pub odd_booleans: Vec<u8>,
}

impl CertificateFacts {
    /// Reads a DER certificate as far as it can be read.
    ///
    /// # Errors
    /// [`CertificateError::Malformed`] where not even its outer form is one.
    pub fn read(der: &[u8]) -> Result<Self, CertificateError> {
        let malformed = CertificateError::Malformed;
        let mut tbs = Der(der)
            .value(SEQUENCE)
            .and_then(|mut certificate| certificate.value(SEQUENCE))
            .ok_or(malformed("the outer sequence"))?;
        tbs.value(VERSION);
        tbs.value(INTEGER).ok_or(malformed("the serial number"))?;
        tbs.value(SEQUENCE).ok_or(malformed("the signature algorithm"))?;
        let issuer = tbs.value(SEQUENCE).ok_or(malformed("the issuer"))?;
        let mut validity = tbs.value(SEQUENCE).ok_or(malformed("the validity"))?;
        let subject = tbs.value(SEQUENCE).ok_or(malformed("the subject"))?;
        tbs.value(SEQUENCE).ok_or(malformed("the public key"))?;
        let mut facts = Self {
            verdict: Certificate::parse(der),
            subject: common_name(subject),
            issuer: common_name(issuer),
            is_self_issued: issuer.0 == subject.0,
            not_before: time(&mut validity),
            not_after: time(&mut validity),
            has_ski: false,
            odd_booleans: Vec::new(),
        };
        while let Some((tag, list)) = tbs.next() {
            if let (EXTENSIONS, Some(extensions)) = (tag, Der(list).value(SEQUENCE)) {
                facts.read_extensions(extensions);
            }
        }
        Ok(facts)
    }

    fn read_extensions(&mut self, mut extensions: Der<'_>) {
        while let Some(mut extension) = extensions.value(SEQUENCE) {
            let name = extension.value(OBJECT_IDENTIFIER);
            self.read_boolean(&mut extension);
            let mut content = extension.value(OCTET_STRING);
            if name.is_some_and(|name| name.0 == OID_SUBJECT_KEY_IDENTIFIER) {
                self.has_ski = true;
            }
            if name.is_some_and(|name| name.0 == OID_BASIC_CONSTRAINTS)
                && let Some(mut constraints) = content.as_mut().and_then(|content| content.value(SEQUENCE))
            {
                self.read_boolean(&mut constraints);
            }
        }
    }

    fn read_boolean(&mut self, from: &mut Der<'_>) {
        if let Some(Der(value)) = from.value(BOOLEAN)
            && !matches!(value, [0x00 | 0xff])
            && self.odd_booleans.len() < MAX_ODD
        {
            self.odd_booleans.push(value.first().copied().unwrap_or_default());
        }
    }
}

/// `YYMMDDhhmmssZ` or `YYYYMMDDhhmmssZ` (RFC 5280 4.1.2.5).
fn time(validity: &mut Der<'_>) -> String {
    let Some((tag, octets)) = validity.next() else { return "nothing".to_owned() };
    let text: String = octets.iter().take(32).map(|octet| char::from(*octet)).collect();
    let digits: Vec<char> = text.trim_end_matches('Z').chars().collect();
    let century = match (tag, digits.first()) {
        (UTC_TIME, Some('5'..='9')) => "19",
        (UTC_TIME, _) => "20",
        (GENERALIZED_TIME, _) => "",
        _ => return text.escape_default().to_string(),
    };
    let digits: Vec<char> = century.chars().chain(digits).collect();
    match digits.as_slice() {
        [y1, y2, y3, y4, m1, m2, d1, d2, h1, h2, i1, i2, s1, s2]
            if digits.iter().all(char::is_ascii_digit) =>
        {
            format!("{y1}{y2}{y3}{y4}-{m1}{m2}-{d1}{d2}T{h1}{h2}:{i1}{i2}:{s1}{s2}Z")
        }
        _ => text.escape_default().to_string(),
    }
}
