//! Micro-benchmarks of the kernels, in the order in which data flows.
//!
//! ```text
//! cargo bench --bench kernels                        all of them
//! cargo bench --bench kernels -- lower               those with `lower` in their name
//! cargo bench --bench kernels --features portable    without SIMD
//! cargo test --bench kernels                         each once: only the answers
//! ```
//!
//! One thread, a megabyte or two in memory, buffers used again and again: what
//! a change to one kernel is worth, not what a pipeline takes (`scripts/bench`
//! measures that). The texts are made here, the same ones in each run. Before
//! a kernel is timed, its answer is held to a naive one.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use std::collections::BTreeMap;
use std::io::{self, Write};
use textmill::common::stream::{BLOCK, Filter, Out};
use textmill::text::scan::Set;

fn main() {
    divan::main();
}

/// How long a text is, in bytes.
const SIZE: usize = 1 << 20;

// The scanner: one block, as a filter hands it over, in the cache.
mod scan {
    use super::*;
    use textmill::text::scan::{CHUNK, Masks, ROOM, Scope, classify, extract, find};

    /// As many chunks as are scanned at once.
    const BATCH: usize = 32 * CHUNK;

    /// The masks of a text.
    fn masks(text: &[u8], scope: Scope) -> Vec<Masks> {
        let mut masks = vec![Masks::default(); text.len().div_ceil(CHUNK)];
        classify(text, scope, &mut masks);
        masks
    }

    /// The bits of all bytes of which this is true.
    fn naive(chunk: &[u8], is: impl Fn(&u8) -> bool) -> u64 {
        let bits = chunk.iter().enumerate();
        bits.map(|(i, byte)| u64::from(is(byte)) << i).sum()
    }

    #[divan::bench(name = "classify", args = with_sets([Text::Ascii, Text::Mixed]))]
    fn bench_classify(bencher: Bencher, (set, text): (Set, Text)) {
        set.choose();
        let text = text.make(BLOCK).into_bytes();
        for (chunk, masks) in text.chunks(CHUNK).zip(masks(&text, Scope::Ascii)) {
            let word = naive(chunk, |&b| b.is_ascii_alphanumeric() || b == b'_');
            let upper = naive(chunk, u8::is_ascii_uppercase);
            let high = naive(chunk, |b| !b.is_ascii());
            assert_eq!(masks, Masks { word, upper, high });
        }
        let mut masks = masks(&text[..BATCH], Scope::Ascii);
        bencher
            .counter(BytesCount::of_slice(&text))
            .bench_local(|| {
                for text in black_box(&text).chunks(BATCH) {
                    let masks = &mut masks[..text.len().div_ceil(CHUNK)];
                    classify(text, Scope::Ascii, black_box(masks));
                }
            });
    }

    // The classes of all characters.
    #[divan::bench(args = with_sets(Text::OTHER))]
    fn refine(bencher: Bencher, (set, text): (Set, Text)) {
        set.choose();
        let text = text.make(BLOCK);
        let mut masks = masks(text.as_bytes(), Scope::Capitals);
        let word = regex::Regex::new(r"\w").unwrap();
        for (at, c) in text.char_indices() {
            let found = masks[at / CHUNK].word >> (at % CHUNK) & 1 == 1;
            assert_eq!(found, word.is_match(c.encode_utf8(&mut [0; 4])));
        }
        bencher.counter(BytesCount::of_str(&text)).bench_local(|| {
            classify(
                black_box(text.as_bytes()),
                Scope::Capitals,
                black_box(&mut masks),
            )
        });
    }

    #[divan::bench(name = "find", args = with_sets([Text::Ascii, Text::Mixed]))]
    fn bench_find(bencher: Bencher, (set, text): (Set, Text)) {
        set.choose();
        let text = text.make(BLOCK).into_bytes();
        let mut masks = vec![0; text.len().div_ceil(CHUNK)];
        find(b'\n', &text, &mut masks);
        for (chunk, &mask) in text.chunks(CHUNK).zip(&masks) {
            assert_eq!(mask, naive(chunk, |&b| b == b'\n'));
        }
        bencher
            .counter(BytesCount::of_slice(&text))
            .bench_local(|| find(b'\n', black_box(&text), black_box(&mut masks)));
    }

