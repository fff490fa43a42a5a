//! Natural numbers of any size.

use std::cmp::Ordering;

/// The bits of a limb.
pub const LIMB: usize = u64::BITS as usize;

/// A natural number of any size.
#[derive(Clone, Debug, Default)]
pub struct Natural {
    /// Its digits in base 2^64, the lowest first. The highest may be zero.
    pub(super) limbs: Vec<u64>,
}

impl From<u128> for Natural {
    fn from(value: u128) -> Self {
        Natural {
            limbs: vec![value as u64, (value >> LIMB) as u64],
        }
    }
}

impl Natural {
    /// Adds `value` times two to the power of `shift`.
    #[inline]
    pub fn add(&mut self, value: u128, shift: usize) {
        let (at, shift) = (shift / LIMB, shift % LIMB);
        let low = value << shift;
        // In two steps, because a shift by all bits would overflow.
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

    /// Adds the product of two values times two to the power of `shift`.
    pub fn add_product(&mut self, a: u128, b: u64, shift: usize) {
        let (low, high) = (a & u128::from(u64::MAX), a >> LIMB);
        self.add(low * u128::from(b), shift);
        self.add(high * u128::from(b), shift + LIMB);
    }

    /// Adds another number times two to the power of `shift`.
    pub fn add_all(&mut self, other: &Natural, shift: usize) {
        for (i, &limb) in other.limbs.iter().enumerate() {
            self.add(limb.into(), i * LIMB + shift);
        }
    }

    /// The distance between two numbers, and whether the second is larger.
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

    /// Divides by a number and returns the remainder.
    pub fn divide(&mut self, divisor: u64) -> u64 {
        let divisor = u128::from(divisor.max(1));
        let mut rest = 0;
        for limb in self.limbs.iter_mut().rev() {
            let dividend = rest << LIMB | u128::from(*limb);
            *limb = (dividend / divisor) as u64;
            rest = dividend % divisor;
        }
        rest as u64
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.lowest().is_none()
    }

    /// The order of two numbers.
    pub fn compare(&self, other: &Natural) -> Ordering {
        let highest_first = (0..self.limbs.len().max(other.limbs.len())).rev();
        highest_first
            .map(|i| self.limb(i).cmp(&other.limb(i)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }

    /// A limb; 0 if there are fewer.
    pub fn limb(&self, i: usize) -> u64 {
        self.limbs.get(i).copied().unwrap_or(0)
    }

    /// The lowest bit that is set, if there is one.
    pub fn lowest(&self) -> Option<usize> {
        let i = self.limbs.iter().position(|&limb| limb != 0)?;
        Some(i * LIMB + self.limbs[i].trailing_zeros() as usize)
    }

    /// The number as an odd number and the exponent of a power of two.
    pub fn odd(&self) -> (Natural, usize) {
        let lowest = self.lowest().unwrap_or(0);
        (self.without(lowest), lowest)
    }

    /// The number without its `bits` lowest bits.
    pub fn without(&self, bits: usize) -> Natural {
        let (from, shift) = (bits / LIMB, bits % LIMB);
        let limbs = (from..self.limbs.len()).map(|i| {
            let next = self.limb(i + 1);
            // In two steps, because a shift by all bits would overflow.
            self.limb(i) >> shift | next << 1 << (LIMB - 1 - shift)
        });
        let limbs = limbs.collect();
        Natural { limbs }
    }
}
