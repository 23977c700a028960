//! What `eebus pair` prints.

use crate::control::{Asker, Look, NodeStatus, PeerStatus};
use crate::failure::Failure;
use eebus_core::ship::identity::Ski;
use serde_json::json;
use std::io::{self, Write};

/// The own node, then everybody.
pub(super) fn all(node: &NodeStatus, peers: &[PeerStatus], is_json: bool) -> Result<(), Failure> {
    let mut lines = Vec::new();
    if is_json {
        lines.push(json!({ "node": node }).to_string());
        lines.extend(peers.iter().map(|peer| json!({ "peer": peer }).to_string()));
        return print(&lines);
    }
    lines.push(format!("own SKI  {}", node.ski.grouped()));
    let port =
        node.port.map_or_else(|| "does not listen".to_owned(), |port| format!("listens on port {port}"));
    let accepts = match node.accepts_s {
        Some(left) => format!("trusts whoever asks within {left} s"),
        None => "trusts whom you approve".to_owned(),
    };
    let register = if node.register { ", announces that it wants to pair" } else { "" };
    lines.push(format!("SHIP ID  {}, {port}, {accepts}{register}", node.ship_id));
    if peers.is_empty() {
        lines.push(String::new());
        lines.push(
            "Nobody is there. Is the other device switched on and on this network? eebus scan shows whom mDNS finds; \
             where multicast does not work, eebus pair approve SKI --dial ADDRESS does without."
                .to_owned(),
        );
    }
    for peer in peers {
        lines.push(String::new());
        lines.push(format!("{}  {}", peer.ski.grouped(), name(peer)));
        lines.push(format!("  {}", standing(peer)));
        lines.extend(peer.sightings.iter().map(|seen| {
            let interface = seen.interface.as_ref().map(|name| format!(" on {name}")).unwrap_or_default();
            let register = if seen.register { ", wants to pair" } else { "" };
            format!("  seen{interface} as {:?} at {}{register}", seen.instance, seen.addresses.join(", "))
        }));
    }
    print(&lines)
}

/// What was decided, and how the peer stands.
pub(super) fn decided(what: &str, node: &mut dyn Asker, ski: Ski, is_json: bool) -> Result<(), Failure> {
    let own: NodeStatus = node.view(Look::Node)?;
    let peer = node.peers()?.into_iter().find(|peer| peer.ski == ski);
    if is_json {
        return print(&[json!({ "decided": what, "ski": ski, "peer": peer }).to_string()]);
    }
    let mut lines = vec![format!("{what}  {}", ski.grouped())];
    lines.extend(peer.iter().map(|peer| format!("  {}", standing(peer))));
    if peer.is_some_and(|peer| peer.trusted_by_us && !peer.trusted_by_peer) {
        lines.push(format!("  the other device has to trust this SKI: {}", own.ski.grouped()));
    }
    print(&lines)
}

/// What people call it.
fn name(peer: &PeerStatus) -> String {
    let seen = peer.sightings.first();
    let product = seen.map(|seen| [seen.brand.as_str(), &seen.model, &seen.device_type].join(" "));
    let ship_id = peer.ship_id.as_ref().map(|id| format!("({id})"));
    let parts = [Some(peer.label.clone()), product, ship_id].into_iter().flatten();
    let parts: Vec<_> = parts.map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

/// Who waits for whom, and for how long.
fn standing(peer: &PeerStatus) -> String {
    let short: String = peer.ski.to_string().chars().take(super::MIN_PREFIX).collect();
    let left = peer.until_s.map(|left| format!(", {left} s left")).unwrap_or_default();
    let since = peer.asks_s.unwrap_or(peer.since_s);
    match (peer.decision.as_str(), peer.waits_for.as_str()) {
        ("refused", _) => format!("refused; eebus pair approve {short} or forget {short} changes that"),
        (_, "our_user") if peer.asks_s.is_none() => {
            format!("not trusted; eebus pair approve {short} trusts it")
        }
        (_, "our_user") => format!(
            "has asked for trust for {since} s and waits for you{left}: eebus pair approve {short}, or refuse {short}"
        ),
        (_, "both_users") => format!(
            "has asked for trust for {since} s and waits for you and for its own user{left}: eebus pair approve {short}, or refuse {short}"
        ),
        (_, "peers_user") => {
            format!("trusted; has waited for its own user to trust this node for {since} s{left}")
        }
        (_, "dialling") => format!("trusted, {}; dialled again{left}", peer.rung.replace('_', " ")),
        (_, "discovery") => {
            format!("trusted; not seen for {since} s: is it switched on and on this network?")
        }
        (_, "nobody") => format!("trusted and connected for {since} s{}", use_cases(peer)),
        _ => format!("{}, {}; its answer is awaited{left}", peer.decision, peer.rung.replace('_', " ")),
    }
}

fn use_cases(peer: &PeerStatus) -> String {
    match peer.use_cases.is_empty() {
        true => String::new(),
        false => format!(": {}", peer.use_cases.join(", ")),
    }
}

fn print(lines: &[String]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let mut written = lines.iter().try_for_each(|line| writeln!(out, "{line}"));
    if written.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
        written = Ok(());
    }
    written.map_err(|error| Failure::Failed(format!("cannot write: {error}")))
}
