//! Power as an exact number.

use crate::model::ScaledNumber;
use core::fmt;

/// A power, exact to one milliwatt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Watts(i64);

/// A whole number of watts.
pub const fn watts(whole: i64) -> Watts {
    Watts(whole.saturating_mul(1_000))
}

impl Watts {
    /// 0 W.
    pub const ZERO: Self = Self(0);

    /// From milliwatts.
    pub const fn from_milliwatts(milliwatts: i64) -> Self {
        Self(milliwatts)
    }

    /// In milliwatts.
    pub const fn milliwatts(self) -> i64 {
        self.0
    }

    /// Below 0 W.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }
}

/// Whole watts carry scale 0, others scale -3; both members are always there (SPINE IG 3.2.1).
impl From<Watts> for ScaledNumber {
    fn from(power: Watts) -> Self {
        if power.0 % 1_000 == 0 { Self::new(power.0 / 1_000, 0) } else { Self::new(power.0, -3) }
    }
}

/// Rounded to the milliwatt; refused where the number is missing or beyond the range of [`Watts`].
impl TryFrom<&ScaledNumber> for Watts {
    type Error = crate::model::NumberError;

    fn try_from(number: &ScaledNumber) -> Result<Self, Self::Error> {
        number.to_milli().map(Self)
    }
}

/// `4,200 W`, with up to three decimals where they are needed.
impl fmt::Display for Watts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0.unsigned_abs() / 1_000, self.0.unsigned_abs() % 1_000);
        if self.0 < 0 {
            f.write_str("-")?;
        }
        grouped(whole, f)?;
        match rest {
            0 => f.write_str(" W"),
            rest if rest % 100 == 0 => write!(f, ".{} W", rest / 100),
            rest if rest % 10 == 0 => write!(f, ".{:02} W", rest / 10),
            rest => write!(f, ".{rest:03} W"),
        }
    }
}

fn grouped(number: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if number < 1_000 {
        return write!(f, "{number}");
    }
    grouped(number / 1_000, f)?;
    write!(f, ",{:03}", number % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn power_is_shown_with_groups_and_only_the_decimals_it_has() {
        for (power, text) in [
            (watts(4_200), "4,200 W"),
            (watts(0), "0 W"),
            (watts(-11_000_000), "-11,000,000 W"),
            (Watts::from_milliwatts(1_500), "1.5 W"),
            (Watts::from_milliwatts(-1_050), "-1.05 W"),
            (Watts::from_milliwatts(999_001), "999.001 W"),
        ] {
            assert_eq!(power.to_string(), text);
        }
    }

    #[test]
    fn power_and_scaled_number_agree() {
        assert_eq!(ScaledNumber::from(watts(4_200)), ScaledNumber::new(4_200, 0));
        assert_eq!(ScaledNumber::from(Watts::from_milliwatts(1_500)), ScaledNumber::new(1_500, -3));
        assert_eq!(Watts::try_from(&ScaledNumber::new(3, 3)), Ok(watts(3_000)));
        assert_eq!(Watts::try_from(&ScaledNumber::new(42, 2)), Ok(watts(4_200)));
        assert!(Watts::try_from(&ScaledNumber::new(1, 300)).is_err());
        assert!(Watts::try_from(&ScaledNumber::default()).is_err());
    }
}
