//! A piece of the data model as hand-written tables, for tests.

use alloc::string::String;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::hash::{EMPTY, Index, hash, slot};
use super::table::{Choice, Field, KEY_BLOB, Key, Kind, Literals, Names, TextRule, Ty, VALUE_BLOB};
use super::{Builder, Cursor, Enumeration, Typed, Value};

/// Every key, in blob order.
const KEYS: &[&str] = &[
    "ackRequest",
    "activeIncentiveId",
    "boolean",
    "cmd",
    "cmdClassifier",
    "cmdControl",
    "data",
    "datagram",
    "delete",
    "device",
    "deviceClassificationUserData",
    "deviceClassificationUserDataElements",
    "endTime",
    "entity",
    "feature",
    "filter",
    "filterId",
    "function",
    "header",
    "integer",
    "isLimitActive",
    "isLimitChangeable",
    "isSetpointActive",
    "isSetpointChangeable",
    "isValueChangeable",
    "keyId",
    "label",
    "lastUpdateAt",
    "limitId",
    "loadControlLimitData",
    "loadControlLimitListData",
    "loadControlLimitListDataSelectors",
    "manufacturerSpecificExtension",
    "measurementData",
    "measurementId",
    "msgCounter",
    "number",
    "partial",
    "payload",
    "protocolId",
    "addressSource",
    "scale",
    "scaledNumber",
    "setpointData",
    "setpointDataElements",
    "setpointId",
    "setpointListData",
    "setpointListDataSelectors",
    "startTime",
    "string",
    "tierData",
    "tierId",
    "timePeriod",
    "timestampInterval",
    "timestamp",
    "userDescription",
    "userLabel",
    "userNodeIdentification",
    "value",
    "valueMax",
    "valueMin",
    "valueToleranceAbsolute",
    "valueTolerancePercentage",
    "valueType",
    "empty",
    "dayOfMonth",
    "keyData",
];

const FUNCTIONS: &[&str] = &["deviceClassificationUserData", "loadControlLimitListData", "setpointListData"];
const CLASSIFIERS: &[&str] = &["read", "reply", "notify", "write", "call", "result"];
const VALUE_TYPES: &[&str] = &["value", "minValue", "m/s"];
/// Every enum value, in blob order.
const VALUES: &[&[&str]] = &[FUNCTIONS, CLASSIFIERS, VALUE_TYPES];

const fn put<const N: usize>(blob: &mut [u8; N], at: usize, text: &[u8]) -> usize {
    let mut i = 0;
    while i < text.len() {
        blob[at + i] = text[i];
        i += 1;
    }
    at + text.len()
}

/// The key literals, the ones that stand first a blob of their own.
const fn key_blob(lead: &[u8]) -> [u8; KEY_BLOB] {
    let mut blob = [b'.'; KEY_BLOB];
    let (mut i, mut at) = (0, 0);
    while i < KEYS.len() {
        let end = put(&mut blob, at, lead);
        let end = put(&mut blob, end, KEYS[i].as_bytes());
        put(&mut blob, end, b"\":");
        at += KEYS[i].len() + 6;
        i += 1;
    }
    blob
}

const fn value_blob() -> [u8; VALUE_BLOB] {
    let mut blob = [b'.'; VALUE_BLOB];
    let (mut list, mut at) = (0, 0);
    while list < VALUES.len() {
        let mut i = 0;
        while i < VALUES[list].len() {
            at = put(&mut blob, at, b"\"");
            at = put(&mut blob, at, VALUES[list][i].as_bytes());
            at = put(&mut blob, at, b"\"");
            i += 1;
        }
        list += 1;
    }
    blob
}

static KEY_LITERALS: [u8; KEY_BLOB] = key_blob(b"},{\"");
static FIRST_LITERALS: [u8; KEY_BLOB] = key_blob(b"[{\"");
static VALUE_LITERALS: [u8; VALUE_BLOB] = value_blob();
pub(crate) static LITERALS: Literals = Literals {
    keys: &KEY_LITERALS,
    first: &FIRST_LITERALS,
    values: &VALUE_LITERALS,
    secrets: &["secret"],
    aliases: &[("limit_id", "limitId")],
};

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
}

