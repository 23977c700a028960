//! What is measured: messages of a building with a heat pump, an energy manager and a control box, written for this
//! purpose, in the octets that go over the wire.

/// One message.
#[derive(Clone, Copy, Debug)]
pub struct Message {
    /// What it is, as a benchmark's name.
    pub name: &'static str,
    /// The document, `{"datagram":…}`.
    pub json: &'static [u8],
    /// Two partial updates of its data; laid over it in turn, both change it.
    pub updates: Option<[&'static [u8]; 2]>,
}

macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!("messages/", $name, ".json"))
    };
}

macro_rules! message {
    ($name:literal) => {
        Message { name: $name, json: file!($name), updates: None }
    };
    ($name:literal updated) => {
        Message {
            name: $name,
            json: file!($name),
            updates: Some([
                include_bytes!(concat!("messages/", $name, ".update-1.json")),
                include_bytes!(concat!("messages/", $name, ".update-2.json")),
            ]),
        }
    };
}

/// Every message, by what it is for.
pub const ALL: [Message; 8] = [
    message!("heartbeat" updated),
    message!("limit_write" updated),
    message!("limit_group_write" updated),
    message!("measurement_list" updated),
    message!("discovery_2k"),
    message!("discovery_10k"),
    message!("discovery_30k"),
    message!("use_case_16k"),
];
