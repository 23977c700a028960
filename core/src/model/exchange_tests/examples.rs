//! The 29 examples of the specification (SPINE 1.3.0 Annex A), each under its name: W write, N notify, RD read, RY
//! reply; A add, P modify a part, D delete, M several; N no list, Y list.

use super::*;

const PARTIAL: &str = r#"{"cmdControl":[{"partial":[]}]}"#;
const USER: &str =
    r#"{"userNodeIdentification":"node","userLabel":"oldUserLabel","userDescription":"oldUserDescription"}"#;
const ONE: &str = r#"{"setpointId":1,"value":{"number":105,"scale":-1},"valueMin":{"number":9},"valueMax":{"number":155,"scale":-1}}"#;
const TWO: &str = r#"{"setpointId":2,"value":{"number":200,"scale":-1},"valueMin":{"number":9}}"#;

/// `{"setpointData":[…]}`.
fn list(entries: &[&str]) -> String {
    format!("{{\"setpointData\":[{}]}}", entries.join(","))
}

/// A command for the setpoints with these filters and entries.
fn setpoints(filters: &[&str], entries: &str) -> String {
    let filters = filters.iter().map(|filter| format!("[{filter}]")).collect::<Vec<_>>().join(",");
    let data = if entries.is_empty() { String::new() } else { format!("{{\"setpointData\":[{entries}]}}") };
    format!(r#"[{{"function":"setpointListData"}},{{"filter":[{filters}]}},{{"setpointListData":[{data}]}}]"#)
}

/// A command for the user data with these filters and elements.
fn user(filters: &[&str], elements: &str) -> String {
    let filters = filters.iter().map(|filter| format!("[{filter}]")).collect::<Vec<_>>().join(",");
    format!(
        r#"[{{"function":"deviceClassificationUserData"}},{{"filter":[{filters}]}},{{"deviceClassificationUserData":[{elements}]}}]"#
    )
}

fn delete_setpoint(id: u32, elements: &str) -> String {
    let selectors = format!(r#"{{"setpointListDataSelectors":[{{"setpointId":{id}}}]}}"#);
    format!(r#"{{"cmdControl":[{{"delete":[]}}]}},{selectors}{elements}"#)
}

fn delete_user(elements: &str) -> String {
    format!(r#"{{"cmdControl":[{{"delete":[]}}]}},{{"deviceClassificationUserDataElements":[{elements}]}}"#)
}

#[track_caller]
fn setpoints_become(before: &[&str], cmd: &str, after: &[&str]) {
    let mut stored = data::<SetpointListData>(&list(before));
    apply(&mut stored, cmd).unwrap();
    assert_is(&stored, &list(after));
}

#[track_caller]
fn user_becomes(before: &str, cmd: &str, after: &str) {
    let mut stored = data::<DeviceClassificationUserData>(before);
    apply(&mut stored, cmd).unwrap();
    assert_is(&stored, after);
}

/// Each body under the names of the examples it proves.
macro_rules! examples {
    ($($($name:ident)+ => $body:block)*) => {
        $($(#[test] fn $name() $body)+)*
    };
}

examples! {
    w_a_n_1_01 n_a_n_1_01 => {
        let cmd = user(&[PARTIAL], r#"{"userLabel":"newUserLabel"}"#);
        user_becomes(
            r#"{"userNodeIdentification":"node"}"#,
            &cmd,
            r#"{"userNodeIdentification":"node","userLabel":"newUserLabel"}"#,
        );
    }
    w_a_y_1_1_01 n_a_y_1_1_01 => {
        let new = r#"[{"setpointId":1},{"value":[{"number":105},{"scale":-1}]},{"valueMin":[{"number":9}]}]"#;
        setpoints_become(&[TWO], &setpoints(&[PARTIAL], new), &[TWO, new]);
        setpoints_become(&[], &setpoints(&[PARTIAL], new), &[new]);
    }
    w_a_y_1_2_01 n_a_y_1_2_01 => {
        let before = r#"{"setpointId":1,"value":{"number":105,"scale":-1},"valueMin":{"number":9}}"#;
        let cmd = setpoints(&[PARTIAL], r#"[{"setpointId":1},{"valueMax":[{"number":155},{"scale":-1}]}]"#);
        setpoints_become(&[before, TWO], &cmd, &[ONE, TWO]);
    }
    w_p_n_1_01 => {
        let cmd = user(&[PARTIAL], r#"{"userLabel":"anotherNewUserLabel"}"#);
        user_becomes(USER, &cmd, &USER.replace("oldUserLabel", "anotherNewUserLabel"));
    }
    w_p_y_1_1_01 => {
        let cmd = setpoints(&[PARTIAL], r#"[{"setpointId":1},{"value":[{"number":181},{"scale":-1}]}]"#);
        setpoints_become(&[ONE, TWO], &cmd, &[&ONE.replace("105", "181"), TWO]);
    }
    w_d_n_1_01 n_d_n_1_01 => {
        let cmd = user(&[&delete_user(r#"{"userLabel":[]}"#)], "");
        user_becomes(USER, &cmd, r#"{"userNodeIdentification":"node","userDescription":"oldUserDescription"}"#);
    }
    w_d_y_1_1_01 n_d_y_1_1_01 => {
        setpoints_become(&[ONE, TWO], &setpoints(&[&delete_setpoint(2, "")], ""), &[ONE]);
    }
    w_d_y_1_2_01 n_d_y_1_2_01 => {
        let delete = delete_setpoint(2, r#",{"setpointDataElements":[{"valueMin":[]}]}"#);
        let after = r#"{"setpointId":2,"value":{"number":200,"scale":-1}}"#;
        setpoints_become(&[ONE, TWO], &setpoints(&[&delete], ""), &[ONE, after]);
    }
    w_m_n_1_01 n_m_n_1_01 => {
        let delete = delete_user(r#"{"userNodeIdentification":[]}"#);
        let new = r#"{"userLabel":"newUserLabel"},{"userDescription":"newUserDescription"}"#;
        user_becomes(USER, &user(&[&delete, PARTIAL], new), &format!("[{new}]"));
        // The order of the two filters does not matter (SPINE 5.3.4).
        user_becomes(USER, &user(&[PARTIAL, &delete], new), &format!("[{new}]"));
    }
    w_m_y_1_1_01 n_m_y_1_1_01 => {
        let new = r#"[{"setpointId":2},{"value":[{"number":15}]}]"#;
        setpoints_become(&[ONE], &setpoints(&[PARTIAL], new), &[ONE, new]);
    }
    w_m_y_1_1_02 n_m_y_1_1_02 => {
        let new = r#"[{"setpointId":1},{"value":[{"number":14}]},{"valueMin":[{"number":75},{"scale":-1}]},{"valueMax":[{"number":215},{"scale":-1}]}]"#;
        let after = r#"{"setpointId":1,"value":{"number":14,"scale":-1},"valueMin":{"number":75,"scale":-1},"valueMax":{"number":215,"scale":-1}}"#;
        setpoints_become(&[ONE, TWO], &setpoints(&[PARTIAL], new), &[after, TWO]);
    }
    w_m_y_1_1_03 n_m_y_1_1_03 => {
        setpoints_become(&[ONE, TWO], &setpoints(&[&delete_setpoint(2, "")], ""), &[ONE]);
    }
    w_m_y_1_2_01 n_m_y_1_2_01 => {
        let delete = delete_setpoint(1, r#",{"setpointDataElements":[{"valueMax":[]}]}"#);
        let new = r#"[{"setpointId":1},{"valueMin":[{"number":4}]},{"valueToleranceAbsolute":[{"number":1}]}]"#;
        let after = r#"{"setpointId":1,"value":{"number":105,"scale":-1},"valueMin":{"number":4},"valueToleranceAbsolute":{"number":1}}"#;
        setpoints_become(&[ONE, TWO], &setpoints(&[&delete, PARTIAL], new), &[after, TWO]);
        setpoints_become(&[ONE, TWO], &setpoints(&[PARTIAL, &delete], new), &[after, TWO]);
    }
    rd_p_n_1_01 => {
        let elements = r#"{"deviceClassificationUserDataElements":[{"userLabel":[]},{"userDescription":[]}]}"#;
        let cmd = user(&[&format!("{PARTIAL},{elements}")], "");
        let answer = read(&data::<DeviceClassificationUserData>(USER), &cmd).unwrap();
        assert_is(&answer, r#"{"userLabel":"oldUserLabel","userDescription":"oldUserDescription"}"#);
    }
    rd_p_y_1_1_01 => {
        let filter = format!(r#"{PARTIAL},{{"setpointListDataSelectors":[{{"setpointId":1}}]}}"#);
        let stored = data::<SetpointListData>(&list(&[ONE, TWO]));
        assert_is(&read(&stored, &setpoints(&[&filter], "")).unwrap(), &list(&[ONE]));
    }
    rd_p_y_1_2_01 => {
        let filter = format!(
            r#"{PARTIAL},{{"setpointListDataSelectors":[{{"setpointId":1}}]}},{{"setpointDataElements":[{{"value":[]}}]}}"#
        );
        let stored = data::<SetpointListData>(&list(&[ONE, TWO]));
        let answer = read(&stored, &setpoints(&[&filter], "")).unwrap();
        assert_is(&answer, &list(&[r#"{"setpointId":1,"value":{"number":105,"scale":-1}}"#]));
    }
    ry_p_n_1_01 => {
        let new = r#"{"userLabel":"newUserLabel"},{"userDescription":"newUserDescription"}"#;
        let after = USER.replace("oldUserLabel", "newUserLabel").replace("oldUserDescription", "newUserDescription");
        user_becomes(USER, &user(&[PARTIAL], new), &after);
    }
    ry_p_y_1_1_01 => {
        let cmd = setpoints(&[PARTIAL], r#"[{"setpointId":1},{"value":[{"number":181},{"scale":-1}]}]"#);
        setpoints_become(&[ONE, TWO], &cmd, &[&ONE.replace("105", "181"), TWO]);
    }
}
