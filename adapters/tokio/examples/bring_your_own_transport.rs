//! A node over a WebSocket that somebody else made: with a hardware key, with OpenSSL, through a proxy.
//!
//! Whoever brings the WebSocket also says who is at its other end: the key that TLS proved. Here there is no TLS at
//! all, only memory, and two nodes in one program that meet over it.

use std::collections::VecDeque;
use std::time::Duration;

use async_tungstenite::WebSocketStream;
use async_tungstenite::tungstenite::Message;
use async_tungstenite::tungstenite::protocol::Role;
use eebus_core::ids::ConnId;
use eebus_core::model::EntityType;
use eebus_core::node::{Action, Call, Config, Endpoint, Event, Input, Lost, Node, Product};
use eebus_core::ship::identity::{Fingerprint, PeerKey, Ski};
use eebus_core::time::Instant;
use eebus_core::usecase::lpc::{ControllableSystem, EnergyGuard};
use eebus_core::usecase::watts;
use futures_util::{AsyncRead, AsyncWrite, StreamExt};
use tokio_util::compat::TokioAsyncReadCompatExt;

const CONN: ConnId = ConnId(1);

/// Runs a node over its one connection, until the peer's use cases are known to it or the connection ends.
async fn drive<S: AsyncRead + AsyncWrite + Unpin>(
    mut node: Node,
    mut socket: WebSocketStream<S>,
    peer: PeerKey,
    mut inputs: VecDeque<Input<'static>>,
) -> Result<bool, Box<dyn std::error::Error>> {
    let start = tokio::time::Instant::now();
    let now = || Instant::from_micros(start.elapsed().as_micros() as u64);
    let (mut met, mut lost) = (false, false);
    loop {
        while let Some(action) = node.poll_action() {
            match action {
                // The socket stands already.
                Action::Dial { attempt, .. } => inputs.extend([
                    Input::Dialled { attempt, conn: CONN },
                    Input::Secured { conn: CONN, peer },
                    Input::Opened { conn: CONN },
                ]),
                Action::Send { frame, .. } => {
                    inputs.push_back(match socket.send(Message::binary(frame)).await {
                        Ok(()) => Input::Drained { conn: CONN, frames: 1 },
                        Err(_) => Input::Lost { conn: CONN, why: Lost::Ended },
                    });
                }
                Action::Ping { .. } => socket.send(Message::Ping(Vec::new().into())).await?,
                Action::Close { .. } => {
                    socket.close(None).await?;
                    inputs.push_back(Input::Lost { conn: CONN, why: Lost::Done });
                }
                Action::Persist { seq, .. } => inputs.push_back(Input::Persisted { seq }),
                Action::Notify(event) => {
                    println!("{event:?}");
                    met |= matches!(event, Event::UseCases { .. });
                }
                _ => {}
            }
        }
        if let Some(input) = inputs.pop_front() {
            lost |= matches!(input, Input::Lost { .. });
            node.handle(input, now());
        } else if met || lost {
            return Ok(met);
        } else {
            let until = node.poll_deadline().map_or(Duration::MAX, |deadline| deadline.at.since(now()));
            match tokio::time::timeout(until, socket.next()).await {
                Ok(Some(Ok(Message::Binary(bytes)))) => {
                    node.handle(Input::Frame { conn: CONN, bytes: &bytes }, now());
                }
                Ok(Some(Ok(Message::Pong(_)))) => node.handle(Input::Pong { conn: CONN }, now()),
                Ok(Some(Ok(_))) => {}
                Ok(None | Some(Err(_))) => inputs.push_back(Input::Lost { conn: CONN, why: Lost::Ended }),
                Err(_) => node.handle(Input::Tick, now()),
            }
        }
    }
}

fn key(octet: u8) -> PeerKey {
    PeerKey { ski: Ski::new([octet; 20]), fingerprint: Fingerprint([octet; 32]) }
}

/// A node that trusts the other one.
fn trusting(mut node: Node, peer: PeerKey, endpoints: Vec<Endpoint>) -> Node {
    let mut at = node.at(Instant::ZERO);
    let peer = at.add_peer(peer.ski, endpoints).expect("there is room for one peer");
    at.call(Call::Trust { peer }).expect("the peer is known");
    node
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = ([127, 0, 0, 1], 4712).into();
    let mut config = Config::new(key(2), Product::new("ACME", "Box", "1"));
    let entity = config.entity(EntityType::GridGuard);
    config.install(&entity, EnergyGuard::new());
    let guard = Node::new(config, None, [2; 32], Instant::ZERO);
    let guard = trusting(guard, key(1), vec![Endpoint::new(address)]);
    let mut config = Config::new(key(1), Product::new("ACME", "HP-7", "0815"));
    let entity = config.entity(EntityType::HeatPumpAppliance);
    config.install(&entity, ControllableSystem::new(watts(11_000)));
    let system = trusting(Node::new(config, None, [1; 32], Instant::ZERO), key(2), Vec::new());

    let (near, far) = tokio::io::duplex(4096);
    let near = WebSocketStream::from_raw_socket(near.compat(), Role::Client, None).await;
    let far = WebSocketStream::from_raw_socket(far.compat(), Role::Server, None).await;
    let accepted = [
        Input::Accepted { conn: CONN, from: address },
        Input::Secured { conn: CONN, peer: key(2) },
        Input::Opened { conn: CONN },
    ];
    let (at_guard, at_system) = tokio::join!(
        drive(guard, near, key(1), VecDeque::new()),
        drive(system, far, key(2), accepted.into())
    );
    assert!(at_guard? | at_system?, "they did not meet");
    Ok(())
}
