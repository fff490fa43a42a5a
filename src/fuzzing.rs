//! One function for each fuzz target (`fuzz/fuzz_targets`): what must be true of any input.
//!
//! A function panics if that is not true. Most compare with a slower way to the same result:
//! an expression of `std` or of another crate, the same text in other blocks, or what was
//! written with what is read. The first byte of an input chooses the size of the blocks, or
//! another parameter.
//!
//! Only `cargo fuzz` (which sets `cfg(fuzzing)`) and the tests compile this module. The test
//! below runs each function on its seeds.
#![allow(missing_docs)] // The names say it, and this is no interface.

use crate::common::deadline::Deadline;
use crate::common::decompress::{Allowance, Decompress};
use crate::common::error::Error;
use crate::common::memory::{self, Size};
use crate::common::output::Output;
use crate::common::stream::{self, Filter, Out};
use crate::common::time;
use crate::process::memo::value::{MARK, Summary, Value};
use crate::text::count::spill::loser_tree::{Sorted, prefix};
use crate::text::count::spill::run::Run;
use crate::text::count::spill::run_writer::RunWriter;
use crate::text::count::spill::temporary::Temporary;
use crate::text::count::{Interval, Limits, Live, Pace, write_pages};
use crate::text::field::{Fields, Layout, Style};
use crate::text::natural::{self, Natural, oracle};
use crate::text::tally::{self, Tally};
use crate::text::{bars, capwords, lower, ngrams, pages, stem, unicode, words};
use crate::web::html::{Charset, Content, Name, Sink, Tokenizer, address};
use crate::web::links::css::Scanner;
use crate::web::links::resolve::Resolver;
use crate::web::links::{self, srcset};
use crate::web::untag;
use regex::Regex;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::num::NonZeroU64;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, UNIX_EPOCH};
use url::Url;

/// The first byte of an input, and the rest.
fn split(input: &[u8]) -> (u8, &[u8]) {
    match input.split_first() {
        Some((first, rest)) => (*first, rest),
        None => (0, input),
    }
}

/// The same with a size of blocks.
fn blocks(input: &[u8]) -> (usize, &[u8]) {
    let (first, text) = split(input);
    (usize::from(first) + 1, text)
}

/// Bytes that come in blocks of this size.
struct Blocks<'a>(&'a [u8], usize);

impl Read for Blocks<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.1.min(buffer.len());
        self.0.read(&mut buffer[..size])
    }
}

/// What a filter makes of a text that comes in blocks of this size.
fn filtered(mut filter: impl Filter, text: &[u8], size: usize) -> Vec<u8> {
    let mut out = Vec::new();
    stream::filter(&mut Blocks(text, size), &mut filter, &mut out).unwrap();
    out
}

/// What a regular expression finds in each valid run of a text, one match a line.
fn found(regex: &Regex, text: &[u8]) -> Vec<u8> {
    let runs = text.utf8_chunks();
    let matches = runs.flat_map(|run| regex.find_iter(run.valid()));
    let lines = matches.flat_map(|found| [found.as_str(), "\n"]);
    lines.collect::<String>().into_bytes()
}

/// However the input is cut into reads, text and error are the same.
pub fn decompress(input: &[u8]) {
    let (size, bytes) = blocks(input);
    let read = |size| {
        let mut text = Vec::new();
        let input = Blocks(bytes, size);
        let read = Decompress::new(input, Allowance::default())
            // Some bytes make gigabytes of zeros.
            .take(16 << 20)
            .read_to_end(&mut text);
        (text, read.map_err(|error| error.to_string()))
    };
    let (text, result) = read(size);
    let (whole, expected) = read(usize::MAX);
    match &result {
        Ok(_) => assert_eq!(text, whole),
        // The text of the last step before an error may be lost.
        Err(_) => assert!(text.starts_with(&whole) || whole.starts_with(&text)),
    }
    assert_eq!(result, expected);
}

pub fn words(input: &[u8]) {
    static REGEX: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\w+").unwrap());
    let (size, text) = blocks(input);
    assert_eq!(
        filtered(words::words(false), text, size),
        found(&REGEX, text)
    );
}

/// However the input is cut into reads, the words are the same; without scripts that need a
/// dictionary, they are those of another implementation.
pub fn natural(input: &[u8]) {
    let (size, text) = blocks(input);
    let words = filtered(Natural::new(natural::Options::default()), text, size);
    let expected = match oracle::by_rules(text) {
        Some(words) => words.into_bytes(),
        None => filtered(Natural::new(natural::Options::default()), text, usize::MAX),
    };
    assert_eq!(words, expected);
}

pub fn capwords(input: &[u8]) {
    static REGEX: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b\p{Uppercase}\w*\b").unwrap());
    let (size, text) = blocks(input);
    let picked = filtered(capwords::capwords(false), text, size);
    assert_eq!(picked, found(&REGEX, text));
}

