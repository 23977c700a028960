//! `eebus hems` and `eebus evse`, as users of eebus-go's demo programs run them; as processes, without multicast.

mod again;
mod changes;
#[path = "../common/mod.rs"]
mod common;
mod pair;
mod process;
