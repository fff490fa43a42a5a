//! Pages, compared with a naive count of the lines of each.

use super::arrivals::{Arrivals, Arrived};
use super::{Interval, Live, Memory, Pace, run, write_pages};
use crate::common::arbitrary;
use crate::common::deadline::Deadline;
use crate::common::error::Error;
use crate::common::memory::Size;
use crate::common::stream::{Blocks, Out};
use crate::text::count::limits::{Limits, Report};
use crate::text::count::sizes::Sizes;
use crate::text::tally::{self, Tally};
use proptest::prelude::*;
use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Read, Write};
use std::num::{NonZeroU64, NonZeroUsize};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

/// More memory than any test needs.
const AMPLE: u64 = 1 << 30;

/// An input whose bytes come at known times, in milliseconds.
#[derive(Clone, Debug)]
struct Script {
    texts: VecDeque<(u64, Vec<u8>)>,
    end: u64,
    /// Whether bytes that come after the end of a slot arrive before the slot is ended, again
    /// and again: then the slot is ended late.
    late: Vec<bool>,
    asked: usize,
}

impl Arrivals for Script {
    fn next(&mut self, end: Option<Duration>) -> io::Result<Option<Arrived>> {
        let next = self.texts.front().map_or(self.end, |(time, _)| *time);
        let time = Duration::from_millis(next);
        self.asked += 1;
        let is_late = self.late[self.asked % self.late.len()];
        if end.is_some_and(|end| time >= end) && !is_late {
            return Ok(None);
        }
        let mut block = Blocks::new();
        if let Some((_, text)) = self.texts.pop_front() {
            block.append(&text);
        }
        Ok(Some(Arrived { time, block }))
    }

    fn reuse(&mut self, _: Blocks) {}
}

/// A text that comes in pieces of these sizes, at once.
fn script(text: &[u8], cuts: &[usize]) -> Script {
    let texts = arbitrary::blocks(text, cuts);
    let texts = texts.flat_map(|text| text.chunks(1 << 16));
    Script {
        texts: texts.map(|text| (0, text.to_vec())).collect(),
        end: 0,
        late: vec![false],
        asked: 0,
    }
}

fn memory(threads: usize, memory: u64) -> Memory {
    Memory::new(Limits {
        threads: NonZeroUsize::new(threads),
        memory: Some(Size::Bytes(memory)),
        sizes: Sizes::SMALL,
        ..Limits::default()
    })
}

fn lines(n: u64) -> Interval {
    Interval::Lines(NonZeroU64::new(n).unwrap())
}

fn live(every: Interval, window: Option<Interval>) -> Live {
    Live {
        pace: Pace::new(every, window).unwrap(),
        merge: false,
        separator: b' ',
        terminator: b'\n',
    }
}

/// The pages of these inputs.
fn pages(scripts: Vec<Script>, live: Live, memory: Memory) -> Result<(Vec<u8>, Report), Error> {
    let inputs = scripts
        .into_iter()
        .map(|script| (String::new(), Ok(script)));
    let mut out = Vec::new();
    let report = run(inputs, live, memory, &mut out)?;
    Ok((out, report))
}

/// The lines of all inputs, each with the time of its end.
fn timed_lines(scripts: &[Script]) -> Vec<(u64, Vec<u8>)> {
    let mut lines = Vec::new();
    for Script { texts, end, .. } in scripts {
        let mut line = Vec::new();
        for (time, text) in texts {
            for &byte in text {
                match byte {
                    b'\n' => lines.push((*time, std::mem::take(&mut line))),
                    byte => line.push(byte),
                }
            }
        }
        if !line.is_empty() {
            lines.push((*end, line));
        }
    }
    lines
}

