//! The asking side, devZ: a control unit whose user scanned the QR code of an energy manager (PS 4.2).

use super::record::{Curve, Party, Request};
use super::secret::{Nonce, PairingSecret};
use crate::time::Instant;
use core::time::Duration;

/// How long a SHIP connection has to last, without interruption, before the announcement ends for good (PS 4.2).
pub const LASTING_TIME: Duration = Duration::from_secs(15 * 60);

/// The asking side. Whoever runs it keeps whether it [is done](Self::is_done) and does not begin again then.
#[derive(Clone, Debug, PartialEq)]
pub struct Announcer {
    asked: Party,
    own: Party,
    curve: Curve,
    secret: PairingSecret,
    /// None once a connection lasted, or the user took the trust back.
    request: Option<Request>,
    /// Since when a connection lasts.
    connected: Option<Instant>,
}

impl Announcer {
    /// Begins to announce; `nonce` is drawn anew at every start (PS 6.3).
    pub fn new(asked: Party, own: Party, curve: Curve, secret: PairingSecret, nonce: Nonce) -> Self {
        let request = Some(Request::new(asked.clone(), own.clone(), curve, &secret, nonce));
        Self { asked, own, curve, secret, request, connected: None }
    }

    /// What is to be announced; none where nothing is any more.
    pub fn request(&self) -> Option<&Request> {
        self.request.as_ref()
    }

    /// Whether the announcement ended for good.
    pub fn is_done(&self) -> bool {
        self.request.is_none()
    }

    /// SHIP data exchange with the asked node began.
    pub fn connected(&mut self, now: Instant) {
        self.tick(now);
        self.connected.get_or_insert(now);
    }

    /// The connection ended: the 15 min begin anew, and the request with them. The asked node followed the old one
    /// already, which would be a replay.
    pub fn disconnected(&mut self, nonce: Nonce, now: Instant) {
        self.tick(now);
        if self.connected.take().is_some() && self.request.is_some() {
            let (asked, own) = (self.asked.clone(), self.own.clone());
            self.request = Some(Request::new(asked, own, self.curve, &self.secret, nonce));
        }
    }

    /// The user does not want to be trusted by the asked node any longer.
    pub fn stop(&mut self) {
        self.request = None;
    }

    /// When to give a tick.
    pub fn deadline(&self) -> Option<Instant> {
        self.connected.filter(|_| self.request.is_some()).map(|since| since + LASTING_TIME)
    }

    /// Lets pass what is due.
    pub fn tick(&mut self, now: Instant) {
        if self.deadline().is_some_and(|at| at <= now) {
            self.request = None;
        }
    }
}
