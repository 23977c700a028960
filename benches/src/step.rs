//! What is measured of a message.

/// One piece of work on one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Octets to a datagram.
    Decode,
    /// The same, then header and data as typed structs.
    DecodeTyped,
    /// Octets to the header as a typed struct, the payload left as it is.
    Open,
    /// A datagram of which every part was built or changed, to octets.
    Encode,
    /// A typed header and the data of a command to octets.
    Send,
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
    pub const ALL: [Self; 10] = [
        Self::Decode,
        Self::DecodeTyped,
        Self::Open,
        Self::Encode,
        Self::Send,
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
            Self::Open => "open",
            Self::Encode => "encode",
            Self::Send => "send",
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
            Self::Open => "read the header only",
            Self::Encode => "encode a built tape",
            Self::Send => "typed header and data tape to octets",
            Self::Forward => "encode an untouched tape",
            Self::RoundTrip => "frame → typed structs → frame",
            Self::Merge => "merge a partial update",
            Self::PartialRead => "read one list entry",
            Self::Clone => "clone stored data",
        }
    }
}