/// What `count` writes for these lines. Without `zeros`, lines with such a count are left out.
fn naive<'a>(lines: impl Iterator<Item = &'a Vec<u8>>, merge: bool, zeros: bool) -> Vec<u8> {
    let mut counts = BTreeMap::new();
    for line in lines {
        let Tally { count, line } = match merge {
            true => Tally::parse(line).unwrap(),
            false => Tally { count: 1, line },
        };
        *counts.entry(line).or_insert(0) += count;
    }
    let mut out = Out::default();
    for (line, count) in counts.into_iter().filter(|(_, count)| zeros || *count > 0) {
        tally::put(count, b' ', line, b'\n', &mut out);
    }
    out.as_slice().to_vec()
}

/// The pages of lines with the numbers of their slots, of which the first `ended` have ended.
fn naive_pages(lines: &[(u64, Vec<u8>)], ended: u64, last: u64, live: Live) -> Vec<u8> {
    let window = live.pace.window;
    let page = |slot: u64| {
        let is_shown = |of: u64| of <= slot && window.is_none_or(|window| of + window > slot);
        let shown = lines.iter().filter(|(of, _)| is_shown(*of));
        naive(shown.map(|(_, line)| line), live.merge, window.is_none())
    };
    let mut pages = Vec::new();
    for slot in 0..ended {
        let has_changed = |of: u64| of == slot || window.is_some_and(|window| of + window == slot);
        if lines.iter().any(|(of, _)| has_changed(*of)) {
            pages.extend(page(slot));
            pages.extend(b"\x0C\n");
        }
    }
    pages.extend(page(last));
    pages
}

/// The pages by intervals of `every` lines.
fn naive_by_lines(scripts: &[Script], every: u64, live: Live) -> Vec<u8> {
    let lines = timed_lines(scripts).into_iter();
    let lines = lines.zip(0..).map(|((_, line), i)| (i / every, line));
    let lines: Vec<_> = lines.collect();
    let n = lines.len() as u64;
    naive_pages(&lines, n / every, n.saturating_sub(1) / every, live)
}

/// The pages by intervals of `every` milliseconds.
fn naive_by_time(scripts: &[Script], every: u64, live: Live) -> Vec<u8> {
    let lines = timed_lines(scripts).into_iter();
    let lines: Vec<_> = lines.map(|(time, line)| (time / every, line)).collect();
    let last = scripts.last().map_or(0, |script| script.end) / every;
    naive_pages(&lines, last, last, live)
}

#[test]
fn a_page_follows_each_interval_of_lines_and_the_end() {
    let by_lines = |text: &str, every, window: Option<u64>| {
        let live = live(lines(every), window.map(lines));
        let (out, _) = pages(vec![script(text.as_bytes(), &[])], live, memory(1, AMPLE)).unwrap();
        String::from_utf8(out)
            .unwrap()
            .replace("\x0C\n", "|\n")
            .replace('\n', ";")
    };
    assert_eq!(by_lines("b\na\nb\n", 2, None), "1 a;1 b;|;1 a;2 b;");
    // The end of an interval that is the end of the input.
    assert_eq!(by_lines("b\nb\n", 2, None), "2 b;|;2 b;");
    assert_eq!(by_lines("b\nb", 2, None), "2 b;|;2 b;");
    assert_eq!(by_lines("", 2, None), "");
    assert_eq!(by_lines("\n", 2, None), "1 ;");
    assert_eq!(
        by_lines("a\nb\na\nc\n", 1, Some(2)),
        "1 a;|;1 a;1 b;|;1 a;1 b;|;1 a;1 c;|;1 a;1 c;"
    );
    assert_eq!(by_lines("a\nb\nc\n", 2, Some(2)), "1 a;1 b;|;1 c;");
}