pub fn lower(input: &[u8]) {
    let (size, text) = blocks(input);
    // A letter that has no case in Unicode 17, which `std` may have.
    if text.windows(2).any(|c| c == "\u{295}".as_bytes()) {
        return;
    }
    let mut expected = Vec::new();
    for run in text.utf8_chunks() {
        // `std` may have a later version of Unicode.
        for known in run.valid().split_inclusive(|c| !unicode::has(c)) {
            let end = known.trim_end_matches(|c| !unicode::has(c)).len();
            expected.extend_from_slice(known[..end].to_lowercase().as_bytes());
            expected.extend_from_slice(&known.as_bytes()[end..]);
        }
        expected.extend_from_slice(run.invalid());
    }
    assert_eq!(filtered(lower::lower(), text, size), expected);
    let ascii = filtered(lower::ascii(), text, size);
    assert_eq!(ascii, text.to_ascii_lowercase());
    // Folding twice changes nothing more.
    let folded = filtered(lower::fold(), text, size);
    assert_eq!(filtered(lower::fold(), &folded, usize::MAX), folded);
    for number in 0..4 {
        let form = lower::Form {
            compatibility: number & 1 != 0,
            without_marks: number & 2 != 0,
        };
        let normal = filtered(lower::lower_in(form), text, size);
        assert_eq!(filtered(lower::lower_in(form), text, usize::MAX), normal);
        let folded = filtered(lower::fold_in(form), text, size);
        assert_eq!(filtered(lower::fold_in(form), text, usize::MAX), folded);
    }
}

/// The lines of a text, and each window of N of them without an empty one. N is the second byte.
pub fn ngrams(input: &[u8]) {
    let (size, input) = blocks(input);
    let (n, text) = split(input);
    let n = usize::from(n) % ngrams::LARGEST + 1;
    let lines: Vec<&[u8]> = text.split(|&byte| byte == b'\n').collect();
    let mut expected = Vec::new();
    for window in lines
        .windows(n)
        .filter(|window| window.iter().all(|line| !line.is_empty()))
    {
        expected.extend_from_slice(&window.join(&b' '));
        expected.push(b'\n');
    }
    let mut out = Vec::new();
    let ngrams = ngrams::Ngrams::new(n, b' ', b'\n');
    ngrams.read(&mut Blocks(text, size), &mut out).unwrap();
    assert_eq!(out, expected);
}

/// The pages of `count --every N --window M`, with the numbers of lines in the second and the third
/// byte, are those of a map of the lines on each page.
pub fn count_every(input: &[u8]) {
    /// Bytes that come in blocks of this size.
    struct Pieces(io::Cursor<Vec<u8>>, usize);

    impl Read for Pieces {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let size = self.1.min(buffer.len());
            self.0.read(&mut buffer[..size])
        }
    }

    let (size, input) = blocks(input);
    let (every, input) = blocks(input);
    let (slots, text) = split(input);
    // Without a window all lines are shown.
    let slots = usize::from(slots % 8);
    let interval = |lines: usize| Interval::Lines(NonZeroU64::new(lines as u64).unwrap());
    let window = (slots > 0).then(|| interval(slots * every));
    let live = Live {
        pace: Pace::new(interval(every), window).unwrap(),
        merge: false,
        separator: b' ',
        terminator: b'\n',
    };
    let lines: Vec<&[u8]> = lines_of(text).collect();
    let page = |end: usize| {
        let slots = if slots > 0 { slots } else { usize::MAX };
        let start = end.div_ceil(every).saturating_sub(slots) * every;
        let mut counts = BTreeMap::new();
        for line in &lines[start..end] {
            *counts.entry(line).or_insert(0) += 1;
        }
        let mut out = Out::default();
        for (line, count) in counts {
            tally::put(count, b' ', line, b'\n', &mut out);
        }
        out.as_slice().to_vec()
    };
    let mut expected = Vec::new();
    for end in (every..=lines.len()).step_by(every) {
        expected.extend(page(end));
        expected.extend(b"\x0C\n");
    }
    expected.extend(page(lines.len()));
    let pieces = Pieces(io::Cursor::new(text.to_vec()), size);
    let inputs = [(String::new(), Ok(pieces))].into_iter();
    let mut out = Vec::new();
    write_pages(
        inputs,
        Deadline::default(),
        live,
        Limits::default(),
        &mut out,
    )
    .unwrap();
    assert_eq!(out, expected);
}

/// Each algorithm takes any text, and the same word has the same stem each time. The language is
/// the second byte.
pub fn stem(input: &[u8]) {
    let (size, input) = blocks(input);
    let (number, text) = split(input);
    let languages: Vec<_> = stem::Language::all().collect();
    let language = languages[usize::from(number) % languages.len()];
    let stems = |text: &[u8], size| {
        let mut out = Vec::new();
        let mut stem = stem::Stem::new(language, false, b'\n');
        stem.read(&mut Blocks(text, size), &mut out).unwrap();
        out
    };
    let text = [text.strip_suffix(b"\n").unwrap_or(text), b"\n"].concat();
    let once = stems(&text, size);
    assert_eq!(
        once.iter().filter(|&&byte| byte == b'\n').count(),
        text.split(|&byte| byte == b'\n').count() - 1
    );
    assert_eq!(stems(&text.repeat(2), usize::MAX), once.repeat(2));
}

/// Writes down all that it is given. Pieces of one text, value or comment are joined.
#[derive(Default)]
struct Events {
    written: Vec<u8>,
    /// What kind of event is written last.
    last: u8,
    is_end: bool,
    /// The first byte of the tag's name decides what follows the tag.
    first: u8,
}

impl Events {
    fn write(&mut self, kind: u8, bytes: &[u8]) {
        // An event, or the first piece of something. A piece may be empty.
        let is_event = matches!(kind, b'<' | b'=' | b'>');
        if is_event || (self.last != kind && !bytes.is_empty()) {
            self.written.extend([b'\n', kind]);
            self.last = kind;
        }
        self.written.extend_from_slice(bytes);
    }
}

