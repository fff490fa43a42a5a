//! Sums of numbers without any rounding.
//!
//! Every double is a whole number of units of 2^-1074, the smallest of them, and
//! its square a whole number of squared units. So their sums are whole numbers,
//! of up to some 2,200 and 4,300 bits, however different their sizes (Kulisch's
//! accumulator). Only what is asked of them in the end is rounded, once.
//!
//! Why no crate: `num-bigint` allocates for each addition of a shifted number. Three million
//! decimals took it 0.15 s, and this file 0.02 s, of the 0.17 s that `mean` takes for them. It
//! would still need the rounding of ratios and roots to doubles. `xsum` and `accurate` round a
//! sum of doubles: a mean is rounded a second time then, and there are no whole numbers
//! beyond 2^53, squares or partial sums.

use std::cmp::Ordering;

/// The exponent of the unit: it is two to the power of this.
pub const UNIT: i32 = f64::MIN_EXP - f64::MANTISSA_DIGITS as i32;

/// The bits of a limb.
const LIMB: usize = u64::BITS as usize;

/// A natural number of any size.
#[derive(Clone, Debug, Default)]
pub struct Natural {
    /// Its digits to the base of 2^64, the lowest first. The highest may be zero.
    limbs: Vec<u64>,
}

impl From<u128> for Natural {
    fn from(value: u128) -> Self {
        Natural {
            limbs: vec![value as u64, (value >> LIMB) as u64],
        }
    }
}

impl Natural {
    /// Adds `value`, times two to the power of `shift`.
    #[inline]
    pub fn add(&mut self, value: u128, shift: usize) {
        let (at, shift) = (shift / LIMB, shift % LIMB);
        let low = value << shift;
        // In two steps, as a shift by all bits is none.
        let high = value >> 1 >> (u128::BITS as usize - 1 - shift);
        if self.limbs.len() < at + 4 {
            self.limbs.resize(at + 4, 0);
        }
        let mut carry = 0;
        let added = [low as u64, (low >> LIMB) as u64, high as u64];
        for (limb, added) in self.limbs[at..].iter_mut().zip(added) {
            let sum = u128::from(*limb) + u128::from(added) + carry;
            *limb = sum as u64;
            carry = sum >> LIMB;
        }
        let mut rest = self.limbs[at + 3..].iter_mut();
        while carry != 0 {
            let Some(limb) = rest.next() else {
                self.limbs.push(1);
                return;
            };
            let (sum, over) = limb.overflowing_add(1);
            *limb = sum;
            carry = u128::from(over);
        }
    }

    /// Adds the square of `value`.
    pub fn add_square(&mut self, value: u128) {
        let (low, high) = (value & u128::from(u64::MAX), value >> LIMB);
        self.add(low * low, 0);
        self.add(low * high, LIMB + 1);
        self.add(high * high, 2 * LIMB);
    }

    /// Adds the product of two values, times two to the power of `shift`.
    pub fn add_product(&mut self, a: u128, b: u64, shift: usize) {
        let (low, high) = (a & u128::from(u64::MAX), a >> LIMB);
        self.add(low * u128::from(b), shift);
        self.add(high * u128::from(b), shift + LIMB);
    }

    /// Adds another number, times two to the power of `shift`.
    pub fn add_all(&mut self, other: &Natural, shift: usize) {
        for (i, &limb) in other.limbs.iter().enumerate() {
            self.add(limb.into(), i * LIMB + shift);
        }
    }

    /// The distance between two numbers, and whether the second is the larger.
    pub fn distance(&self, other: &Natural) -> (Natural, bool) {
        let is_less = self.compare(other) == Ordering::Less;
        let (large, small) = if is_less {
            (other, self)
        } else {
            (self, other)
        };
        let mut borrow = false;
        let limbs = large.limbs.iter().enumerate().map(|(i, &limb)| {
            let (rest, under) = limb.overflowing_sub(small.limb(i));
            let (rest, under_again) = rest.overflowing_sub(borrow.into());
            borrow = under || under_again;
            rest
        });
        let limbs = limbs.collect();
        (Natural { limbs }, is_less)
    }

