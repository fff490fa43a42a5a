//! Compared with the arithmetic of the machine and of `num-bigint`.

use super::natural::LIMB;
use super::*;
use num_bigint::BigUint;
use proptest::prelude::*;
use std::cmp::Ordering;

/// Any finite double, with uniformly distributed bits.
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
fn a_carry_passes_through_all_limbs() {
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
fn results_that_are_not_doubles() {
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
