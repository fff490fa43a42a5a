//! Which URLs are entered, which are checked, and which are left alone.

use super::folder::{self, Folder};
use regex::bytes::RegexSet;
use std::sync::Arc;
use url::{Position, Url};

/// What the user counts to the site, and what of all that is linked to he wants
/// to hear of.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// URLs that begin like this belong to the site. Where there are none, it is
    /// the hosts that the walk began at.
    pub prefixes: Vec<String>,
    /// Only links that one of these matches, if there are any.
    pub include: Option<RegexSet>,
    /// No links that one of these matches.
    pub exclude: Option<RegexSet>,
    /// No links that lead out of the site.
    pub no_external: bool,
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

    /// Whether the user wants to hear of a link: of its URL, or of what stands in
    /// place of one. Patterns match it as reports show it, with its fragment or without.
    pub(super) fn wants(&self, url: &str, fragment: Option<&str>) -> bool {
        let shown = self.folder(url).and_then(|folder| folder.shown(url));
        let url = shown.as_deref().unwrap_or(url);
        let matches = |set: &RegexSet| {
            let whole = || fragment.map(|fragment| format!("{url}#{fragment}"));
            set.is_match(url.as_bytes()) || whole().is_some_and(|url| set.is_match(url.as_bytes()))
        };
        let Scope {
            include, exclude, ..
        } = &self.scope;
        include.as_ref().is_none_or(matches) && !exclude.as_ref().is_some_and(matches)
    }

    /// Whether a URL is outside, where the user does not look.
    pub(super) fn leaves_out(&self, url: &str) -> bool {
        self.scope.no_external && !self.has(url)
    }
}

/// The name and port of a host, as URLs have it: a port that goes without
/// saying is not said. So http and https of one host are one site.
fn host(url: &Url) -> String {
    url[Position::BeforeHost..Position::BeforePath].to_string()
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
    fn of_interest() {
        let set = |pattern: &str| Some(RegexSet::new([pattern]).unwrap());
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
