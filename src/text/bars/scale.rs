//! A count becomes the length of a bar, in whole numbers.

/// Numbers below this one can be doubled and added in 128 bits.
pub(super) const LIMIT: u128 = 1 << 127;

/// The length of a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// A number of steps.
    Steps(usize),
    /// The count is larger than that of a whole bar.
    Over,
}

/// The scale of a chart. Its counts are numbers of units below [`LIMIT`].
#[derive(Debug)]
pub(super) struct Scale {
    /// The steps of a whole bar.
    steps: usize,
    /// The count of a whole bar.
    whole: u128,
    /// The count 1.
    one: u128,
    /// The logarithms of 1 and of 1 more than the count of a whole bar, if the scale has these.
    logs: Option<[u64; 2]>,
}

impl Scale {
    /// The scale with a number of steps for the count `whole`, if `one` is the count 1.
    pub fn new(steps: usize, whole: u128, one: u128, is_log: bool) -> Scale {
        // For less than 2^-32, log(1 + count) is the count to nine digits.
        let has_logs = is_log && whole >= one >> 32;
        Scale {
            steps,
            whole,
            one,
            logs: has_logs.then(|| [log2(one), log2(one + whole)]),
        }
    }

    /// The length of the bar for a count: the steps that it fills. Each count but 0 has at least
    /// one, and only that of a whole bar has all.
    pub fn length(&self, count: u128) -> Length {
        if count == 0 {
            return Length::Steps(0);
        }
        if count > self.whole {
            return Length::Over;
        }
        let steps = match self.logs {
            _ if count == self.whole => self.steps,
            Some([one, whole]) => {
                // Each logarithm is wrong by less than 1.1 units. With three units more, a number
                // of steps that is whole does not become the number below it.
                let log = u128::from(log2(self.one + count) - one + 3);
                let steps = self.steps as u128 * log / u128::from(whole - one);
                (steps as usize).min(self.steps - 1)
            }
            None => share(self.steps, count, self.whole),
        };
        Length::Steps(steps.max(1))
    }
}

/// The binary digits after the point of [`log2`].
const FRACTION: u32 = 56;

/// The logarithm of a number, which is not 0, to the base 2, in units of 2^-56. It is too small by
/// less than 1.1 units.
///
/// The next digit of the logarithm of a number from 1 to 2 is 1 if its square is at least 2. Errors
/// of the square are halved with each digit, so that those of all squares add up to less than
/// 2^-61.
fn log2(number: u128) -> u64 {
    let whole = number.ilog2();
    // The number from 1 to 2, with 63 digits after the point.
    let mut rest = (number << (127 - whole) >> 64) as u64;
    let mut log = u64::from(whole);
    for _ in 0..FRACTION {
        let square = u128::from(rest) * u128::from(rest);
        let digit = (square >> 127) as u64;
        rest = (square >> (63 + digit)) as u64;
        log = log << 1 | digit;
    }
    log
}

/// `times` multiplied by the quotient of a part and the whole, without a remainder; 0 if the whole
/// is 0. The whole is below [`LIMIT`], and the part is not larger.
pub(super) fn share(times: usize, part: u128, whole: u128) -> usize {
    if whole == 0 {
        return 0;
    }
    debug_assert!(part <= whole && whole < LIMIT);
    if let Some(product) = part.checked_mul(times as u128) {
        return (product / whole) as usize;
    }
    // Digit by digit of `times`: the quotient and the remainder so far.
    let (mut quotient, mut rest) = (0, 0);
    for digit in (0..usize::BITS - times.leading_zeros()).rev() {
        let added = if times >> digit & 1 == 1 { part } else { 0 };
        quotient *= 2;
        for more in [rest, added] {
            rest += more;
            if rest >= whole {
                rest -= whole;
                quotient += 1;
            }
        }
    }
    quotient
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigUint;
    use proptest::prelude::*;

    /// Numbers of all sizes below the limit.
    fn number() -> impl Strategy<Value = u128> {
        (any::<u128>(), 1..128u32).prop_map(|(number, bits)| number >> bits)
    }

    #[test]
    fn logarithms() {
        let unit = |n: u64| n << FRACTION;
        assert_eq!(log2(1), 0);
        assert_eq!(log2(2), unit(1));
        assert_eq!(log2(1 << 127), unit(127));
        assert_eq!(log2((1 << 127) | ((1 << 127) - 1)), unit(128) - 1);
        // By Python's decimal, rounded down.
        assert_eq!(log2(3), 114_208_584_442_304_135);
        assert_eq!(log2(10u128.pow(38)), 9_096_065_551_214_074_502);
    }

    fn log_scale(steps: usize, whole: u128, one: u128) -> Scale {
        Scale::new(steps, whole, one, true)
    }

    /// The number of steps is whole: 1 + COUNT is a power of the root of 1 + MAX.
    #[test]
    fn powers_have_whole_lengths() {
        for base in 2..30u128 {
            for power in 1..=(127 / base.ilog2() - 1).min(25) {
                let scale = log_scale(8 * power as usize, base.pow(power) - 1, 1);
                for n in 1..=power {
                    let length = scale.length(base.pow(n) - 1);
                    assert_eq!(
                        length,
                        Length::Steps(8 * n as usize),
                        "{base}^{n} of {power}"
                    );
                }
            }
        }
    }

    #[test]
    fn tiny_counts_of_a_logarithmic_scale() {
        let one = 10u128.pow(30);
        for whole in [1, 1 << 40, one >> 32, one >> 31, one >> 20] {
            let scale = log_scale(256, whole, one);
            assert_eq!(scale.length(whole), Length::Steps(256));
            let half = Length::Steps(if whole == 1 { 0 } else { 128 });
            assert_eq!(scale.length(whole / 2), half, "{whole}");
        }
    }

    proptest! {
        #[test]
        fn a_share_as_large_numbers_have_it(times in 1..600_000usize, a in number(), b in number()) {
            let (part, whole) = (a.min(b), a.max(b).max(1));
            let expected = BigUint::from(times) * part / whole;
            prop_assert_eq!(BigUint::from(share(times, part, whole)), expected);
        }

        #[test]
        fn only_the_largest_fills_a_bar(steps in 10..300usize, a in number(), b in number(), log: bool) {
            let whole = a.max(b).max(2);
            let count = a.min(b).min(whole - 1);
            let scale = Scale::new(steps, whole, 1, log);
            prop_assert_eq!(scale.length(whole), Length::Steps(steps));
            prop_assert_eq!(scale.length(whole + 1), Length::Over);
            let Length::Steps(n) = scale.length(count) else { panic!() };
            prop_assert!(n < steps && (n == 0) == (count == 0));
        }

        /// The logarithms compared as powers: (1 + MAX)^n <= (1 + COUNT)^steps.
        #[test]
        fn logarithmic_lengths_as_powers_have_them(steps in 8..100usize, a in number(), b in number(), places in 0..4u32) {
            let one = 10u128.pow(places);
            let (whole, count) = (a.max(b).max(1).min(LIMIT - one), a.min(b).max(1));
            let scale = log_scale(steps, whole, one);
            let Length::Steps(n) = scale.length(count) else { panic!() };
            let power = |number: u128, n: usize| BigUint::from(number + one).pow(n as u32)
                * BigUint::from(one).pow((steps - n) as u32);
            let reached = |n: usize| power(whole, n) <= power(count, steps);
            prop_assert!(n == 1 || reached(n));
            prop_assert!(n == steps || !reached(n + 1));
        }
    }
}
