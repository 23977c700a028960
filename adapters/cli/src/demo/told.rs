//! What the two nodes tell, in plain words and as JSON.

use eebus_core::node::Lost;
use eebus_core::ship::identity::Ski;
use eebus_core::spine::Outcome;
use eebus_core::usecase::lpc::{Limit, LimitState, State};
use serde_json::{Value, json};
use std::fmt::{self, Display};
use std::time::Duration;

/// One of the two devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// The Energy Guard.
    ControlBox,
    /// The Controllable System.
    HeatPump,
}

impl Who {
    /// As a file name and in JSON.
    pub(crate) const fn slug(self) -> &'static str {
        match self {
            Self::ControlBox => "control-box",
            Self::HeatPump => "heat-pump",
        }
    }
}

impl Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::ControlBox => "control box",
            Self::HeatPump => "heat pump",
        })
    }
}

/// One thing that happened to a device.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    /// It listens.
    Listens { port: u16 },
    /// Its user entered the other one's SKI and trusts it.
    Entered { ski: Ski },
    /// A stranger wants to pair; its user compared the SKI and trusts it.
    Paired { ski: Ski },
    /// TLS proved the other one's key, and the WebSocket is open.
    Connected,
    /// SHIP is through.
    Handshaken,
    /// It knows the other one's device tree.
    Discovered { device: String },
    /// It knows what the other one can do.
    UseCases,
    /// The other one took control of it.
    Controlled,
    /// It can limit the other one.
    Ready,
    /// It is asked for a limit and accepts.
    Accepts { limit: Limit },
    /// Its own limit or state changed.
    Limit(LimitState),
    /// Its write was answered.
    Written { limit: Limit, outcome: Outcome },
    /// It read the other one's limit.
    ReadBack { limit: Limit },
    /// The other one reported its limit.
    Reported { limit: Limit },
    /// A connection ended.
    Disconnected { why: Lost },
    /// Something that should not happen here.
    Trouble { detail: String },
    /// It is shut down.
    Stopped,
}

impl Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listens { port } => write!(f, "listens at port {port}"),
            Self::Entered { ski } => write!(f, "its user enters SKI {ski} and trusts it"),
            Self::Paired { ski } => write!(f, "asked to pair: its user compares SKI {ski} and trusts it"),
            Self::Connected => {
                f.write_str("connected: TLS proved the other side's key, the WebSocket is open")
            }
            Self::Handshaken => f.write_str("SHIP handshake done: both sides trust each other"),
            Self::Discovered { device } => write!(f, "discovered the device {device:?}"),
            Self::UseCases => f.write_str("knows the use cases of the other side"),
            Self::Controlled => f.write_str("is under control of the other side"),
            Self::Ready => f.write_str("may limit the other side"),
            Self::Accepts { limit } => write!(f, "asked for {}: accepts", words(limit)),
            Self::Limit(LimitState { state, ceiling, rule, .. }) => {
                match (state, ceiling) {
                    (State::Limited, Some(ceiling)) => write!(f, "LIMITED to {ceiling}"),
                    (_, Some(ceiling)) => write!(f, "{state}: draws {ceiling} at most"),
                    (_, None) => write!(f, "{state}: draws what it needs"),
                }?;
                if rule.is_empty() { Ok(()) } else { write!(f, " ({rule})") }
            }
            Self::Written { limit, outcome: Outcome::Done } => {
                write!(f, "{} was acknowledged", words(limit))
            }
            Self::Written { limit, outcome } => write!(f, "{} was not taken: {outcome:?}", words(limit)),
            Self::ReadBack { limit } => write!(f, "reads back {}", words(limit)),
            Self::Reported { limit } => write!(f, "is told of {}", words(limit)),
            Self::Disconnected { why } => write!(f, "disconnected: {why}"),
            Self::Trouble { detail } => write!(f, "unexpected: {detail}"),
            Self::Stopped => f.write_str("shut down"),
        }
    }
}

impl What {
    /// Its name and its fields.
    fn json(&self) -> (&'static str, Value) {
        let of = |limit: &Limit| {
            let duration = limit.duration.map(|duration| duration.as_secs());
            json!({ "watts": number(limit.value.milliwatts()), "active": limit.active, "duration": duration })
        };
        match self {
            Self::Listens { port } => ("listens", json!({ "port": port })),
            Self::Entered { ski } => ("entered", json!({ "ski": ski.to_string() })),
            Self::Paired { ski } => ("paired", json!({ "ski": ski.to_string() })),
            Self::Connected => ("connected", json!({})),
            Self::Handshaken => ("handshaken", json!({})),
            Self::Discovered { device } => ("discovered", json!({ "device": device })),
            Self::UseCases => ("use-cases", json!({})),
            Self::Controlled => ("controlled", json!({})),
            Self::Ready => ("ready", json!({})),
            Self::Accepts { limit } => ("accepts", of(limit)),
            Self::Limit(LimitState { state, ceiling, rule, .. }) => {
                let watts = ceiling.map(|ceiling| number(ceiling.milliwatts()));
                ("limit", json!({ "state": state.to_string(), "watts": watts, "rule": rule }))
            }
            Self::Written { limit, outcome } => {
                let mut fields = of(limit);
                fields["acknowledged"] = (*outcome == Outcome::Done).into();
                ("written", fields)
            }
            Self::ReadBack { limit } => ("read-back", of(limit)),
            Self::Reported { limit } => ("reported", of(limit)),
            Self::Disconnected { why } => ("disconnected", json!({ "why": why.to_string() })),
            Self::Trouble { detail } => ("trouble", json!({ "detail": detail })),
            Self::Stopped => ("stopped", json!({})),
        }
    }
}

fn words(limit: &Limit) -> String {
    if limit.active { format!("the limit {limit}") } else { "no limit".into() }
}

/// Watts as a number, whole where they are.
fn number(milliwatts: i64) -> Value {
    if milliwatts % 1_000 == 0 { (milliwatts / 1_000).into() } else { (milliwatts as f64 / 1_000.0).into() }
}

/// One line of the timeline.
pub(crate) fn line(at: Duration, who: Who, what: &What, as_json: bool) -> String {
    if !as_json {
        return format!("{:>7.3} s  {who:<11}  {what}", at.as_secs_f64());
    }
    let (name, fields) = what.json();
    let mut object = json!({ "ms": millis(at), "who": who.slug(), "what": name, "text": what.to_string() });
    if let (Value::Object(object), Value::Object(fields)) = (&mut object, fields) {
        object.extend(fields);
    }
    object.to_string()
}

/// Whole milliseconds.
pub(crate) fn millis(at: Duration) -> u64 {
    u64::try_from(at.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use eebus_core::usecase::watts;

    #[test]
    fn a_line_is_for_people_or_for_programs() {
        let limited =
            LimitState { state: State::Limited, ceiling: Some(watts(4_200)), rule: "LPC-904", ends: None };
        let what = What::Limit(limited);
        let at = Duration::from_millis(1_234);
        assert_eq!(
            line(at, Who::HeatPump, &what, false),
            "  1.234 s  heat pump    LIMITED to 4,200 W (LPC-904)"
        );
        let json: Value = serde_json::from_str(&line(at, Who::HeatPump, &what, true)).unwrap();
        let expected = json!({
            "ms": 1234, "who": "heat-pump", "what": "limit", "text": "LIMITED to 4,200 W (LPC-904)",
            "state": "limited", "watts": 4200, "rule": "LPC-904",
        });
        assert_eq!(json, expected);
    }
}
