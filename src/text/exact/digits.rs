//! Numbers in digits.

use super::natural::{LIMB, Natural};

impl Natural {
    /// A ratio in decimal digits, with all digits before the point and at most `places` after
    /// it, rounded to the nearest and ties to even. The `behind` lowest bits of the number, at
    /// least one, are after its binary point.
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

    /// The number without its `bits` lowest bits, rounded to the nearest and ties to even.
    /// `is_inexact` tells that the number is a little larger.
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

    /// Its digits in base 10.
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

    /// Its digits in base 16.
    pub fn hexadecimal(&self) -> String {
        let limbs = self.limbs.iter().rev();
        let digits: String = limbs.map(|limb| format!("{limb:016x}")).collect();
        match digits.trim_start_matches('0') {
            "" => "0".to_string(),
            digits => digits.to_string(),
        }
    }
}
