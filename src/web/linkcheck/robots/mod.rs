//! The rules of a host for robots (RFC 9309).
//!
//! Two crates were tried: `texting_robots` makes regular expressions of rules, and drops
//! the whole file if one is too large; `robotstxt` decodes no characters, and parses the
//! file again for each URL. Here each line is read alone, so an invalid one has no effect
//! on others, and each rule is a [`Pattern`].
//!
//! - A group has `User-agent` lines and the rules after them. The groups with the longest
//!   name that matches this robot count, or else those of `*`.
//! - Of the rules that match, the longest counts; `Allow` wins a tie.
//! - Common misspellings of `Disallow` are accepted, and so is a path without its first
//!   `/`.

mod pattern;

use crate::common::error::Error;
use crate::web::fetch::{self, Failure, Fetcher, Field, Page};
use pattern::Pattern;
use std::io::Read;
use std::time::Duration;
use url::{Position, Url};

/// The default name of this robot in robots.txt.
pub(super) const AGENT: &str = "textmill-linkcheck";

/// How much of a robots.txt is read, in bytes: more than RFC 9309 requires (2.5).
const MOST: u64 = 1 << 20;

/// The longest time between two requests that a robots.txt can ask for.
const LONGEST: Duration = Duration::from_secs(30);

/// The rules of a robots.txt for this robot. The default allows everything.
#[derive(Debug, Default)]
pub(super) struct Robots {
    rules: Vec<Rule>,
    delay: Duration,
    sitemaps: Vec<String>,
}

#[derive(Debug)]
struct Rule {
    pattern: Pattern,
    allows: bool,
}

impl Robots {
    /// Reads the robots.txt at `url` for the robot of this name. A missing one allows
    /// everything (RFC 9309, 2.3.1.3); one that cannot be read is an error.
    pub(super) fn fetch(fetcher: &Fetcher, url: &str, agent: &str) -> Result<Robots, Error> {
        let mut text = Vec::new();
        let read = fetcher
            .get(url)
            .and_then(|mut page| {
                page.ignore_unknown_encodings();
                Page::into_reader(page)
            })
            .and_then(|page| {
                let mut page = page.take(MOST);
                page.read_to_end(&mut text).map_err(Error::Read)
            });
        match read {
            Ok(_) => {
                if text.len() as u64 == MOST {
                    // A truncated rule would be another rule.
                    let end = memchr::memrchr2(b'\n', b'\r', &text);
                    text.truncate(end.unwrap_or_default());
                }
                Ok(Robots::parse(&text, agent))
            }
            Err(error) => match Failure::of(&error) {
                Some(Failure::Status(400..=499) | Failure::Redirect(_)) => Ok(Robots::default()),
                _ => Err(error),
            },
        }
    }

    /// Reads all lines. Invalid ones are skipped.
    fn parse(text: &[u8], agent: &str) -> Robots {
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        let (mut own, mut general) = (Group::default(), Group::default());
        let mut sitemaps = Vec::new();
        // Whether the group at hand is for this robot, and for all.
        let (mut is_own, mut is_general) = (false, false);
        let mut after_rule = true;
        for line in text.split(|byte| matches!(byte, b'\r' | b'\n')) {
            let Some((key, value)) = record(line) else {
                continue;
            };
            let key = match &key.to_ascii_lowercase()[..] {
                b"user-agent" | b"useragent" | b"user agent" => Key::Agent,
                b"allow" => Key::Rule(true),
                b"disallow" | b"dissallow" | b"dissalow" | b"disalow" | b"diasllow"
                | b"disallaw" => Key::Rule(false),
                b"crawl-delay" => Key::Delay,
                b"sitemap" | b"site-map" => {
                    sitemaps.push(String::from_utf8_lossy(value).into_owned());
                    continue;
                }
                _ => continue,
            };
            match key {
                Key::Agent => {
                    if std::mem::take(&mut after_rule) {
                        (is_own, is_general) = (false, false);
                    }
                    let name = product(value);
                    is_general |= name == b"*";
                    if fits(name, agent.as_bytes()) && name.len() >= own.name {
                        if name.len() > own.name {
                            own = Group::default();
                        }
                        own.name = name.len();
                        is_own = true;
                    }
                }
                Key::Rule(_) | Key::Delay => {
                    // Only a rule ends the list of names (RFC 9309, 2.2.4).
                    after_rule |= matches!(key, Key::Rule(_));
                    if is_own {
                        own.add(&key, value);
                    }
                    if is_general {
                        general.add(&key, value);
                    }
                }
            }
        }
        let group = match own.name {
            0 => general,
            _ => own,
        };
        Robots {
            rules: group.rules,
            delay: group.delay.min(LONGEST),
            sitemaps,
        }
    }