impl Sink for Events {
    fn wants_text(&self) -> bool {
        true
    }
    fn text(&mut self, text: &[u8]) {
        self.write(b't', text);
    }
    fn tag(&mut self, name: &Name, is_end: bool) -> bool {
        self.is_end = is_end;
        self.first = name.as_bytes().first().copied().unwrap_or(0);
        self.write(b'<', &[u8::from(is_end)]);
        self.write(b'n', name.as_bytes());
        // The same for each cut of the page.
        !name.as_bytes().starts_with(b"y")
    }
    fn attribute(&mut self, name: &Name) -> bool {
        self.write(b'=', name.as_bytes());
        name.as_bytes().first() != Some(&b'x')
    }
    fn value(&mut self, raw: &[u8]) {
        self.write(b'v', raw);
    }
    fn tag_end(&mut self, closes_itself: bool) -> Content {
        self.write(b'>', &[u8::from(closes_itself)]);
        match self.first {
            _ if self.is_end => Content::Data,
            b't' => Content::Rcdata,
            b's' => Content::Script,
            b'r' => Content::Rawtext,
            b'p' => Content::Plaintext,
            _ => Content::Data,
        }
    }
    fn has_cdata(&self) -> bool {
        self.first == b'm'
    }
    fn comment(&mut self, text: &[u8]) {
        self.write(b'c', text);
    }
    fn comment_end(&mut self) {
        self.write(b'>', b"--");
    }
    fn doctype(&mut self) {
        self.write(b'>', b"doctype");
    }
}

/// The tokenizer gives the same events whatever the blocks.
pub fn html(input: &[u8]) {
    fn events(page: &[u8], size: usize) -> Vec<u8> {
        let (mut tokenizer, mut events) = (Tokenizer::new(), Events::default());
        page.chunks(size)
            .for_each(|block| tokenizer.block(block, &mut events));
        tokenizer.end(&mut events);
        events.written
    }
    let (size, page) = blocks(input);
    assert_eq!(events(page, size), events(page, usize::MAX));
}

/// `untag` gives the same text whatever the blocks.
pub fn untag(input: &[u8]) {
    let (size, page) = blocks(input);
    let whole = filtered(untag::untag(), page, usize::MAX);
    assert_eq!(filtered(untag::untag(), page, size), whole);
}

/// `links` finds the same links whatever the blocks.
pub fn links(input: &[u8]) {
    struct Kept(Vec<String>);
    impl links::Visit for Kept {
        const ANCHORS: bool = true;
        const LINES: bool = true;
        fn link(&mut self, link: &links::Link<'_>) -> Result<(), Error> {
            self.0.push(format!("{link:?}"));
            Ok(())
        }
        fn invalid(&mut self, link: &links::Invalid<'_>) -> Result<(), Error> {
            self.0.push(format!("{link:?}"));
            Ok(())
        }
        fn anchor(&mut self, name: &[u8]) -> Result<(), Error> {
            self.0.push(format!("{name:?}"));
            Ok(())
        }
    }
    let (first, page) = split(input);
    let options = links::Options {
        all: true,
        fragments: true,
        schemes: first & 1 == 0,
        xml: first & 2 == 0,
        charset: Charset::UTF_8,
    };
    let found = |size: usize| {
        let mut links = links::Links::new(Some(&BASES[0]), options, Kept(Vec::new()));
        page.chunks(size)
            .for_each(|block| links.block(block).unwrap());
        links.end().unwrap().0
    };
    assert_eq!(found(1 + usize::from(first >> 2)), found(usize::MAX));
}

/// The scanner of style sheets finds the same URLs whatever the blocks.
pub fn css(input: &[u8]) {
    fn urls(css: &[u8], size: usize) -> Vec<Vec<u8>> {
        let mut scanner = Scanner::new();
        let mut urls = Vec::new();
        for block in css.chunks(size) {
            scanner.text(block, |url, _| urls.push(url.to_vec()));
        }
        scanner.end(|url, _| urls.push(url.to_vec()));
        urls
    }
    let (size, css) = blocks(input);
    assert_eq!(urls(css, size), urls(css, usize::MAX));
}

/// URLs of `srcset` are words of the list, in its order, without commas at their ends.
pub fn srcset(list: &[u8]) {
    let mut rest = list;
    for url in srcset::urls(list) {
        assert!(!url.is_empty() && !url.iter().any(u8::is_ascii_whitespace));
        assert!(url[0] != b',' && url[url.len() - 1] != b',');
        let at = memchr::memmem::find(rest, url).expect("a part of the list");
        rest = &rest[at + url.len()..];
    }
}

static BASES: LazyLock<Vec<Url>> = LazyLock::new(|| {
    let bases = [
        "http://host/",
        "https://user:pw@host:81/a/b/c.html?q=1#f",
        "http://host/a//b//c",
        "http://host/;x/@y/:z",
        "file:///a/b/c",
        "file:///C:/a/b",
        "file://host/a/b",
        "ws://host/a/b",
        "mailto:x@y",
        "about:blank",
        "other://host/a/b/c",
        "other:/a/b",
    ];
    bases.map(|base| Url::parse(base).unwrap()).to_vec()
});