#[test]
fn a_page_follows_each_interval_of_time_in_which_lines_come_or_leave() {
    let script = Script {
        texts: [(5, "a\nb\n"), (12, "a\nc"), (39, "\n"), (95, "d\n")]
            .map(|(time, text)| (time, text.as_bytes().to_vec()))
            .into(),
        end: 99,
        late: vec![false],
        asked: 0,
    };
    let by_time = |every, window: Option<u64>, late: bool| {
        let time = |ms| Interval::Time(Duration::from_millis(ms));
        let live = live(time(every), window.map(time));
        let late = vec![late];
        let script = Script {
            late,
            ..script.clone()
        };
        let (out, report) = pages(vec![script], live, memory(1, AMPLE)).unwrap();
        assert_eq!(report.lines, 5);
        String::from_utf8(out)
            .unwrap()
            .replace("\x0C\n", "|\n")
            .replace('\n', ";")
    };
    for late in [false, true] {
        let all = "1 a;1 b;|;2 a;1 b;|;2 a;1 b;1 c;|;2 a;1 b;1 c;1 d;";
        assert_eq!(by_time(10, None, late), all);
        let last = "1 a;1 b;|;2 a;1 b;|;1 a;|;1 c;|;|;1 d;";
        assert_eq!(by_time(10, Some(20), late), last);
        assert_eq!(by_time(100, None, late), "2 a;1 b;1 c;1 d;");
    }
}

#[test]
fn an_error_ends_the_pages_and_names_its_input() {
    let good = (String::from("good"), Ok(&b"1 a\n1 b\n2 a\n"[..]));
    let bad = (String::from("bad"), Ok(&b"1 a\n1 b\nc\n"[..]));
    let live = Live {
        merge: true,
        ..live(lines(2), None)
    };
    let mut out = Vec::new();
    let error = write_pages(
        [good, bad].into_iter(),
        Deadline::default(),
        live,
        Limits::default(),
        &mut out,
    );
    let message = "bad: line 3: no count before the line: 'c'";
    assert_eq!(error.unwrap_err().to_string(), message);
    assert_eq!(out, b"1 a\n1 b\n\x0C\n4 a\n1 b\n\x0C\n");

    let missing = (String::from("missing"), Err(io::ErrorKind::NotFound.into()));
    let inputs = [(String::new(), Ok(&b"1 a\n"[..])), missing];
    let mut out = Vec::new();
    let error = write_pages(
        inputs.into_iter(),
        Deadline::default(),
        live,
        Limits::default(),
        &mut out,
    );
    assert!(error.unwrap_err().to_string().starts_with("missing: "));
    assert_eq!(out, b"");
}

#[test]
fn a_sum_that_is_too_large_ends_the_pages_before_anything_of_it_is_written() {
    let text = format!("{} b\n1 a\n5 a\n2 b\n", u64::MAX - 1);
    let live = |window: Option<u64>| Live {
        merge: true,
        ..live(lines(1), window.map(lines))
    };
    let pages = |window| {
        let mut out = Vec::new();
        let input = [(String::new(), Ok(io::Cursor::new(text.clone())))];
        let result = write_pages(
            input.into_iter(),
            Deadline::default(),
            live(window),
            Limits::default(),
            &mut out,
        );
        (String::from_utf8(out).unwrap(), result)
    };
    let (out, result) = pages(None);
    assert!(matches!(result, Err(Error::TooLarge { line }) if line == b"b"));
    let first = format!("{} b\n\x0C\n", u64::MAX - 1);
    let second = format!("1 a\n{first}");
    assert_eq!(out, format!("{first}{second}6 a\n{first}"));
    // The sum of what is in the window is not.
    let (out, result) = pages(Some(3));
    assert_eq!(result.unwrap().lines, 4);
    assert!(out.ends_with("\x0C\n6 a\n2 b\n\x0C\n6 a\n2 b\n"));
}

/// An input that is read while its other end may write more.
struct Pipe(io::PipeReader, Deadline);

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1.wait(&self.0)?;
        self.0.read(buffer)
    }
}

/// An output that sends what is written.
struct Sent(Sender<Vec<u8>>);

