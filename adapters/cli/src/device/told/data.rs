//! What a peer reports, in words: each kind of data is one row.

use eebus_core::model::*;
use eebus_core::spine::{FeaturePath, Remote};
use std::collections::BTreeMap;

/// A kind of data.
pub(in crate::device) struct Kind {
    /// The function with the data, after what describes it.
    pub(in crate::device) functions: &'static [FunctionId],
    /// Whether it changes by itself, so that a subscription is wanted.
    pub(in crate::device) live: bool,
    /// Each item with the number it keeps.
    words: fn(&Remote, &FeaturePath) -> Words,
}

/// `None` where the data, or what describes it, is not there yet.
type Words = Option<Vec<(u32, String)>>;

/// Everything that is read and told.
pub(in crate::device) static KINDS: [Kind; 7] = [
    Kind {
        functions: &[FunctionId::DEVICE_CLASSIFICATION_MANUFACTURER_DATA],
        live: false,
        words: manufacturer,
    },
    Kind { functions: &[FunctionId::DEVICE_DIAGNOSIS_STATE_DATA], live: true, words: state },
    Kind {
        functions: &[FunctionId::ELECTRICAL_CONNECTION_PARAMETER_DESCRIPTION_LIST_DATA],
        live: false,
        words: |_, _| None,
    },
    Kind {
        functions: &[FunctionId::ELECTRICAL_CONNECTION_CHARACTERISTIC_LIST_DATA],
        live: true,
        words: characteristics,
    },
    Kind {
        functions: &[
            FunctionId::DEVICE_CONFIGURATION_KEY_VALUE_DESCRIPTION_LIST_DATA,
            FunctionId::DEVICE_CONFIGURATION_KEY_VALUE_LIST_DATA,
        ],
        live: true,
        words: settings,
    },
    Kind {
        functions: &[
            FunctionId::LOAD_CONTROL_LIMIT_DESCRIPTION_LIST_DATA,
            FunctionId::LOAD_CONTROL_LIMIT_LIST_DATA,
        ],
        live: true,
        words: limits,
    },
    Kind {
        functions: &[FunctionId::MEASUREMENT_DESCRIPTION_LIST_DATA, FunctionId::MEASUREMENT_LIST_DATA],
        live: true,
        words: measurements,
    },
];

/// A fact: the feature, the kind, the number of the item.
pub(super) type Fact = (FeaturePath, usize, u32);

/// Everything a peer reported so far.
pub(super) fn facts(remote: &Remote) -> BTreeMap<Fact, String> {
    let mut facts = BTreeMap::new();
    for (path, feature) in remote.features.iter().filter(|(_, feature)| feature.role == Role::Server) {
        let has =
            |kind: &Kind| kind.functions.iter().any(|function| feature.functions.contains_key(function));
        for (number, kind) in KINDS.iter().enumerate().filter(|(_, kind)| has(kind)) {
            let words = (kind.words)(remote, path).unwrap_or_default();
            facts.extend(words.into_iter().map(|(item, text)| ((path.clone(), number, item), text)));
        }
    }
    facts
}

fn manufacturer(remote: &Remote, at: &FeaturePath) -> Words {
    let data: DeviceClassificationManufacturerData = remote.data(at)?;
    let named = [
        ("brand", data.brand_name.or(data.vendor_name)),
        ("model", data.device_name.or(data.device_code)),
        ("serial number", data.serial_number),
        ("software", data.software_revision),
        ("hardware", data.hardware_revision),
    ];
    let named = named.into_iter().filter_map(|(name, text)| Some(format!("{name} {}", text?)));
    Some(vec![(0, named.collect::<Vec<_>>().join(", "))])
}

fn state(remote: &Remote, at: &FeaturePath) -> Words {
    let data: DeviceDiagnosisStateData = remote.data(at)?;
    let error = data.last_error_code.map(|code| format!(", last error {code}")).unwrap_or_default();
    Some(vec![(0, format!("operating state {}{error}", data.operating_state?))])
}

fn characteristics(remote: &Remote, at: &FeaturePath) -> Words {
    let data: ElectricalConnectionCharacteristicListData = remote.data(at)?;
    let words = data.electrical_connection_characteristic_data.iter().filter_map(|item| {
        let value = number(item.value.as_ref()?, item.unit.as_ref());
        Some((item.characteristic_id?.0, format!("{}: {value}", item.characteristic_type.as_ref()?)))
    });
    Some(words.collect())
}

