//! `ScaledNumberType`: number · 10^scale, exact.

use alloc::format;
use core::cmp::Ordering;
use core::fmt;
use core::str::FromStr;

use super::ScaledNumber;

/// Why a scaled number has no such value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NumberError {
    /// `number` is absent.
    Missing,
    /// The value is larger than the result can hold.
    TooLarge,
    /// The value has digits the result can't hold.
    Inexact,
    /// The text is no decimal number.
    Syntax,
}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "no number",
            Self::TooLarge => "a value out of range",
            Self::Inexact => "a value with too many decimals",
            Self::Syntax => "not a decimal number",
        })
    }
}

impl core::error::Error for NumberError {}

/// Most decimals that [`fmt::Display`] writes out; beyond them it writes an exponent.
const MAX_DECIMALS: u16 = 20;

impl ScaledNumber {
    /// `number` · 10^`scale`.
    pub const fn new(number: i64, scale: i16) -> Self {
        Self { number: Some(number), scale: Some(scale) }
    }

    /// A whole number, with the scale 0 that a full message has to state (SPINE implementation guide 3.2.1).
    pub const fn from_integer(number: i64) -> Self {
        Self::new(number, 0)
    }

    /// `thousandths` / 1000 with no more decimals than it needs: 4200500 becomes 42005 · 10^-1.
    pub const fn from_milli(thousandths: i64) -> Self {
        match thousandths {
            n if n % 1000 == 0 => Self::new(n / 1000, 0),
            n if n % 100 == 0 => Self::new(n / 100, -1),
            n if n % 10 == 0 => Self::new(n / 10, -2),
            n => Self::new(n, -3),
        }
    }

    /// The number and its scale; a missing scale is 0.
    fn parts(&self) -> Result<(i64, i16), NumberError> {
        self.number.map(|n| (n, self.scale.unwrap_or(0))).ok_or(NumberError::Missing)
    }

    /// The value as a whole number.
    ///
    /// # Errors
    ///
    /// [`NumberError::Inexact`] where it has a fraction, [`NumberError::TooLarge`] beyond `i64`.
    pub fn to_i64(&self) -> Result<i64, NumberError> {
        self.in_units_of(0, false)
    }

    /// The nearest whole number; halves go away from zero.
    ///
    /// # Errors
    ///
    /// [`NumberError::TooLarge`] beyond `i64`.
    pub fn to_i64_rounded(&self) -> Result<i64, NumberError> {
        self.in_units_of(0, true)
    }

    /// The value in thousandths, to the nearest one.
    ///
    /// # Errors
    ///
    /// [`NumberError::TooLarge`] beyond `i64`.
    pub fn to_milli(&self) -> Result<i64, NumberError> {
        self.in_units_of(-3, true)
    }

    /// The value in thousandths, to the nearest one, where it has such a value.
    pub fn as_milli(&self) -> Option<i64> {
        self.to_milli().ok()
    }

    /// The nearest floating-point number, for display and statistics.
    ///
    /// # Errors
    ///
    /// [`NumberError::TooLarge`] instead of infinity.
    pub fn to_f64(&self) -> Result<f64, NumberError> {
        let (number, scale) = self.parts()?;
        let value: f64 = format!("{number}e{scale}").parse().map_err(|_| NumberError::Syntax)?;
        if value.is_finite() { Ok(value) } else { Err(NumberError::TooLarge) }
    }

    /// The value as a multiple of 10^`unit`.
    fn in_units_of(&self, unit: i16, round: bool) -> Result<i64, NumberError> {
        let (number, scale) = self.parts()?;
        if number == 0 {
            return Ok(0);
        }
        let exponent = i32::from(scale).saturating_sub(i32::from(unit));
        let Some(power) = 10i128.checked_pow(exponent.unsigned_abs()) else {
            return match (exponent > 0, round) {
                (true, _) => Err(NumberError::TooLarge),
                (false, true) => Ok(0),
                (false, false) => Err(NumberError::Inexact),
            };
        };
        let number = i128::from(number);
        let value = if exponent >= 0 {
            number.checked_mul(power).ok_or(NumberError::TooLarge)?
        } else {
            let (whole, rest) = (number.checked_div(power), number.checked_rem(power));
            let (whole, rest) = (whole.unwrap_or(0), rest.unwrap_or(0));
            match (rest, round) {
                (0, _) => whole,
                (_, false) => return Err(NumberError::Inexact),
                _ if rest.unsigned_abs() >= power.unsigned_abs() / 2 => whole.saturating_add(number.signum()),
                _ => whole,
            }
        };
        i64::try_from(value).map_err(|_| NumberError::TooLarge)
    }

