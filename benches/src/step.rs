//! What is measured of a message.

/// One piece of work on one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Octets to a datagram.
    Decode,
    /// The same, then header and data as typed structs.
    DecodeTyped,
    /// A datagram that was built from typed structs, to octets.
    Encode,
    /// A datagram as it was read, to octets.
    Forward,
    /// SHIP frame to typed structs, and these to a SHIP frame.
    RoundTrip,
    /// A partial update laid over stored data.
    Merge,
    /// One list entry picked out of stored data by its identifier.
    PartialRead,
    /// A copy of stored data.
    Clone,
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 8] = [
        Self::Decode,
        Self::DecodeTyped,
        Self::Encode,
        Self::Forward,
        Self::RoundTrip,
        Self::Merge,
        Self::PartialRead,
        Self::Clone,
    ];

    /// Its name, as a benchmark's and in the protocol of the peers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::DecodeTyped => "decode_typed",
            Self::Encode => "encode",
            Self::Forward => "forward",
            Self::RoundTrip => "round_trip",
            Self::Merge => "merge",
            Self::PartialRead => "partial_read",
            Self::Clone => "clone",
        }
    }

    /// What it is called in a table.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Decode => "decode to tape",
            Self::DecodeTyped => "decode to typed structs",
            Self::Encode => "encode a built tape",
            Self::Forward => "encode an untouched tape",
            Self::RoundTrip => "frame → typed structs → frame",
            Self::Merge => "merge a partial update",
            Self::PartialRead => "read one list entry",
            Self::Clone => "clone stored data",
        }
    }
}