    // To copy all words of ASCII, and the byte behind each, classification included.
    #[divan::bench(name = "extract", args = with_sets([Text::Ascii, Text::Mixed]))]
    fn bench_extract(bencher: Bencher, (set, text): (Set, Text)) {
        set.choose();
        let text = text.make(BLOCK).into_bytes();
        let (chunks, _) = text.as_chunks::<CHUNK>();
        let pick = |masks: Masks| (masks.word | masks.word << 1, masks.word << 1 & !masks.word);
        let mut expected = Vec::new();
        for (chunk, masks) in chunks.iter().zip(masks(&text, Scope::Ascii)) {
            let (keep, ends) = pick(masks);
            for (i, &byte) in chunk.iter().enumerate() {
                match (keep >> i & 1, ends >> i & 1) {
                    (1, 1) => expected.push(b'\n'),
                    (1, _) => expected.push(byte),
                    _ => {}
                }
            }
        }
        let mut room = vec![0; text.len() + ROOM];
        let run = |room: &mut Vec<u8>| {
            let text = black_box(chunks.as_flattened());
            extract(text, Scope::Ascii, room, |masks, _| pick(masks))
        };
        let used = run(&mut room);
        assert!(room[..used] == expected);
        bencher
            .counter(BytesCount::of_slice(&text))
            .bench_local(|| run(black_box(&mut room)));
    }
}

// The word filters, the scanner included.
mod pick {
    use super::*;

    /// What a regular expression finds, one a line.
    fn naive(pattern: &str, text: &str) -> String {
        let pattern = regex::Regex::new(pattern).unwrap();
        let found = pattern.find_iter(text);
        found.flat_map(|word| [word.as_str(), "\n"]).collect()
    }

    #[divan::bench(args = with_sets(Text::ALL))]
    fn capwords(bencher: Bencher, (set, text): (Set, Text)) {
        set.choose();
        let text = text.make(SIZE);
        let expected = naive(r"\b\p{Uppercase}\w*\b", &text);
        filter(
            bencher,
            textmill::text::capwords::capwords(false),
            &text,
            &expected,
        );
    }

    #[divan::bench(args = with_sets(Text::ALL))]
    fn words(bencher: Bencher, (set, text): (Set, Text)) {
        set.choose();
        let text = text.make(SIZE);
        let expected = naive(r"\w+", &text);
        filter(
            bencher,
            textmill::text::words::words(false),
            &text,
            &expected,
        );
    }
}

mod lower {
    use super::*;
    use textmill::text::lower::{self, Form};
    use unicase::UniCase;
    use unicode_normalization::UnicodeNormalization;

    #[divan::bench(name = "lower", args = with_sets(Text::ALL))]
    fn bench_lower(bencher: Bencher, (set, text): (Set, Text)) {
        set.choose();
        let text = text.make(SIZE);
        filter(bencher, lower::lower(), &text, &text.to_lowercase());
    }

    #[divan::bench(args = Text::ALL)]
    fn ascii(bencher: Bencher, text: Text) {
        let text = text.make(SIZE);
        filter(bencher, lower::ascii(), &text, &text.to_ascii_lowercase());
    }

    #[divan::bench(args = Text::ALL)]
    fn fold(bencher: Bencher, text: Text) {
        let text = text.make(SIZE);
        let expected = UniCase::unicode(&text).to_folded_case();
        filter(bencher, lower::fold(), &text, &expected);
    }

    #[divan::bench(args = Text::ALL)]
    fn nfc(bencher: Bencher, text: Text) {
        let text = text.make(SIZE);
        let expected: String = text.to_lowercase().nfc().collect();
        filter(bencher, lower::lower_in(Form::default()), &text, &expected);
    }

