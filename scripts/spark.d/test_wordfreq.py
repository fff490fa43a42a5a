"""What can be tested of wordfreq-spark without Spark: `python3 -m unittest`, in this folder.

TEXTMILL_BIN names the folder of the built programs.
"""

import bz2
import gzip
import io
import lzma
import os
import random
import re
import subprocess
import sys
import tempfile
import unittest
from functools import partial
from pathlib import Path
from unittest import mock

sys.dont_write_bytecode = True
import wordfreq  # noqa: E402

PROGRAMS = os.environ["TEXTMILL_BIN"]
TEXT = "capwords --no-decompress | lower"
OTHER = "capwords | lower"

# What a cut could spoil: long, empty and unfinished lines, and bytes that only look like their end.
TEXTS = [
    b"",
    b"\n",
    b"\n\n\nA\n\n",
    b"One Line Without Its Newline",
    b"A B\nC D\r\nE\rF\0G\nNo final Newline",
    "ΟΔΥΣΣΕΎΣ Straße\nΣ\nΈΝΑΣ \U0001d49c İ\n".encode(),
    b"Bad\xff Bytes\xe2\x82\nCut\xf0\nHere\xed\xa0\x80 Too",
    b"x" * 40 + b" Long\nShort\n" + b"Y" * 40,
]


def zstd(text):
    """A frame of one raw block."""
    block = (len(text) << 3 | 1).to_bytes(3, "little")
    return b"\x28\xb5\x2f\xfd\x20" + bytes([len(text)]) + block + text


def lz4(text):
    """A frame of one block that is stored as it is, without a checksum."""
    size = (len(text) | 1 << 31).to_bytes(4, "little")
    return b"\x04\x22\x4d\x18\x60\x40\x82" + size + text + bytes(4)


def lz4_legacy(text):
    """A block of literals only: a token with 15 of their number, and the rest of it."""
    block = bytes([0xF0, len(text) - 15]) + text
    return b"\x02\x21\x4c\x18" + len(block).to_bytes(4, "little") + block


# Ways to compress a text of 15 to 255 bytes, which the programs recognize by the content.
COMPRESS = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd,
    "lz4": lz4,
    "lz4 -l": lz4_legacy,
}