    /// The product of two numbers.
    pub fn times(&self, other: &Natural) -> Natural {
        let mut product = Natural::default();
        for (i, &a) in self.limbs.iter().enumerate() {
            for (j, &b) in other.limbs.iter().enumerate() {
                product.add(u128::from(a) * u128::from(b), (i + j) * LIMB);
            }
        }
        product
    }

    /// The nearest double to a ratio, times two to the power of `exponent`;
    /// infinity if that is too large for a double.
    pub fn ratio(&self, divisor: u64, exponent: i32) -> f64 {
        // Two limbs more than there are hold all the bits of a double.
        let (mut quotient, exponent) = self.shifted(2, exponent);
        let is_inexact = quotient.divide(divisor) != 0;
        let (top, exponent) = quotient.top(exponent, is_inexact);
        round(top, exponent)
    }

    /// The nearest double to the root of a ratio to `a` times `b`, times two to
    /// the power of `exponent`, which is even.
    pub fn root_of_ratio(&self, a: u64, b: u64, exponent: i32) -> f64 {
        let (mut quotient, exponent) = self.shifted(4, exponent);
        let is_inexact = quotient.divide(a) != 0;
        let is_inexact = quotient.divide(b) != 0 || is_inexact;
        let (mut top, mut exponent) = quotient.top(exponent, is_inexact);
        if exponent % 2 != 0 {
            top = top >> 1 | top & 1;
            exponent += 1;
        }
        // 63 bits or more, with the lowest one for what is lost.
        let root = top.isqrt();
        round(root | u128::from(root * root != top), exponent / 2)
    }