impl Write for Sent {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.send(bytes.to_vec());
        sent.map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What was received, once it is this long.
fn received(from: &Receiver<Vec<u8>>, length: usize) -> Vec<u8> {
    let mut all = Vec::new();
    while all.len() < length {
        all.extend(from.recv().unwrap());
    }
    all
}

#[test]
fn pages_are_written_while_the_input_is_open() {
    for every in [lines(2), Interval::Time(Duration::from_millis(10))] {
        let (read, mut text) = io::pipe().unwrap();
        let (written, out) = channel();
        let deadline = Deadline::default();
        let input = [(String::new(), Ok(Pipe(read, deadline.clone())))];
        let live = live(every, None);
        let writing = thread::spawn(move || {
            let mut output = Sent(written);
            write_pages(
                input.into_iter(),
                deadline,
                live,
                Limits::default(),
                &mut output,
            )
        });
        text.write_all(b"a\na\nb").unwrap();
        assert_eq!(received(&out, 6), b"2 a\n\x0C\n");
        text.write_all(b"\na\n").unwrap();
        assert_eq!(received(&out, 10), b"3 a\n1 b\n\x0C\n");
        drop(text);
        assert_eq!(received(&out, 8), b"3 a\n1 b\n");
        assert_eq!(writing.join().unwrap().unwrap().lines, 4);
    }
}

#[test]
fn an_output_that_fails_ends_it_while_the_input_is_open() {
    let (read, mut text) = io::pipe().unwrap();
    let (written, out) = channel();
    drop(out);
    let input = [(String::new(), Ok(Pipe(read, Deadline::default())))];
    text.write_all(b"a\n").unwrap();
    let error = write_pages(
        input.into_iter(),
        Deadline::default(),
        live(lines(1), None),
        Limits::default(),
        &mut Sent(written),
    );
    assert!(matches!(error, Err(Error::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe));
}

#[test]
fn more_lines_than_fit_in_memory() {
    let line = |i: u64| {
        let mixed = i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 50;
        let width = (mixed % 40) as usize;
        format!("{mixed:0width$}\n")
    };
    let text: String = (0..30_000).map(line).collect();
    for window in [None, Some(5_000), Some(20_000)] {
        for (threads, limit) in [(1, 0), (3, 100_000), (2, AMPLE)] {
            let live = live(lines(5_000), window.map(lines));
            let script = script(text.as_bytes(), &[usize::MAX, 777]);
            let expected = naive_by_lines(std::slice::from_ref(&script), 5_000, live);
            let (out, report) = pages(vec![script], live, memory(threads, limit)).unwrap();
            assert!(
                out == expected,
                "{window:?}, {threads} threads, {limit} bytes"
            );
            assert_eq!(report.lines, 30_000);
            assert_eq!(report.spilled > 0, limit != AMPLE);
        }
    }
}

#[test]
fn a_report_has_each_line_once() {
    // Pages are copies until the lines have left the tables.
    let text: String = (0..30_000)
        .map(|i| format!("{}\n", i * i % 9_973))
        .collect();
    for limit in [100_000, AMPLE] {
        let live = live(lines(1_000), None);
        let script = script(text.as_bytes(), &[]);
        let expected = naive_by_lines(std::slice::from_ref(&script), 1_000, live);
        let (out, report) = pages(vec![script], live, memory(2, limit)).unwrap();
        assert!(out == expected, "{limit} bytes");
        assert_eq!((report.lines, report.distinct), (30_000, 4_987));
    }
}

#[test]
fn a_line_that_is_longer_than_blocks_belongs_to_the_slot_of_its_end() {
    let long = "long ".repeat(100_000);
    let text = format!("a\n{long}\nb\n{long}\n{long}\n");
    for limit in [0, AMPLE] {
        for window in [None, Some(2)] {
            let live = live(lines(1), window.map(lines));
            let script = script(text.as_bytes(), &[1 << 16, 100, 1 << 15]);
            let expected = naive_by_lines(std::slice::from_ref(&script), 1, live);
            let (out, _) = pages(vec![script], live, memory(2, limit)).unwrap();
            assert!(out == expected, "{window:?}, {limit} bytes");
        }
    }
}

/// A few different lines, whole or not.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        8 => (0..12u32).prop_map(|i| format!("{i}\n")),
        1 => (0..400u32).prop_map(|i| format!("{i:020}\n")),
        1 => (0..9u32).prop_map(|i| format!("a line that is too long to be a key {i}\n")),
        1 => Just("\n".to_string()),
        1 => Just("part".to_string()),
    ];
    prop::collection::vec(line, 0..30).prop_map(|lines| lines.concat().into_bytes())
}

