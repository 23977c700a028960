//! Writes as tickets: one a function, votes of several actors, decisions in time.

use crate::solo::*;
use crate::tester::*;
use eebus_core::ids::Ticket;
use eebus_core::model::EntityType;
use eebus_core::node::{Call, Config, Event, Misuse, Product};
use eebus_core::spine::{Device, Event as SpineEvent, Proposal, Unsettled, Vote};
use eebus_core::time::Instant;
use eebus_core::usecase::lpc::{Approval, ControllableSystem, Event as Lpc};
use eebus_core::usecase::{
    Actor, Command, CommandMisuse, Context, Descriptor, Recipe, View, ViewContext, watts,
};
use std::time::Duration;

fn proposals(tester: &Tester) -> Vec<Ticket> {
    let ticket = |event| match event {
        Event::Lpc { event: Lpc::LimitProposed(proposed), .. } => Some(proposed.ticket),
        _ => None,
    };
    tester.solo.events().into_iter().filter_map(ticket).collect()
}

fn asked() -> Tester {
    Tester::commissioned(system_config(Approval::Application))
}

fn propose(tester: &mut Tester, cmd: &str) -> u64 {
    tester.send(Head::new("write", CLIENT, LOAD).ack(), cmd)
}

/// What came back for a write, if anything did.
fn result(tester: &Tester, counter: u64) -> Option<u32> {
    tester.got().into_iter().find(|got| got.reference == Some(counter)).and_then(|got| got.error())
}

