//! `eebus pair`: who is there, who waits for whom, and what the user decides.

mod told;

use crate::control::{Alone, Asker, Look, NodeStatus, PeerStatus, with_node};
use crate::device::{Finding, Role};
use crate::failure::Failure;
use crate::state::State;
use eebus_core::ids::PeerId;
use eebus_core::node::{Call, Endpoint};
use eebus_core::ship::identity::Ski;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How often a peer is looked after.
const STEP: Duration = Duration::from_millis(50);
/// The shortest beginning of an SKI that names a peer.
const MIN_PREFIX: usize = 8;

/// Show who is there and who waits for whom, and decide about them.
///
/// Speaks with the node that runs on the folder; where there is none, runs it meanwhile. Both users have to trust: the
/// own SKI is what the other device has to be shown or told.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  eebus pair --state ~/hems
  eebus pair approve 'A805 56A2 43F5 7CA1 7B0D 577A 59B7 11B7 9EB4 856C' --state ~/hems
  eebus pair approve a80556a2 --state ~/hems
  eebus pair refuse a80556a2 --state ~/hems
  eebus pair forget a80556a2 --state ~/hems")]
pub(crate) struct Arguments {
    #[command(flatten)]
    state: State,
    #[command(subcommand)]
    decision: Option<Decision>,
    /// How long to wait for others: where no node runs, so long it runs.
    #[arg(long, value_name = "N", global = true, default_value_t = 10)]
    seconds: u64,
    /// One JSON object a line.
    #[arg(long, global = true)]
    json: bool,
    /// What the device is, where no node runs and the folder does not say.
    #[arg(long, global = true, default_value = "hems")]
    role: Role,
    /// The port to listen on, where no node runs; 0 lets the system choose.
    #[arg(long, global = true, default_value_t = 0)]
    port: u16,
    #[command(flatten)]
    finding: Finding,
}

/// What the user decides. An SKI has 40 hex digits, grouped or not; of a device that is there the first 8 are enough.
#[derive(Debug, clap::Subcommand)]
enum Decision {
    /// Show who is there and who waits for whom.
    #[command(after_help = "\
Examples:
  eebus pair list --json --state ~/hems")]
    List,
    /// Trust a device, now and after every restart.
    #[command(after_help = "\
Examples:
  eebus pair approve a80556a2 --state ~/hems
  eebus pair approve a80556a243f57ca17b0d577a59b711b79eb4856c --dial 192.0.2.7:4712 --state ~/hems")]
    Approve {
        /// Its SKI.
        ski: String,
        /// Dial it at this address where mDNS does not find it (repeatable).
        #[arg(long, value_name = "ADDRESS", value_parser = crate::device::address)]
        dial: Vec<Endpoint>,
    },
    /// Refuse a device until it is approved or forgotten.
    #[command(after_help = "\
Examples:
  eebus pair refuse a80556a2 --state ~/hems")]
    Refuse {
        /// Its SKI.
        ski: String,
    },
    /// Take trust or refusal back; no other device is touched.
    #[command(after_help = "\
Examples:
  eebus pair forget a80556a2 --state ~/hems")]
    Forget {
        /// Its SKI.
        ski: String,
    },
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let folder = arguments.state.folder()?;
    let how = Alone { role: arguments.role, finding: arguments.finding.clone(), port: arguments.port };
    let patience = Duration::from_secs(arguments.seconds);
    with_node(&folder, how, |node, is_alone| match &arguments.decision {
        None | Some(Decision::List) => {
            if is_alone {
                sleep(patience);
            }
            let status: NodeStatus = node.view(Look::Node)?;
            told::all(&status, &node.peers()?, arguments.json)
        }
        Some(Decision::Approve { ski, dial }) => {
            let ski = find(node, ski, patience)?;
            decide(node, ski, dial.clone(), |peer| Call::Trust { peer })?;
            wait(node, ski, patience, |peer| peer.trusted_by_us && peer.trusted_by_peer)?;
            told::decided("approved", node, ski, arguments.json)
        }
        Some(Decision::Refuse { ski }) => {
            let ski = find(node, ski, patience)?;
            decide(node, ski, Vec::new(), |peer| Call::Refuse { peer })?;
            told::decided("refused", node, ski, arguments.json)
        }
        Some(Decision::Forget { ski }) => {
            let ski = find(node, ski, Duration::ZERO)?;
            let Some(known) = node.peers()?.into_iter().find(|known| known.ski == ski) else {
                return Err(Failure::Failed(format!("{ski} is not known; eebus pair lists who is")));
            };
            node.call(Call::Forget { peer: PeerId(known.peer) })?;
            told::decided("forgotten", node, ski, arguments.json)
        }
    })
}

/// A whole SKI, or that of the only known device that begins so; one that is not there is waited for.
fn find(node: &mut dyn Asker, text: &str, patience: Duration) -> Result<Ski, Failure> {
    let own = node.view::<NodeStatus>(Look::Node)?.ski;
    if let Ok(ski) = text.parse::<Ski>() {
        return match ski == own {
            true => Err(Failure::Failed(format!(
                "{ski} is this node itself: give the SKI that the other device shows"
            ))),
            false => Ok(ski),
        };
    }
    let is_digit = |c: &char| !matches!(c, ' ' | '-' | ':' | '_');
    let prefix: String = text.chars().filter(is_digit).map(|c| c.to_ascii_lowercase()).collect();
    if prefix.len() < MIN_PREFIX || !prefix.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err(Failure::Failed(format!(
            "{text:?} is no SKI: it has 40 hex digits, of which the first {MIN_PREFIX} are enough for a device that is there"
        )));
    }
    let begin = Instant::now();
    loop {
        let known = node.peers()?.into_iter().map(|peer| peer.ski);
        let found: Vec<Ski> = known.filter(|ski| ski.to_string().starts_with(&prefix)).collect();
        match found[..] {
            [ski] => return Ok(ski),
            [] if begin.elapsed() < patience => sleep(STEP),
            [] => {
                return Err(Failure::Failed(format!(
                    "nobody is there whose SKI begins with {prefix}: give all 40 digits, or wait longer with --seconds"
                )));
            }
            _ => {
                let all: Vec<_> = found.iter().map(Ski::to_string).collect();
                return Err(Failure::Failed(format!(
                    "{prefix} is the beginning of {}: give more digits",
                    all.join(" and ")
                )));
            }
        }
    }
}

fn decide(
    node: &mut dyn Asker,
    ski: Ski,
    endpoints: Vec<Endpoint>,
    decision: impl FnOnce(PeerId) -> Call,
) -> Result<(), Failure> {
    let added = node.call(Call::AddPeer { ski, endpoints })?;
    let peer = added["Peer"].as_u64().and_then(|peer| u32::try_from(peer).ok()).ok_or_else(|| {
        Failure::Failed("the node answers what is not understood; run the same version of eebus".into())
    })?;
    node.call(decision(PeerId(peer)))?;
    Ok(())
}

/// Waits until a peer stands as wanted, or for so long.
fn wait(
    node: &mut dyn Asker,
    ski: Ski,
    patience: Duration,
    is_there: impl Fn(&PeerStatus) -> bool,
) -> Result<(), Failure> {
    let begin = Instant::now();
    while begin.elapsed() < patience && !node.peers()?.iter().any(|peer| peer.ski == ski && is_there(peer)) {
        sleep(STEP);
    }
    Ok(())
}