const fn key(name: &str) -> Key {
    if name.is_empty() {
        return Key { at: 0, len: 0 };
    }
    let (mut i, mut at) = (0, 0);
    while !same(KEYS[i].as_bytes(), name.as_bytes()) {
        at += KEYS[i].len() + 6;
        i += 1;
    }
    Key { at: at as u16, len: name.len() as u8 + 6 }
}

const fn keys<const N: usize>(names: [&str; N]) -> [Key; N] {
    let mut keys = [Key { at: 0, len: 0 }; N];
    let mut i = 0;
    while i < N {
        keys[i] = key(names[i]);
        i += 1;
    }
    keys
}

/// Where the values of list `list` stand.
const fn values<const N: usize>(list: usize) -> [Key; N] {
    let mut keys = [Key { at: 0, len: 0 }; N];
    let (mut l, mut at) = (0, 0);
    while l <= list {
        let mut i = 0;
        while i < VALUES[l].len() {
            let len = VALUES[l][i].len() + 2;
            if l == list {
                keys[i] = Key { at: at as u16, len: len as u8 };
            }
            at += len;
            i += 1;
        }
        l += 1;
    }
    keys
}

/// One bucket and 16 slots: the first displacement under which no two names share a slot.
const fn perfect(names: &[&str]) -> ([u16; 1], [u16; 16]) {
    let mut displacement = 0;
    loop {
        let mut slots = [EMPTY; 16];
        let mut i = 0;
        while i < names.len() {
            let at = slot(hash(names[i].as_bytes()), displacement, 16);
            if slots[at] != EMPTY {
                break;
            }
            slots[at] = i as u16;
            i += 1;
        }
        if i == names.len() {
            return ([displacement], slots);
        }
        displacement += 1;
    }
}

macro_rules! names {
    ($name:ident $xsd:literal $list:literal $texts:ident closed $closed:literal) => {
        pub(crate) static $name: Names = {
            static INDEX: ([u16; 1], [u16; 16]) = perfect($texts);
            static PLACES: [Key; $texts.len()] = values($list);
            Names {
                name: $xsd,
                values: &PLACES,
                index: Index { displacements: &INDEX.0, slots: &INDEX.1 },
                closed: $closed,
            }
        };
    };
}

names!(FUNCTION "FunctionType" 0 FUNCTIONS closed false);
names!(CLASSIFIER "CmdClassifierType" 1 CLASSIFIERS closed true);
names!(VALUE_TYPE "MeasurementValueTypeType" 2 VALUE_TYPES closed false);

macro_rules! choice {
    ($name:ident $xsd:literal: $($key:literal $ty:ident),*) => {
        pub(crate) static $name: Choice = {
            static INDEX: ([u16; 1], [u16; 16]) = perfect(&[$($key),*]);
            Choice {
                name: $xsd,
                keys: &const { keys([$($key),*]) },
                types: &[$(&$ty),*],
                index: Index { displacements: &INDEX.0, slots: &INDEX.1 },
            }
        };
    };
}

const fn one(kind: Kind) -> Field {
    Field { kind, many: false }
}

const fn many(kind: Kind) -> Field {
    Field { kind, many: true }
}

const U32: Kind = Kind::Unsigned { min: 0, max: u32::MAX as u64 };
const TEXT: Kind = Kind::Text(TextRule::Free);

macro_rules! ty {
    ($name:ident $xsd:literal ids $ids:literal: $($key:literal $field:expr),*) => {
        ty!($name $xsd ids $ids flag None one_of false: $($key $field),*);
    };
    ($name:ident $xsd:literal ids $ids:literal flag $flag:tt one_of $one:literal: $($key:literal $field:expr),*) => {
        pub(crate) static $name: Ty = Ty {
            name: $xsd,
            literals: &LITERALS,
            keys: &const { keys([$($key),*]) },
            fields: &[$($field),*],
            identifiers: $ids,
            optional_identifiers: 0,
            write_flag: $flag,
            one_of: $one,
        };
    };
}

