//! Times that come once or again and again (`AbsoluteOrRecurringTimeType`).

use super::{AbsoluteOrRecurringTime, AbsoluteOrRelativeTime, TimeError, TimePoint};

impl AbsoluteOrRecurringTime {
    /// The one moment it means; `None` where it recurs. What a recurring time leaves out is every one: without
    /// `month` it recurs each month.
    ///
    /// # Errors
    ///
    /// [`TimeError::Syntax`] where it states nothing, or more than one of `dateTime`, `relative` and recurring parts;
    /// and as [`AbsoluteOrRelativeTime::to_point`].
    pub fn to_point(&self) -> Result<Option<TimePoint>, TimeError> {
        let recurring = self.month.is_some()
            || self.day_of_month.is_some()
            || self.calendar_week.is_some()
            || self.day_of_week_occurrence.is_some()
            || self.days_of_week.is_some()
            || self.time.is_some();
        match (&self.date_time, &self.relative, recurring) {
            (Some(time), None, false) => time.to_wall().map(|wall| Some(TimePoint::At(wall))),
            (None, Some(span), false) => match AbsoluteOrRelativeTime::from(span.clone()) {
                span if span.is_relative() => span.to_point().map(Some),
                _ => Err(TimeError::Syntax),
            },
            (None, None, true) => {
                self.time.as_ref().map_or(Ok(()), |time| time.since_midnight().map(|_| ()))?;
                Ok(None)
            }
            _ => Err(TimeError::Syntax),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Limits, Tape, Typed};
    use crate::time::WallTime;
    use core::time::Duration;

    #[test]
    fn a_time_comes_once_or_recurs_and_never_both() {
        for (json, point) in [
            (
                r#"{"dateTime":"1970-01-01T00:00:01Z"}"#,
                Ok(Some(TimePoint::At(WallTime::from_unix_micros(1_000_000)))),
            ),
            (r#"{"relative":"PT2M"}"#, Ok(Some(TimePoint::After(Duration::from_secs(120))))),
            (r#"{"relative":"-PT2M"}"#, Ok(Some(TimePoint::Before(Duration::from_secs(120))))),
            (r#"{"daysOfWeek":{"monday":{}},"time":"06:30:00"}"#, Ok(None)),
            (r#"{"month":"january","dayOfMonth":1}"#, Ok(None)),
            (r#"{"time":"24:00:00"}"#, Ok(None)),
            (r#"{"time":"6:30"}"#, Err(TimeError::Syntax)),
            (r#"{"dateTime":"now"}"#, Err(TimeError::Syntax)),
            (r#"{"relative":"1970-01-01T00:00:01Z"}"#, Err(TimeError::Syntax)),
            (r#"{"relative":"PT1S","time":"06:30:00"}"#, Err(TimeError::Syntax)),
            ("{}", Err(TimeError::Syntax)),
        ] {
            let (tape, _) =
                Tape::read(AbsoluteOrRecurringTime::TY, json.as_bytes(), &Limits::default()).unwrap();
            assert_eq!(tape.get::<AbsoluteOrRecurringTime>().unwrap().to_point(), point, "{json}");
        }
    }
}
