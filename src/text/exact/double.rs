//! Doubles as numbers of units, and numbers rounded to the nearest double.

use super::natural::{LIMB, Natural};
use std::cmp::Ordering;

/// The exponent of the unit: the unit is two to the power of this.
pub const UNIT: i32 = f64::MIN_EXP - f64::MANTISSA_DIGITS as i32;

/// A double in units: a number and the exponent of a power of two.
#[inline]
pub fn units(number: f64) -> (u64, usize) {
    const BITS: u32 = f64::MANTISSA_DIGITS - 1;
    let bits = number.abs().to_bits();
    let (exponent, mantissa) = (bits >> BITS, bits & ((1 << BITS) - 1));
    match exponent {
        0 => (mantissa, 0),
        _ => (mantissa | 1 << BITS, exponent as usize - 1),
    }
}

impl Natural {
    /// The nearest double to a ratio times two to the power of `exponent`; infinity if that is
    /// too large for a double.
    pub fn ratio(&self, divisor: u64, exponent: i32) -> f64 {
        // With two more limbs the quotient has all bits of a double.
        let (mut quotient, exponent) = self.shifted(2, exponent);
        let is_inexact = quotient.divide(divisor) != 0;
        let (top, exponent) = quotient.top(exponent, is_inexact);
        round(top, exponent)
    }

    /// The nearest double to the root of the number divided by `a` and by `b`, times two to the
    /// power of `exponent`, which is even.
    pub fn root_of_ratio(&self, a: u64, b: u64, exponent: i32) -> f64 {
        let (mut quotient, exponent) = self.shifted(4, exponent);
        let is_inexact = quotient.divide(a) != 0;
        let is_inexact = quotient.divide(b) != 0 || is_inexact;
        let (mut top, mut exponent) = quotient.top(exponent, is_inexact);
        if exponent % 2 != 0 {
            top = top >> 1 | top & 1;
            exponent += 1;
        }
        // 63 bits or more. The lowest bit is set if the root is inexact.
        let root = top.isqrt();
        round(root | u128::from(root * root != top), exponent / 2)
    }

    /// The same number with `n` more limbs below, and its exponent then.
    fn shifted(&self, n: usize, exponent: i32) -> (Natural, i32) {
        let mut limbs = vec![0; n];
        limbs.extend_from_slice(&self.limbs);
        (Natural { limbs }, exponent - (n * LIMB) as i32)
    }

    /// The 128 highest bits and their exponent. The lowest of them is also set if the bits below
    /// are not all zero.
    fn top(&self, exponent: i32, is_inexact: bool) -> (u128, i32) {
        let Some(last) = self.limbs.iter().rposition(|&limb| limb != 0) else {
            return (0, exponent);
        };
        let below = |n: usize| last.checked_sub(n).map_or(0, |i| self.limbs[i]);
        let zeros = self.limbs[last].leading_zeros();
        let three = [below(0), below(1), below(2)].map(u128::from);
        let high = (three[0] << LIMB | three[1]) << zeros;
        let (low, lost) = ((three[2] << zeros) >> LIMB, (three[2] << zeros) as u64);
        let rest = &self.limbs[..last.saturating_sub(2)];
        let is_inexact = is_inexact || lost != 0 || rest.iter().any(|&limb| limb != 0);
        let moved = (last as i32 - 1) * LIMB as i32 - zeros as i32;
        (high | low | u128::from(is_inexact), exponent + moved)
    }
}

/// The nearest double to `top` times two to the power of `exponent`. If `top` has more bits
/// than a double, its lowest bit may represent any bits below it.
fn round(top: u128, exponent: i32) -> f64 {
    if top == 0 {
        return 0.0;
    }
    let length = (u128::BITS - top.leading_zeros()) as i32;
    // The bits that the result does not have: its lowest bit is no lower than the unit.
    let cut = (length - f64::MANTISSA_DIGITS as i32).max(UNIT - exponent);
    let (top, exponent) = match cut {
        ..=0 => (top, exponent),
        1..=128 => {
            let half = 1 << (cut - 1);
            let kept = top >> (cut - 1) >> 1;
            let up = match (top & (half | (half - 1))).cmp(&half) {
                Ordering::Less => 0,
                Ordering::Equal => kept & 1,
                Ordering::Greater => 1,
            };
            (kept + up, exponent + cut)
        }
        _ => return 0.0,
    };
    // Each of these products is exact, or larger than all doubles.
    let mut number = top as f64;
    let mut exponent = exponent;
    while exponent > 0 && number.is_finite() {
        let step = exponent.min(1000);
        number *= 2f64.powi(step);
        exponent -= step;
    }
    while exponent < 0 && number != 0.0 {
        let step = exponent.max(-1000);
        number *= 2f64.powi(step);
        exponent -= step;
    }
    number
}
