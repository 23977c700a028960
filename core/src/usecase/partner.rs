//! Who takes the other side of a use case (SPINE 7.5, LPC IG 3.8).

use super::Descriptor;
use crate::ids::PeerId;
use crate::spine::Remote;
use alloc::vec;
use alloc::vec::Vec;

/// An entity of a peer that takes the other side.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Partner {
    /// The peer.
    pub peer: PeerId,
    /// Its entity.
    pub entity: Vec<u32>,
}

/// The entities of a peer that announce the other side and offer what it takes.
///
/// A peer that names no entity is searched as a whole. What an entity is called plays no part, only what it offers.
pub fn partners(peer: PeerId, remote: &Remote, descriptor: &Descriptor) -> Vec<Partner> {
    let offers = |entity: &[u32]| {
        let mut needs = descriptor.partner_functions.iter();
        needs.all(|(feature_type, function)| remote.server(entity, feature_type, *function).is_some())
    };
    let announced = remote.use_cases.iter();
    let matching =
        announced.filter(|use_case| use_case.name == descriptor.name && use_case.actor == descriptor.partner);
    let entities = matching.flat_map(|use_case| match &use_case.entity {
        Some(entity) if offers(entity) => vec![entity.clone()],
        _ => remote.entities.keys().filter(|entity| offers(entity)).cloned().collect(),
    });
    let mut found: Vec<_> = entities.map(|entity| Partner { peer, entity }).collect();
    found.sort();
    found.dedup();
    found
}
