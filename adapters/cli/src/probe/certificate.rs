//! Facts of the certificate a peer presents.

use super::say;
use crate::failure::Failure;
use eebus_link::{CertificateError, CertificateFacts};
use eebus_pump::{Clock, SystemClock};

pub(super) fn show(chain: &[Vec<u8>]) -> Result<(), Failure> {
    let Some(own) = chain.first() else { return say("certificate", "none, against SHIP 9") };
    let facts = match CertificateFacts::read(own) {
        Ok(facts) => facts,
        Err(error) => return say("certificate", error),
    };
    ski(&facts)?;
    let name = |name: &Option<String>| format!("{:?}", name.as_deref().unwrap_or_default());
    let issuer = match facts.is_self_issued {
        true => "itself".to_owned(),
        false => name(&facts.issuer),
    };
    say("certificate", format_args!("of {}, issued by {issuer}", name(&facts.subject)))?;
    say("validity", format_args!("{} to {}{}", facts.not_before, facts.not_after, now(&facts)))?;
    if !facts.odd_booleans.is_empty() {
        let values: Vec<_> = facts.odd_booleans.iter().map(|octet| format!("{octet:02x}")).collect();
        say(
            "encoding",
            format_args!("BOOLEAN written as {} where DER has ff; taken all the same", values.join(", ")),
        )?;
    }
    if chain.len() > 1 {
        say("chain", format_args!("{} more certificates, which nobody needs", chain.len() - 1))?;
    }
    Ok(())
}

fn ski(facts: &CertificateFacts) -> Result<(), Failure> {
    match &facts.verdict {
        Ok(certificate) => {
            let extension = if facts.has_ski {
                "as its extension says"
            } else {
                "its extension is missing, against SHIP 12.1.1"
            };
            say("SKI", format_args!("{}, {extension}", certificate.key().ski.grouped()))
        }
        Err(CertificateError::SkiMismatch { stored, computed }) => {
            say("SKI", format_args!("{}, but the extension says {}", computed.grouped(), stored.grouped()))
        }
        Err(error) => say("SKI", format_args!("none: {error}")),
    }
}

/// Validity decides nothing in SHIP, and people look at it first.
fn now(facts: &CertificateFacts) -> &'static str {
    let now = SystemClock::new().wall().to_string();
    match () {
        () if now < facts.not_before => "; not yet valid, which SHIP does not ask for",
        () if now > facts.not_after => "; expired, which SHIP does not ask for",
        () => "",
    }
}