    /// Rules that allow nothing.
    pub(super) fn disallow_all() -> Robots {
        Robots::parse(b"User-agent: *\nDisallow: /\n", AGENT)
    }

    pub(super) fn allow(&self, url: &Url) -> bool {
        let path = &url[Position::BeforePath..Position::AfterQuery];
        if path == "/robots.txt" {
            return true;
        }
        let path = pattern::path(path);
        let matching = self.rules.iter().filter(|rule| rule.pattern.matches(&path));
        let best = matching.max_by_key(|rule| (rule.pattern.len(), rule.allows));
        best.is_none_or(|rule| rule.allows)
    }

    /// The delay between two requests.
    pub(super) fn delay(&self) -> Duration {
        self.delay
    }

    /// The URLs of its sitemaps.
    pub(super) fn sitemaps(&self) -> &[String] {
        &self.sitemaps
    }
}

/// The kind of a line.
enum Key {
    Agent,
    /// `Allow`, if true.
    Rule(bool),
    Delay,
}

/// All groups of one name, as one.
#[derive(Debug, Default)]
struct Group {
    /// The length of the name.
    name: usize,
    rules: Vec<Rule>,
    delay: Duration,
}

impl Group {
    fn add(&mut self, key: &Key, value: &[u8]) {
        match key {
            Key::Rule(allows) => {
                let pattern = match value.first() {
                    Some(b'/' | b'*') => Pattern::new(value),
                    Some(_) if !allows => Pattern::new(&[b"/", value].concat()),
                    // An empty rule has no effect.
                    _ => return,
                };
                let allows = *allows;
                self.rules.push(Rule { pattern, allows });
            }
            Key::Delay => {
                let seconds = std::str::from_utf8(value).ok();
                let seconds = seconds.and_then(|text| text.parse().ok());
                let delay = seconds.and_then(|n| Duration::try_from_secs_f64(n).ok());
                self.delay = self.delay.max(delay.unwrap_or_default());
            }
            Key::Agent => {}
        }
    }
}

/// The key and value of a line, without comments and blanks. The colon may be a blank.
fn record(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(b'#', line).unwrap_or(line.len());
    let line = line[..end].trim_ascii();
    let middle = memchr::memchr(b':', line).or_else(|| memchr::memchr2(b' ', b'\t', line))?;
    Some((line[..middle].trim_ascii(), line[middle + 1..].trim_ascii()))
}

/// The name of a product without its version.
fn product(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| b"/ \t;(".contains(byte));
    &text[..end.unwrap_or(text.len())]
}

/// Whether a name in robots.txt matches this robot: `example` matches `example-images`,
/// too.
fn fits(name: &[u8], agent: &[u8]) -> bool {
    let Some((head, rest)) = agent.split_at_checked(name.len()) else {
        return false;
    };
    !name.is_empty()
        && head.eq_ignore_ascii_case(name)
        && matches!(rest.first(), None | Some(b'-' | b'_'))
}

/// The name of this robot in robots.txt, from its `User-Agent`: the product, or the one
/// after `compatible;` if that is Mozilla.
pub(super) fn agent(options: &fetch::Options) -> String {
    let is_agent = |field: &&Field| field.name() == "user-agent";
    // The last one is sent.
    let fields = options.user_agent.iter().chain(&options.fields);
    let sent = fields.filter(is_agent).last().and_then(Field::value);
    let sent = sent.unwrap_or_default();
    let compatible = memchr::memmem::find(sent, b"(compatible;");
    let named = match (compatible, product(sent)) {
        (Some(at), name) if name.eq_ignore_ascii_case(b"Mozilla") => {
            product(sent[at + b"(compatible;".len()..].trim_ascii_start())
        }
        (_, name) => name,
    };
    match named {
        b"" => AGENT.to_string(),
        name => String::from_utf8_lossy(name).into_owned(),
    }
}

#[cfg(test)]
mod tests;
