//! The user's words for scripts without blanks: a trie of their characters.

use super::classes::{Class, Classes, Script};
use super::dictionary::{Text, Undecided};
use std::collections::HashMap;

/// The longest word, in characters. It limits the steps at each place of a text.
const LONGEST: usize = 64;

/// Words, each of characters of one script without blanks.
#[derive(Default)]
pub struct Own {
    /// From a node, by a character, to a node. The root has the number 0.
    steps: HashMap<(u32, char), u32>,
    /// Whether a word ends at a node; none for the root alone.
    is_word: Vec<bool>,
}

impl Own {
    /// Adds a word of at most 64 characters. An empty one adds none.
    ///
    /// # Errors
    ///
    /// The word is not one of Thai, Lao, Khmer, Burmese, Han or Hiragana characters: no text has it
    /// between other characters of its script.
    pub fn add(&mut self, word: &str) -> Result<(), &'static str> {
        let classes = Classes::get();
        let script = |c| match classes.of(c) {
            Class::Unspaced(script) if script != Script::Rest => Some(script),
            _ => None,
        };
        let mut scripts = word.chars().map(script);
        let Some(first) = scripts.next() else {
            return Ok(());
        };
        if first.is_none() || scripts.any(|script| script != first) {
            return Err(
                "not a word of one script: Thai, Lao, Khmer, Burmese, or Han with Hiragana",
            );
        }
        if word.chars().count() > LONGEST {
            return Err("longer than 64 characters");
        }
        if self.is_word.is_empty() {
            self.is_word.push(false);
        }
        let mut node = 0;
        for c in word.chars() {
            let next = self.is_word.len() as u32;
            node = *self.steps.entry((node, c)).or_insert(next);
            if node == next {
                self.is_word.push(false);
            }
        }
        self.is_word[node as usize] = true;
        Ok(())
    }

    /// The length of the longest word at the start of a text, in bytes.
    #[inline]
    pub fn longest(&self, text: &Text) -> Result<Option<usize>, Undecided> {
        if self.is_word.is_empty() {
            return Ok(None);
        }
        let (mut node, mut at, mut longest) = (0, 0, None);
        while let Some((c, end)) = text.next(at)? {
            let Some(&next) = self.steps.get(&(node, c)) else {
                break;
            };
            (node, at) = (next, end);
            if self.is_word[node as usize] && text.ends_cluster(c, end)? {
                longest = Some(end);
            }
        }
        Ok(longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_other_scripts_are_refused() {
        let mut own = Own::default();
        for word in ["abc", "漢a", "漢ไ", "カタ", " 漢", "ᥐ"] {
            assert!(own.add(word).is_err(), "{word}");
        }
        for word in ["", "編程", "ひらがな", "ไทย"] {
            assert!(own.add(word).is_ok(), "{word}");
        }
    }
}