/// The short cuts of the resolver give what the parser of URLs gives.
pub fn resolve(input: &[u8]) {
    let (first, link) = split(input);
    let base = &BASES[usize::from(first) % BASES.len()];
    let label: &[u8] = match first >> 6 {
        0 => b"koi8-r",
        1 => b"iso-2022-jp",
        _ => b"utf-8",
    };
    let charset = Charset::named(label).unwrap();
    let mut expected = address::parse(link, Some(base), charset);
    let fragment = expected.as_ref().ok().and_then(|url| url.fragment());
    let fragment = fragment.map(str::to_string);
    if let Ok(url) = &mut expected {
        url.set_fragment(None);
    }
    let mut resolver = Resolver::new(Some(base.clone()));
    // Nothing of the link before may be left.
    resolver.resolve(b"before?x#y", charset).ok();
    match (resolver.resolve(link, charset), expected) {
        (Ok(()), Ok(url)) => {
            assert_eq!(resolver.resolved(), (url.as_str(), fragment.as_deref()));
        }
        (Err(found), Err(expected)) => assert_eq!(found, expected),
        (found, expected) => panic!("{found:?}, expected {expected:?}"),
    }
}

pub fn tally(record: &[u8]) {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n');
    let start = record.iter().position(|byte| !is_blank(byte));
    let behind = &record[start.unwrap_or(record.len())..];
    let end = behind.iter().position(is_blank).unwrap_or(behind.len());
    let digits = &behind[..end];
    let count = Some(digits)
        .filter(|digits| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit))
        .and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<u64>().ok());
    let parsed = Tally::parse(record);
    let Some(count) = count else {
        assert!(parsed.is_err());
        return;
    };
    let line = behind.get(end + 1..).unwrap_or(b"");
    assert_eq!(parsed, Ok(Tally { count, line }));
    assert_eq!(tally::parts(record), (digits, line));
    let mut out = Out::default();
    tally::put(count, b' ', line, b'\n', &mut out);
    let written = [count.to_string().as_bytes(), b" ", line, b"\n"].concat();
    assert_eq!(out.as_slice(), written);
}

/// However the text is cut into reads, each page has the chart of its own records, up to the first
/// error. Each line of a chart has the documented form.
pub fn bars(input: &[u8]) {
    let (bits, rest) = split(input);
    let (size, text) = blocks(rest);
    let bit = |n: u8| bits >> n & 1 == 1;
    let style = bars::Style {
        width: [1, 25, 80, 200][usize::from(bits >> 6)],
        cut: bit(0),
        ascii: bit(1),
        color: bit(2),
        percent: bit(3),
        log: bit(4),
        max: bit(5).then(|| "2.5".parse().unwrap()),
    };
    let mut charts = Vec::new();
    let mut chart = bars::Chart::new(style);
    let read = chart.read(&mut Blocks(text, size), b'\n', &mut |chart| {
        chart.draw(&mut charts)?;
        charts.extend(pages::end(b'\n'));
        Ok(())
    });
    let found = match read {
        Ok(true) => chart.draw(&mut charts),
        Ok(false) => Ok(()),
        Err(error) => Err(error),
    };

    let lines: Vec<&[u8]> = lines_of(text).collect();
    let parts: Vec<&[&[u8]]> = lines.split(|line| *line == pages::END).collect();
    let (mut expected, mut result) = (Vec::new(), Ok(()));
    let mut number = 0;
    for (n, part) in parts.iter().enumerate() {
        let is_ended = n + 1 < parts.len();
        match chart_alone(style, part, number, is_ended) {
            Ok(chart) => expected.extend(chart),
            Err(error) => {
                result = Err(error);
                break;
            }
        }
        if is_ended {
            expected.extend(pages::end(b'\n'));
        }
        number += part.len() + 1;
    }
    assert_eq!(charts, expected);
    assert_eq!(found.map_err(|error| error.to_string()), result);
}

/// The chart of some records, each line of which is checked; or an error, with the number of the
/// record's line, or of the line that ends the page. `before` lines come before the records.
fn chart_alone(
    style: bars::Style,
    records: &[&[u8]],
    before: usize,
    is_ended: bool,
) -> Result<Vec<u8>, String> {
    let mut chart = bars::Chart::new(style);
    for (record, number) in records.iter().zip(before as u64 + 1..) {
        let shown = |cause| Error::bad_line(number, cause, record).to_string();
        chart.add(record).map_err(shown)?;
    }
    let mut drawn = Vec::new();
    chart.draw(&mut drawn).map_err(|error| match is_ended {
        true => format!("line {}: {error}", before + records.len() + 1),
        false => error.to_string(),
    })?;
    let text = String::from_utf8(drawn.clone()).unwrap();
    let mut lines = text.lines();
    if style.log && !records.is_empty() {
        assert_eq!(lines.next(), Some("log scale: log(1 + COUNT)"));
    }
    assert_eq!(lines.clone().count(), records.len());
    for (line, record) in lines.zip(records) {
        let count = std::str::from_utf8(tally::parts(record).0).unwrap();
        assert_is_line(line, count, style);
    }
    Ok(drawn)
}