fn settings(remote: &Remote, at: &FeaturePath) -> Words {
    let data: DeviceConfigurationKeyValueListData = remote.data(at)?;
    let described: DeviceConfigurationKeyValueDescriptionListData = remote.data(at)?;
    let words = data.device_configuration_key_value_data.iter().filter_map(|item| {
        let all = &described.device_configuration_key_value_description_data;
        let about = all.iter().find(|about| about.key_id == item.key_id)?;
        let value = value(item.value.as_ref()?, about.unit.as_ref())?;
        Some((item.key_id?.0, format!("{}: {value}", about.key_name.as_ref()?)))
    });
    Some(words.collect())
}

fn value(value: &DeviceConfigurationKeyValueValue, unit: Option<&UnitOfMeasurement>) -> Option<String> {
    let text = value.string.clone();
    let scaled = || value.scaled_number.as_ref().map(|scaled| number(scaled, unit));
    let whole = || value.integer.map(|whole| number(&whole.into(), unit));
    let span =
        || value.duration.as_ref()?.to_core().ok().map(|span| humantime::format_duration(span).to_string());
    let flag = || value.boolean.map(|flag| if flag { "yes".into() } else { "no".into() });
    text.or_else(scaled).or_else(whole).or_else(span).or_else(flag)
}

fn limits(remote: &Remote, at: &FeaturePath) -> Words {
    let data: LoadControlLimitListData = remote.data(at)?;
    let described: LoadControlLimitDescriptionListData = remote.data(at)?;
    let measured = phases(remote, &at.entity);
    let words = data.load_control_limit_data.iter().filter_map(|item| {
        let all = &described.load_control_limit_description_data;
        let about = all.iter().find(|about| about.limit_id == item.limit_id)?;
        let value = number(item.value.as_ref()?, about.unit.as_ref());
        // Its reports are told by the use case.
        let is_lpc = about.scope_type == Some(ScopeType::ActivePowerLimit)
            && about.limit_direction == Some(EnergyDirection::Consume);
        if is_lpc {
            return None;
        }
        let scope = about.scope_type.as_ref().map(ToString::to_string).unwrap_or_default();
        let phase = about.measurement_id.and_then(|id| measured.get(&id)).cloned().unwrap_or_default();
        let force = if item.is_limit_active == Some(true) { "in force" } else { "not in force" };
        Some((item.limit_id?.0, format!("limit {scope}{phase}: {value}, {force}")))
    });
    Some(words.collect())
}

fn measurements(remote: &Remote, at: &FeaturePath) -> Words {
    let data: MeasurementListData = remote.data(at)?;
    let described: MeasurementDescriptionListData = remote.data(at)?;
    let phases = phases(remote, &at.entity);
    let words = data.measurement_data.iter().filter_map(|item| {
        let all = &described.measurement_description_data;
        let about = all.iter().find(|about| about.measurement_id == item.measurement_id)?;
        let scope = about.scope_type.as_ref().map(ToString::to_string);
        let name = scope.or_else(|| about.measurement_type.as_ref().map(ToString::to_string))?;
        let phase = phases.get(&item.measurement_id?).cloned().unwrap_or_default();
        let kind = item.value_type.as_ref().filter(|kind| **kind != MeasurementValueType::Value);
        let kind = kind.map(|kind| format!(" {kind}")).unwrap_or_default();
        let state = item.value_state.as_ref().filter(|state| **state != MeasurementValueState::Normal);
        let state = state.map(|state| format!(" ({state})")).unwrap_or_default();
        let value = number(item.value.as_ref()?, about.unit.as_ref());
        Some((item.measurement_id?.0, format!("measured {name}{phase}{kind}: {value}{state}")))
    });
    Some(words.collect())
}

/// On which phases an entity measures.
fn phases(remote: &Remote, entity: &[u32]) -> BTreeMap<MeasurementId, String> {
    let features = remote.features.keys().filter(|path| path.entity == entity);
    let described =
        features.filter_map(|path| remote.data::<ElectricalConnectionParameterDescriptionListData>(path));
    let rows = described.flat_map(|data| data.electrical_connection_parameter_description_data);
    rows.filter_map(|row| Some((row.measurement_id?, format!(" of phase {}", row.ac_measured_phases?))))
        .collect()
}

