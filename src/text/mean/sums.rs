//! The sums of one pass, all of them exact.

use super::number::{LARGE, Number};
use crate::common::error;
use crate::text::exact::{self, Natural, UNIT};

/// The sums of the numbers so far.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    /// Whether squares and extremes are also needed.
    all: bool,
    /// The number of numbers.
    pub n: u64,
    /// The small natural numbers.
    small: Small,
    /// The sum of the other whole numbers, as long as it fits in 128 bits.
    whole: i128,
    /// The sums of the other numbers above and below zero, in units of doubles.
    above: Natural,
    below: Natural,
    /// Whether there are decimals.
    pub has_decimals: bool,
    /// The bits of the sizes of whole numbers.
    sizes: u64,
    /// The smallest and the largest number, without those in `small`.
    extremes: Option<(Number, Number)>,
    /// The sum of the squares of whole numbers, modulo 2^128, and the rest.
    squares: u128,
    large_squares: Natural,
    /// The sum of the squares of the others, in squared units.
    other_squares: Natural,
}

/// Small natural numbers that were added one by one. They are nearly all numbers of most inputs,
/// so each takes only a few instructions.
#[derive(Clone, Copy, Debug)]
struct Small {
    /// Their sum, which always fits in 128 bits.
    sum: u128,
    least: u64,
    largest: u64,
}

impl Default for Small {
    fn default() -> Self {
        Small {
            sum: 0,
            least: u64::MAX,
            largest: 0,
        }
    }
}

/// The number of bits after the binary point of a number in units.
pub const WHOLE: usize = UNIT.unsigned_abs() as usize;

impl Sums {
    /// No numbers yet.
    pub fn new(all: bool) -> Self {
        Sums {
            all,
            ..Sums::default()
        }
    }

    /// Adds a small natural number. The number of such calls always fits in 64 bits.
    #[inline(always)]
    pub fn add_small(&mut self, number: u64) {
        self.n = self.n.wrapping_add(1);
        self.small.sum = self.small.sum.wrapping_add(number.into());
        self.sizes |= number;
        if self.all {
            let square = u128::from(number) * u128::from(number);
            let (squares, is_over) = self.squares.overflowing_add(square);
            self.squares = squares;
            if is_over {
                self.large_squares.add(1, u128::BITS as usize);
            }
            self.small.least = self.small.least.min(number);
            self.small.largest = self.small.largest.max(number);
        }
    }

