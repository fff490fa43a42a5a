//! The instruction sets for which there are kernels, and the best one of this machine.

use std::cell::Cell;

/// An instruction set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// AVX-512 with the byte instructions of Ice Lake.
    #[cfg(simd = "x86")]
    Avx512,
    /// AVX2.
    #[cfg(simd = "x86")]
    Avx2,
    /// NEON, which belongs to 64-bit ARM.
    #[cfg(simd = "neon")]
    Neon,
    /// That of any machine.
    Portable,
}

thread_local! {
    /// The set that this thread uses.
    static CHOSEN: Cell<Option<Set>> = const { Cell::new(None) };
}

impl Set {
    /// All of them, the best one first.
    pub const ALL: &[Set] = &[
        #[cfg(simd = "x86")]
        Set::Avx512,
        #[cfg(simd = "x86")]
        Set::Avx2,
        #[cfg(simd = "neon")]
        Set::Neon,
        Set::Portable,
    ];

    /// Whether the machine has the instructions.
    pub fn is_available(self) -> bool {
        #[cfg(simd = "x86")]
        use std::arch::is_x86_feature_detected as has;
        match self {
            #[cfg(simd = "x86")]
            Set::Avx512 => {
                has!("avx512bw")
                    && has!("avx512vbmi")
                    && has!("avx512vbmi2")
                    && has!("avx512bitalg")
                    && has!("bmi2")
                    && has!("popcnt")
            }
            #[cfg(simd = "x86")]
            Set::Avx2 => has!("avx2") && has!("popcnt"),
            #[cfg(simd = "neon")]
            Set::Neon => true,
            Set::Portable => true,
        }
    }

    /// The set that this thread uses: the best one, or the one that was chosen. The machine has it.
    #[inline(always)]
    pub(super) fn current() -> Set {
        CHOSEN.get().unwrap_or_else(Set::choose_best)
    }

    #[cold]
    fn choose_best() -> Set {
        let mut sets = Set::ALL.iter();
        let best = sets.find(|set| set.is_available());
        best.expect("portable code").choose()
    }

    /// Makes this thread use the set from now on; for tests and benchmarks. The machine must have
    /// it.
    pub fn choose(self) -> Set {
        assert!(self.is_available());
        CHOSEN.set(Some(self));
        self
    }
}

/// Runs `test` with each set that the machine has, and reports those that it lacks.
#[cfg(test)]
pub fn with_each<E>(mut test: impl FnMut(Set) -> Result<(), E>) -> Result<(), E> {
    static REPORT: std::sync::Once = std::sync::Once::new();
    REPORT.call_once(|| {
        for set in Set::ALL.iter().filter(|set| !set.is_available()) {
            // The test harness hides only what macros print.
            let line = format!("not tested: the {set:?} kernels (no such instructions)\n");
            std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes()).unwrap();
        }
    });
    let mut sets = Set::ALL.iter().filter(|set| set.is_available());
    let result = sets.try_for_each(|set| test(set.choose()));
    Set::choose_best();
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_set_is_chosen_in_turn_and_then_the_best() {
        let seen = std::cell::RefCell::new(Vec::new());
        let see = |set| {
            assert_eq!(Set::current(), set);
            seen.borrow_mut().push(set);
            Ok::<_, ()>(())
        };
        with_each(see).unwrap();
        let seen = seen.into_inner();
        assert_eq!(seen.last(), Some(&Set::Portable));
        assert_eq!(Set::current(), seen[0]);
    }
}