/// `4,200 W`.
fn number(value: &ScaledNumber, unit: Option<&UnitOfMeasurement>) -> String {
    let text = value.to_string();
    let (whole, rest) = text.find('.').map_or((text.as_str(), ""), |at| text.split_at(at));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut grouped = String::from(sign);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at) % 3 == 0 && digits.bytes().all(|octet| octet.is_ascii_digit()) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let unit = unit.map(|unit| format!(" {unit}")).unwrap_or_default();
    format!("{grouped}{rest}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use eebus_core::json::Tape;
    use eebus_core::spine::{Operations, RemoteFeature};

    /// A peer with one entity that offers these functions, and reported this.
    fn remote(reported: Vec<(FunctionId, Tape)>) -> Remote {
        let mut remote = Remote::default();
        let path = FeaturePath::new(&[1], 2);
        let functions = reported.iter().map(|(function, _)| (*function, Operations::READ)).collect();
        let (feature_type, role) = (FeatureType::Generic, Role::Server);
        remote
            .features
            .insert(path.clone(), RemoteFeature { feature_type, role, functions, response_delay: None });
        for (function, data) in reported {
            assert!(remote.keep(&path, function, data));
        }
        remote
    }

    fn of<T: FunctionData>(data: &T) -> (FunctionId, Tape) {
        (T::FUNCTION, Tape::of(data))
    }

    fn told(reported: Vec<(FunctionId, Tape)>) -> Vec<String> {
        facts(&remote(reported)).into_values().collect()
    }

    #[test]
    fn measurements_have_scope_phase_unit_and_state() {
        let row = |id: u32, value, state| MeasurementData {
            measurement_id: Some(id.into()),
            value_type: Some(MeasurementValueType::Value),
            value: Some(value),
            value_state: Some(state),
            ..Default::default()
        };
        let about = |id: u32, scope, unit| MeasurementDescriptionData {
            measurement_id: Some(id.into()),
            scope_type: Some(scope),
            unit: Some(unit),
            ..Default::default()
        };
        let phase = ElectricalConnectionParameterDescriptionData {
            measurement_id: Some(1.into()),
            ac_measured_phases: Some(ElectricalConnectionPhaseName::A),
            ..Default::default()
        };
        let values = MeasurementListData {
            measurement_data: vec![
                row(0, ScaledNumber::new(34_505, -1), MeasurementValueState::Normal),
                row(1, ScaledNumber::new(-1_234, 3), MeasurementValueState::OutOfRange),
                row(2, 1.into(), MeasurementValueState::Normal),
            ],
        };
        let described = MeasurementDescriptionListData {
            measurement_description_data: vec![
                about(0, ScopeType::AcPowerTotal, UnitOfMeasurement::W),
                about(1, ScopeType::AcCurrent, UnitOfMeasurement::A),
            ],
        };
        let phases = ElectricalConnectionParameterDescriptionListData {
            electrical_connection_parameter_description_data: vec![phase],
        };
        assert_eq!(told(vec![of(&values)]), Vec::<String>::new(), "nothing is said before it is described");
        assert_eq!(
            told(vec![of(&values), of(&described), of(&phases)]),
            ["measured acPowerTotal: 3,450.5 W", "measured acCurrent of phase a: -1,234,000 A (outOfRange)"]
        );
    }

    #[test]
    fn limits_settings_and_states_are_told_but_for_what_lpc_tells() {
        let about = |id: u32, scope| LoadControlLimitDescriptionData {
            limit_id: Some(id.into()),
            limit_direction: Some(EnergyDirection::Consume),
            scope_type: Some(scope),
            unit: Some(UnitOfMeasurement::A),
            ..Default::default()
        };
        let limit = |id: u32| LoadControlLimitData {
            limit_id: Some(id.into()),
            is_limit_active: Some(id == 1),
            value: Some(16.into()),
            ..Default::default()
        };
        let described = LoadControlLimitDescriptionListData {
            load_control_limit_description_data: vec![
                about(0, ScopeType::ActivePowerLimit),
                about(1, ScopeType::OverloadProtection),
                about(2, ScopeType::SelfConsumption),
            ],
        };
        let limits = LoadControlLimitListData { load_control_limit_data: vec![limit(0), limit(1), limit(2)] };
        let state = DeviceDiagnosisStateData {
            operating_state: Some(DeviceDiagnosisOperatingState::Failure),
            last_error_code: Some("E7".into()),
            ..Default::default()
        };
        assert_eq!(
            told(vec![of(&described), of(&limits), of(&state)]),
            [
                "operating state failure, last error E7",
                "limit overloadProtection: 16 A, in force",
                "limit selfConsumption: 16 A, not in force",
            ]
        );
    }
}
