//! The 29 examples of restricted function exchange (SPINE Annex A), each with the state before and after.

use crate::solo::*;
use crate::tester::*;
use eebus_core::json::{ElementTag, Tape};
use eebus_core::model::*;
use eebus_core::node::{Call, Config, Event, Product};
use eebus_core::spine::{FeaturePath, NewFeature, NewFunction};

/// `deviceClassificationUserData` and `setpointListData` on both sides.
const USER: &str = "[1]/1";
const POINTS: &str = "[1]/2";
const ASKER: &str = "[1]/3";

type Number = Option<(i64, i16)>;

fn number(value: Number) -> Option<ScaledNumber> {
    value.map(|(number, scale)| ScaledNumber::new(number, scale))
}

/// A setpoint with its value and bounds.
fn point(id: u32, value: Number, min: Number, max: Number) -> SetpointData {
    SetpointData {
        setpoint_id: Some(SetpointId(id)),
        value: number(value),
        value_min: number(min),
        value_max: number(max),
        ..Default::default()
    }
}

fn first() -> SetpointData {
    point(1, Some((105, -1)), Some((9, 0)), Some((155, -1)))
}

fn second() -> SetpointData {
    point(2, Some((200, -1)), Some((9, 0)), None)
}

fn points(points: &[SetpointData]) -> Cmd {
    Cmd::data(&SetpointListData { setpoint_data: points.to_vec() })
}

fn user(node: Option<&str>, label: Option<&str>, description: Option<&str>) -> Cmd {
    Cmd::data(&DeviceClassificationUserData {
        user_node_identification: node.map(Into::into),
        user_label: label.map(Into::into),
        user_description: description.map(Into::into),
    })
}

fn old_user() -> Cmd {
    user(Some("node"), Some("oldUserLabel"), Some("oldUserDescription"))
}