    /// Adds a number `times` times.
    #[inline(always)]
    pub fn add(&mut self, number: Number, times: u64) -> Result<(), &'static str> {
        if times == 0 {
            return Ok(());
        }
        self.n = self.n.checked_add(times).ok_or(error::TOO_LARGE)?;
        match number {
            Number::Whole(number) => self.add_whole(number, times),
            Number::Decimal(number) => self.add_decimal(number, times),
        }
        if self.all {
            self.extend(number, number);
        }
        Ok(())
    }

    #[inline(always)]
    fn add_whole(&mut self, number: i128, times: u64) {
        let size = number.unsigned_abs();
        self.sizes |= u64::try_from(size).unwrap_or(u64::MAX);
        let product = number.checked_mul(times.into());
        match product.and_then(|product| self.whole.checked_add(product)) {
            Some(sum) => self.whole = sum,
            None => self.side(number < 0).add_product(size, times, WHOLE),
        }
        if self.all {
            self.square(size, times);
        }
    }

    fn add_decimal(&mut self, number: f64, times: u64) {
        let (units, shift) = exact::units(number);
        let product = u128::from(units) * u128::from(times);
        // The sums only grow, so a carry rarely passes many limbs.
        self.side(number < 0.0).add(product, shift);
        self.has_decimals = true;
        if self.all {
            let square = u128::from(units) * u128::from(units);
            match times {
                1 => self.other_squares.add(square, 2 * shift),
                _ => self.other_squares.add_product(square, times, 2 * shift),
            }
        }
    }

    fn side(&mut self, is_below: bool) -> &mut Natural {
        match is_below {
            true => &mut self.below,
            false => &mut self.above,
        }
    }

    /// Adds the square of a whole number.
    #[inline(always)]
    fn square(&mut self, size: u128, times: u64) {
        if size > u64::MAX.into() {
            return self.square_large(size, times);
        }
        let square = size * size;
        match square.checked_mul(times.into()) {
            Some(product) => {
                let (squares, is_over) = self.squares.overflowing_add(product);
                self.squares = squares;
                if is_over {
                    self.large_squares.add(1, u128::BITS as usize);
                }
            }
            None => self.large_squares.add_product(square, times, 0),
        }
    }

    fn square_large(&mut self, size: u128, times: u64) {
        if times == 1 {
            return self.large_squares.add_square(size);
        }
        let mut square = Natural::default();
        square.add_square(size);
        let product = square.times(&Natural::from(u128::from(times)));
        self.large_squares.add_all(&product, 0);
    }

    /// Extends the range from the smallest to the largest number.
    fn extend(&mut self, small: Number, large: Number) {
        let (smallest, largest) = self.extremes.get_or_insert((small, large));
        if small.is_less(*smallest) {
            *smallest = small;
        }
        if largest.is_less(large) {
            *largest = large;
        }
    }

    /// The smallest and the largest number, if extremes are needed and there is a number.
    pub fn extremes(&self) -> Option<(Number, Number)> {
        let Small { least, largest, .. } = self.small;
        if least > largest {
            return self.extremes;
        }
        let mut all = Sums {
            extremes: self.extremes,
            ..Sums::default()
        };
        all.extend(Number::Whole(least.into()), Number::Whole(largest.into()));
        all.extremes
    }

    /// Adds the sums of other numbers.
    pub fn add_all(&mut self, other: &Sums) -> Result<(), &'static str> {
        self.n = self.n.checked_add(other.n).ok_or(error::TOO_LARGE)?;
        self.has_decimals |= other.has_decimals;
        self.sizes |= other.sizes;
        let (sum, is_below) = other.sum();
        self.side(is_below).add_all(&sum, 0);
        self.other_squares.add_all(&other.sum_of_squares(), 0);
        if let Some((small, large)) = other.extremes() {
            self.extend(small, large);
        }
        Ok(())
    }

    /// The sum of all numbers, in units: its size, and whether it is below zero.
    pub fn sum(&self) -> (Natural, bool) {
        let (mut above, mut below) = (self.above.clone(), self.below.clone());
        let side = if self.whole < 0 {
            &mut below
        } else {
            &mut above
        };
        side.add(self.whole.unsigned_abs(), WHOLE);
        above.add(self.small.sum, WHOLE);
        above.distance(&below)
    }

    /// The sum of all squares, in squared units.
    pub fn sum_of_squares(&self) -> Natural {
        let mut squares = self.other_squares.clone();
        squares.add(self.squares, 2 * WHOLE);
        squares.add_all(&self.large_squares, 2 * WHOLE);
        squares
    }

    /// Sums that were read from a partial result.
    pub fn restored(
        n: u64,
        (sum, is_below): (Natural, bool),
        squares: Natural,
        extremes: Option<(Number, Number)>,
        (has_decimals, has_large): (bool, bool),
    ) -> Sums {
        let mut sums = Sums {
            all: true,
            n,
            has_decimals,
            sizes: if has_large { LARGE } else { 0 },
            extremes,
            other_squares: squares,
            ..Sums::default()
        };
        *sums.side(is_below) = sum;
        sums
    }

    /// Whether there are whole numbers that may not be doubles.
    pub fn has_large(&self) -> bool {
        self.sizes >= LARGE
    }

    /// n times the sum of the squares minus the square of the sum, in squared units. This is n
    /// times (n - 1) times the variance. `None` if it is negative, which is impossible.
    pub fn spread(&self) -> Option<Natural> {
        let (sum, _) = self.sum();
        let n = Natural::from(u128::from(self.n));
        let (spread, is_below) = self.sum_of_squares().times(&n).distance(&sum.times(&sum));
        (!is_below).then_some(spread)
    }

    /// The standard deviation of the sample, of two numbers or more.
    pub fn deviation(&self) -> f64 {
        let spread = self.spread().unwrap_or_default();
        spread.root_of_ratio(self.n, self.n - 1, 2 * UNIT)
    }

    /// The style of the output. It is the same for all results, so that the smallest number is
    /// never shown as more than the mean.
    pub fn style(&self) -> Style {
        match self.has_decimals && !self.has_large() {
            true => Style::Double,
            false => Style::Digits,
        }
    }

    /// The mean; there must be a number.
    pub fn mean(&self, style: Style) -> String {
        let (sum, is_below) = self.sum();
        let near = sum.ratio(self.n, UNIT);
        // Zero has no sign.
        let sign = if is_below && near > 0.0 { "-" } else { "" };
        match style {
            Style::Digits if near >= FULL => {
                format!("{sign}{}", sum.decimal(self.n, WHOLE, PLACES))
            }
            _ => format!("{sign}{near}"),
        }
    }

    /// The sum: all its digits if all numbers are whole, otherwise the nearest double; `None` if
    /// it is larger than all doubles.
    pub fn total(&self) -> Option<String> {
        let (sum, is_below) = self.sum();
        let near = sum.ratio(1, UNIT);
        let sign = if is_below && near > 0.0 { "-" } else { "" };
        match self.has_decimals {
            false => Some(format!("{sign}{}", sum.decimal(1, WHOLE, 0))),
            true => near.is_finite().then(|| format!("{sign}{near}")),
        }
    }
}

/// How numbers are shown. With either style, a larger number is never shown as less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// The shortest decimal of the nearest double, if all whole numbers are doubles.
    Double,
    /// The same below [`FULL`]; from there on all digits before the point, and some after it.
    Digits,
}

/// From here on, a double has at most four places after the point.
const FULL: f64 = 1e12;

/// The number of these places.
const PLACES: u32 = 4;

/// A number in a style.
pub fn shown(number: Number, style: Style) -> String {
    let mut one = Sums::default();
    one.add(number, 1).expect("one is not too many");
    one.mean(style)
}
