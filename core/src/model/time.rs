//! Times of the XML schema. Each keeps the text it came in (`PT2M` and `PT120S` are equal times but different
//! messages) and is read when somebody asks (SPINE 1.3.0 data types; W3C XML Schema part 2, 3.2.6 to 3.2.9).

use alloc::format;
use alloc::string::String;
use core::fmt;
use core::time::Duration;

use super::macros::texts;
use crate::time::WallTime;

texts! {
    /// A span of time (`xs:duration`): `PT2H`.
    XsDuration: Duration,
    /// A point in time (`xs:dateTime`): `2026-01-31T12:00:00Z`.
    XsDateTime: DateTime,
    /// A calendar day (`xs:date`): `2026-01-31`.
    XsDate: Date,
    /// A time of day (`xs:time`): `12:00:00`.
    XsTime: Time,
    /// A span from now, or a point in time (`AbsoluteOrRelativeTimeType`).
    AbsoluteOrRelativeTime: AbsoluteOrRelativeTime,
}

/// Why a time can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeError {
    /// The text is no such time.
    Syntax,
    /// Years or months have no fixed length.
    Calendar,
    /// A span below zero where none can be used.
    Negative,
    /// More than the result can hold.
    TooLarge,
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Syntax => "not a time of this kind",
            Self::Calendar => "years and months have no fixed length",
            Self::Negative => "a negative duration",
            Self::TooLarge => "a time out of range",
        })
    }
}

impl core::error::Error for TimeError {}

/// What an [`AbsoluteOrRelativeTime`] means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimePoint {
    /// This long after now.
    After(Duration),
    /// This long before now.
    Before(Duration),
    /// At this time.
    At(WallTime),
}

impl XsDuration {
    /// A span of whole seconds.
    pub fn from_secs(secs: u64) -> Self {
        Self::from_core(Duration::from_secs(secs))
    }

    /// A span in hours, minutes and seconds: the parts every known peer reads.
    pub fn from_core(span: Duration) -> Self {
        let (hours, minutes) = (span.as_secs() / 3600, span.as_secs() / 60 % 60);
        let (seconds, nanos) = (span.as_secs() % 60, span.subsec_nanos());
        let part = |n: u64, unit| if n > 0 { format!("{n}{unit}") } else { String::new() };
        let fraction = if nanos > 0 { format!(".{nanos:09}") } else { String::new() };
        let fraction = fraction.trim_end_matches('0');
        let end = match (span.is_zero(), seconds, nanos) {
            (false, 0, 0) => String::new(),
            _ => format!("{seconds}{fraction}S"),
        };
        Self(format!("PT{}{}{end}", part(hours, 'H'), part(minutes, 'M')))
    }

    /// The span; fractions below a nanosecond are cut.
    ///
    /// # Errors
    ///
    /// [`TimeError::Calendar`] with years or months other than 0, [`TimeError::Negative`] below zero.
    pub fn to_core(&self) -> Result<Duration, TimeError> {
        match parse_duration(&self.0)? {
            (true, span) if !span.is_zero() => Err(TimeError::Negative),
            (_, span) => Ok(span),
        }
    }
}

impl XsDateTime {
    /// The time; without an offset it is taken as UTC, and what is finer than a microsecond is cut.
    ///
    /// # Errors
    ///
    /// [`TimeError::TooLarge`] some 290,000 years from now.
    pub fn to_wall(&self) -> Result<WallTime, TimeError> {
        parse_date_time(&self.0)
    }
}

impl From<WallTime> for XsDateTime {
    fn from(time: WallTime) -> Self {
        Self(format!("{time}"))
    }
}

impl XsDate {
    /// Year, month (1 to 12) and day (1 to 31).
    ///
    /// # Errors
    ///
    /// [`TimeError::Syntax`] where the text is no date of the calendar.
    pub fn to_civil(&self) -> Result<(i64, u8, u8), TimeError> {
        let mut text = Text(self.0.as_bytes());
        let date = text.date()?;
        text.offset()?;
        text.end().map(|()| date)
    }
}

impl XsTime {
    /// The time since midnight, 24 hours for `24:00:00`; an offset is not applied.
    ///
    /// # Errors
    ///
    /// [`TimeError::Syntax`] where the text is no time of day.
    pub fn since_midnight(&self) -> Result<Duration, TimeError> {
        let mut text = Text(self.0.as_bytes());
        let time = text.time_of_day()?;
        text.offset()?;
        text.end().map(|()| time)
    }
}

impl AbsoluteOrRelativeTime {
    /// Whether it is a span from now.
    pub fn is_relative(&self) -> bool {
        self.0.strip_prefix('-').unwrap_or(&self.0).starts_with('P')
    }

