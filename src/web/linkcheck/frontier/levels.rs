//! Levels: a URL may be met far from the start first, and nearer later.

use super::super::finding::Finding;
use super::entry::{Id, State};
use super::rules::below;
use super::state::Frontier;
use std::rc::Rc;

impl Frontier {
    /// Raises a URL to this level at least, and the pages that it leads to, one level
    /// below.
    pub(super) fn raise(&mut self, id: Id, level: u32) {
        let mut raised = vec![(id, level)];
        while let Some((id, level)) = raised.pop() {
            let entry = self.entry_mut(id);
            if entry.level >= level {
                continue;
            }
            let was_entered = entry.level > 1;
            entry.level = level;
            match &entry.state {
                State::Moved { to, .. } | State::Mapped(to) => raised.push((*to, level)),
                State::Page(_) if !was_entered && level > 1 => self.tally.pages += 1,
                State::Other(media_type) if !was_entered && level > 1 && entry.in_scope => {
                    let (url, media_type) = (Rc::clone(&entry.url), media_type.clone());
                    self.findings
                        .push_back(Finding::NotHtml { url, media_type });
                }
                _ => {}
            }
            if level > 1 {
                let kept = self.kept.remove(&id).unwrap_or_default();
                self.due.extend(kept.into_iter().map(|batch| (id, batch)));
                let leads_to = self.leads_to.get(&id).into_iter().flatten();
                raised.extend(leads_to.map(|&to| (to, below(level))));
            }
        }
    }

    /// An entered page uses this URL, or a style sheet does.
    pub(super) fn use_style(&mut self, mut id: Id) {
        while !std::mem::replace(&mut self.entry_mut(id).is_style, true) {
            let kept = self.kept_css.remove(&id).unwrap_or_default();
            self.due.extend(kept.into_iter().map(|batch| (id, batch)));
            match self.entry(id).state {
                State::Moved { to, .. } | State::Mapped(to) => id = to,
                _ => return,
            }
        }
    }
}
