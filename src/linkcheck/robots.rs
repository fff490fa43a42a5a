//! What a host allows robots to read (RFC 9309, read by `texting_robots`).

use crate::error::Error;
use crate::fetch::{Failure, Fetcher, Page};
use std::fmt;
use std::io::Read;
use std::time::Duration;
use texting_robots::Robot;

/// Who we are to robots.txt.
pub(super) const AGENT: &str = "textmill-linkcheck";

/// So much of a robots.txt is read, in bytes: as much as RFC 9309 demands (2.5).
const MOST: u64 = 512 << 10;

/// The longest time between two requests that a robots.txt can ask for.
const LONGEST: Duration = Duration::from_secs(30);

/// What a robots.txt says to us.
pub(super) struct Robots(Option<Robot>);

impl fmt::Debug for Robots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Robots").finish_non_exhaustive()
    }
}

impl Robots {
    /// Reads the robots.txt at `url`. One that is not there allows all (RFC
    /// 9309, 2.3.1.3); one that cannot be read is an error.
    pub(super) fn fetch(fetcher: &Fetcher, url: &str) -> Result<Robots, Error> {
        let mut text = Vec::new();
        let read = fetcher
            .get(url)
            .and_then(Page::into_reader)
            .and_then(|page| {
                let mut page = page.take(MOST);
                page.read_to_end(&mut text).map_err(Error::Read)
            });
        match read {
            Ok(_) => Ok(Robots::parse(&text)),
            Err(error) => match Failure::of(&error) {
                Some(Failure::Status(400..=499) | Failure::Redirect(_)) => Ok(Robots(None)),
                _ => Err(error),
            },
        }
    }

    /// Anything goes in a robots.txt; what cannot be read at all says nothing.
    fn parse(text: &[u8]) -> Robots {
        Robots(Robot::new(AGENT, text).ok())
    }

    /// Nothing is allowed.
    pub(super) fn closed() -> Robots {
        Robots::parse(b"User-agent: *\nDisallow: /\n")
    }

    pub(super) fn allow(&self, url: &str) -> bool {
        self.0.as_ref().is_none_or(|robot| robot.allowed(url))
    }

    /// The time that is to be between two requests.
    pub(super) fn delay(&self) -> Duration {
        let seconds = self.0.as_ref().and_then(|robot| robot.delay).unwrap_or(0.0);
        let delay = Duration::try_from_secs_f32(seconds).unwrap_or(Duration::ZERO);
        delay.min(LONGEST)
    }

    /// The sitemaps that it names.
    pub(super) fn sitemaps(&self) -> &[String] {
        self.0.as_ref().map_or(&[], |robot| &robot.sitemaps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_says_to_us() {
        let robots = Robots::parse(
            b"User-agent: textmill-linkcheck\nDisallow: /private\nCrawl-delay: 2\n\
              User-agent: *\nDisallow: /\nSitemap: http://a/s.xml\n",
        );
        assert!(robots.allow("http://a/x") && !robots.allow("http://a/private/x"));
        assert_eq!(robots.delay(), Duration::from_secs(2));
        assert_eq!(robots.sitemaps(), ["http://a/s.xml"]);
        for odd in [
            &b""[..],
            b"\xFF\0\n:::",
            b"Crawl-delay: -1\n",
            b"User-agent: *\nCrawl-delay: 1e30",
        ] {
            let robots = Robots::parse(odd);
            assert!(robots.allow("http://a/") && robots.delay() <= LONGEST);
        }
        assert!(!Robots::closed().allow("http://a/"));
    }
}