class Case(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def file(self, name, data, mode=0o644):
        path = self.folder / name
        path.write_bytes(data)
        path.chmod(mode)
        return path

    def programs(self, **replaced):
        """A folder of the programs, some of them replaced by a line of shell."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        for name in ("capwords", "lower", "count", "topn"):
            if line := replaced.get(name):
                self.file(folder / name, f"#!/bin/bash\n{line}\n".encode(), 0o755)
            else:
                (folder / name).symlink_to(Path(PROGRAMS, name).resolve())
        return str(folder)

    def fails(self, message, feed, folder):
        with self.assertRaisesRegex(wordfreq.Failure, message):
            list(wordfreq.partial_counts([wordfreq.Part(feed)], TEXT, 3, folder))


def plain(*paths):
    """Files that can be cut."""
    return [wordfreq.File(os.fsencode(path), path.stat().st_size) for path in paths]


def splits_of(files, size):
    return wordfreq.pack(wordfreq.cut(files, size), size)


def one_machine(paths, n, front=None):
    """What one process of each program prints, or a front that reads one file after the other."""
    line = 'capwords "$@" | lower | count | topn "$0"'
    if front:
        # sed ends the last line of each.
        lines = f"for file; do {{ {front}\n}} <\"$file\" | sed '$a\\'; done"
        line = f'{lines} | count --no-decompress | topn "$0"'
    path = f"{PROGRAMS}:{os.environ['PATH']}"
    command = ["bash", "-e", "-o", "pipefail", "-c", line, str(n), *paths]
    environment = {"PATH": path, "LC_ALL": "C"}
    return subprocess.run(command, env=environment, check=True, capture_output=True).stdout


def many_machines(paths, n, size, shares, front=None, whole=True):
    """The job as Spark would do it."""
    given = wordfreq.inputs(map(str, paths), False, front is not None, whole)
    splits = [(split, wordfreq.joined, TEXT) for split in splits_of(given.texts, size)]
    for split in splits_of(given.others, size):
        splits.append((split, wordfreq.separate, front or OTHER))
    counts = [
        part
        for split, parts_of, line in splits
        for part in wordfreq.partial_counts(parts_of([split]), line, shares, PROGRAMS)
    ]
    tops = [
        block
        for share in range(shares)
        for block in wordfreq.top_of_share((c for c in counts if c[0] == share), n, PROGRAMS)
    ]
    topn = [os.path.join(PROGRAMS, "topn"), str(n)]
    return subprocess.run(topn, input=b"".join(tops), check=True, capture_output=True).stdout


class Splitting(Case):
    def test_a_piece_has_the_lines_that_begin_in_it(self):
        generator = random.Random(1)
        some = [bytes(generator.choices(b"ab\n", k=length)) for length in range(1, 40, 3)]
        for text in TEXTS + some:
            path = self.file("text", text)
            with open(path, "rb") as file:
                for size in range(1, len(text) + 2):
                    for piece in wordfreq.cut(plain(path), size):
                        start, lines = 0, b""
                        for line in text.split(b"\n"):
                            if piece.start <= start < piece.end:
                                lines += line + b"\n"
                            start += len(line) + 1
                        at, end = wordfreq.lines_of(file.fileno(), piece)
                        self.assertEqual(text[at:end], lines[: end - at], (text, piece))
                        self.assertIn(lines[end - at :], (b"", b"\n"))  # of a last line without it

    def test_pieces_cover_each_file_once(self):
        sizes = [(b"a", 10), (b"empty", 0), (b"b", 3), (b"c", 25), (b"d", 1)]
        files = [wordfreq.File(*file) for file in sizes]
        for size in range(1, 30):
            for split in splits_of(files, size):
                self.assertLessEqual(sum(piece.end - piece.start for piece in split), size)
                self.assertTrue(split)
            for name, length in sizes:
                at = 0
                for piece in wordfreq.cut(files, size):
                    if piece.path == name:
                        self.assertEqual((piece.start, piece.size), (at, length))
                        at = piece.end
                self.assertEqual(at, length)

    def test_whole_files_are_not_cut(self):
        files = [wordfreq.File(*file, True) for file in [(b"a", 10), (b"empty", 0), (b"b", 3)]]
        pieces = [(b"a", 0, 10, 10), (b"empty", 0, 0, 0), (b"b", 0, 3, 3)]
        self.assertEqual(splits_of(files, 5), [pieces[:1], pieces[1:]])
        # If starting a program costs as much as ten bytes.
        pairs = wordfreq.pack(wordfreq.cut(files[1:], 20), 20, 10)
        self.assertEqual(pairs, [pieces[1:2], pieces[2:]])

    def test_small_files_share_a_split(self):
        files = [wordfreq.File(b"%d" % i, 10) for i in range(1000)]
        self.assertEqual(len(splits_of(files, 100)), 100)

    def test_a_long_line_is_searched_once(self):
        path = self.file("text", b"a" * 10_000_000 + b"\nb\n")
        with open(path, "rb") as file:
            ranges = [
                wordfreq.lines_of(file.fileno(), piece)
                for piece in wordfreq.cut(plain(path), 1000)
            ]
        self.assertEqual(
            [r for r in ranges if r[0] != r[1]], [(0, 10_000_001), (10_000_001, 10_000_003)]
        )


class Counting(Case):
    def test_as_on_one_machine_however_it_is_cut(self):
        paths = [self.file(f"text {i}", text) for i, text in enumerate(TEXTS)]
        paths.append(self.file(os.fsdecode(b"-\xff\n'\"$(x)"), b"A name\n"))
        for n, size, shares in [(5, 1, 2), (1000, 3, 3), (1, 10, 1), (1000, 50, 5), (0, 1000, 1)]:
            answer = one_machine(paths, n)
            self.assertEqual(many_machines(paths, n, size, shares), answer, (n, size))

    def test_many_words_from_many_splits(self):
        generator = random.Random(2)
        words = [f"W{generator.randrange(100_000):x}" for _ in range(300_000)]
        path = self.file("text", "\n".join(words).encode())
        answer = one_machine([path], 1000)
        self.assertEqual(many_machines([path], 1000, 500_000, 3), answer)

    def test_where_the_kernel_cannot_send(self):
        path = self.file("text", b"A B\n" * 100_000)
        answer = one_machine([path], 10)
        sendfile, os.sendfile = os.sendfile, lambda *_: (_ for _ in ()).throw(OSError(22, "no"))
        try:
            self.assertEqual(many_machines([path], 10, 150_000, 2), answer)
        finally:
            os.sendfile = sendfile

    def test_lines_that_spark_has_read(self):
        lines = [b"A b", b"", b"B\r", b"\0A"] * 1000
        parts = wordfreq.lines_from_spark(iter(lines))
        counts = [part for _, part in wordfreq.partial_counts(parts, TEXT, 1, PROGRAMS)]
        self.assertEqual(b"".join(counts), b"2000 a\n1000 b\n")

    def test_nothing_for_nothing(self):
        parts = wordfreq.lines_from_spark(iter([]))
        self.assertEqual(list(wordfreq.partial_counts(parts, TEXT, 3, PROGRAMS)), [])
        self.assertEqual(list(wordfreq.top_of_share(iter([]), 10, PROGRAMS)), [])

    def test_compressed_files_whatever_their_names(self):
        text = "One Two\nTwo Ünder Σ\nno final Newline".encode()
        paths = [self.file(name, compress(text)) for name, compress in COMPRESS.items()]
        paths += [self.file("two.txt", b"".join(compress(text) for compress in COMPRESS.values()))]
        paths += [self.file("skippable", b"\x50\x2a\x4d\x18\4\0\0\0Skip" + zstd(text))]
        paths += [self.file("text.gz", text)]
        answer = one_machine(paths, 100)
        self.assertIn(b"28 two\n", answer)
        for size in (10, 10_000):
            self.assertEqual(many_machines(paths, 100, size, 3), answer)

    def test_a_part_of_plain_text_is_not_taken_for_compressed_data(self):
        for name, compress in COMPRESS.items():
            path = self.file(name, b"Plain text\n" + compress(b"This is Not decompressed here"))
            answer = one_machine([path], 100)
            self.assertEqual(many_machines([path], 100, 11, 2), answer, name)
            # The front decides what it reads.
            self.assertEqual(many_machines([path], 100, 11, 2, OTHER), answer, name)
            with self.assertRaisesRegex(wordfreq.Failure, "at byte 11, plain text begins like"):
                many_machines([path], 100, 11, 2, OTHER, whole=False)

    def test_a_part_of_a_signature(self):
        cut = self.file("cut", gzip.compress(b"A text")[:3])
        with self.assertRaisesRegex(wordfreq.Failure, "/cut: .*stdin: truncated gzip data"):
            many_machines([cut], 10, 100, 1)
        text = self.file("text", b"BZh")
        self.assertEqual(many_machines([text], 10, 100, 1), b"1 bzh\n")


class Piping(Case):
    """The front of the user: --pipe."""

    def setUp(self):
        super().setUp()
        self.paths = [self.file(f"text {i}", text) for i, text in enumerate(TEXTS)]

    def test_whole_files(self):
        self.paths.append(self.file("packed", gzip.compress(b"A b\nA b\n")))
        self.paths.append(self.file(os.fsdecode(b"-\xff\n'\"$(x)"), b"A name\n"))
        for front in (
            "words | lower",
            "wc -l",  # of an empty file, too
            "head -n 1; true",  # which does not read it all
            "tr A-Z a-z | sed 's/^[a-z]\\{2\\}/{}&/' # a comment",
            "if read -r line; then\n  echo \"'$line'\"\nfi",
            "sort -u",  # in the order of the bytes
            "cat",
        ):
            answer = one_machine(self.paths, 1000, front)
            for size in (1, 1000):
                with self.subTest(front, size=size):
                    self.assertEqual(many_machines(self.paths, 1000, size, 3, front), answer)

    def test_cut_at_line_ends(self):
        for front in ("words | lower", "cat", "awk '{ print $1 }'"):
            answer = one_machine(self.paths, 1000, front)
            for size in (1, 30, 1000):
                with self.subTest(front, size=size):
                    found = many_machines(self.paths, 1000, size, 3, front, whole=False)
                    self.assertEqual(found, answer)

    def test_files_that_spark_has_read(self):
        files = [("hdfs://x/a", b"A b\n"), ("hdfs://x/b", gzip.compress(b"A" * 100_000))]
        for front, answer in [("words | lower", b"1 a\n1 b\n"), ("head -c 1; echo", None)]:
            parts = wordfreq.files_from_spark(files)
            counts = [c for _, c in wordfreq.partial_counts(parts, front, 1, PROGRAMS)]
            self.assertEqual(len(counts), 2)
            if answer:
                self.assertEqual(counts[0], answer)

    def test_a_stage_that_fails_is_reported_with_the_file(self):
        for front, message in [
            ("cat | (echo bad >&2; exit 3) | cat", "status 3: bad"),
            ("grep no-such-line | words", "status 1: no message"),
            ("no-such-command | words", "status 127: .*no-such-command: command not found"),
        ]:
            with self.subTest(front), self.assertRaisesRegex(
                wordfreq.Failure, rf"/text 0: {re.escape(front)} \| count .*: {message}"
            ):
                many_machines(self.paths, 10, 1000, 2, front)
        path = self.file("archive", gzip.compress(b"A text", 9)[:-1])
        with self.assertRaisesRegex(wordfreq.Failure, "/archive: words .*: truncated gzip data"):
            many_machines([*self.paths, path], 10, 1000, 2, "words")

    def test_a_large_file_whose_reader_ends_early(self):
        path = self.file("text", b"A B\n" * 1_000_000)
        self.assertEqual(many_machines([path], 10, 1 << 30, 2, "head -n 1"), b"1 A B\n")

    @unittest.skipUnless(os.path.exists(f"{PROGRAMS}/warc"), "warc is not built")
    def test_an_archive_of_pages(self):
        site = Path(wordfreq.__file__).resolve().parent.parent / "tests/data/site.warc"
        packed = self.file("site.gz", gzip.compress(site.read_bytes()))
        front = "warc | untag | words | lower"
        answer = one_machine([site, packed], 100, front)
        self.assertTrue(answer.startswith(b"6 web\n6 hosting\n"), answer)
        self.assertEqual(many_machines([site, packed], 100, 100, 2, front), answer)
        path = self.file("cut", site.read_bytes()[:1000])
        with self.assertRaisesRegex(wordfreq.Failure, "/cut: warc .*: status 1: warc: stdin: "):
            many_machines([site, path], 100, 100, 2, front)

    def test_the_programs_that_travel(self):
        for line, programs in [
            ("warc | untag|words", "untag warc words"),
            ("xargs fetch <urls.links; (lower)", "fetch lower"),
            ("./links | my-words | count.py --topn=3 | /usr/bin/field", ""),
            ("if lower; then\nmean\nfi", "lower mean"),
        ]:
            self.assertEqual(wordfreq.programs_in(line), programs.split(), line)

    def test_all_programs_are_known(self):
        top = Path(wordfreq.__file__).resolve().parent.parent
        sources = sorted(path.stem for path in top.glob("src/bin/*.rs"))
        self.assertEqual(wordfreq.PROGRAMS, sources)


class Failing(Case):
    """Whatever fails, the task fails, and nothing hangs."""

    def setUp(self):
        super().setUp()
        path = self.file("text", b"A B\n" * 1_000_000)
        self.feed = partial(wordfreq.send_text, list(wordfreq.cut(plain(path), 1 << 30)))

    def test_any_stage(self):
        for name in ("capwords", "lower", "count"):
            for line, message in [
                ("cat > /dev/null; echo that is bad >&2; exit 9", "status 9: that is bad"),
                ("head -c 1000; exit 9", "status 9"),
                ("exec 0<&-; exit 0", "status 141|left before the end"),
                ("kill -9 $$", "status 137"),
            ]:
                with self.subTest(name, line=line):
                    self.fails(message, self.feed, self.programs(**{name: line}))

    def test_of_the_reducers(self):
        for name in ("count", "topn"):
            folder = self.programs(**{name: "head -c 10; exit 1"})
            with self.assertRaisesRegex(wordfreq.Failure, "status 1"):
                list(wordfreq.top_of_share([(0, b"1 a\n" * 500_000)], 10, folder))
        with self.assertRaisesRegex(wordfreq.Failure, "no count before the line"):
            list(wordfreq.top_of_share([(0, b"no count\n")], 10, PROGRAMS))

    @mock.patch.dict(os.environ, PATH=os.defpath)  # which has no other `lower`
    def test_a_program_that_is_not_there_or_not_for_this_machine(self):
        folder = self.programs()
        os.unlink(f"{folder}/lower")
        self.fails("lower: No such file or directory; .*musl", self.feed, folder)
        self.file(f"{folder}/lower", b"\x7fELF of another kind", 0o755)
        self.fails("lower: Exec format error; .*musl", self.feed, folder)

    def test_what_feeds_it(self):
        def feed(sink):
            wordfreq.write_all(sink, b"A B\n" * 1_000_000)
            raise ValueError("above")

        with self.assertRaisesRegex(ValueError, "above"):
            list(wordfreq.partial_counts([wordfreq.Part(feed)], TEXT, 3, PROGRAMS))

    def test_a_file_that_is_gone_or_shorter(self):
        path = self.file("other", b"A B\n" * 1000)
        feeds = [partial(wordfreq.send_text, [p]) for p in wordfreq.cut(plain(path), 1000)]
        os.truncate(path, 2000)
        for feed in feeds:
            self.fails("other: shorter", feed, PROGRAMS)
        path.unlink()
        self.fails("other: No such file", feeds[0], PROGRAMS)


class Arguments(Case):
    def inputs(self, *names, hadoop=False, by_user=False, whole=True):
        """The names of the texts and of other files, with their sizes, and the URLs."""
        given = wordfreq.inputs(map(str, names), hadoop, by_user, whole)
        for file in [*given.texts, *given.others]:
            self.assertEqual(file.size, os.stat(file.path).st_size)
        self.assertFalse(any(file.whole for file in given.texts))
        names = [[os.path.basename(os.fsdecode(f.path)) for f in files] for files in given[:2]]
        return *names, given.urls

    def test_what_workers_open_and_what_spark_reads(self):
        for name in ("a.txt", "b [1].txt", "c,d.deflate", "e:f"):
            self.file(name, b"0123456789")
        here = str(self.folder)
        inputs = self.inputs
        text = ["a.txt", "b [1].txt"]
        self.assertEqual(inputs(f"{here}/*.txt"), (text, [], []))
        self.assertEqual(inputs(f"file:{here}/*.txt"), (text, [], []))
        self.assertEqual(inputs(f"file://{here}/b [1].txt"), (text[1:], [], []))
        self.assertEqual(inputs(f"{here}/e:f"), (["e:f"], [], []))
        deflate = f"file://{here}/c{{\\,}}d.deflate"
        self.assertEqual(inputs(f"{here}/c,d.deflate"), ([], [], [deflate]))
        url = f"file://{here}/b \\[1\\].txt"
        urls = ["hdfs://x/{a,b}", "s3a://y/*"]
        for by_user in (False, True):
            found = inputs(f"{here}/b [1].txt", hadoop=True, by_user=by_user)
            self.assertEqual(found, ([], [], [url]))
            self.assertEqual(inputs(*urls, by_user=by_user), ([], [], urls))
            found = inputs("file:///x", hadoop=True, by_user=by_user)
            self.assertEqual(found, ([], [], ["file:///x"]))
        self.assertEqual(inputs(f"{here}/c,d.deflate", by_user=True), ([], ["c,d.deflate"], []))
        self.file(os.fsdecode(b"\xff.gz"), b"")
        with self.assertRaisesRegex(wordfreq.Failure, "not UTF-8"):
            inputs(f"{here}/*.gz", hadoop=True)

    def test_the_files_of_the_user_are_whole_unless_they_are_to_be_cut(self):
        text = self.file("text", b"0123456789")
        packed = self.file("packed", gzip.compress(b"A Text"))
        for whole in (True, False):
            given = wordfreq.inputs([str(text), str(packed)], False, True, whole)
            self.assertEqual([file.whole for file in given.others], [whole, True])
            self.assertEqual(given.texts, [])

    def test_compressed_files(self):
        text = b"A Text of some bytes\n"
        for name, compress in COMPRESS.items():
            for suffix in ("", ".txt", ".zst", ".GZ", ".7z"):
                path = self.file(f"{name}{suffix}", compress(text))
                self.assertEqual(self.inputs(path), ([], [path.name], []))
        for name in ("text.gz", "text.xz", "text.7z"):
            path = self.file(name, text)
            self.assertEqual(self.inputs(path), ([name], [], []))
        for name, data in [
            ("a.gz", gzip.compress(text)),
            ("b.GZ", gzip.compress(text)),
            ("c.bz2", bz2.compress(text)),
            ("d.bz2", bz2.compress(b"")),
            ("e.gz", b""),
        ]:
            path = str(self.file(name, data))
            self.assertEqual(self.inputs(path, hadoop=True), ([], [], [f"file://{path}"]))

    def test_archives_that_no_program_reads(self):
        for name, data, cause in [
            ("zip", b"PK\3\4", r"\.zip data; decompress the file \(unzip\)"),
            ("empty zip", b"PK\5\6", r"\.zip data"),
            ("a.gz", b"\x1f\x9d\x90", r"\.z data; .*\(gzip -d\)"),
            ("a.7z", b"7z\xbc\xaf", r"\.7z data; .*\(7z x\)"),
            ("a.lz", b"LZIP\1", r"\.lz data; .*\(lzip -d\)"),
            ("lzma", b"\x5d\0\0\n\0" + b"\xff" * 8, r"\.lzma data; .*\(xz -d\)"),
            ("snappy", b"\xff\6\0\0sNaPpY", r"\.snappy data"),
        ]:
            path = self.file(name, data + bytes(20))
            with self.assertRaisesRegex(wordfreq.Failure, f"/{name}: contains {cause}"):
                self.inputs(path)
            self.assertEqual(self.inputs(path, by_user=True), ([], [name], []))

    def test_compressed_files_that_spark_cannot_read(self):
        text = b"A Text of some bytes\n"
        programs = "the programs can, from a folder that the workers share, or with --pipe"
        for name, data, cause in [
            ("a.xz", lzma.compress(text), rf"Spark cannot read \.xz; {programs}$"),
            ("a.ZST", zstd(text), rf"\.zst; {programs}"),
            ("a.zst", text, rf"\.zst; {programs}"),
            ("a.lz4", lz4(text), rf"\.lz4; {programs}"),
            ("a.snappy", b"", r"\.snappy; decompress .*\(snzip -d; .*\), .* as \.gz or \.bz2$"),
            ("a.Z", b"", r"\.z; .*\(gzip -d\)"),
            ("xz.txt", lzma.compress(text), r"\.xz; "),
            ("zstd", zstd(text), r"\.zst; "),
            ("lz4.gz", lz4(text), r"\.lz4; "),
            ("lz4 -l", lz4_legacy(text), r"\.lz4; "),
            ("gzip", gzip.compress(text), r"contains \.gz data, so its name must end in \.gz"),
            ("gz.bz2", gzip.compress(text), r"contains \.gz data"),
            ("text.gz", text, r"contains no \.gz data"),
            ("text.bz2", text, r"contains no \.bz2 data"),
        ]:
            path = self.file(name, data)
            with self.assertRaisesRegex(wordfreq.Failure, f"/{name}: .*{cause}"):
                self.inputs(path, hadoop=True)
            found = self.inputs(path, hadoop=True, by_user=True)
            self.assertEqual(found, ([], [], [f"file://{path}"]))
        for url in ("hdfs://x/a.xz", "s3a://y/*.zst", "hdfs:///a/b.Lz4"):
            with self.assertRaisesRegex(wordfreq.Failure, "Spark cannot read"):
                self.inputs(url)
            self.assertEqual(self.inputs(url, by_user=True), ([], [], [url]))
        wordfreq.refuse_large([("hdfs://x/a", 100), ("hdfs://x/b", 0)], 100)
        with self.assertRaisesRegex(wordfreq.Failure, "^hdfs://x/b: larger than 0 MiB, a quarter of"):
            wordfreq.refuse_large([("hdfs://x/a", 100), ("hdfs://x/b", 101)], 100)

    def run_script(self, *arguments, programs=PROGRAMS, module="pyspark", **environment):
        """The status and message of a run that ends before Spark starts, of which it needs none."""
        for name in ("py4j", module):
            (self.folder / "modules" / name).mkdir(parents=True, exist_ok=True)
        java = self.java("17.0.15")
        environment = {"JAVA_HOME": str(java), "PYTHONPATH": "modules"} | environment
        # -S: without the modules that are installed.
        command = [sys.executable, "-S", wordfreq.__file__, "--bin", programs, *arguments]
        ran = subprocess.run(
            command, capture_output=True, text=True, cwd=self.folder, env=environment
        )
        self.assertEqual(ran.stdout, "")
        if ran.returncode != 2:
            self.assertEqual(ran.stderr.count("\n"), 1, ran.stderr)
        return ran.returncode, ran.stderr.splitlines()[-1]

    def java(self, version, status=0):
        """A JAVA_HOME whose Java does no more than report its version."""
        home = self.folder / f"java-{version}-{status}"
        (home / "bin").mkdir(parents=True, exist_ok=True)
        script = f"""#!/bin/sh\necho 'openjdk version "{version}"' >&2\nexit {status}\n"""
        self.file(home / "bin/java", script.encode(), 0o755)
        return home

    def test_java_and_pyspark(self):
        self.file("x", b"")
        install = "install Java 17 or newer"
        apt_get = f"{install}: apt-get install default-jre-headless"
        past_it = "wordfreq-spark: nowhere/capwords: No such file or directory"
        for environment, message in [
            ({"JAVA_HOME": "", "PATH": ""}, f"wordfreq-spark: java: not found; {apt_get}"),
            ({"JAVA_HOME": "/none"}, f"/none/bin/java: No such file or directory; {apt_get}"),
            ({"JAVA_HOME": str(self.java("11.0.2"))}, f"bin/java: is Java 11; {install}"),
            ({"JAVA_HOME": str(self.java("1.8.0_292"))}, f"bin/java: is Java 8; {install}"),
            ({"JAVA_HOME": str(self.java("17", 1))}, f"bin/java: does not run; {apt_get}"),
            ({"JAVA_HOME": str(self.java("25-ea"))}, past_it),
            ({"JAVA_HOME": "", "PATH": f"{self.java('21.0.1')}/bin:/usr/bin:/bin"}, past_it),
            ({"JAVA_HOME": "/none", "PYSPARK_GATEWAY_PORT": "1"}, past_it),
        ]:
            status, said = self.run_script("x", programs="nowhere", **environment)
            self.assertEqual(status, 1)
            self.assertIn(message, said)
        self.file("spark-env.sh", b"")
        environment = {"JAVA_HOME": "/none", "SPARK_CONF_DIR": "."}
        self.assertEqual(self.run_script("x", programs="nowhere", **environment), (1, past_it))

    def test_without_pyspark(self):
        self.file("x", b"")
        status, said = self.run_script("x", module="other")
        self.assertEqual(status, 1)
        self.assertIn("wordfreq-spark: pyspark: not found; pip install pyspark", said)

    def test_help(self):
        command = [sys.executable, "-S", wordfreq.__file__, "--help"]
        ran = subprocess.run(command, capture_output=True, text=True, check=True, env={})
        self.assertEqual(ran.stderr, "")
        for part in ("usage: wordfreq-spark", "--master", "--verbose", "Java 17", "topn"):
            self.assertIn(part, ran.stdout)

    def test_wrong_usage(self):
        for arguments in (
            [],
            ["-n"],
            ["--split-size", "0", "x"],
            ["--conf", "x", "x"],
            ["-q", "x"],
            ["--pipe"],
            ["--words", "--pipe", "lower", "x"],
        ):
            self.assertEqual(self.run_script(*arguments)[0], 2, arguments)
        for pipeline, cause in [
            (" ", "the pipeline is empty"),
            ("words | | lower", "syntax error"),
            ("words |", "syntax error"),
            ("words } | { lower", "syntax error"),
        ]:
            status, said = self.run_script("--pipe", pipeline, "x")
            self.assertEqual(status, 2)
            self.assertIn(cause, said)
        for n in ("-1", "x", "1.5", "", "99999999999999999999"):
            status, said = self.run_script("-n", n, "x")
            self.assertEqual(status, 2)
            self.assertIn("-n", said)

    def test_the_programs_of_a_pipeline_are_needed(self):
        self.file("x", b"")
        folder = self.programs()
        status, said = self.run_script("--pipe", "field 1 | lower", "x", programs=folder)
        self.assertEqual(status, 1)
        self.assertEqual(said, f"wordfreq-spark: {folder}/field: No such file or directory")

    def test_what_is_not_there(self):
        (self.folder / "folder").mkdir()
        for arguments, cause in [
            (["none*"], "none*: No such file or directory"),
            (["file:///none"], "/none: No such file or directory"),
            (["folder"], "folder: Is a directory"),
            (["/dev/null"], "/dev/null: not a regular file"),
        ]:
            self.assertEqual(self.run_script(*arguments), (1, f"wordfreq-spark: {cause}"))

    def test_what_spark_says_in_one_line(self):
        for text, line in [
            ("Traceback:\n  File x\n__main__.Failure: lower: odd\n SQLSTATE: 38000", "lower: odd"),
            ("a\nb\nFailure: lower: odd\n\n\tat org.apache.spark", "lower: odd"),
            ("a\nValueError: odd\n\n\tat org.apache.spark", "ValueError: odd"),
            ("Input path does not exist\nDriver stacktrace:", "Input path does not exist"),
        ]:
            self.assertEqual(wordfreq.cause_of(RuntimeError(text)), line)
        self.assertEqual(wordfreq.cause_of(FileNotFoundError(2, "No such", "x")), "x: No such")

    def test_why_a_jvm_did_not_start(self):
        for text, line in [
            ("Error occurred during initialization of VM\nToo small heap\n", "Too small heap"),
            (
                'WARN x\nException in thread "main" org.apache.SparkException: Odd: 1\n\tat x\n',
                "Odd: 1",
            ),
            ("X\nCaused by: java.io.IOException: odd\n\tat x\n\t... 2 more\n\n", "odd"),
            ("", ""),
        ]:
            self.assertEqual(wordfreq.last_error(io.BytesIO(text.encode())), line)


if __name__ == "__main__":
    unittest.main()
