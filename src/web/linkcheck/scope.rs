//! Which URLs are entered, which are checked, and which are ignored.

use super::folder::{self, Folder};
use super::problem::Problem;
use crate::text::matches;
use crate::web::host::authority;
use regex::bytes::RegexSet;
use std::sync::Arc;
use url::Url;

/// Which pages belong to the site, and which links are checked.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// URLs with these prefixes belong to the site. If there are none, the URLs on the
    /// hosts of the starts do.
    pub prefixes: Vec<String>,
    /// Check only links that match.
    pub include: Option<Patterns>,
    /// Do not check links that match.
    pub exclude: Option<Patterns>,
    /// Do not check links to other sites.
    pub no_external: bool,
}

/// Regular expressions (syntax of the `regex` crate). A link matches if one of them does.
#[derive(Debug, Clone)]
pub struct Patterns(RegexSet);

impl Patterns {
    /// Compiles the expressions. `None` if there are none.
    pub fn new(patterns: &[String]) -> Result<Option<Patterns>, Problem> {
        let set = RegexSet::new(patterns).map_err(|error| Problem::Pattern {
            cause: matches::cause(&error),
            source: Box::new(error),
        })?;
        Ok((!set.is_empty()).then_some(Patterns(set)))
    }

    fn match_text(&self, text: &str) -> bool {
        self.0.is_match(text.as_bytes())
    }
}

/// The site, as far as it is known: the user's scope and the hosts of the starts.
#[derive(Debug)]
pub(super) struct Site {
    scope: Scope,
    hosts: Vec<String>,
    folders: Arc<[Folder]>,
}

impl Site {
    pub(super) fn new(scope: Scope, folders: Arc<[Folder]>) -> Site {
        let hosts = Vec::new();
        Site {
            scope,
            hosts,
            folders,
        }
    }

    /// The host of this URL belongs to the site.
    pub(super) fn take_in(&mut self, url: &Url) {
        let host = host(url);
        if !self.hosts.contains(&host) {
            self.hosts.push(host);
        }
    }

    /// The folder that a URL is in, if it is in one.
    pub(super) fn folder(&self, url: &str) -> Option<&Folder> {
        folder::of(&self.folders, url)
    }

    /// Whether a URL belongs to the site.
    pub(super) fn has(&self, url: &str) -> bool {
        match self.scope.prefixes.is_empty() {
            true => self.hosts.iter().any(|host| is_at(url, host)),
            false => self
                .scope
                .prefixes
                .iter()
                .any(|prefix| url.starts_with(prefix)),
        }
    }

    /// Whether a link, which may be an invalid URL, is checked. Patterns match it as
    /// reports show it, with its fragment or without.
    pub(super) fn wants(&self, url: &str, fragment: Option<&str>) -> bool {
        let shown = self.folder(url).and_then(|folder| folder.shown(url));
        let url = shown.as_deref().unwrap_or(url);
        let matches = |patterns: &Patterns| {
            let whole = || fragment.map(|fragment| format!("{url}#{fragment}"));
            patterns.match_text(url) || whole().is_some_and(|url| patterns.match_text(&url))
        };
        let Scope {
            include, exclude, ..
        } = &self.scope;
        include.as_ref().is_none_or(matches) && !exclude.as_ref().is_some_and(matches)
    }

    /// Whether a URL is on another site, and these are not checked.
    pub(super) fn leaves_out(&self, url: &str) -> bool {
        self.scope.no_external && !self.has(url)
    }
}

/// The name and port of a host, as in URLs, which omit the default port. So http and
/// https of one host are one site.
fn host(url: &Url) -> String {
    authority(url).to_string()
}

/// Whether an http URL is at this host.
fn is_at(url: &str, host: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else {
        return false;
    };
    let authority = &rest[..rest.find(['/', '?']).unwrap_or(rest.len())];
    authority.rsplit('@').next() == Some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_prefixes() {
        let mut scope = Site::new(Scope::default(), Arc::default());
        scope.take_in(&Url::parse("https://me:secret@a.example:443/x").unwrap());
        scope.take_in(&Url::parse("http://[::1]:8080").unwrap());
        for inside in [
            "http://a.example/",
            "https://a.example/?q",
            "https://u@a.example/",
            "http://[::1]:8080/y",
        ] {
            assert!(scope.has(inside), "{inside}");
        }
        for outside in [
            "http://a.example:81/",
            "http://b.a.example/",
            "http://a.example.org/",
            "http://[::1]/",
            "mailto:x@a.example",
            "http://b/@a.example",
        ] {
            assert!(!scope.has(outside), "{outside}");
        }
        scope.scope.prefixes = vec!["http://b.example/docs/".to_string()];
        assert!(scope.has("http://b.example/docs/x") && !scope.has("http://a.example/"));
    }

    #[test]
    fn patterns_and_external_links() {
        let set = |pattern: &str| Patterns::new(&[pattern.to_string()]).unwrap();
        let mut scope = Site::new(
            Scope {
                include: set("/docs/"),
                exclude: set("[.]png$"),
                ..Scope::default()
            },
            Arc::default(),
        );
        let wants = |scope: &Site, url: &str| scope.wants(url, None);
        assert!(wants(&scope, "http://a/docs/x") && !wants(&scope, "http://a/x"));
        assert!(!wants(&scope, "http://a/docs/x.png"));
        assert!(!scope.wants("http://a/docs/x.png", Some("y")));
        scope.scope.include = None;
        assert!(wants(&scope, "http://a/x"));
        // case web-4
        scope.scope.exclude = set("#/route");
        assert!(!scope.wants("http://a/", Some("/route/1")));
        assert!(wants(&scope, "http://a/") && scope.wants("http://a/", Some("x")));
        scope.scope.exclude = None;
        assert!(!scope.leaves_out("http://a/x"));
        scope.scope.no_external = true;
        assert!(scope.leaves_out("http://a/x"));
    }
}
