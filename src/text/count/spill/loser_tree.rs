//! Merges many sorted inputs and adds up the counts of equal lines.
//!
//! A tree of losers (Knuth, The Art of Computer Programming, volume 3, 5.4.1):
//! each inner node has the input that lost there, so the next smallest line of
//! `k` inputs takes one comparison for each level, log2 k of them. The first 16
//! bytes of the lines, which are in the tree, decide most comparisons.

use crate::common::error::Error;

/// Lines and their counts, in the order of the lines' bytes.
pub trait Sorted {
    /// Goes to the next line, at first to the first one. Returns false if there is none.
    fn advance(&mut self) -> Result<bool, Error>;

    /// The current line.
    fn line(&self) -> &[u8];

    /// Its first 16 bytes as a big-endian number, padded with zeros.
    fn prefix(&self) -> u128 {
        prefix(self.line())
    }

    /// Its count.
    fn count(&self) -> u64;

    /// The error if its count makes the sum larger than 64 bits can represent.
    fn too_large(&self) -> Error {
        let line = self.line().to_vec();
        Error::TooLarge { line }
    }
}

/// The first 16 bytes of a line as a big-endian number, padded with zeros.
pub fn prefix(line: &[u8]) -> u128 {
    let mut bytes = [0; 16];
    let length = line.len().min(16);
    bytes[..length].copy_from_slice(&line[..length]);
    u128::from_be_bytes(bytes)
}

/// An input in the tree.
#[derive(Clone, Copy)]
struct Player {
    /// The first bytes of its current line; all ones if it has ended.
    prefix: u128,
    input: usize,
}

/// Inputs that are merged.
pub struct Merge<S> {
    inputs: Vec<S>,
    /// Whether an input has ended.
    ended: Vec<bool>,
    /// The winner, then the loser at each inner node: the children of node `i`
    /// are 2i and 2i + 1, and the leaf of input `j` is the node k + j.
    tree: Vec<Player>,
}

impl<S: Sorted> Merge<S> {
    /// A merge of inputs that have not moved to their first lines yet.
    pub fn new(inputs: Vec<S>) -> Result<Self, Error> {
        let k = inputs.len();
        let mut merge = Merge {
            inputs,
            ended: vec![false; k],
            tree: Vec::new(),
        };
        let mut leaves = Vec::new();
        for input in 0..k {
            leaves.push(merge.next_of(input)?);
        }
        merge.tree = leaves.clone();
        if k > 0 {
            let winner = merge.build(1, &leaves);
            merge.tree[0] = winner;
        }
        Ok(merge)
    }

    /// Moves an input to its next line.
    #[inline(always)]
    fn next_of(&mut self, input: usize) -> Result<Player, Error> {
        let prefix = match self.inputs[input].advance()? {
            true => self.inputs[input].prefix(),
            false => {
                self.ended[input] = true;
                u128::MAX
            }
        };
        Ok(Player { prefix, input })
    }

    /// Returns the winner below a node and stores the losers there.
    fn build(&mut self, node: usize, leaves: &[Player]) -> Player {
        if node >= leaves.len() {
            return leaves[node - leaves.len()];
        }
        let a = self.build(2 * node, leaves);
        let b = self.build(2 * node + 1, leaves);
        let (winner, loser) = if self.is_less(b, a) { (b, a) } else { (a, b) };
        self.tree[node] = loser;
        winner
    }

    #[inline(always)]
    fn is_less(&self, a: Player, b: Player) -> bool {
        match a.prefix == b.prefix {
            true => self.is_line_less(a.input, b.input),
            false => a.prefix < b.prefix,
        }
    }

    #[inline(never)]
    fn is_line_less(&self, a: usize, b: usize) -> bool {
        match (self.ended[a], self.ended[b]) {
            (true, _) => false,
            (_, true) => true,
            // Equal lines come in the order of the inputs.
            _ => (self.inputs[a].line(), a) < (self.inputs[b].line(), b),
        }
    }

    /// Moves the winner to its next line and finds the next winner.
    #[inline(always)]
    fn advance(&mut self) -> Result<(), Error> {
        let mut winner = self.next_of(self.tree[0].input)?;
        let mut node = (winner.input + self.inputs.len()) / 2;
        while node > 0 {
            if self.is_less(self.tree[node], winner) {
                std::mem::swap(&mut self.tree[node], &mut winner);
            }
            node /= 2;
        }
        self.tree[0] = winner;
        Ok(())
    }

    /// Passes every distinct line and the sum of its counts to `put`, in order.
    pub fn each<E: From<Error>>(
        mut self,
        mut put: impl FnMut(u64, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(&Player { mut prefix, .. }) = self.tree.first() else {
            return Ok(());
        };
        let (mut line, mut sum) = (Vec::new(), None);
        while let Some(input) = self.winner() {
            let next = &self.inputs[input];
            match sum {
                Some(count) if self.tree[0].prefix == prefix && line == next.line() => {
                    let count = next.count().checked_add(count);
                    sum = Some(count.ok_or_else(|| next.too_large())?);
                }
                _ => {
                    if let Some(count) = sum {
                        put(count, &line)?;
                    }
                    line.clear();
                    line.extend_from_slice(next.line());
                    (prefix, sum) = (self.tree[0].prefix, Some(next.count()));
                }
            }
            self.advance()?;
        }
        sum.map_or(Ok(()), |count| put(count, &line))
    }

    /// The input with the smallest line; `None` if all have ended.
    #[inline(always)]
    fn winner(&self) -> Option<usize> {
        let input = self.tree[0].input;
        (!self.ended[input]).then_some(input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// Lines and their counts.
    #[derive(Clone, Debug)]
    struct List(Vec<(Vec<u8>, u64)>, Option<usize>);

    impl Sorted for List {
        fn advance(&mut self) -> Result<bool, Error> {
            let next = self.1.map_or(0, |at| at + 1);
            self.1 = Some(next);
            Ok(next < self.0.len())
        }
        fn line(&self) -> &[u8] {
            &self.0[self.1.unwrap()].0
        }
        fn count(&self) -> u64 {
            self.0[self.1.unwrap()].1
        }
    }

    /// Lines that differ late or not at all, and those whose first bytes are all ones.
    fn line() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![Just(0), Just(1), Just(255)];
        (0..20usize, byte, prop::collection::vec(0..3u8, 0..3)).prop_map(|(n, byte, tail)| {
            let mut line = vec![byte; n];
            line.extend(tail);
            line
        })
    }

    proptest! {
        #[test]
        fn as_an_ordered_map(lists in prop::collection::vec(prop::collection::vec((line(), 0..9u64), 0..20), 0..12)) {
            let mut expected = BTreeMap::new();
            for (line, count) in lists.iter().flatten() {
                *expected.entry(line.clone()).or_insert(0) += count;
            }
            let sorted = |mut list: Vec<_>| {
                list.sort();
                List(list, None)
            };
            let mut merged = Vec::new();
            let put = |count, line: &[u8]| {
                merged.push((line.to_vec(), count));
                Ok::<_, Error>(())
            };
            Merge::new(lists.into_iter().map(sorted).collect()).unwrap().each(put).unwrap();
            prop_assert_eq!(merged, expected.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_sum_beyond_64_bits_is_an_error() {
        let list = |count| List(vec![(b"a".to_vec(), count)], None);
        let merged = Merge::new(vec![list(u64::MAX), list(1)])
            .unwrap()
            .each(|_, _| Ok::<_, Error>(()));
        assert!(matches!(merged, Err(Error::TooLarge { line }) if line == b"a"));
    }
}