/// What the file of an example holds: function, filters, data.
fn cmd(function: &str, filters: &str, data: &str) -> String {
    format!(r#"{{"function":"{function}"}},{{"filter":[{filters}]}},{{"{function}":[{data}]}}"#)
}

fn of_user(filters: &str, data: &str) -> String {
    cmd("deviceClassificationUserData", filters, data)
}

fn of_points(filters: &str, entry: &str) -> String {
    let data = if entry.is_empty() { String::new() } else { format!(r#"{{"setpointData":[[{entry}]]}}"#) };
    cmd("setpointListData", filters, &data)
}

const PARTIAL: &str = r#"[{"cmdControl":[{"partial":[]}]}]"#;

fn filter(control: &str, parts: &[&str]) -> String {
    let parts: String = parts.iter().map(|part| format!(",{part}")).collect();
    format!(r#"[{{"cmdControl":[{{"{control}":[]}}]}}{parts}]"#)
}

const POINT_1: &str = r#"{"setpointListDataSelectors":[{"setpointId":1}]}"#;
const POINT_2: &str = r#"{"setpointListDataSelectors":[{"setpointId":2}]}"#;

/// The command as text, without the datagram around it.
fn text(cmd: &Cmd) -> String {
    let mut document = Vec::new();
    write_datagram(&Header::default(), cmd, &mut document);
    let document = String::from_utf8(document).unwrap();
    document.split_once("\"cmd\":[[").unwrap().1.strip_suffix("]]}]}]}").unwrap().to_string()
}

/// Both sides: a server for the client that is scripted, and a client of the server that is scripted.
fn both(before: &Cmd) -> Tester {
    let mut config = Config::new(key(OWN), Product::new("ACME", "Pump", "7"));
    let entity = config.entity(EntityType::HeatPumpAppliance);
    let function = |function, typed: NewFunction| {
        let data = (before.function == function).then(|| before.data.clone());
        NewFunction { data, ..typed.writable().open_list() }
    };
    let user = NewFunction::of(&DeviceClassificationUserData::default());
    let user = function(FunctionId::DEVICE_CLASSIFICATION_USER_DATA, user);
    let points = function(FunctionId::SETPOINT_LIST_DATA, NewFunction::of(&SetpointListData::default()));
    config.feature(&entity, NewFeature::server(FeatureType::DeviceClassification).with(user));
    config.feature(&entity, NewFeature::server(FeatureType::Setpoint).with(points));
    config.feature(&entity, NewFeature::client(FeatureType::Generic));
    let mut tester = Tester::with(config);
    tester.meet(&tree(
        &[("[1]", "HeatPumpAppliance")],
        &[
            (USER, "DeviceClassification", "server", &["deviceClassificationUserData"]),
            (POINTS, "Setpoint", "server", &["setpointListData"]),
            (ASKER, "Generic", "client", &[]),
        ],
    ));
    tester
}

fn path(text: &str) -> FeaturePath {
    FeaturePath::new(&[1], text.split_once('/').unwrap().1.parse().unwrap())
}

fn place(function: FunctionId) -> &'static str {
    if function == FunctionId::SETPOINT_LIST_DATA { POINTS } else { USER }
}

/// The peer writes, the application accepts, the data is what the example says.
fn written(before: Cmd, cmd: &str, after: Cmd) {
    let mut tester = both(&before);
    let to = place(before.function);
    let counter = tester.send(Head::new("write", ASKER, to).ack(), cmd);
    let proposed = |event| if let Event::WriteProposed { ticket, .. } = event { Some(ticket) } else { None };
    let ticket = tester.solo.events().into_iter().find_map(proposed).expect("a proposal");
    tester.solo.call(Call::Accept { ticket }).unwrap();
    assert_eq!(tester.answer_to(counter).error(), Some(0));
    let device = tester.solo.node.view().device();
    assert_eq!(device.function(&path(to), after.function).unwrap().data, after.data);
}

/// The node's copy of what the peer reported.
fn copy(tester: &Tester, function: FunctionId) -> Tape {
    let view = tester.solo.node.view().peer(tester.peer).unwrap();
    view.remote.unwrap().tape(&path(place(function)), function).unwrap().clone()
}

/// The peer notifies, the node's copy is what the example says.
fn notified(before: Cmd, cmd: &str, after: Cmd) {
    let mut tester = both(&before);
    let from = place(before.function);
    tester.send(Head::new("notify", from, ASKER), &text(&before));
    assert_eq!(copy(&tester, before.function), before.data);
    tester.send(Head::new("notify", from, ASKER), cmd);
    assert_eq!(copy(&tester, after.function), after.data);
}

/// The peer reads, the answer is a part that says so.
fn read(before: Cmd, cmd: &str, answer: Cmd) {
    let mut tester = both(&before);
    let counter = tester.send(Head::new("read", ASKER, place(before.function)), cmd);
    assert_eq!(tester.answer_to(counter).cmd, text(&answer.with(Filter::partial())));
}

/// The node reads a part, the peer replies, the node's copy is what the example says.
fn replied(before: Cmd, ask: Filter, cmd: &str, after: Cmd) {
    let mut tester = both(&before);
    let function = before.function;
    let from = place(function);
    tester.send(Head::new("notify", from, ASKER), &text(&before));
    let call =
        Call::Read { peer: tester.peer, from: path(ASKER), to: path(from), function, filter: Some(ask) };
    tester.solo.call(call).unwrap();
    tester.answer(|got| got.to == from, cmd);
    assert_eq!(copy(&tester, function), after.data);
}

fn add_label() -> (Cmd, String, Cmd) {
    let before = user(Some("node"), None, Some("oldUserDescription"));
    let cmd = of_user(PARTIAL, r#"{"userLabel":"newUserLabel"}"#);
    (before, cmd, user(Some("node"), Some("newUserLabel"), Some("oldUserDescription")))
}

fn add_point_1() -> (Cmd, String, Cmd) {
    let entry = r#"{"setpointId":1},{"value":[{"number":105},{"scale":-1}]},{"valueMin":[{"number":9}]}"#;
    let unscaled = SetpointData {
        value_min: Some(ScaledNumber { number: Some(9.into()), scale: None }),
        ..point(1, Some((105, -1)), None, None)
    };
    (points(&[]), of_points(PARTIAL, entry), points(&[unscaled]))
}

fn add_maximum() -> (Cmd, String, Cmd) {
    let before = point(1, Some((105, -1)), Some((9, 0)), None);
    let entry = r#"{"setpointId":1},{"valueMax":[{"number":155},{"scale":-1}]}"#;
    (points(&[before, second()]), of_points(PARTIAL, entry), points(&[first(), second()]))
}

fn delete_label() -> (Cmd, String, Cmd) {
    let label = filter("delete", &[r#"{"deviceClassificationUserDataElements":[{"userLabel":[]}]}"#]);
    (old_user(), of_user(&label, ""), user(Some("node"), None, Some("oldUserDescription")))
}

fn delete_point_2() -> (Cmd, String, Cmd) {
    let cmd = of_points(&filter("delete", &[POINT_2]), "");
    (points(&[first(), second()]), cmd, points(&[first()]))
}

fn delete_minimum() -> (Cmd, String, Cmd) {
    let minimum = filter("delete", &[POINT_2, r#"{"setpointDataElements":[{"valueMin":[]}]}"#]);
    let after = point(2, Some((200, -1)), None, None);
    (points(&[first(), second()]), of_points(&minimum, ""), points(&[first(), after]))
}

fn several_of_user() -> (Cmd, String, Cmd) {
    let node =
        filter("delete", &[r#"{"deviceClassificationUserDataElements":[{"userNodeIdentification":[]}]}"#]);
    let texts = r#"{"userLabel":"newUserLabel"},{"userDescription":"newUserDescription"}"#;
    let cmd = of_user(&format!("{node},{PARTIAL}"), texts);
    (old_user(), cmd, user(None, Some("newUserLabel"), Some("newUserDescription")))
}

fn add_point_2() -> (Cmd, String, Cmd) {
    let entry = r#"{"setpointId":2},{"value":[{"number":15}]}"#;
    let value = Some(ScaledNumber { number: Some(15.into()), scale: None });
    let new = SetpointData { value, ..point(2, None, None, None) };
    (points(&[first()]), of_points(PARTIAL, entry), points(&[first(), new]))
}

fn change_point_1() -> (Cmd, String, Cmd) {
    let entry = r#"{"setpointId":1},{"value":[{"number":14}]},{"valueMin":[{"number":75},{"scale":-1}]},{"valueMax":[{"number":215},{"scale":-1}]}"#;
    let after = point(1, Some((14, -1)), Some((75, -1)), Some((215, -1)));
    (points(&[first(), second()]), of_points(PARTIAL, entry), points(&[after, second()]))
}

fn several_of_point_1() -> (Cmd, String, Cmd) {
    let maximum = filter("delete", &[POINT_1, r#"{"setpointDataElements":[{"valueMax":[]}]}"#]);
    let entry = r#"{"setpointId":1},{"valueMin":[{"number":4}]},{"valueToleranceAbsolute":[{"number":1}]}"#;
    let tolerance = Some(ScaledNumber { number: Some(1.into()), scale: None });
    let after =
        SetpointData { value_tolerance_absolute: tolerance, ..point(1, Some((105, -1)), Some((4, 0)), None) };
    let cmd = of_points(&format!("{maximum},{PARTIAL}"), entry);
    (points(&[first(), second()]), cmd, points(&[after, second()]))
}

/// One test for each example of a write, and for its twin of a notify.
macro_rules! changes {
    ($($made:ident: $write:ident $($notify:ident)?;)*) => { $(
        #[test]
        fn $write() {
            let (before, cmd, after) = $made();
            written(before, &cmd, after);
        }
        $(#[test]
        fn $notify() {
            let (before, cmd, after) = $made();
            notified(before, &cmd, after);
        })?
    )* };
}

changes! {
    add_label: spine_example_w_a_n_1_01 spine_example_n_a_n_1_01;
    add_point_1: spine_example_w_a_y_1_1_01 spine_example_n_a_y_1_1_01;
    add_maximum: spine_example_w_a_y_1_2_01 spine_example_n_a_y_1_2_01;
    change_label: spine_example_w_p_n_1_01;
    change_value: spine_example_w_p_y_1_1_01;
    delete_label: spine_example_w_d_n_1_01 spine_example_n_d_n_1_01;
    delete_point_2: spine_example_w_d_y_1_1_01 spine_example_n_d_y_1_1_01;
    delete_minimum: spine_example_w_d_y_1_2_01 spine_example_n_d_y_1_2_01;
    several_of_user: spine_example_w_m_n_1_01 spine_example_n_m_n_1_01;
    add_point_2: spine_example_w_m_y_1_1_01 spine_example_n_m_y_1_1_01;
    change_point_1: spine_example_w_m_y_1_1_02 spine_example_n_m_y_1_1_02;
    delete_point_2: spine_example_w_m_y_1_1_03 spine_example_n_m_y_1_1_03;
    several_of_point_1: spine_example_w_m_y_1_2_01 spine_example_n_m_y_1_2_01;
}

fn change_label() -> (Cmd, String, Cmd) {
    let cmd = of_user(PARTIAL, r#"{"userLabel":"anotherNewUserLabel"}"#);
    (old_user(), cmd, user(Some("node"), Some("anotherNewUserLabel"), Some("oldUserDescription")))
}

fn change_value() -> (Cmd, String, Cmd) {
    let cmd = of_points(PARTIAL, r#"{"setpointId":1},{"value":[{"number":181},{"scale":-1}]}"#);
    let after = point(1, Some((181, -1)), Some((9, 0)), Some((155, -1)));
    (points(&[first(), second()]), cmd, points(&[after, second()]))
}

#[test]
fn spine_example_rd_p_n_1_01() {
    let two = r#"{"deviceClassificationUserDataElements":[{"userLabel":[]},{"userDescription":[]}]}"#;
    let cmd = of_user(&filter("partial", &[two]), "");
    read(old_user(), &cmd, user(None, Some("oldUserLabel"), Some("oldUserDescription")));
}

#[test]
fn spine_example_rd_p_y_1_1_01() {
    let cmd = of_points(&filter("partial", &[POINT_1]), "");
    read(points(&[first(), second()]), &cmd, points(&[first()]));
}

#[test]
fn spine_example_rd_p_y_1_2_01() {
    let value = r#"{"setpointDataElements":[{"value":[]}]}"#;
    let cmd = of_points(&filter("partial", &[POINT_1, value]), "");
    read(points(&[first(), second()]), &cmd, points(&[point(1, Some((105, -1)), None, None)]));
}

#[test]
fn spine_example_ry_p_n_1_01() {
    let texts = DeviceClassificationUserDataElements {
        user_label: Some(ElementTag),
        user_description: Some(ElementTag),
        ..Default::default()
    };
    let reply = of_user(PARTIAL, r#"{"userLabel":"newUserLabel"},{"userDescription":"newUserDescription"}"#);
    let after = user(Some("node"), Some("newUserLabel"), Some("newUserDescription"));
    replied(old_user(), Filter::partial().elements(&texts), &reply, after);
}

#[test]
fn spine_example_ry_p_y_1_1_01() {
    let selectors = SetpointListDataSelectors { setpoint_id: Some(SetpointId(1)) };
    let (before, reply, after) = change_value();
    replied(before, Filter::partial().select(&selectors), &reply, after);
}