    // The rare text that `--nfc` is there for.
    #[divan::bench(args = [Text::German, Text::Mixed])]
    fn nfc_of_decomposed(bencher: Bencher, text: Text) {
        let text: String = text.make(SIZE).nfd().collect();
        let expected: String = text.to_lowercase().nfc().collect();
        filter(bencher, lower::lower_in(Form::default()), &text, &expected);
    }
}

mod count {
    use super::*;
    use std::num::NonZeroUsize;
    use textmill::text::count::{Counts, Limits};

    /// Counts the lines of a text, on one thread.
    fn counted(lines: &str) -> Counts {
        let mut counts = none();
        counts.read(&mut lines.as_bytes(), b'\n').unwrap();
        counts
    }

    fn none() -> Counts {
        let threads = Some(NonZeroUsize::MIN);
        Counts::new(Limits {
            threads,
            ..Limits::default()
        })
    }

    fn written(counts: Counts) -> String {
        let mut out = Vec::new();
        counts.write(b' ', b'\n', &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    // An empty table at first, which grows; freeing it is not timed.
    #[divan::bench(args = Lines::ALL)]
    fn read(bencher: Bencher, lines: Lines) {
        let text = lines.make(2 * SIZE);
        assert!(written(counted(&text)) == tallied(&text));
        bencher
            .counter(BytesCount::of_str(&text))
            .with_inputs(none)
            .bench_local_refs(|counts| counts.read(&mut black_box(text.as_bytes()), b'\n'));
    }

    // To sort the distinct lines and to write them; the bytes are those written.
    #[divan::bench(args = [Lines::Words, Lines::Distinct, Lines::Long])]
    fn write(bencher: Bencher, lines: Lines) {
        let text = lines.make(2 * SIZE);
        let expected = tallied(&text);
        assert!(written(counted(&text)) == expected);
        bencher
            .counter(BytesCount::of_str(&expected))
            .with_inputs(|| counted(&text))
            .bench_local_values(|counts| counts.write(b' ', b'\n', &mut Hole));
    }

    #[divan::bench(args = [Lines::Words, Lines::Distinct])]
    fn merge(bencher: Bencher, lines: Lines) {
        let tallies = tallied(&lines.make(2 * SIZE));
        let merge = |counts: &mut Counts| {
            counts
                .merge(&mut black_box(tallies.as_bytes()), b'\n')
                .unwrap();
        };
        let mut counts = none();
        merge(&mut counts);
        assert!(written(counts) == tallies);
        bencher
            .counter(BytesCount::of_str(&tallies))
            .with_inputs(none)
            .bench_local_refs(merge);
    }
}

// The hash table of `count` and its hash, beside others: the same keys, the same counts. 20 million
// lines of words by Zipf's law, of which so many are distinct, about.
mod table {
    use super::*;
    use std::hash::{BuildHasher, Hash, Hasher};
    use textmill::text::count::store::hash::Seed;
    use textmill::text::count::store::key::{Inline, STRIDE, Short};
    use textmill::text::count::store::simd::{self, Simd, Wide, Work};
    use textmill::text::count::store::table::Table;

    const LINES: usize = 20_000_000;
    const DISTINCT: [usize; 2] = [150_000, 520_000];

    /// How many keys are hashed before the first is looked up, as in `count`.
    const BATCH: usize = 64;

    /// A key, for hash functions of other crates.
    #[derive(PartialEq, Eq)]
    struct Key(Short);

    impl Hash for Key {
        fn hash<H: Hasher>(&self, state: &mut H) {
            state.write_u128(self.0.order());
        }
    }

    /// The keys of the lines, the key of each distinct word, and how often it occurs.
    fn keys(distinct: usize) -> (Vec<Short>, Vec<(Short, u64)>) {
        let alphabet: Vec<_> = ('a'..='z').collect();
        let key = |rank: usize| {
            // No two words are the same.
            let word = word(&alphabet, rank) + &format!("{rank:X}");
            let mut bytes = [0; STRIDE];
            bytes[..word.len()].copy_from_slice(word.as_bytes());
            Short::new(&bytes, word.len())
        };
        let mut counts: Vec<_> = (0..=distinct).map(|rank| (key(rank), 0)).collect();
        let mut numbers = Numbers(3);
        let keys = (0..LINES).map(|_| {
            let (key, count) = &mut counts[numbers.zipf(distinct)];
            *count += 1;
            *key
        });
        let keys = keys.collect();
        counts.retain(|&(_, count)| count > 0);
        (keys, counts)
    }

    /// Times `count`, which returns the count of each of some keys, if these are right.
    fn bench<T>(
        bencher: Bencher,
        distinct: usize,
        count: impl Fn(&[Short]) -> T,
        counts: impl Fn(T) -> Vec<(Short, u64)>,
    ) {
        let (keys, mut expected) = keys(distinct);
        let mut found = counts(count(&keys));
        found.sort_by_key(|(key, _)| key.order());
        expected.sort_by_key(|(key, _)| key.order());
        assert!(found == expected);
        bencher
            .counter(divan::counter::ItemsCount::new(LINES))
            .bench_local(|| count(black_box(&keys)));
    }

    /// Keys that are counted by the table of `count`.
    struct Keys<'a>(&'a [Short], Seed);

    impl Work for Keys<'_> {
        type Output = Table<Short>;

        #[inline(always)]
        fn run(self, simd: Option<Simd>, _: Option<Wide>) -> Table<Short> {
            let Keys(keys, seed) = self;
            let seed = seed.by(simd);
            let mut table = Table::new();
            let mut hashes = [0; BATCH];
            for keys in keys.chunks(BATCH) {
                for (key, place) in keys.iter().zip(&mut hashes) {
                    *place = key.hash(seed);
                    table.prefetch(*place);
                }
                for (key, &hash) in keys.iter().zip(&hashes) {
                    table.add_key(&seed, simd, hash, key, 1);
                }
            }
            table
        }
    }