    /// Compares the values: 105 · 10^-1 equals 1050 · 10^-2.
    ///
    /// # Errors
    ///
    /// [`NumberError::Missing`] where one has no number.
    pub fn compare(&self, other: &Self) -> Result<Ordering, NumberError> {
        let ((a, a_scale), (b, b_scale)) = (self.parts()?, other.parts()?);
        if a.signum() != b.signum() || a == 0 {
            return Ok(a.signum().cmp(&b.signum()));
        }
        // With equal signs the place of the first digit decides, and where it is equal the scales differ by 18 at most.
        let place =
            |n: i64, scale: i16| i64::from(n.unsigned_abs().ilog10()).saturating_add(i64::from(scale));
        let places = place(a, a_scale).cmp(&place(b, b_scale));
        let digits = || {
            let low = a_scale.min(b_scale);
            let full = |n: i64, scale: i16| {
                let shift = u32::from(scale.abs_diff(low));
                10i128
                    .checked_pow(shift)
                    .and_then(|p| p.checked_mul(i128::from(n).abs()))
                    .unwrap_or(i128::MAX)
            };
            full(a, a_scale).cmp(&full(b, b_scale))
        };
        let size = places.then_with(digits);
        Ok(if a < 0 { size.reverse() } else { size })
    }

    /// Whether both have the same value, however it is written.
    pub fn same_value(&self, other: &Self) -> bool {
        self.compare(other) == Ok(Ordering::Equal)
    }
}

impl From<i64> for ScaledNumber {
    fn from(number: i64) -> Self {
        Self::from_integer(number)
    }
}

/// Decimal text: `-10.5`; `2e300` where it would be long; `-` without a number.
impl fmt::Display for ScaledNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok((number, scale)) = self.parts() else { return f.write_str("-") };
        let digits = usize::from(scale.unsigned_abs());
        if scale == 0 || number == 0 {
            return write!(f, "{number}");
        }
        if scale.unsigned_abs() > MAX_DECIMALS {
            return write!(f, "{number}e{scale}");
        }
        if scale > 0 {
            return write!(f, "{number}{:0digits$}", 0);
        }
        let sign = if number < 0 { "-" } else { "" };
        let padded = format!("{:0>1$}", number.unsigned_abs(), digits.saturating_add(1));
        let (whole, fraction) = padded.split_at(padded.len().saturating_sub(digits));
        write!(f, "{sign}{whole}.{fraction}")
    }
}

/// Reads decimal text exactly: `-10.5` becomes -105 · 10^-1, `1.5e-300` becomes 15 · 10^-301.
impl FromStr for ScaledNumber {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, NumberError> {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
        let unsigned = |part: &str| is_number(part.strip_prefix('-').unwrap_or(part));
        if !unsigned(whole) || !is_number(fraction) || !unsigned(exponent) {
            return Err(NumberError::Syntax);
        }
        let fraction = fraction.trim_end_matches('0');
        let mut digits = format!("{whole}{fraction}");
        let mut scale = exponent.parse::<i32>().map_err(|_| NumberError::TooLarge)?;
        scale = scale.saturating_sub(i32::try_from(fraction.len()).unwrap_or(i32::MAX));
        // Zeros that the number or the scale has no room for move from one to the other.
        let mut number = digits.parse::<i64>();
        while digits.ends_with('0') && digits.len() > 1 && (number.is_err() || scale < i32::from(i16::MIN)) {
            digits.pop();
            scale = scale.saturating_add(1);
            number = digits.parse();
        }
        match (number, i16::try_from(scale)) {
            (Ok(0), _) => Ok(Self::from_integer(0)),
            (Ok(number), Ok(scale)) => Ok(Self::new(number, scale)),
            _ => Err(NumberError::TooLarge),
        }
    }
}

/// The shortest decimal number that is read as this one: 0.1 becomes 1 · 10^-1. Infinity and NaN are refused.
impl TryFrom<f64> for ScaledNumber {
    type Error = NumberError;

