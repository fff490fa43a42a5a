//! Statuses that are accepted, and URLs that are replaced: `--accept` and `--remap`.

use super::problem::Problem;
use std::ops::RangeInclusive;
use std::str::FromStr;
use url::Url;

/// Statuses that are fine, like `403` or `500-599`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statuses(RangeInclusive<u16>);

impl Statuses {
    /// Whether the status is one of them.
    pub(super) fn have(&self, status: u16) -> bool {
        self.0.contains(&status)
    }
}

impl FromStr for Statuses {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Statuses, Self::Err> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let number = |text: &str| {
            let is_status = text.len() == 3 && text.bytes().all(|c| c.is_ascii_digit());
            text.parse().ok().filter(|n| is_status && *n >= 100)
        };
        match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => Ok(Statuses(first..=last)),
            _ => Err(Problem::Status),
        }
    }
}

/// Replaces the prefix of URLs before they are requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remap {
    from: String,
    to: String,
}

impl Remap {
    /// The URL to request instead of this one; `None` if it does not have the prefix.
    pub(super) fn apply(&self, url: &str) -> Option<String> {
        let rest = url.strip_prefix(&self.from)?;
        Some(format!("{}{rest}", self.to))
    }
}

impl FromStr for Remap {
    type Err = Problem;

    /// Reads `FROM=TO`. Both are beginnings of http or https URLs; FROM may contain `=`.
    fn from_str(text: &str) -> Result<Remap, Self::Err> {
        let (from, to) = text.split_once("=http").ok_or(Problem::Remap)?;
        let prefix = |text: &str| {
            let url = Url::parse(text).ok();
            let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
            url.map(String::from).ok_or(Problem::Remap)
        };
        Ok(Remap {
            from: prefix(from)?,
            to: prefix(&format!("http{to}"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses() {
        let has = |text: &str, status| text.parse::<Statuses>().unwrap().have(status);
        assert!(has("403", 403) && !has("403", 404) && has("999", 999));
        assert!(has("500-599", 500) && has("500-599", 599) && !has("500-599", 600));
        for bad in [
            "", "x", "99", "1000", "-", "500-", "-500", "599-500", "+40", "5xx",
        ] {
            assert!(bad.parse::<Statuses>().is_err(), "{bad}");
        }
    }

    #[test]
    fn prefixes() {
        let remap: Remap = "https://www.example.org=http://localhost:8000"
            .parse()
            .unwrap();
        let to = |url| remap.apply(url);
        assert_eq!(
            to("https://www.example.org/a?b").as_deref(),
            Some("http://localhost:8000/a?b")
        );
        assert_eq!(to("https://www.example.org.evil/"), None);
        assert_eq!(to("http://www.example.org/"), None);
        let remap: Remap = "http://a/?x=y=https://b/z".parse().unwrap();
        assert_eq!(
            remap.apply("http://a/?x=yes").as_deref(),
            Some("https://b/zes")
        );
        for bad in [
            "",
            "=",
            "http://a",
            "http://a=",
            "x=http://b",
            "http://a=ftp://b",
        ] {
            assert!(bad.parse::<Remap>().is_err(), "{bad}");
        }
    }
}
