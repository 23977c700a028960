//! The header of a datagram: what must be there, and which versions are understood (SPINE 5.2).

use super::address::{FeaturePath, usable_device};
use crate::model::{CmdClassifier, Header, MsgCounter, SpecificationVersion};
use alloc::string::{String, ToString};
use core::fmt;

/// The SPINE version of every datagram this node sends.
pub const VERSION: &str = "1.3.0";

/// A header that can be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Device of the sender, as it claims.
    pub source_device: Option<String>,
    /// Feature of the sender.
    pub source: FeaturePath,
    /// Device the datagram is meant for; absent in an opening read.
    pub destination_device: Option<String>,
    /// Feature the datagram is meant for.
    pub destination: FeaturePath,
    /// `msgCounter`.
    pub counter: u64,
    /// `msgCounterReference`.
    pub reference: Option<u64>,
    /// `cmdClassifier`.
    pub classifier: CmdClassifier,
    /// `ackRequest`.
    pub ack: bool,
    /// `specificationVersion`.
    pub version: Option<String>,
}

/// What makes a header useless; such a datagram is dropped without an answer (SPINE IG 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum HeaderFault {
    /// `addressSource` is missing or incomplete.
    Source,
    /// `addressDestination` is missing or incomplete.
    Destination,
    /// `msgCounter` is missing.
    Counter,
    /// `cmdClassifier` is missing or none of the six.
    Classifier,
}

impl fmt::Display for HeaderFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Source => "header.addressSource is missing or incomplete",
            Self::Destination => "header.addressDestination is missing or incomplete",
            Self::Counter => "header.msgCounter is missing",
            Self::Classifier => "header.cmdClassifier is missing or unknown",
        })
    }
}

impl Head {
    /// Checks a received header.
    pub fn parse(header: &Header) -> Result<Self, HeaderFault> {
        let split = |address: &Option<_>| address.as_ref().and_then(FeaturePath::split).map(own);
        let (source_device, source) = split(&header.address_source).ok_or(HeaderFault::Source)?;
        let (destination_device, destination) =
            split(&header.address_destination).ok_or(HeaderFault::Destination)?;
        if source_device.as_deref().is_some_and(|name| !usable_device(name)) {
            return Err(HeaderFault::Source);
        }
        let classifier = match &header.cmd_classifier {
            None | Some(CmdClassifier::Extended(_)) => return Err(HeaderFault::Classifier),
            Some(known) => known.clone(),
        };
        Ok(Self {
            source_device,
            source,
            destination_device,
            destination,
            counter: header.msg_counter.ok_or(HeaderFault::Counter)?.0,
            reference: header.msg_counter_reference.map(|reference| reference.0),
            classifier,
            ack: header.ack_request == Some(true),
            version: header.specification_version.as_ref().map(|version| version.0.clone()),
        })
    }

    /// The header as it is sent.
    pub fn to_model(&self) -> Header {
        Header {
            specification_version: Some(SpecificationVersion(VERSION.to_string())),
            address_source: Some(self.source.on(self.source_device.as_deref())),
            address_destination: Some(self.destination.on(self.destination_device.as_deref())),
            msg_counter: Some(MsgCounter(self.counter)),
            msg_counter_reference: self.reference.map(MsgCounter),
            cmd_classifier: Some(self.classifier.clone()),
            ack_request: self.ack.then_some(true),
            ..Header::default()
        }
    }

    /// Whether the sender waits for an answer that may be a refusal (SPINE 5.2.4, Table 2).
    pub fn is_request(&self) -> bool {
        matches!(self.classifier, CmdClassifier::Read | CmdClassifier::Write | CmdClassifier::Call)
    }
}

fn own((device, path): (Option<&str>, FeaturePath)) -> (Option<String>, FeaturePath) {
    (device.map(str::to_string), path)
}

/// Whether datagrams of this version are processed (SPINE 4.3.4): same major, any minor.
///
/// What cannot be read as a version is tolerated, as the field sends such versions; a clear other major is not.
pub fn understood(version: Option<&str>) -> bool {
    let Some(text) = version else { return true };
    let digits = text.strip_prefix(['v', 'V']).unwrap_or(text);
    match digits.split('.').next().and_then(|major| major.parse::<u32>().ok()) {
        Some(major) => major == 1,
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_the_same_major_are_understood() {
        for (version, expected) in [
            ("1.3.0", true),
            ("1.999.999", true),
            ("1.1.1", true),
            ("v1.3.0", true),
            ("draft", true),
            ("", true),
            ("2.0.0", false),
            ("0.3.0", false),
            ("V0.3.0", false),
        ] {
            assert_eq!(understood(Some(version)), expected, "{version}");
        }
        assert!(understood(None));
    }
}