/// Checks a line of a chart: a count, perhaps a share, a bar in all its columns, and a label.
fn assert_is_line(line: &str, count: &str, style: bars::Style) {
    let line = match style.color {
        true => line.replace("\x1b[36m", "").replace("\x1b[0m", ""),
        false => line.to_string(),
    };
    assert!(!line.contains(char::is_control), "{line:?}");
    let rest = line.trim_start().strip_prefix(count);
    let mut rest = rest.and_then(|rest| rest.strip_prefix(' ')).unwrap();
    if style.percent {
        let share;
        (share, rest) = rest.split_once("% ").unwrap();
        let (whole, tenth) = share.trim_start().split_once('.').unwrap();
        assert!(whole.parse::<u8>().unwrap() <= 100 && tenth.parse::<u8>().unwrap() <= 9);
    }
    let columns = (style.width * 2 / 5).max(10);
    let end = rest.char_indices().nth(columns);
    let (bar, label) = rest.split_at(end.map_or(rest.len(), |(end, _)| end));
    assert_eq!(bar.chars().count(), columns, "{line:?}");
    let (full, partial) = match style.ascii {
        true => ('#', ""),
        false => ('█', "▏▎▍▌▋▊▉"),
    };
    let mut end = bar.trim_start_matches(full).trim_end_matches(' ').chars();
    assert!(end.next().is_none_or(|c| c == '+' || partial.contains(c)));
    assert_eq!(end.next(), None, "{line:?}");
    assert!(label.starts_with(' ') || (style.cut && label.is_empty()));
}

/// The records that `field` makes of a text in blocks of this size, each without its end, and
/// whether all of them parse.
fn field_records(list: &str, layout: Layout, text: &[u8], size: usize) -> (Vec<Vec<u8>>, bool) {
    let style = Style {
        separator: Some(b"\t".to_vec()),
        nul: false,
        skip: false,
    };
    let mut fields = Fields::new(list.as_bytes(), layout, style).unwrap();
    let mut out = Vec::new();
    let result = fields.read(&mut Blocks(text, size), &mut out);
    let lines = out.split_inclusive(|&byte| byte == b'\n');
    let lines = lines.map(|line| line.strip_suffix(b"\n").unwrap().to_vec());
    (lines.collect(), result.is_ok())
}

/// The lines of a text.
fn lines_of(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = text.split_inclusive(|&byte| byte == b'\n');
    lines.map(|line| line.strip_suffix(b"\n").unwrap_or(line))
}

/// Fields of logs, as a regular expression finds them in lines of the usual form.
pub fn field_log(input: &[u8]) {
    static LINE: LazyLock<regex::bytes::Regex> = LazyLock::new(|| {
        let line = concat!(
            r#"^(?-u)([^ \[]+) [^ \[]+ ([^\[]*) \[(\d\d/[A-Z][a-z][a-z]/\d{4}:\d\d:\d\d:\d\d) [+-]\d{4}\] "#,
            r#""([!#-\[\]-~ ]*)" (\d{3}) (\d+|-) "([!#-\[\]-~ ]*)" "([!#-\[\]-~ ]*)"$"#
        );
        regex::bytes::Regex::new(line).unwrap()
    });
    let (size, text) = blocks(input);
    let list = "host,user,minute,request,status,bytes,referer,agent";
    let (found, _) = field_records(list, Layout::Log, text, size);
    assert_eq!(found.len(), lines_of(text).count());
    assert_eq!(found, field_records(list, Layout::Log, text, usize::MAX).0);
    for (line, found) in lines_of(text).zip(found) {
        let Some(parts) = LINE.captures(line) else {
            continue;
        };
        let parts: Vec<_> = parts.iter().flatten().map(|part| part.as_bytes()).collect();
        let [_, host, user, time, request, status, bytes, referer, agent] = parts[..] else {
            unreachable!();
        };
        let minute = &time[..17];
        let expected = [host, user, minute, request, status, bytes, referer, agent];
        assert_eq!(found, expected.join(&b'\t'));
    }
}

/// Fields in quotes and brackets: the same however the text is cut, and as a list of all places
/// of closing quotes has them.
pub fn field_quoted(input: &[u8]) {
    let (size, text) = blocks(input);
    let (found, _) = field_records("1-", Layout::Quoted, text, size);
    for (line, found) in lines_of(text).zip(&found) {
        let mut fields = Vec::new();
        let mut rest = line;
        loop {
            rest = rest.trim_blanks();
            let close = match rest.first() {
                None => break,
                Some(b'"') => b'"',
                Some(b'[') => b']',
                Some(_) => {
                    let end = rest.iter().position(|byte| b" \t".contains(byte));
                    let (field, behind) = rest.split_at(end.unwrap_or(rest.len()));
                    fields.push(field);
                    rest = behind;
                    continue;
                }
            };
            let ends = (1..rest.len()).filter(|&at| {
                rest[at] == close && rest.get(at + 1).is_none_or(|byte| b" \t".contains(byte))
            });
            let ends: Vec<_> = ends.collect();
            let is_plain = |at: &&usize| {
                let before = &rest[1..**at];
                let other = before.iter().rposition(|&byte| byte != b'\\');
                (before.len() - other.map_or(0, |at| at + 1)) % 2 == 0
            };
            match ends.iter().find(is_plain).or(ends.last()) {
                Some(&end) => {
                    fields.push(&rest[1..end]);
                    rest = &rest[end + 1..];
                }
                None if close == b']' => {
                    let end = rest.iter().position(|byte| b" \t".contains(byte));
                    let (field, behind) = rest.split_at(end.unwrap_or(rest.len()));
                    fields.push(field);
                    rest = behind;
                }
                None => {
                    fields.push(rest);
                    break;
                }
            }
        }
        assert_eq!(*found, fields.join(&b'\t'));
    }
    assert_eq!(found.len(), lines_of(text).count());
}