    fn try_from(value: f64) -> Result<Self, NumberError> {
        if value.is_finite() { format!("{value:e}").parse() } else { Err(NumberError::TooLarge) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn values_compare_exactly_however_they_are_written() {
        use Ordering::{Equal, Greater, Less};
        for (a, b, order) in [
            ((105, -1), (1050, -2), Equal),
            ((0, 5), (0, -5), Equal),
            ((1, 3), (999, 0), Greater),
            ((-1, 3), (-999, 0), Less),
            ((-1, 0), (1, -300), Less),
            ((1, i16::MAX), (i64::MAX, 0), Greater),
            ((1, i16::MIN), (0, 0), Greater),
            ((i64::MIN, 0), (i64::MAX, 0), Less),
            ((9_007_199_254_740_993, 0), (9_007_199_254_740_992, 0), Greater),
            ((1, 18), (1_000_000_000_000_000_001, 0), Less),
        ] {
            let (a, b) = (ScaledNumber::new(a.0, a.1), ScaledNumber::new(b.0, b.1));
            assert_eq!(a.compare(&b), Ok(order), "{a:?} {b:?}");
            assert_eq!(b.compare(&a), Ok(order.reverse()), "{b:?} {a:?}");
        }
        assert_eq!(ScaledNumber::default().compare(&1.into()), Err(NumberError::Missing));
    }

    #[test]
    fn a_missing_scale_is_zero() {
        let number = ScaledNumber { number: Some(4200), scale: None };
        assert_eq!(number.to_i64(), Ok(4200));
        assert!(number.same_value(&4200.into()));
    }

    #[test]
    fn whole_numbers_are_exact_rounded_or_refused() {
        for (number, scale, exact, rounded) in [
            (42, 2, Ok(4200), Ok(4200)),
            (105, -1, Err(NumberError::Inexact), Ok(11)),
            (-105, -1, Err(NumberError::Inexact), Ok(-11)),
            (104, -1, Err(NumberError::Inexact), Ok(10)),
            (1050, -2, Err(NumberError::Inexact), Ok(11)),
            (100, -2, Ok(1), Ok(1)),
            (1, 19, Err(NumberError::TooLarge), Err(NumberError::TooLarge)),
            (1, i16::MAX, Err(NumberError::TooLarge), Err(NumberError::TooLarge)),
            (1, i16::MIN, Err(NumberError::Inexact), Ok(0)),
            (0, i16::MAX, Ok(0), Ok(0)),
            (i64::MIN, 0, Ok(i64::MIN), Ok(i64::MIN)),
        ] {
            let value = ScaledNumber::new(number, scale);
            assert_eq!(value.to_i64(), exact, "{value:?}");
            assert_eq!(value.to_i64_rounded(), rounded, "{value:?}");
        }
    }

    #[test]
    fn overflow_is_an_error_never_infinity() {
        assert_eq!(ScaledNumber::new(1, 400).to_f64(), Err(NumberError::TooLarge));
        assert_eq!(ScaledNumber::new(105, -1).to_f64(), Ok(10.5));
        assert_eq!(ScaledNumber::new(i64::MAX, 0).to_milli(), Err(NumberError::TooLarge));
        assert_eq!(ScaledNumber::new(42, 2).as_milli(), Some(4_200_000));
    }

    #[test]
    fn text_and_number_agree() {
        for (number, scale, text) in [
            (4200, 0, "4200"),
            (42, 2, "4200"),
            (-105, -1, "-10.5"),
            (5, -3, "0.005"),
            (-5, -1, "-0.5"),
            (i64::MIN, -19, "-0.9223372036854775808"),
        ] {
            let value = ScaledNumber::new(number, scale);
            assert_eq!(value.to_string(), text);
            assert!(text.parse::<ScaledNumber>().unwrap().same_value(&value), "{text}");
        }
        assert_eq!(ScaledNumber::new(2, 300).to_string(), "2e300");
        assert_eq!("10.50".parse(), Ok(ScaledNumber::new(105, -1)));
        for text in ["", "-", "1.", ".5", "1e", "1e+3", "e3", "+1", "1,5", "--1", "1e1.5"] {
            assert_eq!(text.parse::<ScaledNumber>(), Err(NumberError::Syntax), "{text}");
        }
        for text in ["9223372036854775808", "1e40000", "1e-40000", "1e99999999999"] {
            assert_eq!(text.parse::<ScaledNumber>(), Err(NumberError::TooLarge), "{text}");
        }
        for (text, number, scale) in [
            ("1e3", 1, 3),
            ("-1.5e-300", -15, -301),
            ("92233720368547758070", i64::MAX, 1),
            ("10e-32769", 1, -32768),
            ("0e99999", 0, 0),
        ] {
            assert_eq!(text.parse(), Ok(ScaledNumber::new(number, scale)), "{text}");
        }
    }

    #[test]
    fn a_floating_point_number_becomes_the_shortest_decimal_and_comes_back() {
        for (value, number, scale) in [
            (0.1, 1, -1),
            (-10.5, -105, -1),
            (4200.0, 42, 2),
            (0.0, 0, 0),
            (5e-324, 5, -324),
            (1.0 / 3.0, 3333333333333333, -16),
        ] {
            let scaled = ScaledNumber::try_from(value).unwrap();
            assert_eq!(scaled, ScaledNumber::new(number, scale));
            assert_eq!(scaled.to_f64(), Ok(value));
        }
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(ScaledNumber::try_from(value), Err(NumberError::TooLarge));
        }
        assert_eq!(ScaledNumber::try_from(f64::MAX).unwrap().to_f64(), Ok(f64::MAX));
    }

    #[test]
    fn thousandths_take_no_more_decimals_than_they_need() {
        assert_eq!(ScaledNumber::from_milli(4_200_000), ScaledNumber::new(4200, 0));
        assert_eq!(ScaledNumber::from_milli(4_200_500), ScaledNumber::new(42_005, -1));
        assert_eq!(ScaledNumber::from_milli(-1), ScaledNumber::new(-1, -3));
    }
}
