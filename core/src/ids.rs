//! Names every room may use. Each is minted by one room and means nothing outside its node.

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty), $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        pub struct $name(pub $inner);

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }
    };
}

id! {
    /// The row of one SKI in a node. A peer may be known before it ever connected; the number is never reused.
    PeerId(u32), "peer-"
}
id! {
    /// One TCP connection, numbered by the adapter. Never reused, also not after `Lost`.
    ConnId(u64), "conn-"
}
id! {
    /// One dialling attempt at one address, numbered by the node.
    AttemptId(u64), "attempt-"
}
id! {
    /// A write of a peer that waits for a decision.
    Ticket(u64), "ticket-"
}
id! {
    /// A request this node made of a peer.
    RequestId(u64), "request-"
}
id! {
    /// A use case actor installed on a local entity.
    ActorId(u32), "actor-"
}