trait Blanks {
    fn trim_blanks(&self) -> &[u8];
}

impl Blanks for [u8] {
    fn trim_blanks(&self) -> &[u8] {
        let start = self.iter().position(|byte| !b" \t".contains(byte));
        &self[start.unwrap_or(self.len())..]
    }
}

/// Records of CSV, as an automaton that takes one byte after the other finds them.
pub fn field_csv(input: &[u8]) {
    let (size, text) = blocks(input);
    let layout = Layout::Csv {
        delimiter: b',',
        header: false,
    };
    let (found, all_parse) = field_records("2", layout, text, size);
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        Start,
        Plain,
        Quotes,
        Quote,
    }
    let (mut expected, mut state) = (Vec::new(), State::Start);
    let (mut fields, mut is_valid, mut are_valid) = (vec![Vec::new()], true, true);
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    let mut end = |fields: &mut Vec<Vec<u8>>, is_valid: bool| {
        let value = fields.get(1).cloned().unwrap_or_default();
        let value = value.split(|&byte| byte == b'\n').map(<[u8]>::to_vec);
        let mut lines: Vec<Vec<u8>> = value.collect();
        let last = lines.len() - 1;
        for line in &mut lines[..last] {
            if line.last() == Some(&b'\r') {
                line.pop();
            }
        }
        expected.push(if is_valid {
            lines.join(&b' ')
        } else {
            Vec::new()
        });
        *fields = vec![Vec::new()];
    };
    let mut bytes = text.iter().copied().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        let is_end = bytes.peek().is_none_or(|(_, next)| *next == b'\n');
        // A CR before the end of a record belongs to it, except within quotes.
        if byte == b'\r' && is_end && state != State::Quotes {
            if at + 1 == text.len() {
                break;
            }
            continue;
        }
        let field = fields.last_mut().unwrap();
        state = match (state, byte) {
            (State::Quotes, b'"') => State::Quote,
            (State::Quotes, _) => {
                field.push(byte);
                State::Quotes
            }
            (State::Quote, b'"') => {
                field.push(byte);
                State::Quotes
            }
            (State::Start, b'"') => State::Quotes,
            (_, b',') => {
                fields.push(Vec::new());
                State::Start
            }
            (_, b'\n') => {
                end(&mut fields, is_valid);
                are_valid &= is_valid;
                is_valid = true;
                State::Start
            }
            (state, _) => {
                is_valid &= state != State::Quote;
                field.push(byte);
                State::Plain
            }
        };
    }
    if text
        .last()
        .is_some_and(|&byte| byte != b'\n' || state == State::Quotes)
    {
        is_valid &= state != State::Quotes;
        end(&mut fields, is_valid);
        are_valid &= is_valid;
    }
    assert_eq!((found, all_parse), (expected, are_valid));
}

/// Values of JSON lines: what serde_json reads is read as it reads it.
pub fn field_json(input: &[u8]) {
    let (size, text) = blocks(input);
    let (found, _) = field_records("a", Layout::Json, text, size);
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    assert_eq!(found.len(), lines_of(text).count());
    for (line, found) in lines_of(text).zip(found) {
        let Ok(value) = serde_json::from_slice::<serde_json::Value>(line) else {
            continue;
        };
        // Of several values of one key serde_json has the last; the key may have escapes.
        let is_escaped = line.windows(2).any(|pair| pair == b"\\u");
        if is_escaped || line.windows(3).filter(|key| *key == b"\"a\"").count() > 1 {
            continue;
        }
        match value.get("a") {
            None | Some(serde_json::Value::Null) => assert_eq!(found, b""),
            Some(serde_json::Value::String(text)) => {
                let text = text.replace("\r\n", " ").replace('\n', " ");
                assert_eq!(found, text.as_bytes());
            }
            Some(value) => {
                let found: serde_json::Value = serde_json::from_slice(&found).unwrap();
                assert_eq!(&found, value);
            }
        }
    }
}

/// Sizes and durations.
pub fn sizes(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let size = text.parse::<Size>();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, unit) = text.split_at(digits);
    if let (false, Some(power)) = (
        digits.is_empty(),
        b"KMGTPE".iter().position(|c| [*c] == *unit.as_bytes()),
    ) {
        let bytes = digits
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(1024u64.pow(power as u32 + 1)));
        assert_eq!(size.ok(), bytes.map(Size::Bytes));
        assert_eq!(memory::bytes(text).ok(), bytes);
    } else if let (Ok(bytes), Ok(Size::Bytes(size))) = (memory::bytes(text), size) {
        // A number alone is one of bytes or of units of 1024.
        assert!(bytes == size || (unit.is_empty() && bytes.checked_mul(1024) == Some(size)));
    }
    for duration in [time::parse(text), time::pause(text)].into_iter().flatten() {
        time::shown(duration);
    }
}

/// Lines and their counts.
type Lines = Vec<(Vec<u8>, u64)>;

/// Records from an input: a byte for the length, one for the count, and the line.
fn records(mut input: &[u8]) -> Lines {
    let mut records = Vec::new();
    while let [length, count, rest @ ..] = input {
        let (line, behind) = rest.split_at(rest.len().min(usize::from(*length)));
        // Small counts and large ones.
        let count = u64::from(*count) << (8 * (*length % 8));
        records.push((line.to_vec(), count));
        input = behind;
    }
    records
}

