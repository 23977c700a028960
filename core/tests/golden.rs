//! Messages written by hand pass through the model byte for byte.

use eebus_core::json::{Limits, Tape, Typed};
use eebus_core::model::*;

const TRACE: &str = include_str!("data/spine-golden-trace.jsonl");
const COMMANDS: &str = include_str!("data/spine-commands.jsonl");
const SHIP: &str = include_str!("data/ship-messages.jsonl");

fn read(text: &str) -> Datagram {
    Datagram::read(text.as_bytes(), &Limits::default()).unwrap_or_else(|e| panic!("{e}\n{text}")).0
}

/// Header as a struct, command as plain data, and both to bytes again.
fn rewritten(datagram: &Datagram) -> String {
    let cmd = datagram.cmds().next().unwrap().to_cmd().unwrap();
    let mut out = Vec::new();
    write_datagram(&datagram.header(), &cmd, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn a_datagram_is_written_as_it_was_read() {
    for text in TRACE.lines().skip(1).step_by(2) {
        let (datagram, repairs) = Datagram::read(text.as_bytes(), &Limits::default()).unwrap();
        assert!(repairs.is_empty(), "{text}");
        let mut out = Vec::new();
        datagram.write(&mut out);
        assert_eq!(String::from_utf8(out).unwrap(), text);
        assert_eq!(rewritten(&datagram), text);
    }
}

#[test]
fn ordinary_json_means_the_same_as_the_array_form() {
    let lines: Vec<&str> = TRACE.lines().collect();
    assert_eq!(lines.len(), 74);
    for pair in lines.chunks(2) {
        assert_eq!(read(pair[0]), read(pair[1]));
        assert_eq!(rewritten(&read(pair[0])), pair[1]);
    }
}

#[test]
fn commands_of_the_specification_are_written_as_they_were_read() {
    for cmd in COMMANDS.lines() {
        let text = format!(
            r#"{{"datagram":[{{"header":[{{"msgCounter":1}}]}},{{"payload":[{{"cmd":[{cmd}]}}]}}]}}"#
        );
        assert_eq!(rewritten(&read(&text)), text);
    }
}

/// The data as a struct of this type, and back.
fn typed<T: FunctionData>(cmd: CmdView<'_>) -> Option<Tape> {
    cmd.get::<T>().map(|value| Cmd::data(&value).data)
}

#[test]
fn typed_data_holds_everything_of_the_golden_trace() {
    let types = [
        typed::<NodeManagementDetailedDiscoveryData>,
        typed::<NodeManagementUseCaseData>,
        typed::<NodeManagementDestinationListData>,
        typed::<NodeManagementSubscriptionData>,
        typed::<NodeManagementSubscriptionRequestCall>,
        typed::<NodeManagementSubscriptionDeleteCall>,
        typed::<NodeManagementBindingData>,
        typed::<NodeManagementBindingDeleteCall>,
        typed::<NodeManagementBindingRequestCall>,
        typed::<ResultData>,
        typed::<DeviceConfigurationKeyValueDescriptionListData>,
        typed::<DeviceConfigurationKeyValueListData>,
        typed::<DeviceClassificationManufacturerData>,
        typed::<DeviceDiagnosisHeartbeatData>,
        typed::<MeasurementDescriptionListData>,
        typed::<MeasurementListData>,
        typed::<LoadControlLimitDescriptionListData>,
        typed::<LoadControlLimitListData>,
    ];
    for text in TRACE.lines() {
        let datagram = read(text);
        let cmd = datagram.cmds().next().unwrap();
        let built = types.iter().find_map(|typed| typed(cmd)).unwrap_or_else(|| panic!("{:?}", cmd.data()));
        assert_eq!(built, cmd.to_cmd().unwrap().data);
    }
}

#[test]
fn a_ship_message_is_written_as_it_was_read() {
    for text in SHIP.lines() {
        let (tape, repairs) =
            Tape::read_document(ShipMessage::TY, text.as_bytes(), &Limits::default()).unwrap();
        assert!(repairs.is_empty(), "{text}");
        for tape in [&tape, &Tape::of(&tape.get::<ShipMessage>().unwrap())] {
            let mut out = Vec::new();
            tape.write_document(&mut out);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }
}

#[test]
fn a_limit_is_written_from_typed_values() {
    let address = |device: &str, entity: u32, feature: u32| FeatureAddress {
        device: Some(device.into()),
        entity: vec![entity.into()],
        feature: Some(feature.into()),
    };
    let header = Header {
        specification_version: Some("1.3.0".into()),
        address_source: Some(address("d:_n:Example_Guard-01", 1, 1)),
        address_destination: Some(address("d:_n:Example_HeatPump-02", 1, 1)),
        msg_counter: Some(MsgCounter(17)),
        cmd_classifier: Some(CmdClassifier::Write),
        ack_request: Some(true),
        ..Header::default()
    };
    let limit = LoadControlLimitData {
        limit_id: Some(LoadControlLimitId(0)),
        is_limit_active: Some(true),
        time_period: Some(TimePeriod {
            end_time: Some(XsDuration::from_secs(7200).into()),
            ..TimePeriod::default()
        }),
        value: Some(ScaledNumber::from_integer(4200)),
        ..LoadControlLimitData::default()
    };
    let cmd = Cmd::partial(&LoadControlLimitListData { load_control_limit_data: vec![limit] });
    let mut out = Vec::new();
    write_datagram(&header, &cmd, &mut out);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        concat!(
            r#"{"datagram":[{"header":[{"specificationVersion":"1.3.0"},"#,
            r#"{"addressSource":[{"device":"d:_n:Example_Guard-01"},{"entity":[1]},{"feature":1}]},"#,
            r#"{"addressDestination":[{"device":"d:_n:Example_HeatPump-02"},{"entity":[1]},{"feature":1}]},"#,
            r#"{"msgCounter":17},{"cmdClassifier":"write"},{"ackRequest":true}]},"#,
            r#"{"payload":[{"cmd":[[{"function":"loadControlLimitListData"},"#,
            r#"{"filter":[[{"cmdControl":[{"partial":[]}]}]]},"#,
            r#"{"loadControlLimitListData":[{"loadControlLimitData":[[{"limitId":0},{"isLimitActive":true},"#,
            r#"{"timePeriod":[{"endTime":"PT2H"}]},{"value":[{"number":4200},{"scale":0}]}]]}]}]]}]}]}"#,
        )
    );
}
