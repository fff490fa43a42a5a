//! A slot: a key and its count.

/// A key and its count, outside of tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slot<K> {
    /// The line, or its place.
    pub key: K,
    /// How often it occurs.
    pub count: u64,
}

/// The key whose counts add up to more than 64 bits can represent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow<K>(pub K);

/// Replaces neighbours with the same key by one slot with the sum of their counts.
pub fn merge_equal<K: Copy>(
    slots: &mut Vec<Slot<K>>,
    same: impl Fn(&K, &K) -> bool,
) -> Result<(), Overflow<K>> {
    let mut fits = Ok(());
    slots.dedup_by(|next, sum| {
        let same = same(&next.key, &sum.key);
        if same {
            let (added, overflow) = sum.count.overflowing_add(next.count);
            sum.count = added;
            if overflow {
                fits = Err(Overflow(sum.key));
            }
        }
        same
    });
    fits
}
