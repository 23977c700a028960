//! From what waits in a session to a datagram on its way.

use super::address::FeaturePath;
use super::datagram::Head;
use super::discovery;
use super::exchange;
use super::fault::Refusal;
use super::relation::RelationKind;
use super::request::{Owner, Pending};
use super::session::Item;
use super::{Asker, Spine};
use crate::ids::PeerId;
use crate::json::Tape;
use crate::model::{Cmd, CmdClassifier, Filter, FunctionId, ResultData, write_datagram};
use crate::time::Instant;
use alloc::string::String;
use alloc::vec::Vec;

impl Spine {
    /// Appends the next datagram for a peer to `out`; `false` where nothing waits.
    pub fn next_datagram(&mut self, peer: PeerId, now: Instant, out: &mut Vec<u8>) -> bool {
        while let Some(item) = self.sessions.get_mut(&peer).and_then(super::Session::pop) {
            if let Some((head, cmd)) = self.build(peer, item, now) {
                write_datagram(&head.to_model(), &cmd, out);
                self.touched.insert(peer);
                return true;
            }
        }
        false
    }

    fn build(&mut self, peer: PeerId, item: Item, now: Instant) -> Option<(Head, Cmd)> {
        match item {
            Item::Request { request, owner, classifier, from, to, cmd, repeated } => {
                let session = self.sessions.get_mut(&peer)?;
                let cmd = session.remote.suited(&classifier, &to, cmd);
                let counter = self.counter.take();
                let again = matches!(
                    (owner, &classifier),
                    (Owner::Actor(..), CmdClassifier::Read | CmdClassifier::Call)
                );
                let pending = Pending {
                    request,
                    owner,
                    classifier: classifier.clone(),
                    from: from.clone(),
                    to: to.clone(),
                    function: cmd.function,
                    until: now + session.remote.response_delay(&to),
                    again: again.then(|| cmd.clone()),
                    repeated,
                    part: classifier == CmdClassifier::Read && !cmd.filters.is_empty(),
                };
                session.requests.sent(counter, pending);
                let device = session.remote.device.clone();
                let ack = matches!(classifier, CmdClassifier::Write | CmdClassifier::Call);
                Some((self.head(from, (device, to), counter, None, classifier, ack), cmd))
            }
            Item::Reply { asker, from, function, filter } => {
                if function == FunctionId::NODE_MANAGEMENT_DETAILED_DISCOVERY_DATA {
                    self.introduced(peer);
                }
                match self.reply(peer, &from, function, filter.as_ref()) {
                    Ok(cmd) => Some((self.back(asker, from, CmdClassifier::Reply), cmd)),
                    Err(refusal) => Some(self.result(asker, from, Err(refusal))),
                }
            }
            Item::Result { asker, from, answer } => Some(self.result(asker, from, answer)),
            Item::Notify { subscription, function } => {
                let relation =
                    self.subscriptions.get(subscription).filter(|relation| relation.peer == peer)?;
                let (client, server) = (relation.client.clone(), relation.server.clone());
                let cmd = if function == FunctionId::NODE_MANAGEMENT_DETAILED_DISCOVERY_DATA {
                    self.sessions.get_mut(&peer)?.untold.take(&self.device)?
                } else {
                    let data = self.current(peer, &server, function)?;
                    Cmd { function, filters: Vec::new(), data }
                };
                let counter = self.counter.take();
                let device = self.sessions.get(&peer)?.remote.device.clone();
                let head = self.head(server, (device, client), counter, None, CmdClassifier::Notify, false);
                Some((head, cmd))
            }
        }
    }

    fn head(
        &self,
        source: FeaturePath,
        destination: (Option<String>, FeaturePath),
        counter: u64,
        reference: Option<u64>,
        classifier: CmdClassifier,
        ack: bool,
    ) -> Head {
        Head {
            source_device: Some(self.device.address.clone()),
            source,
            destination_device: destination.0,
            destination: destination.1,
            counter,
            reference,
            classifier,
            ack,
            version: None,
        }
    }

    /// The header of an answer: the sender's own address comes back verbatim (SPINE 5.2.2).
    fn back(&mut self, asker: Asker, from: FeaturePath, classifier: CmdClassifier) -> Head {
        let counter = self.counter.take();
        self.head(from, (asker.device, asker.client), counter, Some(asker.counter), classifier, false)
    }

    fn result(&mut self, asker: Asker, from: FeaturePath, answer: Result<(), Refusal>) -> (Head, Cmd) {
        let data = match answer {
            Ok(()) => ResultData { error_number: Some(crate::model::ErrorNumber(0)), description: None },
            Err(refusal) => ResultData {
                error_number: Some(crate::model::ErrorNumber(refusal.error.0)),
                description: Some(refusal.reason),
            },
        };
        (self.back(asker, from, CmdClassifier::Result), Cmd::data(&data))
    }

    fn reply(
        &self,
        peer: PeerId,
        from: &FeaturePath,
        function: FunctionId,
        filter: Option<&Filter>,
    ) -> Result<Cmd, Refusal> {
        let data = self.current(peer, from, function).unwrap_or_else(|| Tape::empty(function.info().ty));
        let part = match filter {
            Some(filter) if function == FunctionId::NODE_MANAGEMENT_DETAILED_DISCOVERY_DATA => {
                discovery::detailed_part(&self.device, filter)?
            }
            Some(filter) => exchange::restrict(&data, filter)?,
            None => None,
        };
        Ok(match part {
            Some(data) => Cmd { function, filters: alloc::vec![Filter::partial()], data },
            None => Cmd { function, filters: Vec::new(), data },
        })
    }

    /// The data of a local function as this peer sees it now.
    fn current(&self, peer: PeerId, feature: &FeaturePath, function: FunctionId) -> Option<Tape> {
        let name = self.remote(peer).and_then(|remote| remote.device.as_deref());
        let table = |kind| discovery::relations(kind, self.relations(kind), &self.device, peer, name);
        Some(match function {
            FunctionId::NODE_MANAGEMENT_DETAILED_DISCOVERY_DATA => {
                Tape::of(&discovery::detailed(&self.device))
            }
            FunctionId::NODE_MANAGEMENT_USE_CASE_DATA => Tape::of(&discovery::use_cases(&self.device)),
            FunctionId::NODE_MANAGEMENT_SUBSCRIPTION_DATA => table(RelationKind::Subscription),
            FunctionId::NODE_MANAGEMENT_BINDING_DATA => table(RelationKind::Binding),
            FunctionId::NODE_MANAGEMENT_DESTINATION_LIST_DATA => {
                Tape::of(&discovery::destinations(&self.device))
            }
            _ => self.tape(feature, function)?.clone(),
        })
    }
}
