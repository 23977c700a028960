//! What a stranger gets: a named reason and an end, while another peer is served on time.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use eebus_core::json::Tape;
use eebus_core::model::{DeviceClassificationManufacturerData, FunctionId};
use eebus_core::node::{Answer, Call, Event, Refused};
use eebus_core::ship::identity::Ski;
use eebus_core::spine::FeaturePath;
use eebus_core::usecase::lpc::{self, Limit};
use eebus_core::usecase::{Command, watts};
use eebus_link::{Link, LinkEvent};
use eebus_pump::Setup;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme, version};

use crate::peer::{HandClock, Peer};
use crate::script::Tcp;
use crate::{ACTOR, App, PEER, Record, Run, Running, agreeable, guard, identity, system};

/// A self-signed RSA certificate; nobody has its key any more.
const RSA: &[u8] = include_bytes!("rsa.pem");
/// Far more than anybody may say before hello.
const FLOOD: usize = 10 * 1024 * 1024;

/// Strangers of every kind, one after the other.
pub fn strangers(run: Run) {
    let mut scene = Scene::new(run);
    for (stranger, why) in [
        (http as fn(SocketAddr), "TLS handshake failed: the peer does not speak TLS on this port"),
        (garbage, "TLS handshake failed: the peer does not speak TLS on this port"),
        (without_certificate, "TLS handshake failed: the peer presented no certificate"),
        (
            with_rsa,
            "TLS handshake failed: the peer's certificate was refused: the certificate's key is not an elliptic curve key; SHIP requires secp256r1",
        ),
        (gone, "ended by the peer without a close"),
    ] {
        let address = scene.node.address();
        let visit = thread::spawn(move || stranger(address));
        let found = scene.node.wait(|event| match event {
            Event::Unproved { why, .. } => Some(why.to_string()),
            _ => None,
        });
        assert_eq!(found, why);
        scene.serves();
        visit.join().unwrap();
    }
    scene.flooded();
    scene.silent();
    scene.stalled();
    scene.stop();
}

struct Scene {
    node: Running,
    clock: HandClock,
    /// The peer that is served meanwhile.
    peer: Peer<Tcp>,
    limit: u32,
}

impl Scene {
    fn new(run: Run) -> Self {
        let (pump, known) = (identity("pump"), identity("box"));
        let (clock, record) = (HandClock::default(), Record::default());
        let config = system(&pump);
        let setup = Setup::new(config, pump.clone()).tap(record.clone()).clock(clock.clone());
        let node = Running::start(run, setup, pump.ski(), record, careful(known.ski()));
        let mut peer = Peer::new(guard(&known), known, &clock);
        peer.dial(node.ski, node.address(), || Tcp::connect(node.address()));
        let mut scene = Self { node, clock, peer, limit: 1_000 };
        scene.until(|peer| peer.events.iter().any(is_ready));
        scene.serves();
        scene
    }

    /// Lets the peer talk until `done`, within what counts as on time.
    fn until(&mut self, mut done: impl FnMut(&Peer<Tcp>) -> bool) {
        let start = Instant::now();
        while !done(&self.peer) {
            self.peer.turn();
            assert!(start.elapsed() < Duration::from_secs(5), "{:#?}", self.peer.events);
            thread::sleep(Duration::from_micros(200));
        }
    }

    /// A new limit is taken and reported, without any time passing on the node's clock.
    fn serves(&mut self) {
        self.limit += 1;
        let limit = Limit::active(watts(i64::from(self.limit)));
        let command = Command::Lpc(lpc::Command::SetLimit { peer: None, limit });
        let now = eebus_pump::Clock::now(&self.clock);
        let answer = self.peer.driver.call(Call::UseCase { actor: ACTOR, command }, now);
        assert_eq!(answer, Ok(Answer::Done));
        let reported = Event::Lpc { actor: ACTOR, event: lpc::Event::Reported { peer: PEER, limit } };
        self.until(|peer| peer.events.contains(&reported));
    }

    /// Time passes in steps small enough for the peer to keep up.
    fn pass(&mut self, seconds: u32) {
        for _ in 0..seconds {
            self.clock.advance(Duration::from_secs(1));
            self.peer.tick();
            self.node.handle.view_blocking(|_| ()).unwrap();
            self.serves();
        }
    }

    /// Somebody who is proved and sends far more than hello allows.
    fn flooded(&mut self) {
        let (address, node) = (self.node.address(), self.node.ski);
        let visit = thread::spawn(move || flood(address, node));
        let why = self.node.wait(|event| match event {
            Event::Disconnected { why, .. } => Some(why.to_string()),
            _ => None,
        });
        assert_eq!(
            why,
            format!(
                "message exchange failed: the peer sent a message of {FLOOD} octets or more; 4096 are accepted now"
            )
        );
        self.serves();
        // The node reads and drops what still comes, for a moment.
        self.pass(3);
        visit.join().unwrap();
    }

    /// Somebody who connects and says nothing.
    fn silent(&mut self) {
        let conns = self.node.record.get().began.len();
        let _stream = TcpStream::connect(self.node.address()).unwrap();
        while self.node.record.get().began.len() == conns {
            thread::sleep(Duration::from_millis(1));
        }
        self.pass(11);
        self.refused(Refused::NotSecuredInTime);
    }

    fn refused(&mut self, wanted: Refused) {
        self.node.wait(|event| matches!(event, Event::Refused { why, .. } if *why == wanted).then_some(()));
        self.serves();
    }

