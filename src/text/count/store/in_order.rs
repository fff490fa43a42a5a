//! The lines of a sorted range in order: a merge of its three classes.

use super::arena::Arenas;
use super::key::{CLASSES, Long, Middle, STRIDE, Short};
use super::lines::{Find, Lines};
use super::slot::Slot;
use std::cmp::Ordering;

/// How many lines of each class have been read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Position([usize; CLASSES]);

/// Passes the lines of a sorted range and their counts to `put`, in order, from a position on
/// and while `put` returns true: each line as the first bytes of a slice, and its length.
/// Returns whether there are more lines.
pub fn each_in_order<E>(
    lines: &Lines,
    Position(from): &mut Position,
    arenas: Arenas,
    mut put: impl FnMut(u64, &[u8], usize) -> Result<bool, E>,
) -> Result<bool, E> {
    let classes = [
        Slots::Short(&lines.short),
        Slots::Middle(&lines.middle),
        Slots::Long(&lines.long, arenas),
    ];
    let classes = classes.into_iter().enumerate();
    let mut cursors: Vec<_> = classes
        .filter_map(|(class, slots)| Some((class, Cursor::new(slots, from[class])?)))
        .collect();
    let mut wanted = true;
    while !cursors.is_empty() && wanted {
        // The cursor with the smallest line moves up to the line of the next one.
        let (smallest, next) = two_smallest(&cursors);
        let limit = next.map(|next| cursors[next].1.prefix);
        let (class, cursor) = &mut cursors[smallest];
        let more = loop {
            let mut buffer = [0; STRIDE];
            let (bytes, length) = cursor.padded(&mut buffer);
            wanted = put(cursor.count(), bytes, length)?;
            let more = cursor.advance();
            let beyond = limit.is_some_and(|limit| cursor.prefix >= limit);
            if !more || beyond || !wanted {
                break more;
            }
        };
        from[*class] = cursor.at;
        if !more {
            cursors.swap_remove(smallest);
        }
    }
    Ok(!cursors.is_empty())
}

/// The cursor with the smallest line, and the one with the next larger line.
fn two_smallest(cursors: &[(usize, Cursor)]) -> (usize, Option<usize>) {
    let (mut first, mut second) = (0, None);
    for i in 1..cursors.len() {
        let is_less = |than: usize| cursors[i].1.cmp(&cursors[than].1).is_lt();
        if is_less(first) {
            (first, second) = (i, Some(first));
        } else if second.is_none_or(is_less) {
            second = Some(i);
        }
    }
    (first, second)
}

/// The slots of one class, in order.
#[derive(Clone, Copy)]
enum Slots<'a> {
    Short(&'a [Slot<Short>]),
    Middle(&'a [Slot<Middle>]),
    Long(&'a [Slot<Long>], Arenas<'a>),
}

/// A line of a class, and the way to the next.
struct Cursor<'a> {
    slots: Slots<'a>,
    at: usize,
    /// The first 16 bytes of the line, padded with zeros.
    prefix: u128,
}

impl<'a> Cursor<'a> {
    /// The line of this number; `None` if there are fewer.
    fn new(slots: Slots<'a>, at: usize) -> Option<Self> {
        let prefix = 0;
        let cursor = Cursor { slots, at, prefix };
        let prefix = cursor.first_bytes()?;
        Some(Cursor { prefix, ..cursor })
    }

    /// Goes to the next line. Returns false if there is none.
    #[inline(always)]
    fn advance(&mut self) -> bool {
        self.at += 1;
        let prefix = self.first_bytes();
        self.prefix = prefix.unwrap_or_default();
        prefix.is_some()
    }

    #[inline(always)]
    fn first_bytes(&self) -> Option<u128> {
        let none = Arenas::all(&[]);
        Some(match self.slots {
            Slots::Short(slots) => slots.get(self.at)?.key.prefix_in(none),
            Slots::Middle(slots) => slots.get(self.at)?.key.prefix_in(none),
            Slots::Long(slots, arenas) => slots.get(self.at)?.key.prefix_in(arenas),
        })
    }

    /// The line as the first bytes of the result, and its length. It may be in `buffer`.
    #[inline(always)]
    fn padded<'b>(&self, buffer: &'b mut [u8; STRIDE]) -> (&'b [u8], usize)
    where
        'a: 'b,
    {
        let none = Arenas::all(&[]);
        match self.slots {
            Slots::Short(slots) => slots[self.at].key.find(none, buffer),
            Slots::Middle(slots) => slots[self.at].key.find(none, buffer),
            Slots::Long(slots, arenas) => slots[self.at].key.find(arenas, buffer),
        }
    }

    #[inline(always)]
    fn count(&self) -> u64 {
        match self.slots {
            Slots::Short(slots) => slots[self.at].count,
            Slots::Middle(slots) => slots[self.at].count,
            Slots::Long(slots, _) => slots[self.at].count,
        }
    }

    fn cmp(&self, other: &Cursor) -> Ordering {
        self.prefix.cmp(&other.prefix).then_with(|| {
            let (mut a, mut b) = ([0; STRIDE], [0; STRIDE]);
            let (a, n) = self.padded(&mut a);
            let (b, m) = other.padded(&mut b);
            a[..n].cmp(&b[..m])
        })
    }
}