#[test]
fn one_ticket_a_function_and_the_next_resolves_on_what_the_first_became() {
    let mut tester = asked();
    let first = propose(&mut tester, &active(4_200));
    let second = propose(&mut tester, &limit(r#"{"isLimitActive":false}"#));
    let [ticket] = proposals(&tester)[..] else { panic!("the second write waits") };
    tester.solo.call(Call::Accept { ticket }).unwrap();
    assert_eq!((result(&tester, first), result(&tester, second)), (Some(0), None));
    let [_, ticket] = proposals(&tester)[..] else { panic!() };
    let resolved = tester.solo.node.view().proposal(ticket).unwrap().resolved.clone();
    let list: eebus_core::model::LoadControlLimitListData = resolved.get().unwrap();
    let entry = &list.load_control_limit_data[0];
    assert_eq!(
        (entry.is_limit_active, entry.value.as_ref().and_then(|v| v.number)),
        (Some(false), Some(4_200))
    );
    tester.solo.call(Call::Accept { ticket }).unwrap();
    assert_eq!(result(&tester, second), Some(0));
}

#[test]
fn a_decision_has_9500_ms_from_the_write_on_also_for_who_waited_behind() {
    let mut tester = asked();
    let first = propose(&mut tester, &active(1_000));
    tester.solo.wait(secs(1));
    let second = propose(&mut tester, &active(2_000));
    tester.solo.wait(Duration::from_millis(8_499));
    assert_eq!(result(&tester, first), None);
    tester.solo.wait(Duration::from_millis(1));
    assert_eq!((result(&tester, first), result(&tester, second)), (Some(7), None));
    tester.solo.wait(Duration::from_millis(999));
    assert_eq!(result(&tester, second), None);
    tester.solo.wait(Duration::from_millis(1));
    assert_eq!(result(&tester, second), Some(7));
    let [ticket, _] = proposals(&tester)[..] else { panic!() };
    assert!(tester.solo.events().contains(&Event::WriteEnded { ticket, why: Unsettled::Unanswered }));
    assert_eq!(tester.solo.call(Call::Accept { ticket }), Err(Misuse::TicketClosed(ticket)));
}

#[test]
fn writes_that_wait_side_by_side_end_together() {
    let mut tester = asked();
    let counters: Vec<_> = (0..3).map(|value| propose(&mut tester, &active(value))).collect();
    tester.solo.wait(Duration::from_millis(9_500));
    for counter in counters {
        assert_eq!(result(&tester, counter), Some(7));
    }
    assert_eq!(proposals(&tester).len(), 1);
}

#[test]
fn the_17th_write_of_a_peer_that_waits_is_error_3() {
    let mut tester = asked();
    let counters: Vec<_> = (0..17).map(|value| propose(&mut tester, &active(value))).collect();
    let results: Vec<_> = counters.iter().filter_map(|counter| result(&tester, *counter)).collect();
    assert_eq!(results, [3]);
}

#[test]
fn a_ticket_ends_with_its_session() {
    let mut tester = asked();
    propose(&mut tester, &active(4_200));
    let [ticket] = proposals(&tester)[..] else { panic!() };
    tester.solo.lost(tester.conn);
    assert!(tester.solo.events().contains(&Event::WriteEnded { ticket, why: Unsettled::SessionEnded }));
    assert_eq!(tester.solo.call(Call::Accept { ticket }), Err(Misuse::TicketClosed(ticket)));
}

/// A second actor on the entity, which votes as it is told.
#[derive(Clone, Debug)]
struct Second(Vote);

static SECOND: Descriptor = Descriptor {
    name: "second",
    actor: "Second",
    partner: "None",
    version: "1.0.0",
    sub_revision: "release",
    scenarios: &[1],
    features: &[],
    partner_functions: &[],
};

impl Actor for Second {
    fn descriptor(&self) -> &'static Descriptor {
        &SECOND
    }

    fn recipe(&self) -> Recipe {
        Recipe::Custom { name: "second".into(), detail: String::new() }
    }

    fn install(&mut self, _: &[u32], _: &EntityType, _: &mut Device) {}

    fn restored(&mut self, _: &mut Context<'_>) {}

    fn handle(&mut self, event: &SpineEvent, cx: &mut Context<'_>) {
        let detail = match event {
            SpineEvent::Changed { ticket: Some(_), .. } => "carried out",
            SpineEvent::Unsettled { .. } => "ended",
            _ => return,
        };
        cx.emit(eebus_core::usecase::Event::Custom { name: "told".into(), detail: detail.into() });
    }

    fn vote(&mut self, _: &Proposal, _: &mut Context<'_>) -> Vote {
        self.0.clone()
    }

    fn command(&mut self, _: &Command, _: &mut Context<'_>) -> Result<(), CommandMisuse> {
        Err(CommandMisuse::NotMine)
    }

    fn deadline(&self) -> Option<(Instant, &'static str)> {
        None
    }

    fn tick(&mut self, _: &mut Context<'_>) {}

    fn view(&self, _: &ViewContext<'_>) -> View {
        View::Custom(String::new())
    }

    fn boxed_clone(&self) -> Box<dyn Actor> {
        Box::new(self.clone())
    }
}

#[test]
fn a_write_that_touches_two_actors_is_carried_out_by_all_or_not_at_all() {
    let refuse = || Vote::Refuse("not now".into());
    // Approval of the first, vote of the second, whether the application accepts, the result.
    let rows = [
        (Approval::Automatic, Vote::Accept, false, Some(0)),
        (Approval::Automatic, Vote::Abstain, false, Some(0)),
        (Approval::Automatic, refuse(), false, Some(7)),
        (Approval::Application, refuse(), false, Some(7)),
        (Approval::Automatic, Vote::Ask, true, Some(0)),
        (Approval::Application, Vote::Accept, true, Some(0)),
        (Approval::Application, Vote::Ask, true, Some(0)),
        (Approval::Automatic, Vote::Ask, false, None),
        (Approval::Application, Vote::Accept, false, None),
    ];
    for (approval, vote, accepts, expected) in rows {
        for first in [true, false] {
            let mut config = Config::new(key(OWN), Product::new("ACME", "Pump", "7"));
            let entity = config.entity(EntityType::HeatPumpAppliance);
            let system = ControllableSystem::new(watts(11_000)).approval(approval);
            if first {
                config.install(&entity, Second(vote.clone()));
            }
            config.install(&entity, system);
            if !first {
                config.install(&entity, Second(vote.clone()));
            }
            let mut tester = Tester::commissioned(config);
            let before = tester.read(LOAD, READ_LIMITS).cmd;
            let counter = propose(&mut tester, &active(4_200));
            if accepts {
                tester.solo.call(Call::Accept { ticket: Ticket(0) }).unwrap();
            }
            assert_eq!(result(&tester, counter), expected, "{vote:?}");
            let told = |event| if let Event::Custom { detail, .. } = event { Some(detail) } else { None };
            let told: Vec<_> = tester.solo.events().into_iter().filter_map(told).collect();
            let told: Vec<_> = told.iter().map(String::as_str).collect();
            let end = match expected {
                Some(0) => vec!["carried out"],
                Some(_) => vec!["ended"],
                None => vec![],
            };
            assert_eq!(told, end, "{vote:?}");
            if expected != Some(0) {
                assert_eq!(tester.read(LOAD, READ_LIMITS).cmd, before);
            }
        }
    }
}

#[test]
fn the_application_refuses_with_its_own_words() {
    let mut tester = asked();
    let counter = propose(&mut tester, &active(4_200));
    let [ticket] = proposals(&tester)[..] else { panic!() };
    tester.solo.call(Call::RefuseWrite { ticket, reason: "it defrosts".into() }).unwrap();
    let answer = tester.answer_to(counter);
    assert_eq!(answer.cmd, r#"{"resultData":[{"errorNumber":7},{"description":"it defrosts"}]}"#);
}