    /// The peer asks for more than any socket holds, and stops reading: it alone is closed, for that reason.
    fn stalled(&mut self) {
        let function = FunctionId::DEVICE_CLASSIFICATION_MANUFACTURER_DATA;
        let (from, to) = (FeaturePath::new(&[1], 1), FeaturePath::new(&[0], 1));
        let much = || Some("x".repeat(60_000));
        let data = Tape::of(&DeviceClassificationManufacturerData {
            device_name: much(),
            device_code: much(),
            serial_number: much(),
            software_revision: much(),
            hardware_revision: much(),
            vendor_name: much(),
            vendor_code: much(),
            brand_name: much(),
            ..Default::default()
        });
        let set = Call::SetData { feature: to.clone(), function, data };
        assert_eq!(self.node.handle.call_blocking(set), Ok(Answer::Done));
        self.peer.reads = false;
        let now = eebus_pump::Clock::now(&self.clock);
        for _ in 0..64 {
            let read = Call::Read { peer: PEER, from: from.clone(), to: to.clone(), function, filter: None };
            assert!(matches!(self.peer.driver.call(read, now), Ok(Answer::Request(_))));
        }
        while self.peer.turn() {}
        // The system takes some of the answers; what it does not take is the node's to see.
        let progress = |record: &Record| {
            let record = record.get();
            (record.sent, record.drained)
        };
        let mut before = (0, 0);
        while before != progress(&self.node.record) {
            before = progress(&self.node.record);
            thread::sleep(Duration::from_millis(300));
        }
        assert!(before.0 > before.1, "everything was taken: {before:?}");
        self.clock.advance(Duration::from_secs(11));
        self.node.handle.view_blocking(|_| ()).unwrap();
        let stalled =
            |event: &Event| matches!(event, Event::Refused { why: Refused::WriteStalled, .. }).then_some(());
        self.node.wait(stalled);
    }

    /// Everybody who came is gone, once.
    fn stop(mut self) {
        self.peer.reads = true;
        let start = Instant::now();
        let over = |record: &Record| {
            let record = record.get();
            record.lost.len() == record.began.len()
        };
        while !over(&self.node.record) {
            self.clock.advance(Duration::from_secs(1));
            self.node.handle.view_blocking(|_| ()).unwrap();
            self.peer.tick();
            self.peer.turn();
            assert!(start.elapsed() < crate::PATIENCE, "{:#?}", self.node.record.get().lost);
            thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(self.node.handle.call_blocking(Call::Shutdown), Ok(Answer::Done));
        drop(self.peer);
        self.node.join();
    }
}

/// Trusts only one peer.
fn careful(known: Ski) -> App {
    let mut agree = agreeable();
    Box::new(move |node, event| match &event {
        Event::PairingRequested(request) if request.ski != known => {}
        _ => agree(node, event),
    })
}

fn is_ready(event: &Event) -> bool {
    matches!(event, Event::Lpc { event: lpc::Event::Ready { .. }, .. })
}

/// Says something and reads until the node ends the connection; answers in time for that.
fn say(address: SocketAddr, octets: &[u8]) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(crate::PATIENCE)).unwrap();
    stream.write_all(octets).unwrap();
    stream.read_to_end(&mut Vec::new()).expect("the node closes in order");
}

fn http(address: SocketAddr) {
    say(address, b"GET / HTTP/1.1\r\nHost: heatpump\r\n\r\n");
}

fn garbage(address: SocketAddr) {
    let octets: Vec<u8> = (0..20_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8 | 1).collect();
    say(address, &octets);
}

fn gone(address: SocketAddr) {
    drop(TcpStream::connect(address).unwrap());
}

fn without_certificate(address: SocketAddr) {
    assert_eq!(
        handshake(address, client().with_no_client_auth()),
        "received fatal alert: CertificateRequired"
    );
}

fn with_rsa(address: SocketAddr) {
    let certificate = CertificateDer::from_pem_slice(RSA).unwrap();
    let key = PrivateKeyDer::from_pem_slice(identity("rsa").to_pem().as_bytes()).unwrap();
    let signer = ring::sign::any_ecdsa_type(&key).unwrap();
    let resolver = SingleCertAndKey::from(CertifiedKey::new(vec![certificate], signer));
    let why = handshake(address, client().with_client_cert_resolver(Arc::new(resolver)));
    assert_eq!(why, "received fatal alert: CertificateUnknown");
}

type Client = rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert>;

fn client() -> Client {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&version::TLS12])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anyone))
}

/// Tries a TLS handshake; answers how it failed.
fn handshake(address: SocketAddr, config: ClientConfig) -> String {
    let mut tls = ClientConnection::new(Arc::new(config), ServerName::from(address.ip())).unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(crate::PATIENCE)).unwrap();
    loop {
        if let Err(error) = tls.complete_io(&mut stream) {
            return error.to_string();
        }
    }
}

/// Opens a WebSocket as anybody can, then sends one enormous message.
fn flood(address: SocketAddr, node: Ski) {
    let mut stream = TcpStream::connect(address).unwrap();
    let mut link = Link::client(&identity("flood"), Some(node), &address.to_string(), "/ship/").unwrap();
    let mut octets = vec![0; 4096];
    loop {
        while let Some(event) = link.poll_event() {
            match event {
                LinkEvent::Opened { .. } => link.send(&vec![1; FLOOD]),
                LinkEvent::Failed(error) => panic!("{error}"),
                LinkEvent::Closed { .. } | LinkEvent::Ended => return,
                _ => {}
            }
        }
        let mut out = Vec::new();
        link.transmit(&mut out);
        if stream.write_all(&out).is_err() {
            return;
        }
        match stream.read(&mut octets) {
            Ok(0) | Err(_) => link.end(),
            Ok(read) => link.receive(&octets[..read]),
        }
    }
}

#[derive(Debug)]
struct Anyone;

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256]
    }
}