    /// A ratio in decimal digits, without rounding before the point, and with at most so
    /// many places behind it. What is beyond these is rounded to the nearest, and to the even
    /// one of two equally near. The lowest bits of the number, one at least, are `behind` its
    /// point.
    pub fn decimal(&self, divisor: u64, behind: usize, places: u32) -> String {
        let mut scaled = self.times(&Natural::from(10u128.pow(places)));
        let is_inexact = scaled.divide(divisor) != 0;
        let digits = scaled.rounded(behind, is_inexact).digits();
        let places = places as usize;
        let digits = format!("{digits:0>0$}", places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        match fraction.trim_end_matches('0') {
            "" => whole.to_string(),
            fraction => format!("{whole}.{fraction}"),
        }
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.lowest().is_none()
    }

    /// The number as an odd one, times two to the power of how much.
    pub fn odd(&self) -> (Natural, usize) {
        let lowest = self.lowest().unwrap_or(0);
        (self.without(lowest), lowest)
    }

    /// Its digits to the base of 16.
    pub fn hexadecimal(&self) -> String {
        let limbs = self.limbs.iter().rev();
        let digits: String = limbs.map(|limb| format!("{limb:016x}")).collect();
        match digits.trim_start_matches('0') {
            "" => "0".to_string(),
            digits => digits.to_string(),
        }
    }

    /// Its digits to the base of 10.
    fn digits(mut self) -> String {
        const GROUP: usize = 19;
        let mut groups = Vec::new();
        while groups.is_empty() || !self.is_zero() {
            groups.push(self.divide(10u64.pow(GROUP as u32)));
        }
        let groups = groups.iter().rev();
        let digits: String = groups.map(|group| format!("{group:0GROUP$}")).collect();
        match digits.trim_start_matches('0') {
            "" => "0".to_string(),
            digits => digits.to_string(),
        }
    }

    /// Which bit is the lowest one that is set, if any is.
    fn lowest(&self) -> Option<usize> {
        let i = self.limbs.iter().position(|&limb| limb != 0)?;
        Some(i * LIMB + self.limbs[i].trailing_zeros() as usize)
    }

    /// The number without its lowest bits.
    fn without(&self, bits: usize) -> Natural {
        let (from, shift) = (bits / LIMB, bits % LIMB);
        let limbs = (from..self.limbs.len()).map(|i| {
            let next = self.limb(i + 1);
            // In two steps, as a shift by all bits is none.
            self.limb(i) >> shift | next << 1 << (LIMB - 1 - shift)
        });
        let limbs = limbs.collect();
        Natural { limbs }
    }

    /// The same rounded, where the number itself may be inexact.
    fn rounded(&self, bits: usize, is_inexact: bool) -> Natural {
        let mut kept = self.without(bits);
        let half = bits - 1;
        let is_half = self.limb(half / LIMB) >> (half % LIMB) & 1 != 0;
        let is_more = is_inexact || self.lowest().is_some_and(|lowest| lowest < half);
        if is_half && (is_more || kept.limb(0) & 1 != 0) {
            kept.add(1, 0);
        }
        kept
    }

    fn limb(&self, i: usize) -> u64 {
        self.limbs.get(i).copied().unwrap_or(0)
    }

    /// The order of two numbers.
    pub fn compare(&self, other: &Natural) -> Ordering {
        let highest_first = (0..self.limbs.len().max(other.limbs.len())).rev();
        highest_first
            .map(|i| self.limb(i).cmp(&other.limb(i)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }

    /// The same with `n` more limbs below: the number, and its exponent now.
    fn shifted(&self, n: usize, exponent: i32) -> (Natural, i32) {
        let mut limbs = vec![0; n];
        limbs.extend_from_slice(&self.limbs);
        (Natural { limbs }, exponent - (n * LIMB) as i32)
    }

    /// Divides by a number; the remainder.
    fn divide(&mut self, divisor: u64) -> u64 {
        let divisor = u128::from(divisor.max(1));
        let mut rest = 0;
        for limb in self.limbs.iter_mut().rev() {
            let dividend = rest << LIMB | u128::from(*limb);
            *limb = (dividend / divisor) as u64;
            rest = dividend % divisor;
        }
        rest as u64
    }

    /// The highest bits, all 128 of them in use, and their exponent. The lowest
    /// one is set, too, if anything is below them.
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

/// A double as units: how many there are, times two to the power of what.
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

/// The nearest double to `top`, times two to the power of `exponent`. The
/// lowest bit of more than a double holds may stand for any that are not there.
fn round(top: u128, exponent: i32) -> f64 {
    if top == 0 {
        return 0.0;
    }
    let length = (u128::BITS - top.leading_zeros()) as i32;
    // The lowest bit of the result: it has so many, or it is the unit.
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
    // Each of these products is exact, or beyond all doubles.
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

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigUint;
    use proptest::prelude::*;

    /// Any double but infinities and NaN, all sizes alike.
    fn double() -> impl Strategy<Value = f64> {
        any::<u64>()
            .prop_map(f64::from_bits)
            .prop_filter("finite", |number| number.is_finite())
    }

    fn natural(number: f64) -> Natural {
        let (units, shift) = units(number);
        let mut natural = Natural::default();
        natural.add(units.into(), shift);
        natural
    }

    #[test]
    fn a_carry_goes_as_far_as_it_has_to() {
        let mut number = Natural::default();
        for i in 0..9 {
            number.add(u64::MAX.into(), i * LIMB);
        }
        number.add(1, 0);
        assert_eq!(number.ratio(1, 0), 2f64.powi(9 * 64));
        assert_eq!(number.limbs.iter().filter(|&&limb| limb != 0).count(), 1);
        let (rest, is_less) = Natural::from(1).distance(&number);
        assert!(is_less);
        assert_eq!(rest.limbs[..9], [u64::MAX; 9]);
    }

    #[test]
    fn what_no_double_holds() {
        assert_eq!(Natural::from(1).ratio(1, 1024), f64::INFINITY);
        assert_eq!(Natural::from(1).ratio(1, UNIT - 1), 0.0);
        assert_eq!(Natural::from(1).ratio(1, UNIT - 200), 0.0);
        assert_eq!(Natural::from(3).ratio(1, UNIT - 2), f64::from_bits(1));
        assert_eq!(Natural::from(3).ratio(1, UNIT - 1), f64::from_bits(2));
        assert_eq!(Natural::default().root_of_ratio(1, 1, 0), 0.0);
        assert_eq!(Natural::from(2).root_of_ratio(1, 1, 0), 2f64.sqrt());
    }

    proptest! {
        #[test]
        fn a_double_is_its_units(number in double()) {
            prop_assert_eq!(natural(number).ratio(1, UNIT), number.abs());
        }

        #[test]
        fn one_operation_is_rounded_as_the_machine_does(a in double(), b in double(), n in 1..1u64 << 53) {
            let (a, b) = (a.abs(), b.abs());
            let mut sum = natural(a);
            sum.add_all(&natural(b), 0);
            prop_assert_eq!(sum.ratio(1, UNIT), a + b);
            let (rest, is_less) = natural(a).distance(&natural(b));
            prop_assert_eq!(is_less, a < b);
            prop_assert_eq!(rest.ratio(1, UNIT), (a - b).abs());
            prop_assert_eq!(natural(a).times(&natural(b)).ratio(1, 2 * UNIT), a * b);
            prop_assert_eq!(natural(a).ratio(n, UNIT), a / n as f64);
            prop_assert_eq!(natural(a).root_of_ratio(1, 1, UNIT), a.sqrt());
        }

        #[test]
        fn a_root_of_a_ratio(a in 0..1u64 << 53, b in 1..1u64 << 26, c in 1..1u64 << 26) {
            let root = Natural::from(u128::from(a)).root_of_ratio(b, c, 0);
            let near = (a as f64 / (b * c) as f64).sqrt();
            prop_assert!((root - near).abs() <= near * f64::EPSILON);
        }

        #[test]
        fn ratios_in_digits(number in prop::collection::vec(any::<u64>(), 1..8), divisor in 1..u64::MAX, behind in 1..300usize, places in 0..7u32) {
            let natural = Natural { limbs: number };
            let big = BigUint::parse_bytes(natural.hexadecimal().as_bytes(), 16).unwrap();
            // The nearest to the ratio, times 10 to the power of `places`.
            let divisor_of_it = BigUint::from(divisor) << behind;
            let scaled = &big * BigUint::from(10u32).pow(places);
            let (quotient, rest) = (&scaled / &divisor_of_it, &scaled % &divisor_of_it);
            let is_odd = quotient.bit(0);
            let nearest = match (rest * 2u32).cmp(&divisor_of_it) {
                Ordering::Less => quotient,
                Ordering::Equal if !is_odd => quotient,
                _ => quotient + 1u32,
            };
            let shown = natural.decimal(divisor, behind, places);
            let (whole, fraction) = shown.split_once('.').unwrap_or((&shown, ""));
            prop_assert!(!fraction.ends_with('0') && fraction.len() <= places as usize);
            prop_assert!(whole == "0" || !whole.starts_with('0'));
            let padded = format!("{whole}{fraction:0<0$}", places as usize);
            prop_assert_eq!(BigUint::parse_bytes(padded.as_bytes(), 10).unwrap(), nearest);
        }

        #[test]
        fn ties_go_to_the_even_digit(whole: u64, eighths in 0..8u64) {
            let natural = Natural::from(u128::from(whole) * 8 + u128::from(eighths));
            let up = eighths > 4 || eighths == 4 && whole % 2 == 1;
            prop_assert_eq!(natural.decimal(1, 3, 0), (u128::from(whole) + u128::from(up)).to_string());
        }

        #[test]
        fn odd_numbers_and_products(a: u128, b: u64, shift in 0..200usize) {
            let mut product = Natural::default();
            product.add_product(a, b, shift);
            prop_assert_eq!(product.hexadecimal(), ((BigUint::from(a) * b) << shift).to_str_radix(16));
            let (odd, bits) = product.odd();
            let mut again = Natural::default();
            again.add_all(&odd, bits);
            prop_assert_eq!(again.compare(&product), Ordering::Equal);
            prop_assert!(a == 0 || b == 0 || odd.limb(0) % 2 == 1);
        }

        #[test]
        fn squares(number: u128) {
            let mut square = Natural::default();
            square.add_square(number);
            let product = Natural::from(number).times(&Natural::from(number));
            prop_assert_eq!(square.compare(&product), Ordering::Equal);
        }
    }
}
