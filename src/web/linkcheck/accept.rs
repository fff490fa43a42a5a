//! What users say about statuses and URLs: `--accept` and `--remap`.

use std::ops::RangeInclusive;
use std::str::FromStr;
use url::Url;

/// Statuses that are fine, like `403` or `500-599`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statuses(RangeInclusive<u16>);

impl Statuses {
    pub(super) fn have(&self, status: u16) -> bool {
        self.0.contains(&status)
    }
}

impl FromStr for Statuses {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Statuses, Self::Err> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let number = |text: &str| {
            let is_status = text.len() == 3 && text.bytes().all(|c| c.is_ascii_digit());
            text.parse().ok().filter(|n| is_status && *n >= 100)
        };
        match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => Ok(Statuses(first..=last)),
            _ => Err("invalid status (use 100 to 999, or a range like 500-599)"),
        }
    }
}

/// URLs that begin with one prefix are asked for with another in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remap {
    from: String,
    to: String,
}

impl Remap {
    /// The URL to ask for in place of this one; none if it is not meant.
    pub(super) fn apply(&self, url: &str) -> Option<String> {
        let rest = url.strip_prefix(&self.from)?;
        Some(format!("{}{rest}", self.to))
    }
}

impl FromStr for Remap {
    type Err = &'static str;

    /// Reads `FROM=TO`. Both are beginnings of http or https URLs; FROM may contain `=`.
    fn from_str(text: &str) -> Result<Remap, Self::Err> {
        const EXPECTED: &str = "expected FROM=TO, two beginnings of http or https URLs";
        let (from, to) = text.split_once("=http").ok_or(EXPECTED)?;
        let prefix = |text: &str| {
            let url = Url::parse(text).ok();
            let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
            url.map(String::from).ok_or(EXPECTED)
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