    /// Times this table.
    fn own(bencher: Bencher, distinct: usize, seed: Seed) {
        let count = |keys: &[Short]| simd::run(Keys(keys, seed), seed.simd, None);
        let counts =
            |table: Table<Short>| table.iter().map(|slot| (slot.key, slot.count)).collect();
        bench(bencher, distinct, count, counts);
    }

    /// The table of `hashbrown` with a hash function.
    fn hashbrown(bencher: Bencher, distinct: usize, hash: impl Fn(&Short) -> u64) {
        let count = |keys: &[Short]| {
            let mut table = ::hashbrown::HashTable::new();
            for key in keys {
                let is = |known: &(Short, u64)| known.0 == *key;
                let entry = table.entry(hash(key), is, |known| hash(&known.0));
                entry.or_insert((*key, 0)).into_mut().1 += 1;
            }
            table
        };
        bench(bencher, distinct, count, |table| {
            table.into_iter().collect()
        });
    }

    /// The hash function of `count` without vector instructions.
    fn own_hash() -> impl Fn(&Short) -> u64 {
        let mut seed = Seed::random();
        seed.simd = None;
        move |key| key.hash(seed)
    }

    fn foldhash_fast() -> impl Fn(&Short) -> u64 {
        let state = foldhash::fast::FixedState::with_seed(black_box(7));
        move |key| state.hash_one(Key(*key))
    }

    #[divan::bench(args = DISTINCT, sample_count = 9, sample_size = 1)]
    fn own_table(bencher: Bencher, distinct: usize) {
        own(bencher, distinct, Seed::random());
    }

    #[divan::bench(args = DISTINCT, sample_count = 9, sample_size = 1)]
    fn own_table_portable(bencher: Bencher, distinct: usize) {
        let mut seed = Seed::random();
        seed.simd = None;
        own(bencher, distinct, seed);
    }

