//! What a host allows robots to read (RFC 9309).
//!
//! No crate does it: `texting_robots` turns rules into regular expressions, and
//! loses the whole file when one is too large; `robotstxt` decodes no characters
//! and reads the file again for each URL. Here every line is read by itself, so
//! that a bad one disturbs no other, and each rule is a [`Pattern`].
//!
//! - A group is some `User-agent` lines and the rules after them. Ours are the
//!   groups whose name fits best; if there are none, those of `*`.
//! - Of the rules that match, the longest counts; `Allow` wins a tie.
//! - In case of doubt a URL is not allowed: common misspellings of `Disallow` are
//!   understood, and a path without its first `/`.

mod pattern;

use crate::common::error::Error;
use crate::web::fetch::{self, Failure, Fetcher, Field, Page};
use pattern::Pattern;
use std::io::Read;
use std::time::Duration;
use url::{Position, Url};

/// Our name in robots.txt, unless the user chooses another.
pub(super) const AGENT: &str = "textmill-linkcheck";

/// How much of a robots.txt is read, in bytes: what RFC 9309 demands (2.5) and more.
const MOST: u64 = 1 << 20;

/// The longest time between two requests that a robots.txt can ask for.
const LONGEST: Duration = Duration::from_secs(30);

/// What a robots.txt says to us. The default allows all.
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
    /// Reads the robots.txt at `url` for the robot of this name. One that is not
    /// there allows all (RFC 9309, 2.3.1.3); one that cannot be read is an error.
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
                    // Half a rule is another rule.
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

    /// Reads all lines; those that mean nothing are skipped.
    fn parse(text: &[u8], agent: &str) -> Robots {
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        let (mut ours, mut everyones) = (Group::default(), Group::default());
        let mut sitemaps = Vec::new();
        // The group at hand is one for us, one for all.
        let (mut is_ours, mut is_everyones) = (false, false);
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
                        (is_ours, is_everyones) = (false, false);
                    }
                    let name = product(value);
                    is_everyones |= name == b"*";
                    if fits(name, agent.as_bytes()) && name.len() >= ours.name {
                        if name.len() > ours.name {
                            ours = Group::default();
                        }
                        ours.name = name.len();
                        is_ours = true;
                    }
                }
                Key::Rule(_) | Key::Delay => {
                    // Only a rule ends the list of names (RFC 9309, 2.2.4).
                    after_rule |= matches!(key, Key::Rule(_));
                    if is_ours {
                        ours.add(&key, value);
                    }
                    if is_everyones {
                        everyones.add(&key, value);
                    }
                }
            }
        }
        let group = match ours.name {
            0 => everyones,
            _ => ours,
        };
        Robots {
            rules: group.rules,
            delay: group.delay.min(LONGEST),
            sitemaps,
        }
    }

    /// Nothing is allowed.
    pub(super) fn closed() -> Robots {
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

    /// The time that is to be between two requests.
    pub(super) fn delay(&self) -> Duration {
        self.delay
    }

    /// The sitemaps that it names.
    pub(super) fn sitemaps(&self) -> &[String] {
        &self.sitemaps
    }
}

/// What a line says.
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
                    // An empty rule rules nothing.
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

/// A line's key and value, comments and blanks taken off. Some write a blank for
/// the colon.
fn record(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(b'#', line).unwrap_or(line.len());
    let line = line[..end].trim_ascii();
    let middle = memchr::memchr(b':', line).or_else(|| memchr::memchr2(b' ', b'\t', line))?;
    Some((line[..middle].trim_ascii(), line[middle + 1..].trim_ascii()))
}

/// The name of a product, without its version.
fn product(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| b"/ \t;(".contains(byte));
    &text[..end.unwrap_or(text.len())]
}

/// Whether a name in robots.txt is that of this robot, or of the family that it
/// is from: `example` is for `example-images`, too.
fn fits(name: &[u8], agent: &[u8]) -> bool {
    let Some((head, rest)) = agent.split_at_checked(name.len()) else {
        return false;
    };
    !name.is_empty()
        && head.eq_ignore_ascii_case(name)
        && matches!(rest.first(), None | Some(b'-' | b'_'))
}

/// The name to look for in robots.txt, by what is sent as `User-Agent`: that of
/// the product, or the one behind `compatible;` if we pass for Mozilla.
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
