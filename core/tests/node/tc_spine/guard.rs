//! The conformance cases of an Energy Guard.

use crate::solo::secs;
use crate::tester::*;
use eebus_core::model::CmdClassifier::Write;

const LIMIT_FUNCTIONS: &[&str] = &["loadControlLimitDescriptionListData", "loadControlLimitListData"];
const KEY_FUNCTIONS: &[&str] =
    &["deviceConfigurationKeyValueDescriptionListData", "deviceConfigurationKeyValueListData"];

/// Plays a Controllable System at `entity` with the limit `id`, whose description has `extra` in it; whether a limit is
/// written to it.
fn controls(tester: &mut Tester, entity: u32, id: u32, extra: &str, use_case: &str) -> bool {
    let path = |feature: u32| format!("[{entity}]/{feature}");
    let (load, keys) = (path(7), path(8));
    let features: [(&str, &str, &str, &[&str]); 2] = [
        (&load, "LoadControl", "server", LIMIT_FUNCTIONS),
        (&keys, "DeviceConfiguration", "server", KEY_FUNCTIONS),
    ];
    let tree = tree(&[(&format!("[{entity}]"), "HeatPumpAppliance")], &features);
    tester.answer(|got| got.cmd == READ_TREE, &tree);
    tester.send(Head::new("read", NM, NM), READ_TREE);
    let announced = format!(
        r#"{{"nodeManagementUseCaseData":[{{"useCaseInformation":[[{{"address":[{{"device":"{TT}"}},{{"entity":[{entity}]}}]}},{{"actor":"ControllableSystem"}},{{"useCaseSupport":[[{{"useCaseName":"limitationOfPowerConsumption"}},{{"useCaseVersion":"1.0.0"}}{use_case},{{"scenarioSupport":[1,2,3,4]}}]]}}]]}}]}}"#
    );
    tester.answer(|got| got.cmd.contains("UseCase"), &announced);
    tester.confirm_calls();
    let description = format!(
        r#"{{"loadControlLimitDescriptionListData":[{{"loadControlLimitDescriptionData":[[{{"limitId":{id}}},{{"limitType":"signDependentAbsValueLimit"}},{{"limitCategory":"obligation"}},{{"limitDirection":"consume"}},{{"scopeType":"activePowerLimit"}}{extra}]]}}]}}"#
    );
    tester.answer(|got| got.cmd.contains("loadControlLimitDescription"), &description);
    tester.solo.wait(secs(10));
    let written = tester.of(&Write);
    let [write] = &written[..] else { return false };
    write.to == load && write.ack && write.cmd.contains(&format!(r#"{{"limitId":{id}}}"#))
}

#[test]
fn tc_spine_entity_001() {
    let mut tester = Tester::with(guard_config());
    assert!(controls(&mut tester, 4, 3, "", ""));
    tester.returns();
    assert!(controls(&mut tester, 6, 9, "", ""));
}

#[test]
fn tc_spine_rtc_001() {
    assert!(controls(&mut Tester::with(guard_config()), 4, 3, r#",{"label":"a limit"}"#, ""));
}

#[test]
fn tc_spine_rtc_002() {
    assert!(controls(&mut Tester::with(guard_config()), 4, 3, r#",{"unheard":"of"}"#, ""));
}

#[test]
fn tc_spine_rtc_003() {
    assert!(controls(&mut Tester::with(guard_config()), 4, 3, "", r#",{"useCaseAvailable":false}"#));
}