    #[divan::bench(args = DISTINCT, sample_count = 9, sample_size = 1)]
    fn hashbrown_own_hash(bencher: Bencher, distinct: usize) {
        hashbrown(bencher, distinct, own_hash());
    }

    #[divan::bench(args = DISTINCT, sample_count = 9, sample_size = 1)]
    fn hashbrown_foldhash_fast(bencher: Bencher, distinct: usize) {
        hashbrown(bencher, distinct, foldhash_fast());
    }
}

mod tally {
    use super::*;
    use textmill::text::tally::{Tally, put};

    #[divan::bench]
    fn parse(bencher: Bencher) {
        let text = tallied(&Lines::Words.make(2 * SIZE));
        let records: Vec<_> = text.lines().collect();
        for record in &records {
            let tally = Tally::parse(record.as_bytes()).unwrap();
            let (count, line) = record.split_once(' ').unwrap();
            assert_eq!(
                (tally.count, tally.line),
                (count.parse().unwrap(), line.as_bytes())
            );
        }
        bencher.counter(BytesCount::of_str(&text)).bench(|| {
            let tallies = black_box(&records).iter();
            tallies
                .map(|record| Tally::parse(record.as_bytes()).map_or(0, |tally| tally.count))
                .sum::<u64>()
        });
    }

    #[divan::bench(name = "put")]
    fn bench_put(bencher: Bencher) {
        let text = tallied(&Lines::Words.make(2 * SIZE));
        let records = text.lines().map(str::as_bytes).map(Tally::parse);
        let records: Vec<_> = records.map(Result::unwrap).collect();
        let mut out = Out::default();
        let run = |out: &mut Out| {
            out.truncate(0);
            for tally in &records {
                put(tally.count, b' ', tally.line, b'\n', out);
            }
        };
        run(&mut out);
        assert!(out.as_slice() == text.as_bytes());
        bencher
            .counter(BytesCount::of_str(&text))
            .bench_local(|| run(black_box(&mut out)));
    }
}

mod topn {
    use super::*;
    use std::cmp::Reverse;
    use textmill::text::topn::{Choice, Top};

    /// The records, the largest first.
    fn sorted(tallies: &str) -> Vec<&str> {
        let mut records: Vec<_> = tallies.lines().collect();
        let count = |record: &str| record.split(' ').next().unwrap().parse::<u64>().unwrap();
        records.sort_by_cached_key(|&record| Reverse((count(record), record)));
        records
    }

    fn top(bencher: Bencher, n: usize, tallies: &str) {
        let top = || {
            let choice = Choice {
                n,
                ..Choice::default()
            };
            let mut top = Top::new(choice);
            top.read(&mut black_box(tallies.as_bytes()), b'\n', &mut |_| Ok(()))
                .unwrap();
            top
        };
        let mut found = Vec::new();
        top().write(b'\n', false, &mut found).unwrap();
        let expected = sorted(tallies).into_iter().take(n);
        let expected: String = expected.flat_map(|record| [record, "\n"]).collect();
        assert!(found == expected.as_bytes());
        bencher.counter(BytesCount::of_str(tallies)).bench(top);
    }

    #[divan::bench(args = [5, 1000])]
    fn as_counted(bencher: Bencher, n: usize) {
        top(bencher, n, &tallied(&Lines::Words.make(2 * SIZE)));
    }

    // The worst order: each record is larger than all before.
    #[divan::bench(args = [5, 1000])]
    fn ascending(bencher: Bencher, n: usize) {
        let tallies = tallied(&Lines::Words.make(2 * SIZE));
        let ascending = sorted(&tallies).into_iter().rev();
        let ascending: String = ascending.flat_map(|record| [record, "\n"]).collect();
        top(bencher, n, &ascending);
    }
}

// A page with a link, a tag and some text for each pair of words.
mod html {
    use super::*;
    use textmill::web::{links, untag::untag};
    use url::Url;