    /// What it means.
    ///
    /// # Errors
    ///
    /// As for [`XsDuration::to_core`] (without [`TimeError::Negative`]) and [`XsDateTime::to_wall`].
    pub fn to_point(&self) -> Result<TimePoint, TimeError> {
        if !self.is_relative() {
            return parse_date_time(&self.0).map(TimePoint::At);
        }
        parse_duration(&self.0).map(
            |(negative, span)| {
                if negative { TimePoint::Before(span) } else { TimePoint::After(span) }
            },
        )
    }
}

impl From<XsDuration> for AbsoluteOrRelativeTime {
    fn from(span: XsDuration) -> Self {
        Self(span.0)
    }
}

impl From<Duration> for AbsoluteOrRelativeTime {
    fn from(span: Duration) -> Self {
        XsDuration::from_core(span).into()
    }
}

impl From<WallTime> for AbsoluteOrRelativeTime {
    fn from(time: WallTime) -> Self {
        Self(format!("{time}"))
    }
}

/// Units of a duration in their order, `true` behind the `T`, with their seconds; 0 where these vary.
/// Weeks are no part of XSD, but sent.
const UNITS: [(bool, u8, u64); 7] = [
    (false, b'Y', 0),
    (false, b'M', 0),
    (false, b'W', 604_800),
    (false, b'D', 86_400),
    (true, b'H', 3_600),
    (true, b'M', 60),
    (true, b'S', 1),
];

/// Sign and size of a duration.
fn parse_duration(text: &str) -> Result<(bool, Duration), TimeError> {
    let mut text = Text(text.as_bytes());
    let negative = text.take(b'-');
    text.expect(b'P')?;
    let mut units = UNITS.iter();
    let (mut span, mut timed) = (Duration::ZERO, false);
    loop {
        timed = timed || text.take(b'T');
        let (value, nanos) = (text.number(1..=19)?, text.fraction()?);
        let unit = text.next().ok_or(TimeError::Syntax)?;
        let &(_, _, seconds) = units.find(|&&(t, u, _)| t == timed && u == unit).ok_or(TimeError::Syntax)?;
        match (seconds, value, nanos) {
            (_, _, Some(_)) if unit != b'S' => return Err(TimeError::Syntax),
            (0, 0, _) => {}
            (0, ..) => return Err(TimeError::Calendar),
            _ => {
                let part = value.unsigned_abs().checked_mul(seconds).ok_or(TimeError::TooLarge)?;
                let part = Duration::new(part, nanos.unwrap_or(0));
                span = span.checked_add(part).ok_or(TimeError::TooLarge)?;
            }
        }
        if text.0.is_empty() {
            return Ok((negative, span));
        }
    }
}

