//! `eebus probe` against a node of ours, and against servers that go wrong in one place each.

mod common;

use common::{Ran, eebus};
use eebus_core::ship::identity::ShipId;
use eebus_core::time::WallTime;
use eebus_link::{Identity, Link, LinkEvent};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

/// A server at a port of the system's choice; each connection is served alone, until the test ends.
fn server(serve: impl Fn(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || listener.incoming().flatten().for_each(serve));
    address
}

fn probe(address: SocketAddr) -> Ran {
    eebus(&["probe", &address.to_string(), "--seconds", "2"])
}

fn assert_failed(ran: &Ran, what: &str, remedy: &str) {
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains(what) && ran.err.contains(remedy), "{}", ran.err);
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
}

/// A SHIP server of ours, which does `at_open` once the WebSocket is open.
fn ship(at_open: fn(&mut Link)) -> (SocketAddr, String) {
    let now = WallTime::from_unix_micros(1_767_225_600_000_000);
    let identity = Identity::create(&ShipId::new("ACME-7"), now).unwrap();
    let ski = identity.ski().grouped().to_string();
    let serve = move |mut stream: TcpStream| {
        let mut link = Link::server(&identity).unwrap();
        let mut buffer = [0; 4096];
        while let Ok(octets @ 1..) = stream.read(&mut buffer) {
            link.receive(&buffer[..octets]);
            while let Some(event) = link.poll_event() {
                if matches!(event, LinkEvent::Opened { .. }) {
                    at_open(&mut link);
                }
            }
            let mut answer = Vec::new();
            link.transmit(&mut answer);
            if stream.write_all(&answer).is_err() {
                break;
            }
        }
    };
    (server(serve), ski)
}

#[test]
fn a_ship_node_is_shown_layer_by_layer() {
    let (address, ski) = ship(|link| {
        link.send(&[0, 0]);
        link.send(b"\x01{\"connectionHello\":[{\"phase\":\"pending\"},{\"waiting\":60000}]}");
    });
    let ran = probe(address);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{}", ran.out);
    let lines: Vec<_> = ran.out.lines().skip(1).collect();
    let expected = [
        "TLS          TLS 1.2; SHIP uses 1.2".to_owned(),
        "suite        TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256".into(),
        "suite        TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384".into(),
        "suite        TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256".into(),
        "curve        secp256r1".into(),
        "client       the certificate of the client is wanted".into(),
        format!("SKI          {ski}, as its extension says"),
        "certificate  of \"ACME-7\", issued by itself".into(),
        "validity     2025-12-31T00:00:00Z to 2075-12-20T00:00:00Z".into(),
        format!("handshake    done; the peer holds the key of SKI {ski}"),
        "WebSocket    open, with the subprotocol ship".into(),
        "SHIP         CMI".into(),
        "SHIP         connectionHello pending: it does not trust this program yet, as it should, waits 60.0 s".into(),
    ];
    assert_eq!(lines, expected);
    assert!(ran.out.starts_with(&format!("TCP          {address} is reached within ")));
}

#[test]
fn what_ends_above_tls_is_named_with_its_layer() {
    let (closes, _) = ship(|link| link.close(4452, "Node rejected by application"));
    let ran = probe(closes);
    assert_failed(
        &ran,
        "closes the WebSocket with 4452 \"Node rejected by application\"",
        "only peers it knows",
    );
    assert!(ran.out.contains("\nWebSocket    open"), "{}", ran.out);
    let (mute, _) = ship(|link| link.send(&[0, 0]));
    assert_failed(&probe(mute), "sends no SHIP message behind CMI", "--seconds");
}

