//! Whole numbers. None passes through a floating point number.

use core::ops::RangeInclusive;

use super::error::Expected;
use super::repairs::Repair;
use super::scan::{Fail, Scan};

/// Digits that fit 64 bits whatever they are.
const MAX_PLAIN: usize = 19;

impl Scan<'_> {
    /// Reads a number of 0 or more.
    #[inline]
    pub(super) fn unsigned(&mut self, range: RangeInclusive<u64>) -> Result<u64, Fail> {
        self.peek();
        let start = self.at;
        match self.digits() {
            Some(value) if range.contains(&value) => Ok(value),
            _ => {
                let range = i128::from(*range.start())..=i128::from(*range.end());
                self.unusual_number(start, range).map(|value| value as u64)
            }
        }
    }

    /// Reads a signed number.
    #[inline]
    pub(super) fn signed(&mut self, bits: u8) -> Result<i64, Fail> {
        let negative = self.peek() == b'-';
        let start = self.at;
        self.advance(usize::from(negative));
        let limit = i64::MAX >> 64u8.saturating_sub(bits).min(63);
        match self.digits() {
            Some(0) if negative => {}
            Some(value) if value <= limit as u64 => {
                return Ok(if negative { (value as i64).wrapping_neg() } else { value as i64 });
            }
            _ => {}
        }
        let range = i128::from(!limit)..=i128::from(limit);
        self.unusual_number(start, range).map(|value| value as i64)
    }

    /// Plain digits; `None` where the number has another form or more than 19 of them. The place is then unspecified.
    #[inline]
    fn digits(&mut self) -> Option<u64> {
        let window = self.window();
        let (mut value, mut len) = (0u64, 0usize);
        for octet in window.iter().take(MAX_PLAIN) {
            let digit = octet.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            len = len.wrapping_add(1);
        }
        self.advance(len);
        let plain = len == 1 || len > 1 && !window.starts_with(b"0");
        (plain && !matches!(self.octet(), b'.' | b'e' | b'E' | b'0'..=b'9')).then_some(value)
    }

    /// A number with a fraction, an exponent, a negative zero or the smallest magnitude: good if it is whole and fits.
    #[cold]
    fn unusual_number(&mut self, start: usize, range: RangeInclusive<i128>) -> Result<i128, Fail> {
        let expected = Expected::Number { min: *range.start(), max: *range.end() };
        self.at = start;
        if self.skip_number().is_err() {
            return self.fail(expected, start);
        }
        let text = self.piece(start, self.at);
        match whole(text) {
            Some(value) if range.contains(&value) => {
                if text.bytes().any(|octet| matches!(octet, b'.' | b'e' | b'E')) || value == 0 {
                    self.repair(Repair::NumberForm);
                }
                Ok(value)
            }
            _ => self.fail(expected, start),
        }
    }

    /// Passes a number (RFC 8259 6).
    pub(super) fn skip_number(&mut self) -> Result<(), Fail> {
        let start = self.at;
        self.eat(b"-");
        let mut valid = if self.eat(b"0") { !self.octet().is_ascii_digit() } else { self.skip_digits() };
        if self.eat(b".") {
            valid &= self.skip_digits();
        }
        if self.eat(b"e") || self.eat(b"E") {
            _ = self.eat(b"+") || self.eat(b"-");
            valid &= self.skip_digits();
        }
        if valid { Ok(()) } else { self.fail(Expected::Value, start) }
    }

    fn skip_digits(&mut self) -> bool {
        let start = self.at;
        while self.octet().is_ascii_digit() {
            self.advance(1);
        }
        self.at > start
    }
}

/// The value of a JSON number if it is whole and fits 64 bits and a sign.
fn whole(text: &str) -> Option<i128> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let negative = integer.starts_with('-');
    let mut value = 0u64;
    for digit in integer.trim_start_matches('-').bytes().chain(fraction.bytes()) {
        value = value.checked_mul(10)?.checked_add(u64::from(digit.wrapping_sub(b'0')))?;
    }
    let mut exponent = exponent.parse::<i32>().ok()?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    while value != 0 && exponent > 0 {
        value = value.checked_mul(10)?;
        exponent = exponent.wrapping_sub(1);
    }
    while value != 0 && exponent < 0 {
        if !value.is_multiple_of(10) {
            return None;
        }
        value /= 10;
        exponent = exponent.wrapping_add(1);
    }
    Some(if negative { i128::from(value).wrapping_neg() } else { i128::from(value) })
}