ty!(EMPTY_TYPE "EmptyType" ids 0:);
ty!(SCALED "ScaledNumberType" ids 0: "number" one(Kind::Signed { bits: 64 }), "scale" one(Kind::Signed { bits: 16 }));
ty!(TIME_PERIOD "TimePeriodType" ids 0: "startTime" one(TEXT), "endTime" one(TEXT));
ty!(LIMIT "LoadControlLimitDataType" ids 1 flag (Some(1)) one_of false:
    "limitId" one(U32), "isLimitChangeable" one(Kind::Bool), "isLimitActive" one(Kind::Bool),
    "timePeriod" one(Kind::Object(&TIME_PERIOD)), "value" one(Kind::Object(&SCALED)));
ty!(LIMITS "LoadControlLimitListDataType" ids 0: "loadControlLimitData" many(Kind::Object(&LIMIT)));
ty!(LIMIT_SELECTORS "LoadControlLimitListDataSelectorsType" ids 0: "limitId" one(U32));
ty!(SETPOINT "SetpointDataType" ids 1 flag (Some(6)) one_of false:
    "setpointId" one(U32), "value" one(Kind::Object(&SCALED)), "valueMin" one(Kind::Object(&SCALED)),
    "valueMax" one(Kind::Object(&SCALED)), "valueToleranceAbsolute" one(Kind::Object(&SCALED)),
    "valueTolerancePercentage" one(Kind::Object(&SCALED)), "isSetpointChangeable" one(Kind::Bool),
    "isSetpointActive" one(Kind::Bool), "timePeriod" one(Kind::Object(&TIME_PERIOD)));
ty!(SETPOINTS "SetpointListDataType" ids 0: "setpointData" many(Kind::Object(&SETPOINT)));
ty!(SETPOINT_SELECTORS "SetpointListDataSelectorsType" ids 0: "setpointId" one(U32));
ty!(SCALED_ELEMENTS "ScaledNumberElementsType" ids 0: "number" one(Kind::Tag), "scale" one(Kind::Tag));
ty!(PERIOD_ELEMENTS "TimePeriodElementsType" ids 0: "startTime" one(Kind::Tag), "endTime" one(Kind::Tag));
ty!(SETPOINT_ELEMENTS "SetpointDataElementsType" ids 0:
    "setpointId" one(Kind::Tag), "value" one(Kind::Object(&SCALED_ELEMENTS)),
    "valueMin" one(Kind::Object(&SCALED_ELEMENTS)), "valueMax" one(Kind::Object(&SCALED_ELEMENTS)),
    "isSetpointActive" one(Kind::Tag), "timePeriod" one(Kind::Object(&PERIOD_ELEMENTS)));
ty!(USER "DeviceClassificationUserDataType" ids 0:
    "userNodeIdentification" one(TEXT), "userLabel" one(TEXT), "userDescription" one(TEXT));
ty!(USER_ELEMENTS "DeviceClassificationUserDataElementsType" ids 0:
    "userNodeIdentification" one(Kind::Tag), "userLabel" one(Kind::Tag), "userDescription" one(Kind::Tag));
ty!(TIER "TierDataType" ids 1: "tierId" one(U32), "timePeriod" one(Kind::Object(&TIME_PERIOD)),
    "activeIncentiveId" many(U32), "label" many(TEXT));
ty!(TIERS "TierListDataType" ids 0: "tierData" many(Kind::Object(&TIER)));
ty!(MEASUREMENT "MeasurementDataType" ids 3: "measurementId" one(U32), "valueType" one(Kind::Enum(&VALUE_TYPE)),
    "timestamp" one(TEXT), "value" one(Kind::Object(&SCALED)));
ty!(ADDRESS "FeatureAddressType" ids 0: "device" one(TEXT), "entity" many(U32), "feature" one(U32));
ty!(HEADER "HeaderType" ids 0: "addressSource" one(Kind::Object(&ADDRESS)),
    "msgCounter" one(Kind::Unsigned { min: 0, max: u64::MAX }), "cmdClassifier" one(Kind::Enum(&CLASSIFIER)),
    "ackRequest" one(Kind::Bool), "dayOfMonth" one(Kind::Unsigned { min: 1, max: 31 }));
