//! The findings for a link whose URL has an answer.

use super::super::advice;
use super::super::batch::Kind;
use super::super::cause::Cause;
use super::super::finding::Finding;
use super::entry::{Id, Link, REDIRECTS, State};
use super::state::Frontier;
use std::rc::Rc;

impl Frontier {
    /// The URL where the redirects from another one end, and the last fragment that one
    /// of them has.
    pub(super) fn follow(&self, start: Id) -> Result<(Id, Option<&str>), Cause> {
        let (mut at, mut added) = (start, None);
        for _ in 0..=REDIRECTS {
            match &self.entry(at).state {
                State::Moved { to, fragment, .. } => {
                    at = *to;
                    added = fragment.as_deref().or(added);
                }
                State::Mapped(to) => at = *to,
                _ => return Ok((at, added)),
            }
            if at == start {
                return Err(Cause::redirect_loop());
            }
        }
        Err(Cause::too_many_redirects(REDIRECTS))
    }

    /// Reports what is wrong with a link, or lets it wait for an answer.
    pub(super) fn attach(&mut self, link: Link) {
        let is_for_https = link.asks != link.url;
        let (end, added) = match self.follow(link.asks) {
            Ok((end, added)) => (end, added.map(Box::<str>::from)),
            Err(_) if is_for_https => return,
            Err(cause) => {
                return self.broken_whole(&link, Rc::new(cause));
            }
        };
        let entry = self.entry(end);
        match &entry.state {
            State::Open => {
                let waiting = &mut self.entry_mut(end).waiting;
                if waiting.is_empty() {
                    // Most URLs have one link, and there are many URLs.
                    waiting.reserve_exact(1);
                }
                return waiting.push(link);
            }
            State::Page(_) | State::Other(_) if is_for_https => {
                if entry.url.starts_with("https:") {
                    self.broken_whole(&link, Rc::new(Cause::works_with_https()));
                }
                return;
            }
            _ if is_for_https => return,
            State::Broken(cause) => return self.broken_whole(&link, Rc::clone(cause)),
            _ => {}
        }
        if link.is_first {
            self.report_redirect(&link, end);
            if self.rules.warnings {
                self.warn(&link, end);
            }
        }
        // The server's fragment replaces the link's (RFC 9110, 10.2.2).
        let fragment = added.as_deref().or(link.fragment.as_deref());
        if let (State::Page(anchors), Some(fragment)) = (&self.entry(end).state, fragment)
            && self.rules.fragments
            && !anchors.have(&self.names, fragment)
        {
            let cause = Rc::new(Cause::no_such_fragment(fragment));
            let url = self.url(link.url);
            let url = match &link.fragment {
                Some(fragment) => format!("{url}#{fragment}").into(),
                None => Rc::clone(url),
            };
            self.broken(Rc::clone(self.url(link.source)), url, cause, link.line);
        }
    }

    /// Reports a link whose redirects lead to `end`, if redirects are reported.
    fn report_redirect(&mut self, link: &Link, end: Id) {
        if self.rules.redirects
            && let State::Moved { status, .. } = self.entry(self.asked_for(link.url)).state
        {
            let [source, url, to] = [link.source, link.url, end].map(|id| Rc::clone(self.url(id)));
            self.findings.push_back(Finding::Redirected {
                source,
                url,
                to,
                status,
                line: link.line,
            });
        }
    }

    /// The URL that is requested for a URL: mostly the same.
    fn asked_for(&self, id: Id) -> Id {
        match self.entry(id).state {
            State::Mapped(to) => to,
            _ => id,
        }
    }

    /// Reports the warnings for a link that leads to `end`.
    fn warn(&mut self, link: &Link, end: Id) {
        let [source, url, to] = [link.source, link.url, end].map(|id| Rc::clone(self.url(id)));
        let asked_for = self.asked_for(link.url);
        let moved = match self.entry(asked_for).state {
            State::Moved { status, .. } => Some(status),
            _ => None,
        };
        let causes = advice::about(&advice::Link {
            source: &source,
            url: &url,
            // A replaced URL is not a redirect.
            to: if end == asked_for { &url } else { &to },
            moved,
        });
        for cause in causes {
            let (source, url) = (Rc::clone(&source), Rc::clone(&url));
            let line = link.line;
            let finding = Finding::Warning {
                source,
                url,
                cause,
                line,
            };
            self.findings.push_back(finding);
        }
    }

    /// Reports a link whose URL is broken.
    fn broken_whole(&mut self, link: &Link, cause: Rc<Cause>) {
        if !link.is_first && !link.is_first_strict || cause.excuses(link.kind) {
            return;
        }
        let pair = (link.source, link.url);
        match link.kind {
            Kind::Form | Kind::Post => {
                self.reported_forms.insert(pair);
            }
            _ if self.reported_forms.contains(&pair) => return,
            _ => {}
        }
        let (source, url) = (self.url(link.source), self.url(link.url));
        self.broken(Rc::clone(source), Rc::clone(url), cause, link.line);
    }

    pub(super) fn broken(
        &mut self,
        source: Rc<str>,
        url: Rc<str>,
        cause: Rc<Cause>,
        line: Option<u64>,
    ) {
        self.tally.broken += 1;
        self.findings.push_back(Finding::Broken {
            source,
            url,
            cause,
            line,
        });
    }
}