    /// A page, its text and its links.
    fn page() -> [String; 3] {
        let mut page = [const { String::new() }; 3];
        let text = Text::Ascii.make(SIZE / 8);
        let words: Vec<_> = text.split_whitespace().collect();
        for (i, pair) in words.chunks_exact(2).enumerate() {
            let (a, b) = (pair[0], pair[1]);
            page[0] += &format!(
                "<li class=\"item\"><a class=\"reference internal\" href=\"../{a}/{i}.html\">{a}</a>\n  \
                 <code>{b}</code> &amp; {a}</li>\n"
            );
            page[1] += &format!("{a} {b} & {a}\n");
            page[2] += &format!("http://host/{a}/{i}.html\n");
        }
        page
    }

    #[divan::bench(name = "untag")]
    fn bench_untag(bencher: Bencher) {
        let [page, text, _] = page();
        filter(bencher, untag(), &page, &text);
    }

    #[divan::bench(name = "links")]
    fn bench_links(bencher: Bencher) {
        let [page, _, expected] = page();
        let base = Url::parse("http://host/a/b").ok();
        let run = |output: &mut dyn Write| {
            let mut input = black_box(page.as_bytes());
            let mut fail = |invalid: &links::Invalid<'_>| panic!("{}", invalid.raw);
            links::links(
                &mut input,
                base.as_ref(),
                Default::default(),
                output,
                &mut fail,
            )
            .unwrap();
        };
        let mut found = Vec::new();
        run(&mut found);
        assert!(found == expected.as_bytes());
        bencher
            .counter(BytesCount::of_str(&page))
            .bench_local(|| run(&mut Hole));
    }
}

/// Times a filter on a text, once its answer is the expected one.
fn filter(bencher: Bencher, mut filter: impl Filter, text: &str, expected: &str) {
    let blocks = blocks(text);
    let mut out = Out::default();
    let mut run = |each: &mut dyn FnMut(&[u8])| {
        for block in black_box(&blocks) {
            filter.block(block, &mut out).unwrap();
            each(out.as_slice());
            out.truncate(0);
        }
        filter.end(&mut out).unwrap();
        each(out.as_slice());
        out.truncate(0);
    };
    let mut answer = Vec::new();
    run(&mut |bytes| answer.extend_from_slice(bytes));
    assert!(answer == expected.as_bytes());
    bencher
        .counter(BytesCount::of_str(text))
        .bench_local(|| run(&mut |bytes| _ = black_box(bytes)));
}

/// A text as a filter gets it: blocks that end with a whole character.
fn blocks(mut text: &str) -> Vec<&[u8]> {
    let mut blocks = Vec::new();
    while !text.is_empty() {
        let mut end = text.len().min(BLOCK);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let (block, rest) = text.split_at(end);
        blocks.push(block.as_bytes());
        text = rest;
    }
    blocks
}

/// A writer that makes the compiler believe that all of it is read.
struct Hole;

