//! Serde for what has a text of its own: written as `Display` shows it, read back exactly.

/// Implements `Serialize` by `Display` and `Deserialize` by a function `&str -> Option<Self>`.
macro_rules! as_text {
    ($name:ident: $read:expr) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::as_text::deserialize(deserializer, stringify!($name), $read)
            }
        }
    };
}

pub(crate) use as_text;

/// Reads a text and makes a `name` of it.
pub(crate) fn deserialize<'de, D: serde::Deserializer<'de>, T>(
    deserializer: D,
    name: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, D::Error> {
    let text: alloc::string::String = serde::Deserialize::deserialize(deserializer)?;
    read(&text).ok_or_else(|| serde::de::Error::custom(format_args!("{text:?} is no {name}")))
}