/// Records of a few lines, of which some have a count of 0.
fn records() -> impl Strategy<Value = Vec<u8>> {
    let record = (0..4u64, 0..9u32).prop_map(|(count, line)| format!("{count} {line}\n"));
    prop::collection::vec(record, 0..20).prop_map(|records| records.concat().into_bytes())
}

/// Inputs whose texts come one after the other, at random times.
fn scripts(text: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Vec<Script>> {
    let pause = prop_oneof![4 => 0..5u64, 3 => 0..50u64, 1 => 0..400u64];
    let late = prop::collection::vec(any::<bool>(), 1..4);
    let script = (
        prop::collection::vec((pause.clone(), text), 0..8),
        pause,
        late,
    );
    prop::collection::vec(script, 1..4).prop_map(|scripts| {
        let mut now = 0;
        let mut after = |pause: u64| {
            now += pause;
            now
        };
        let scripts = scripts.into_iter().map(|(texts, pause, late)| Script {
            texts: texts
                .into_iter()
                .map(|(pause, text)| (after(pause), text))
                .filter(|(_, text)| !text.is_empty())
                .collect(),
            end: after(pause),
            late,
            asked: 0,
        });
        scripts.collect()
    })
}

fn limits() -> impl Strategy<Value = (usize, u64)> {
    (1..4usize, prop_oneof![Just(0), 0..100_000u64, Just(AMPLE)])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn pages_by_time(
        scripts in scripts(text()),
        every in 1..60u64,
        window in prop::option::of(1..6u64),
        (threads, limit) in limits(),
    ) {
        let time = |ms| Interval::Time(Duration::from_millis(ms));
        let live = live(time(every), window.map(|slots| time(slots * every)));
        let expected = naive_by_time(&scripts, every, live);
        let (out, _) = pages(scripts, live, memory(threads, limit)).unwrap();
        prop_assert_eq!(String::from_utf8(out), String::from_utf8(expected));
    }

    #[test]
    fn pages_by_lines(
        scripts in scripts(text()),
        every in 1..20u64,
        window in prop::option::of(1..6u64),
        (threads, limit) in limits(),
    ) {
        let live = live(lines(every), window.map(|slots| lines(slots * every)));
        let expected = naive_by_lines(&scripts, every, live);
        let (out, _) = pages(scripts, live, memory(threads, limit)).unwrap();
        prop_assert_eq!(String::from_utf8(out), String::from_utf8(expected));
    }

    #[test]
    fn pages_of_records(
        scripts in scripts(records()),
        every in 1..20u64,
        window in prop::option::of(1..6u64),
        (threads, limit) in limits(),
    ) {
        let live = Live { merge: true, ..live(lines(every), window.map(|slots| lines(slots * every))) };
        let expected = naive_by_lines(&scripts, every, live);
        let (out, _) = pages(scripts, live, memory(threads, limit)).unwrap();
        prop_assert_eq!(String::from_utf8(out), String::from_utf8(expected));
    }

    #[test]
    fn pages_of_any_text_in_any_pieces(
        text in arbitrary::text(),
        cuts in arbitrary::cuts(),
        every in 1..9u64,
        window in prop::option::of(1..4u64),
    ) {
        let live = live(lines(every), window.map(|slots| lines(slots * every)));
        let script = script(&text, &cuts);
        let expected = naive_by_lines(std::slice::from_ref(&script), every, live);
        prop_assert_eq!(pages(vec![script], live, memory(1, AMPLE)).unwrap().0, expected);
    }
}
