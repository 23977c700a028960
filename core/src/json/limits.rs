//! What a reader takes from a peer before it refuses.

/// Nested containers a message may have. The deepest message of the schema has 12 (datagram to element tag); what is
/// not in the schema gets room too, and the reader's recursion stays bounded.
pub const MAX_DEPTH: u8 = 64;
/// Octets of memory that reading takes for each octet of input at most, beside [`MEMORY_CONSTANT`]: a token takes 16 for
/// at least 2 of input, and lists of tokens grow by doubling; text is held twice at most.
pub const MEMORY_PER_OCTET: usize = 32;
/// Octets of memory that reading takes beside [`MEMORY_PER_OCTET`].
pub const MEMORY_CONSTANT: usize = 4096;
/// Octets of one message: the largest discovery data in the field has some 30 kB.
pub const MAX_SIZE: usize = 1 << 20;
/// Octets of one string: no element of the schema needs more than a few hundred, except tunnelled data.
pub const MAX_STRING: usize = 64 << 10;
/// Items of one list, and choice alternatives of one struct: a day of one-minute slots has 1440. The work of a merge
/// grows with the product of two lists.
pub const MAX_LIST: usize = 4096;

/// Bounds of one reading; the default is [`MAX_DEPTH`], [`MAX_SIZE`], [`MAX_STRING`] and [`MAX_LIST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Nested containers; more than [`MAX_DEPTH`] counts as [`MAX_DEPTH`].
    pub depth: u8,
    /// Octets of the input.
    pub size: usize,
    /// Octets of one string as it is written.
    pub string: usize,
    /// Items of one list.
    pub list: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: MAX_DEPTH, size: MAX_SIZE, string: MAX_STRING, list: MAX_LIST }
    }
}