#[test]
fn what_is_no_tls_of_ship_is_named() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_failed(&probe(closed), "no TCP connection to", "no firewall stands between");
    let http = server(|mut stream| drop(stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")));
    assert_failed(&probe(http), "does not speak TLS on this port", "the port that discovery names");
    let silent = server(std::mem::forget);
    assert_failed(&probe(silent), "does not answer TLS within 2 s", "more --seconds");
    let hangs_up = server(|mut stream| answer(&mut stream, &[]));
    assert_failed(&probe(hangs_up), "hangs up on TLS", "no more connections");
    let refuses = server(|mut stream| answer(&mut stream, &[21, 3, 3, 0, 2, 2, 40]));
    assert_failed(&probe(refuses), "by the alert handshake_failure", "no SHIP node");
    let nonsense = eebus(&["probe", "nowhere"]);
    assert_eq!(nonsense.code, Some(2));
    assert!(
        nonsense.err.contains("is no HOST:PORT") && nonsense.err.contains("try 192.0.2.7:4712"),
        "{}",
        nonsense.err
    );
}

/// Takes the ClientHello, then says this.
fn answer(stream: &mut TcpStream, octets: &[u8]) {
    let mut hello = [0; 1024];
    let _ = stream.read(&mut hello);
    // The program may have gone on already.
    let _ = stream.write_all(octets);
}

#[test]
fn a_peer_with_cbc_alone_and_an_odd_certificate_is_described() {
    let flight = flight(&odd_certificate());
    let address = server(move |mut stream| {
        let mut hello = [0; 1024];
        let length = stream.read(&mut hello).unwrap_or(0);
        // TLS 1.2, with the one suite it has among those that are offered.
        let offers = hello[..length].windows(2).any(|pair| pair == [0xc0, 0x23]);
        let is_1_2 = hello[9..11] == [3, 3] && !hello[..length].windows(3).any(|part| part == [2, 3, 4]);
        let alert = [21, 3, 3, 0, 2, 2, 40];
        let _ = stream.write_all(if offers && is_1_2 { &flight } else { &alert });
    });
    let ran = probe(address);
    assert_failed(&ran, "no cipher suite in common", "look for newer firmware");
    for line in [
        "suite        TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, which this program does not speak\n",
        "client       the certificate of the client is not wanted, against SHIP 12.1\n",
        "SKI          B467 A399 9EB5 EFA6 71DE 0032 F08A 9C9E 5EFD A0E1, its extension is missing, against SHIP 12.1.1\n",
        "certificate  of \"Box\", issued by \"Vendor CA\"\n",
        "validity     2020-01-01T00:00:00Z to 2021-01-01T00:00:00Z; expired, which SHIP does not ask for\n",
        "encoding     BOOLEAN written as 01, 01 where DER has ff; taken all the same\n",
    ] {
        assert!(ran.out.contains(line), "{line} is not in\n{}", ran.out);
    }
}

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let value = parts.concat();
    let length = u16::try_from(value.len()).unwrap().to_be_bytes();
    [&[tag, 0x82], &length[..], &value].concat()
}

/// A certificate of the base point of P-256, expired, issued by another one, with TRUE as 01 and without SKI.
fn odd_certificate() -> Vec<u8> {
    let name = |name: &[u8]| {
        let attribute = tlv(0x30, &[&[0x06, 3, 0x55, 0x04, 0x03], &tlv(0x0c, &[name])]);
        tlv(0x30, &[&tlv(0x31, &[&attribute])])
    };
    let time = |time: &[u8]| tlv(0x17, &[time]);
    let key = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04\
        \x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2\x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96\
        \x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16\x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51\xf5";
    let constraints =
        tlv(0x30, &[&[0x06, 3, 0x55, 0x1d, 0x13], &[1, 1, 1], &tlv(0x04, &[&tlv(0x30, &[&[1, 1, 1]])])]);
    let signed = tlv(
        0x30,
        &[
            &tlv(0xa0, &[&[2, 1, 2]]),
            &[2, 1, 7],
            &tlv(0x30, &[]),
            &name(b"Vendor CA"),
            &tlv(0x30, &[&time(b"200101000000Z"), &time(b"210101000000Z")]),
            &name(b"Box"),
            key,
            &tlv(0xa3, &[&tlv(0x30, &[&constraints])]),
        ],
    );
    tlv(0x30, &[&signed, &tlv(0x30, &[]), &tlv(0x03, &[&[0]])])
}

/// ServerHello with CBC, the certificate, secp256r1 and ServerHelloDone.
fn flight(certificate: &[u8]) -> Vec<u8> {
    let sized = |content: &[u8]| {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&length[1..], content].concat()
    };
    let message = |kind: u8, content: &[u8]| [&[kind], sized(content).as_slice()].concat();
    let hello = [&[3, 3][..], &[7; 32], &[0, 0xc0, 0x23, 0]].concat();
    let messages = [
        message(2, &hello),
        message(11, &sized(&sized(certificate))),
        message(12, &[3, 0, 23, 1, 4]),
        message(14, &[]),
    ]
    .concat();
    let length = u16::try_from(messages.len()).unwrap().to_be_bytes();
    [&[22, 3, 3], &length[..], &messages].concat()
}
