//! What a node keeps in its state folder, and how others speak with it; as processes, without multicast.
#![cfg(unix)]

#[path = "../common/mod.rs"]
mod common;
mod folder;
mod identity;
mod kill;
mod node;
mod pair;
