//! Serde for tapes as text: `loadControlLimitListData [{"loadControlLimitData":[…]}]`.
//!
//! The name of a function, followed by `.selectors` or `.elements` for what stands in a filter, then EEBUS JSON.

use super::FunctionId;
use crate::json::table::Ty;
use crate::json::{Limits, Tape};
use alloc::format;
use alloc::vec::Vec;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

type TypeOf = fn(FunctionId) -> Option<&'static Ty>;

/// What a function has a type for: the ending of its name, and the type.
const PARTS: [(&str, TypeOf); 3] = [
    ("", |function| Some(function.info().ty)),
    (".selectors", |function| function.info().selectors),
    (".elements", |function| function.info().elements),
];

/// Fails where no function has the type.
impl Serialize for Tape {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (function, part) = name(self.ty())
            .ok_or_else(|| serde::ser::Error::custom(format_args!("no function has a {}", self.ty().name)))?;
        let mut json = Vec::new();
        self.write(&mut json);
        let json = core::str::from_utf8(&json).map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(&format!("{function}{part} {json}"))
    }
}

impl<'de> Deserialize<'de> for Tape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::as_text::deserialize(deserializer, "EEBUS JSON behind the name of its function", |text| {
            let (name, json) = text.split_once(' ')?;
            let (tape, _) = Self::read(ty(name)?, json.as_bytes(), &Limits::default()).ok()?;
            Some(tape)
        })
    }
}

fn name(ty: &Ty) -> Option<(FunctionId, &'static str)> {
    FunctionId::all().find_map(|function| {
        let (ending, _) =
            PARTS.iter().find(|(_, part)| part(function).is_some_and(|known| core::ptr::eq(known, ty)))?;
        Some((function, *ending))
    })
}

fn ty(name: &str) -> Option<&'static Ty> {
    let (function, _) = name.split_once('.').unwrap_or((name, ""));
    let (_, part) = PARTS.iter().find(|(ending, _)| name.strip_prefix(function) == Some(ending))?;
    part(FunctionId::from_name(function)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::*;

    #[test]
    fn every_type_of_a_function_has_a_name_that_leads_back_to_it() {
        for function in FunctionId::all() {
            for ty in PARTS.iter().filter_map(|(_, part)| part(function)) {
                let (function, ending) = name(ty).unwrap();
                assert!(core::ptr::eq(super::ty(&format!("{function}{ending}")).unwrap(), ty));
            }
        }
        assert_eq!(super::ty("loadControlLimitListData.").map(|ty| ty.name), None);
        assert_eq!(super::ty("loadControlLimitList").map(|ty| ty.name), None);
    }

    #[test]
    fn a_command_is_written_as_text_and_read_back() {
        let limit = LoadControlLimitData { limit_id: Some(LoadControlLimitId(1)), ..Default::default() };
        let selectors = LoadControlLimitListDataSelectors { limit_id: Some(LoadControlLimitId(1)) };
        let cmd = Cmd::partial(&LoadControlLimitListData { load_control_limit_data: [limit].into() })
            .with(Filter::delete().select(&selectors));
        let text = serde_json::to_string(&cmd).unwrap();
        assert!(
            text.contains(r#""loadControlLimitListData [{\"loadControlLimitData\":[[{\"limitId\":1}]]}]""#),
            "{text}"
        );
        assert!(text.contains(r#""loadControlLimitListData.selectors [{\"limitId\":1}]""#), "{text}");
        assert_eq!(serde_json::from_str::<Cmd>(&text).unwrap(), cmd);
    }
}