choice!(DATA_GROUP "DataChoiceGroup": "deviceClassificationUserData" USER, "loadControlLimitListData" LIMITS,
    "setpointListData" SETPOINTS, "empty" EMPTY_TYPE);
choice!(SELECTORS_GROUP "DataSelectorsChoiceGroup": "loadControlLimitListDataSelectors" LIMIT_SELECTORS,
    "setpointListDataSelectors" SETPOINT_SELECTORS);
choice!(ELEMENTS_GROUP "DataElementsChoiceGroup": "deviceClassificationUserDataElements" USER_ELEMENTS,
    "setpointDataElements" SETPOINT_ELEMENTS);
ty!(CONTROL "CmdControlType" ids 0: "delete" one(Kind::Tag), "partial" one(Kind::Tag));
ty!(FILTER "FilterType" ids 0: "filterId" one(U32), "cmdControl" one(Kind::Object(&CONTROL)),
    "" one(Kind::Choice(&SELECTORS_GROUP)), "" one(Kind::Choice(&ELEMENTS_GROUP)));
ty!(CMD "CmdType" ids 0: "function" one(Kind::Enum(&FUNCTION)), "filter" many(Kind::Object(&FILTER)),
    "" one(Kind::Choice(&DATA_GROUP)), "manufacturerSpecificExtension" one(TEXT), "lastUpdateAt" one(TEXT));
ty!(PAYLOAD "PayloadType" ids 0: "cmd" many(Kind::Object(&CMD)));
ty!(DATAGRAM "DatagramType" ids 0: "header" one(Kind::Object(&HEADER)), "payload" one(Kind::Object(&PAYLOAD)));
ty!(SHIP_HEADER "HeaderType" ids 0: "protocolId" one(TEXT));
ty!(SHIP_DATA "DataType" ids 0: "header" one(Kind::Object(&SHIP_HEADER)), "payload" one(Kind::Any));
ty!(ROOTS "Roots" ids 0: "datagram" one(Kind::Object(&DATAGRAM)), "data" one(Kind::Object(&SHIP_DATA)));

/// An extensible enum as the generator writes it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ValueType {
    Value,
    Extended(String),
}

impl Enumeration for ValueType {
    const NAMES: &'static Names = &VALUE_TYPE;

    fn from_number(number: u16) -> Option<Self> {
        (number == 0).then_some(Self::Value)
    }

    fn number(&self) -> Option<u16> {
        (*self == Self::Value).then_some(0)
    }

    fn extended(text: &str) -> Self {
        Self::Extended(text.to_string())
    }

    fn as_str(&self) -> &str {
        match self {
            Self::Value => "value",
            Self::Extended(text) => text,
        }
    }
}

macro_rules! typed {
    ($name:ident $ty:ident { $($number:literal $field:ident: Option<$type:ty>,)* }
        { $($many:literal $list:ident: Vec<$item:ty>,)* }) => {
        #[derive(Clone, Debug, Default, PartialEq)]
        pub(super) struct $name {
            $(pub(super) $field: Option<$type>,)*
            $(pub(super) $list: Vec<$item>,)*
        }

        impl Value for $name {
            fn read(c: Cursor<'_>) -> Self {
                let mut value = Self::default();
                for field in c.fields() {
                    match field.number() {
                        $($number => value.$field = Some(field.get()),)*
                        $($many => value.$list = field.get(),)*
                        _ => {}
                    }
                }
                value
            }

            fn write(&self, b: &mut Builder) {
                b.object(&$ty, |b| {
                    $(b.put($number, &self.$field);)*
                    $(b.put_list($many, &self.$list);)*
                });
            }
        }

        impl Typed for $name {
            const TY: &'static Ty = &$ty;
        }
    };
}

typed!(Scaled SCALED { 0 number: Option<i64>, 1 scale: Option<i16>, } {});
typed!(Measurement MEASUREMENT {
    0 measurement_id: Option<u32>,
    1 value_type: Option<ValueType>,
    2 timestamp: Option<String>,
    3 value: Option<Scaled>,
} {});
typed!(Tier TIER { 0 tier_id: Option<u32>, } { 2 active_incentive_id: Vec<u32>, 3 label: Vec<String>, });