impl Write for Hole {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(black_box(bytes).len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Each text with each instruction set of the machine.
fn with_sets(texts: impl IntoIterator<Item = Text>) -> Vec<(Set, Text)> {
    let sets = Set::ALL.iter().filter(|set| set.is_available());
    let texts: Vec<_> = texts.into_iter().collect();
    let with = |&set: &Set| texts.iter().map(move |&text| (set, text));
    sets.flat_map(with).collect()
}

/// A running text: lines of words that are as frequent as those of a language.
#[derive(Clone, Copy, Debug)]
enum Text {
    Ascii,
    /// ASCII with an umlaut here and there.
    German,
    Greek,
    Japanese,
    /// English, German, Russian, Greek and Japanese, line by line.
    Mixed,
}

impl Text {
    const ALL: [Text; 3] = [Text::Ascii, Text::German, Text::Mixed];

    /// Those that are not all ASCII.
    const OTHER: [Text; 4] = [Text::German, Text::Greek, Text::Japanese, Text::Mixed];

    /// So many bytes of it, or up to three less.
    fn make(self, size: usize) -> String {
        let english = "abcdefghijklmnopqrstuvwxyz";
        let german = english.repeat(8) + "äöüß";
        let russian = "абвгдежзийклмнопрстуфхцчшщъыьэюяё";
        let greek = "αβγδεζηθικλμνξοπρστυφχψωάέήίόύώ";
        let japanese = "のにはをがでとしたるアイカガスセパ日本語年月大学人国会社";
        let all = [english, &german, russian, greek, japanese];
        let alphabets = match self {
            Text::Ascii => &all[..1],
            Text::German => &all[1..2],
            Text::Greek => &all[3..4],
            Text::Japanese => &all[4..],
            Text::Mixed => &all,
        };
        let mut numbers = Numbers(1);
        let mut text = String::new();
        while text.len() < size {
            let alphabet: Vec<_> = alphabets[numbers.below(alphabets.len())].chars().collect();
            for i in 0..5 + numbers.below(10) {
                let word = word(&alphabet, numbers.zipf(50_000));
                match numbers.below(10) {
                    _ if i == 0 => {}
                    0 => text += ", ",
                    _ => text += " ",
                }
                match numbers.below(50) {
                    0 => text += &word.to_uppercase(),
                    1..6 => text += &capitalised(&word),
                    _ if i == 0 => text += &capitalised(&word),
                    _ => text += &word,
                }
            }
            text += ".\n";
        }
        while text.len() > size {
            text.pop();
        }
        text
    }
}

/// What `count` gets to read, a line each.
#[derive(Clone, Copy, Debug)]
enum Lines {
    /// A dozen words, again and again.
    Hot,
    /// Words that are as frequent as those of a language.
    Words,
    /// Keys of 12 to 20 bytes, nearly all different.
    Distinct,
    /// Lines of 80 to 200 bytes that are alike in their first bytes.
    Long,
}

impl Lines {
    const ALL: [Lines; 4] = [Lines::Hot, Lines::Words, Lines::Distinct, Lines::Long];

    /// At least so many bytes of them.
    fn make(self, size: usize) -> String {
        let alphabet: Vec<_> = ('a'..='z').collect();
        let mut numbers = Numbers(2);
        let mut lines = String::new();
        while lines.len() < size {
            match self {
                Lines::Hot => lines += &word(&alphabet, numbers.below(12)),
                Lines::Words => lines += &word(&alphabet, numbers.zipf(50_000)),
                Lines::Distinct => {
                    let length = 12 + numbers.below(9);
                    lines.extend((0..length).map(|_| alphabet[numbers.below(26)]));
                }
                Lines::Long => {
                    let mut numbers = Numbers(numbers.below(20_000) as u64);
                    lines += "https://example.org/";
                    let length = 60 + numbers.below(120);
                    lines.extend((0..length).map(|_| alphabet[numbers.below(26)]));
                }
            }
            lines.push('\n');
        }
        lines
    }
}

/// The word of a rank: 1 to 10 letters, the same ones each time.
fn word(alphabet: &[char], rank: usize) -> String {
    let mut numbers = Numbers(rank as u64);
    let length = 1 + numbers.below(4) + numbers.below(4) + numbers.below(4);
    let letters = (0..length).map(|_| alphabet[numbers.below(alphabet.len())]);
    letters.collect()
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// How often each line occurs, by an ordered map: records `COUNT LINE`.
fn tallied(lines: &str) -> String {
    let mut map = BTreeMap::new();
    lines
        .lines()
        .for_each(|line| *map.entry(line).or_insert(0) += 1);
    let records = map.iter();
    records
        .map(|(line, count)| format!("{count} {line}\n"))
        .collect()
}

/// Numbers without a pattern, the same ones in each run (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    /// From 0 to `n - 1`, each as often.
    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// A rank from 1 to `n`, the r-th about as often as 1 / r (Zipf's law).
    fn zipf(&mut self, n: usize) -> usize {
        let uniform = self.next() as f64 / u64::MAX as f64;
        (n as f64).powf(uniform) as usize
    }
}
