//! A transport of one's own: the node is driven by the messages of any `async_tungstenite::WebSocketStream`.
//!
//! Whoever opens the WebSocket has to know who the other end is: a TLS library, a proxy or a hardware module proved it.
//! Here two nodes in one process simply agree on their keys and leave TLS out.

use async_tungstenite::WebSocketStream;
use async_tungstenite::tungstenite::protocol::{CloseFrame, Message, Role};
use eebus_core::ids::ConnId;
use eebus_core::model::EntityType;
use eebus_core::node::{Action, At, Cause, Config, Endpoint, Event, Input, Lost, Node, Product, Stage};
use eebus_core::ship::identity::{Fingerprint, PeerKey, Ski};
use eebus_core::time::Instant;
use eebus_core::usecase::lpc::{ControllableSystem, EnergyGuard, Event as Lpc, Limit, State};
use eebus_core::usecase::watts;
use smol::future::{FutureExt, zip};
use smol::io::{AsyncRead, AsyncWrite};
use smol::net::{TcpListener, TcpStream};
use smol::stream::StreamExt;
use smol::{Timer, block_on};
use std::error::Error;
use std::time::Duration;

const CONN: ConnId = ConnId(1);

/// What the node wants done before anything else happens; answers with the messages for the socket.
fn carry_out(node: &mut Node, now: Instant, app: &mut dyn FnMut(&mut At<'_>, Event)) -> Vec<Action> {
    let mut for_socket = Vec::new();
    loop {
        let actions: Vec<_> = std::iter::from_fn(|| node.poll_action()).collect();
        if actions.is_empty() {
            return for_socket;
        }
        for action in actions {
            match action {
                Action::Persist { seq, .. } => node.handle(Input::Persisted { seq }, now),
                Action::Notify(event) => app(&mut node.at(now), event),
                action => for_socket.push(action),
            }
        }
    }
}

/// Drives a node by one open WebSocket until it is closed.
async fn drive<S: AsyncRead + AsyncWrite + Unpin>(
    node: &mut Node,
    mut socket: WebSocketStream<S>,
    begin: Input<'static>,
    peer: PeerKey,
    mut app: impl FnMut(&mut At<'_>, Event),
) -> Result<(), Box<dyn Error>> {
    let start = std::time::Instant::now();
    let now = || Instant::from_micros(u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX));
    for input in [begin, Input::Secured { conn: CONN, peer }, Input::Opened { conn: CONN }] {
        node.handle(input, now());
    }
    loop {
        for action in carry_out(node, now(), &mut app) {
            match action {
                Action::Send { frame, .. } => {
                    socket.send(Message::Binary(frame.into())).await?;
                    node.handle(Input::Drained { conn: CONN, frames: 1 }, now());
                }
                Action::Ping { .. } => socket.send(Message::Ping(Vec::new().into())).await?,
                Action::Close { code, reason, .. } => {
                    let close = CloseFrame { code: code.into(), reason: reason.as_str().into() };
                    return Ok(socket.close(Some(close)).await?);
                }
                _ => {}
            }
        }
        let deadline =
            node.poll_deadline().map_or(Duration::from_secs(3_600), |deadline| deadline.at.since(now()));
        let message = async { Some(socket.next().await) };
        let time = async {
            Timer::after(deadline).await;
            None
        };
        match message.or(time).await {
            None => node.handle(Input::Tick, now()),
            Some(Some(Ok(Message::Binary(bytes)))) => {
                node.handle(Input::Frame { conn: CONN, bytes: &bytes }, now());
            }
            Some(Some(Ok(Message::Pong(_)))) => node.handle(Input::Pong { conn: CONN }, now()),
            Some(Some(Ok(_))) => {}
            Some(Some(Err(error))) => {
                let why =
                    Lost::Failed { stage: Stage::Messages, cause: Cause::Other, detail: error.to_string() };
                node.handle(Input::Lost { conn: CONN, why }, now());
                return Ok(());
            }
            Some(None) => {
                node.handle(Input::Lost { conn: CONN, why: Lost::Ended }, now());
                return Ok(());
            }
        }
    }
}

fn key(octet: u8) -> PeerKey {
    PeerKey { ski: Ski::new([octet; 20]), fingerprint: Fingerprint([octet; 32]) }
}

/// A node that trusts the other one; `octet` is its key and its seed.
fn node(octet: u8, other: u8, endpoints: Vec<Endpoint>, furnish: impl FnOnce(&mut Config)) -> Node {
    let mut config = Config::new(key(octet), Product::new("ACME", "Device", octet.to_string()));
    furnish(&mut config);
    let mut node = Node::new(config, None, [octet; 32], Instant::ZERO);
    let mut at = node.at(Instant::ZERO);
    let peer = at.add_peer(key(other).ski, endpoints).expect("there is room for one peer");
    at.peer(peer).trust().expect("the peer is known");
    node
}

fn main() -> Result<(), Box<dyn Error>> {
    block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = Endpoint::new(listener.local_addr()?);
        let mut guard = node(2, 1, vec![endpoint], |config| {
            let entity = config.entity(EntityType::GridGuard);
            config.install(&entity, EnergyGuard::limiting(Limit::active(watts(4_200))));
        });
        let mut system = node(1, 2, Vec::new(), |config| {
            let entity = config.entity(EntityType::HeatPumpAppliance);
            config.install(&entity, ControllableSystem::new(watts(11_000)));
        });
        // The node says when it wants to dial, and where; how is up to the application.
        let dials = carry_out(&mut guard, Instant::ZERO, &mut |_, _| {});
        let dial = dials.into_iter().find_map(|action| match action {
            Action::Dial { attempt, .. } => Some(Input::Dialled { attempt, conn: CONN }),
            _ => None,
        });
        let near = TcpStream::connect(listener.local_addr()?).await?;
        let (far, from) = listener.accept().await?;
        let near = WebSocketStream::from_raw_socket(near, Role::Client, None).await;
        let far = WebSocketStream::from_raw_socket(far, Role::Server, None).await;
        let guarding = drive(&mut guard, near, dial.ok_or("the guard dials")?, key(1), |_, _| {});
        let accepted = Input::Accepted { conn: CONN, from };
        let limited = drive(&mut system, far, accepted, key(2), |node, event| match event {
            Event::Lpc { event: Lpc::LimitProposed(proposed), .. } => {
                node.accept(proposed.ticket).expect("the ticket was opened this moment");
            }
            Event::Lpc { event: Lpc::Limit(now), .. } if now.state == State::Limited => {
                println!("limited to {}", watts(4_200));
                node.shut_down().expect("it shuts down once");
            }
            _ => {}
        });
        let (guarding, limited) = zip(guarding, limited).await;
        guarding.and(limited)
    })
}

#[test]
fn the_example_ends_with_a_limit_in_force() {
    main().unwrap();
}
