//! Warnings for links that are not broken.

use crate::web::fetch::shown;

/// The schemes whose misspellings are found.
const HTTP_SCHEMES: [&str; 2] = ["https", "http"];

/// A link, without the rest of its page.
pub(super) struct Link<'a> {
    /// The URL of its page.
    pub(super) source: &'a str,
    pub(super) url: &'a str,
    /// The URL where its redirects end.
    pub(super) to: &'a str,
    /// The status of the first redirect, if there is one.
    pub(super) moved: Option<u16>,
}

/// The warnings for a link.
pub(super) fn about(link: &Link) -> Vec<String> {
    let &Link {
        source,
        url,
        to,
        moved,
    } = link;
    let is_secure = |url: &str| url.starts_with("https:");
    let is_http = |url: &str| is_secure(url) || url.starts_with("http:");
    let mut causes = Vec::new();
    if let Some(status @ (301 | 308)) = moved {
        causes.push(format!("{status}: moved for good, to {}", shown(to)));
    }
    if is_secure(url) && !is_secure(to) {
        causes.push(format!("redirected from https down to {}", shown(to)));
    }
    if is_secure(source) && url.starts_with("http:") {
        causes.push("http on a page of https".to_string());
    }
    let authority = url.split('/').nth(2).unwrap_or_default();
    if is_http(url) && authority.contains('@') {
        causes.push("a user name or password in the URL".to_string());
    }
    causes.extend(scheme(url));
    causes
}

/// A warning for the scheme of a link on a web page.
fn scheme(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once(':')?;
    match scheme {
        "file" => Some("a file of the reader's own machine".to_string()),
        "http" | "https" => missing_colon(rest),
        // A drive letter.
        scheme if scheme.len() == 1 => Some("a file of the reader's own machine".to_string()),
        // It is a registered scheme.
        "shttp" => None,
        scheme => {
            let mistakes = |intended: &&&str| strsim::osa_distance(scheme, intended);
            let intended = HTTP_SCHEMES.iter().min_by_key(mistakes)?;
            // Two mistakes make other schemes of a scheme: ftp, or the registered hcap.
            let most = match scheme.starts_with('h') && !matches!(scheme, "hcap" | "hcp") {
                true => 2,
                false => 1,
            };
            if mistakes(&intended) > most {
                return None;
            }
            Some(format!("scheme {scheme}: {intended} misspelled?"))
        }
    }
}

/// `http//host/` is a path, and `http://http//host/` a host called http.
fn missing_colon(rest: &str) -> Option<String> {
    let mut segments = rest.split('/');
    let odd = segments.find(|segment| {
        let name = segment.trim_end_matches([';', '.', ',']);
        HTTP_SCHEMES.contains(&name)
    })?;
    let is_followed = segments.next() == Some("");
    is_followed.then(|| format!("{odd}// in the URL: {odd}:// misspelled?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_page(url: &str) -> String {
        let link = Link {
            source: "http://a/",
            url,
            to: url,
            moved: None,
        };
        about(&link).join("; ")
    }

    // case web-14
    #[test]
    fn misspelled_schemes() {
        for (url, intended) in [
            ("htps://a/", "https"),
            ("htttp://a/", "http"),
            ("ttp://a/", "http"),
            ("hhtps://a/", "https"),
            ("httsp://a/", "https"),
            ("httpss://a/", "https"),
            ("htp:a", "http"),
            ("hppt://a/", "http"),
        ] {
            assert!(
                on_page(url).ends_with(&format!(": {intended} misspelled?")),
                "{url}"
            );
        }
        assert_eq!(
            on_page("http://a/b/https//c/d"),
            "https// in the URL: https:// misspelled?"
        );
        assert!(on_page("http://http//c").contains("http://"));
        for fine in [
            "http://a/",
            "https://a/http/x",
            "https://archive.example/http://a/",
            "ftp://a/",
            "mailto:x@y",
            "tel:1",
            "javascript:1",
            "sip:a@b",
            "shttp://a",
            "data:,x",
        ] {
            assert_eq!(on_page(fine), "", "{fine}");
        }
    }

    // case web-23
    #[test]
    fn files() {
        for url in ["file:///C:/a", "c:\\a", "d:/b"] {
            assert_eq!(on_page(url), "a file of the reader's own machine", "{url}");
        }
    }
}