fn read(run: Run) -> Result<Lines, Error> {
    let mut records = run.records();
    let mut read = Vec::new();
    while records.advance()? {
        assert_eq!(records.padded().0, records.line());
        assert_eq!(records.prefix(), prefix(records.line()));
        read.push((records.line().to_vec(), records.count()));
    }
    Ok(read)
}

/// A run file gives the records that were written. Of one with any bytes in it, the reader
/// gives an error or other records.
pub fn run(input: &[u8]) {
    let (each, bytes) = blocks(input);
    let records = records(bytes);
    let directory = Arc::from(std::env::temp_dir());
    let mut writer = RunWriter::new(&directory).unwrap();
    for records in records.chunks(each) {
        for (line, count) in records {
            writer.put(*count, line, line.len()).unwrap();
        }
        writer.end_block().unwrap();
    }
    assert_eq!(read(writer.run().unwrap()).unwrap(), records);

    let stored = Temporary::new(&directory).unwrap();
    stored.write_all(bytes).unwrap();
    read(Run::stored(stored, bytes.len() as u64, 64 << 10)).ok();
}

/// A value of memo is read as it was written. With a byte changed it is damaged, or prints
/// nothing that was not written.
pub fn memo_value(input: &[u8]) {
    let read = |bytes: &[u8]| {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Value::read(file, "name".to_string())
    };
    // Any bytes.
    if let Ok(value) = read(input) {
        value.check().ok();
    }
    let [at, flip, key_length, status, rest @ ..] = input else {
        return;
    };
    let (key, output) = rest.split_at(rest.len().min(usize::from(*key_length)));
    let mut summary = Summary::new();
    summary.update(output);
    let time = UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
    let trailer = summary.trailer(key, time, *status);
    let mut bytes = [&[b'm'; MARK], output, &trailer].concat();
    let value = read(&bytes).unwrap();
    assert_eq!((&value.key[..], value.status), (key, *status));
    value.check().unwrap();

    let at = usize::from(*at) * bytes.len() / 256;
    bytes[at] ^= flip;
    let Ok(value) = read(&bytes) else {
        assert!(*flip != 0 && at >= MARK + output.len());
        return;
    };
    assert!(*flip == 0 || at < MARK + output.len());
    let printed = tempfile::tempfile().unwrap();
    let copy = printed.try_clone().unwrap();
    let complete = value.print(&mut Output::raw(copy)).is_ok();
    assert_eq!(complete, *flip == 0 || at < MARK);
    let size = printed.metadata().unwrap().len() as usize;
    let mut bytes = vec![0; size];
    printed.read_exact_at(&mut bytes, 0).unwrap();
    assert!(output.starts_with(&bytes) && (!complete || size == output.len()));
}

#[cfg(feature = "fetch")]
pub use of_fetch::*;

#[cfg(feature = "fetch")]
mod of_fetch {
    use super::{Blocks, blocks, split};
    use crate::web::fetch::body::resume::range::ContentRange;
    use crate::web::fetch::charset::Charset;
    use crate::web::fetch::charset::content_type::{extract, parse_content_type};
    use crate::web::fetch::charset::prescan::prescan as scan;
    use crate::web::fetch::request::netrc::Netrc;
    use crate::web::warc::{self, Options};

    /// What is found in the beginning of a page is found in the page.
    pub fn prescan(input: &[u8]) {
        let (first, page) = split(input);
        let part = &page[..page.len() * usize::from(first) / 255];
        if let Some(encoding) = scan(part) {
            assert_eq!(scan(page), Some(encoding));
        }
    }

    /// A text is converted to the same UTF-8 whatever the blocks.
    pub fn charset(input: &[u8]) {
        let (size, text) = blocks(input);
        let types = [
            "text/html",
            "text/plain",
            "text/plain; charset=iso-8859-1",
            "text/html; charset=iso-2022-jp",
            "application/xml",
            "application/json",
            "text/plain; charset=gb18030",
            "text/plain; charset=utf-16le",
        ];
        let content_type = types[size % types.len()];
        let converted = |size| {
            let mut charset = Charset::new(Some(content_type)).expect("it is text");
            let mut out = Vec::new();
            for block in text.chunks(size) {
                out.extend_from_slice(charset.text(block, false));
            }
            out.extend_from_slice(charset.text(b"", true));
            out
        };
        assert_eq!(converted(size), converted(usize::MAX), "{content_type}");
    }

    /// The charset of a content type is the same in one of several, and what is extracted is
    /// a content type with the same meaning.
    pub fn content_type(input: &[u8]) {
        let Ok(text) = std::str::from_utf8(input) else {
            return;
        };
        let (essence, charset) = parse_content_type(text);
        assert_eq!(essence, essence.trim().to_ascii_lowercase());
        assert!(charset.is_none_or(|charset| !charset.is_empty()));
        if let Some(found) = extract([text].into_iter()) {
            assert_eq!(found, found.trim());
            let again = extract([found.as_str()].into_iter());
            assert_eq!(
                again.as_deref().map(parse_content_type),
                Some(parse_content_type(&found))
            );
        }
    }