fn parse_date_time(text: &str) -> Result<WallTime, TimeError> {
    let mut text = Text(text.as_bytes());
    let (year, month, day) = text.date()?;
    text.expect(b'T')?;
    let time = text.time_of_day()?;
    let offset = text.offset()?.unwrap_or(0);
    text.end()?;
    let days = days_since_epoch(year, month, day).ok_or(TimeError::TooLarge)?;
    let micros =
        days.checked_mul(86_400).and_then(|s| s.checked_sub(offset)).and_then(|s| s.checked_mul(1_000_000));
    let of_day = i64::try_from(time.as_micros()).unwrap_or(0);
    let micros = micros.and_then(|us| us.checked_add(of_day)).ok_or(TimeError::TooLarge)?;
    Ok(WallTime::from_unix_micros(micros))
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar, counted in eras of 400 years that begin on 1 March.
fn days_since_epoch(year: i64, month: u8, day: u8) -> Option<i64> {
    let (month, day) = (i64::from(month), i64::from(day));
    let year = year.checked_sub(i64::from(month <= 2))?;
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let march_month = month.checked_add(9)?.checked_rem(12)?;
    let day_of_year = march_month.checked_mul(153)?.checked_add(2)?.checked_div(5)?.checked_add(day)?;
    let leap_days = year_of_era.checked_div(4)?.checked_sub(year_of_era.checked_div(100)?)?;
    let day_of_era = year_of_era.checked_mul(365)?.checked_add(leap_days)?.checked_add(day_of_year)?;
    // 719,469 days lie between 0000-03-01 and 1970-01-01, and days count from 1.
    era.checked_mul(146_097)?.checked_add(day_of_era)?.checked_sub(719_469)
}

fn days_of_month(year: i64, month: i64) -> i64 {
    let leap = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The rest of a text that is being read.
struct Text<'a>(&'a [u8]);

impl Text<'_> {
    fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn take(&mut self, octet: u8) -> bool {
        let found = self.0.first() == Some(&octet);
        if found {
            self.next();
        }
        found
    }

    fn expect(&mut self, octet: u8) -> Result<(), TimeError> {
        self.take(octet).then_some(()).ok_or(TimeError::Syntax)
    }

    fn end(&self) -> Result<(), TimeError> {
        self.0.is_empty().then_some(()).ok_or(TimeError::Syntax)
    }

    /// Digits, of which there are as many as `count` allows.
    fn number(&mut self, count: core::ops::RangeInclusive<usize>) -> Result<i64, TimeError> {
        let found = self.0.iter().take_while(|c| c.is_ascii_digit()).count();
        if found < *count.start() {
            return Err(TimeError::Syntax);
        }
        let mut value: i64 = 0;
        for _ in 0..found.min(*count.end()) {
            let digit = i64::from(self.next().unwrap_or(b'0').wrapping_sub(b'0'));
            value = value.checked_mul(10).and_then(|v| v.checked_add(digit)).ok_or(TimeError::TooLarge)?;
        }
        if found > *count.end() { Err(TimeError::TooLarge) } else { Ok(value) }
    }

    /// `.` and digits, in nanoseconds.
    fn fraction(&mut self) -> Result<Option<u32>, TimeError> {
        if !self.take(b'.') {
            return Ok(None);
        }
        let (mut nanos, mut unit, mut digits) = (0u32, 100_000_000u32, 0usize);
        while let Some(digit) = self.0.first().filter(|c| c.is_ascii_digit()) {
            nanos = nanos.saturating_add(u32::from(digit.wrapping_sub(b'0')).saturating_mul(unit));
            unit /= 10;
            digits = digits.saturating_add(1);
            self.next();
        }
        if digits == 0 { Err(TimeError::Syntax) } else { Ok(Some(nanos)) }
    }

    /// A number of two digits in this range.
    fn two(&mut self, range: core::ops::RangeInclusive<i64>) -> Result<i64, TimeError> {
        let value = self.number(2..=2).map_err(|_| TimeError::Syntax)?;
        range.contains(&value).then_some(value).ok_or(TimeError::Syntax)
    }

    fn date(&mut self) -> Result<(i64, u8, u8), TimeError> {
        let negative = self.take(b'-');
        let year = self.number(4..=18)?;
        let year = if negative { year.saturating_neg() } else { year };
        self.expect(b'-')?;
        let month = self.two(1..=12)?;
        self.expect(b'-')?;
        let day = self.two(1..=days_of_month(year, month))?;
        Ok((year, month as u8, day as u8))
    }

    fn time_of_day(&mut self) -> Result<Duration, TimeError> {
        let hour = self.two(0..=24)?;
        self.expect(b':')?;
        let minute = self.two(0..=59)?;
        self.expect(b':')?;
        let second = self.two(0..=59)?;
        let nanos = self.fraction()?.unwrap_or(0);
        if hour == 24 && (minute, second, nanos) != (0, 0, 0) {
            return Err(TimeError::Syntax);
        }
        let seconds =
            hour.saturating_mul(3600).saturating_add(minute.saturating_mul(60)).saturating_add(second);
        Ok(Duration::new(seconds.unsigned_abs(), nanos))
    }

    /// `Z` or `±hh:mm` in seconds east of Greenwich.
    fn offset(&mut self) -> Result<Option<i64>, TimeError> {
        let east = match self.0.first() {
            None => return Ok(None),
            Some(b'Z') => return self.expect(b'Z').map(|()| Some(0)),
            Some(b'+') => true,
            Some(b'-') => false,
            Some(_) => return Err(TimeError::Syntax),
        };
        self.next();
        let hours = self.two(0..=14)?;
        self.expect(b':')?;
        let minutes = self.two(0..=if hours == 14 { 0 } else { 59 })?;
        let seconds = hours.saturating_mul(3600).saturating_add(minutes.saturating_mul(60));
        Ok(Some(if east { seconds } else { seconds.saturating_neg() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_exactly() {
        for (text, nanos) in [
            ("PT2M", 120_000_000_000),
            ("PT120S", 120_000_000_000),
            ("P1DT1H", 90_000_000_000_000),
            ("P1W", 604_800_000_000_000),
            ("P0Y0M0DT0H1M0.000S", 60_000_000_000),
            ("PT0.0000000019S", 1),
            ("-PT0S", 0),
            ("P1D", 86_400_000_000_000u128),
        ] {
            assert_eq!(XsDuration::from(text).to_core().unwrap().as_nanos(), nanos, "{text}");
        }
    }

    #[test]
    fn what_is_no_usable_duration_says_why() {
        for (text, error) in [
            ("", TimeError::Syntax),
            ("P", TimeError::Syntax),
            ("PT", TimeError::Syntax),
            ("P1DT", TimeError::Syntax),
            ("PT1M1H", TimeError::Syntax),
            ("PT1HT1M", TimeError::Syntax),
            ("P1S", TimeError::Syntax),
            ("PT1.5M", TimeError::Syntax),
            ("PT1.S", TimeError::Syntax),
            ("PT1S ", TimeError::Syntax),
            ("120", TimeError::Syntax),
            ("P1Y", TimeError::Calendar),
            ("P1M", TimeError::Calendar),
            ("-PT1S", TimeError::Negative),
            ("P9999999999999999999D", TimeError::TooLarge),
            ("P999999999999999999D", TimeError::TooLarge),
        ] {
            assert_eq!(XsDuration::from(text).to_core(), Err(error), "{text}");
        }
    }

    #[test]
    fn durations_are_written_in_hours_minutes_and_seconds() {
        for (millis, text) in
            [(0, "PT0S"), (60_000, "PT1M"), (7_200_000, "PT2H"), (90_061_000, "PT25H1M1S"), (1_500, "PT1.5S")]
        {
            let span = Duration::from_millis(millis);
            assert_eq!(XsDuration::from_core(span).as_str(), text);
            assert_eq!(XsDuration::from(text).to_core(), Ok(span));
        }
    }

    #[test]
    fn date_times_are_read_with_everything_the_schema_allows() {
        for (text, secs, micros) in [
            ("1970-01-01T00:00:00Z", 0, 0),
            ("1970-01-01T00:00:00", 0, 0),
            ("2000-02-29T12:00:00+02:00", 951_818_400, 0),
            ("2025-12-31T24:00:00Z", 1_767_225_600, 0),
            ("1969-12-31T23:59:59.5-00:00", -1, 500_000),
            ("-0001-01-01T00:00:00Z", -62_198_755_200, 0),
            ("12026-01-31T00:00:00Z", 317_339_337_600, 0),
        ] {
            let expected = WallTime::from_unix_micros(secs * 1_000_000 + micros);
            assert_eq!(XsDateTime::from(text).to_wall(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn date_times_off_the_calendar_are_refused() {
        for text in [
            "2025-02-29T00:00:00Z",
            "2025-13-01T00:00:00Z",
            "2025-01-01T24:00:01Z",
            "2025-01-01T23:59:60Z",
            "2025-01-01T00:00:00+14:01",
            "2025-01-01 00:00:00",
            "2025-01-01",
            "PT1S",
        ] {
            assert_eq!(XsDateTime::from(text).to_wall(), Err(TimeError::Syntax), "{text}");
        }
        let far = XsDateTime::from("999999999999999999-01-01T00:00:00Z");
        assert_eq!(far.to_wall(), Err(TimeError::TooLarge));
    }

    #[test]
    fn wall_time_is_written_and_read_back() {
        for secs in [-1, 0, 951_782_400, 1_767_225_599, 4_107_542_400] {
            let time = WallTime::from_unix_micros(secs * 1_000_000);
            assert_eq!(XsDateTime::from(time).to_wall(), Ok(time));
        }
    }

    #[test]
    fn the_prefix_tells_a_span_from_a_point() {
        let point = |text: &str| AbsoluteOrRelativeTime::from(text).to_point();
        assert_eq!(point("PT2M"), Ok(TimePoint::After(Duration::from_secs(120))));
        assert_eq!(point("-PT2M"), Ok(TimePoint::Before(Duration::from_secs(120))));
        assert_eq!(point("-0001-01-01T00:00:00Z").map(|p| matches!(p, TimePoint::At(_))), Ok(true));
        assert_eq!(point("1970-01-01T00:00:01Z"), Ok(TimePoint::At(WallTime::from_unix_micros(1_000_000))));
    }

    #[test]
    fn dates_and_times_of_day_are_read() {
        assert_eq!(XsDate::from("2026-01-31+01:00").to_civil(), Ok((2026, 1, 31)));
        assert_eq!(XsTime::from("24:00:00").since_midnight(), Ok(Duration::from_secs(86_400)));
        assert_eq!(XsTime::from("06:30:00.25Z").since_midnight(), Ok(Duration::from_millis(23_400_250)));
        assert_eq!(XsTime::from("6:30").since_midnight(), Err(TimeError::Syntax));
    }
}
