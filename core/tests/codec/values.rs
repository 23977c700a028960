//! Numbers and times: exact both ways, total on any text.

use super::cases;
use eebus_core::model::{
    AbsoluteOrRelativeTime, ScaledNumber, TimePoint, XsDate, XsDateTime, XsDuration, XsTime,
};
use eebus_core::time::WallTime;
use proptest::prelude::*;
use std::cmp::Ordering;
use std::time::Duration;

fn scaled() -> impl Strategy<Value = ScaledNumber> {
    (any::<i64>(), any::<i16>()).prop_map(|(number, scale)| ScaledNumber::new(number, scale))
}

/// Scales at which a comparison by whole numbers is possible.
fn near() -> impl Strategy<Value = (i32, i16)> {
    (any::<i32>(), -8i16..8)
}

/// Texts that are times, nearly.
fn nearly_times() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?P[0-9]{0,3}[YMDW]?T?[0-9]{0,4}[HM]?[0-9]{0,3}(\\.[0-9]{0,10})?S?",
        "-?[0-9]{4,6}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})?",
        "\\PC{0,20}",
    ]
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn a_scaled_number_is_read_from_its_text_at_any_scale(value in scaled()) {
        let read: ScaledNumber = value.to_string().parse().expect("its own text");
        prop_assert!(read.same_value(&value), "{} {:?}", value, read);
        prop_assert!(value.to_f64().map_or(true, f64::is_finite));
    }

    #[test]
    fn whole_numbers_pass_unchanged(number: i64) {
        let value = ScaledNumber::from(number);
        prop_assert_eq!(value.to_i64(), Ok(number));
        prop_assert_eq!(value.to_string().parse(), Ok(value));
    }

    #[test]
    fn numbers_compare_as_their_values((a, a_scale) in near(), (b, b_scale) in near()) {
        let whole = |n: i32, scale: i16| i128::from(n) * 10i128.pow(u32::from((scale + 8) as u16));
        let (x, y) = (ScaledNumber::new(a.into(), a_scale), ScaledNumber::new(b.into(), b_scale));
        let order = whole(a, a_scale).cmp(&whole(b, b_scale));
        prop_assert_eq!(x.compare(&y), Ok(order));
        prop_assert_eq!(x.same_value(&y), order == Ordering::Equal);
    }

    #[test]
    fn a_floating_point_number_comes_back(value in any::<f64>().prop_filter("finite", |value| value.is_finite())) {
        prop_assert_eq!(ScaledNumber::try_from(value).and_then(|scaled| scaled.to_f64()), Ok(value));
    }

    #[test]
    fn spans_and_points_come_back(nanos: u64, micros in -62_000_000_000_000_000i64..250_000_000_000_000_000) {
        let span = Duration::from_nanos(nanos);
        prop_assert_eq!(XsDuration::from_core(span).to_core(), Ok(span));
        prop_assert_eq!(AbsoluteOrRelativeTime::from(span).to_point(), Ok(TimePoint::After(span)));
        let wall = WallTime::from_unix_micros(micros - micros.rem_euclid(1_000_000));
        prop_assert_eq!(XsDateTime::from(wall).to_wall(), Ok(wall));
        prop_assert_eq!(AbsoluteOrRelativeTime::from(wall).to_point(), Ok(TimePoint::At(wall)));
    }

    #[test]
    fn an_offset_shifts_the_same_moment(secs in 0i64..4_000_000_000, hours in -13i64..=13, minutes in 0i64..60) {
        let shift = hours * 3600 + hours.signum() * minutes * 60;
        let text = WallTime::from_unix_micros((secs + shift) * 1_000_000).to_string();
        let sign = if hours < 0 { '-' } else { '+' };
        let minutes = if hours == 0 { 0 } else { minutes };
        let zoned = text.replace('Z', &format!("{sign}{:02}:{minutes:02}", hours.abs()));
        prop_assert_eq!(
            XsDateTime::from(zoned.as_str()).to_wall(),
            Ok(WallTime::from_unix_micros(secs * 1_000_000)),
            "{}", zoned
        );
    }

    #[test]
    fn every_text_is_a_time_or_an_error_and_stays_as_it_is(text in nearly_times()) {
        _ = XsDuration::from(text.as_str()).to_core();
        _ = XsDateTime::from(text.as_str()).to_wall();
        _ = XsDate::from(text.as_str()).to_civil();
        _ = XsTime::from(text.as_str()).since_midnight();
        _ = text.parse::<ScaledNumber>();
        let either = AbsoluteOrRelativeTime::from(text.as_str());
        _ = either.to_point();
        prop_assert_eq!(either.as_str(), text);
    }
}