    /// Any text is read or is an error. A name and a password in quotes are found as written.
    pub fn netrc(input: &[u8]) {
        if let Ok(netrc) = Netrc::parse(input) {
            netrc.find("h", None);
            netrc.find("h", Some(b"u"));
        }
        let (first, words) = split(input);
        let (login, password) = words.split_at(words.len().min(usize::from(first)));
        let quoted = |word: &[u8]| {
            let escaped = word.iter().flat_map(|&byte| match byte {
                b'"' | b'\\' => vec![b'\\', byte],
                b'\n' => b"\\n".to_vec(),
                _ => vec![byte],
            });
            [b"\"".to_vec(), escaped.collect(), b"\"".to_vec()].concat()
        };
        let text = [
            b"machine h login ",
            &*quoted(login),
            b" password ",
            &*quoted(password),
        ];
        let netrc = Netrc::parse(&text.concat()).unwrap();
        assert_eq!(netrc.find("h", None), Some((login, password)));
    }

    /// However the input is cut into reads, the pages and the failures are the same. What the
    /// input begins with is also the block of a whole record, which affects no other record.
    pub fn warc(input: &[u8]) {
        let (size, bytes) = blocks(input);
        let run = |archive: &[u8], options: &Options, size| {
            let (mut output, mut failures) = (Vec::new(), Vec::new());
            let result = warc::warc(
                &mut Blocks(archive, size),
                options,
                &mut output,
                &mut |url, failure| failures.push(format!("{url}: {failure}")),
            );
            (output, failures, result.map_err(|error| error.to_string()))
        };
        let all = Options {
            types: vec!["*/*".parse().unwrap()],
            url: Some(regex::bytes::Regex::new("").unwrap()),
            list: false,
        };
        let list = Options {
            list: true,
            ..Options::default()
        };
        for options in [&Options::default(), &all, &list] {
            let (output, failures, result) = run(bytes, options, size);
            let (expected, failures_of_all, result_of_all) = run(bytes, options, usize::MAX);
            assert_eq!((&failures, result), (&failures_of_all, result_of_all));
            // Of a body that is corrupt, more or less of the text before the fault is written.
            if failures.is_empty() {
                assert_eq!(output, expected);
            }
        }
        let record = |block: &[u8]| {
            let head =
                "WARC/1.0\nWARC-Type: response\nWARC-Target-URI: http://h/\nContent-Length: ";
            let length = block.len();
            [format!("{head}{length}\n\n").as_bytes(), block, b"\n\n"].concat()
        };
        let whole = record(b"HTTP/1.1 200\nContent-Type: text/html\n\ntext");
        let (end, ..) = run(&whole, &all, usize::MAX);
        let (output, failures, result) = run(&[record(bytes), whole].concat(), &all, size);
        assert_eq!(result, Ok(()));
        assert!(output.ends_with(&end) && failures.len() <= 1);
    }

    /// A range is written as it is read.
    pub fn content_range(input: &[u8]) {
        let Ok(text) = std::str::from_utf8(input) else {
            return;
        };
        let Some(range) = ContentRange::parse(text) else {
            return;
        };
        let written = match range {
            ContentRange::Unsatisfied { total } => format!("bytes */{total}"),
            ContentRange::Part { first, last, total } => {
                assert!(first <= last && total.is_none_or(|total| last < total));
                let total = total.map_or("*".to_string(), |total| total.to_string());
                format!("bytes {first}-{last}/{total}")
            }
        };
        assert_eq!(ContentRange::parse(&written), Some(range));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    /// The name of a target and its function.
    type Target = (&'static str, fn(&[u8]));

    /// The names of the files in a folder, without extensions.
    fn names(folder: &Path) -> BTreeSet<String> {
        let entries = fs::read_dir(folder).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_string())
            .collect()
    }

    #[test]
    fn seeds_pass() {
        #[cfg_attr(not(feature = "fetch"), expect(unused_mut))]
        let mut targets: Vec<Target> = vec![
            ("bars", super::bars),
            ("capwords", super::capwords),
            ("count_every", super::count_every),
            ("css", super::css),
            ("decompress", super::decompress),
            ("field_csv", super::field_csv),
            ("field_json", super::field_json),
            ("field_log", super::field_log),
            ("field_quoted", super::field_quoted),
            ("html", super::html),
            ("links", super::links),
            ("lower", super::lower),
            ("memo_value", super::memo_value),
            ("natural", super::natural),
            ("ngrams", super::ngrams),
            ("resolve", super::resolve),
            ("run", super::run),
            ("sizes", super::sizes),
            ("srcset", super::srcset),
            ("stem", super::stem),
            ("tally", super::tally),
            ("untag", super::untag),
            ("words", super::words),
        ];
        #[cfg(feature = "fetch")]
        targets.extend([
            ("charset", super::charset as fn(&[u8])),
            ("content_range", super::content_range),
            ("content_type", super::content_type),
            ("netrc", super::netrc),
            ("prescan", super::prescan),
            ("warc", super::warc),
        ]);
        let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
        for (name, target) in &targets {
            let seeds = fs::read_dir(fuzz.join("seeds").join(name)).unwrap();
            let mut seeds = seeds.map(|seed| fs::read(seed.unwrap().path()).unwrap());
            target(&seeds.next().expect("a seed"));
            seeds.for_each(|seed| target(&seed));
        }
        if cfg!(feature = "fetch") {
            let targets = targets.iter().map(|(name, _)| name.to_string()).collect();
            assert_eq!(names(&fuzz.join("fuzz_targets")), targets);
            assert_eq!(names(&fuzz.join("seeds")), targets);
        }
    }
}
