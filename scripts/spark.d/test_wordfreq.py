"""What can be tested of wordfreq-spark without Spark: `python3 -m unittest`, in this folder.

TEXTMILL_BIN names the folder of the built programs.
"""

import bz2
import gzip
import io
import lzma
import os
import random
import subprocess
import sys
import tempfile
import unittest
from functools import partial
from pathlib import Path

sys.dont_write_bytecode = True
import wordfreq  # noqa: E402

PROGRAMS = os.environ["TEXTMILL_BIN"]
MAP = '"$0/capwords" | "$0/lower" | "$0/count" -j 1'

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
        for name in ("capwords", "words", "lower", "count", "topn"):
            if line := replaced.get(name):
                self.file(folder / name, f"#!/bin/bash\n{line}\n".encode(), 0o755)
            else:
                (folder / name).symlink_to(Path(PROGRAMS, name).resolve())
        return str(folder)

    def fails(self, message, feed, folder):
        with self.assertRaisesRegex(wordfreq.Failure, message):
            list(wordfreq.partial_counts(feed, MAP, 3, folder))


def sized(*paths):
    return [(os.fsencode(path), path.stat().st_size) for path in paths]


def pieces_of(files, size):
    return [piece for split in wordfreq.split(files, size) for piece in split]


def one_machine(paths, n):
    line = 'capwords "$@" | lower | count | topn "$0"'
    path = f"{PROGRAMS}:{os.environ['PATH']}"
    command = ["bash", "-o", "pipefail", "-c", line, str(n), *paths]
    return subprocess.run(command, env={"PATH": path}, check=True, capture_output=True).stdout


def many_machines(files, n, size, shares):
    """The job as Spark would do it."""
    counts = [
        part
        for split in wordfreq.split(files, size)
        for part in wordfreq.partial_counts(
            partial(wordfreq.send_split, split), MAP, shares, PROGRAMS
        )
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
                    for piece in pieces_of(sized(path), size):
                        start, lines = 0, b""
                        for line in text.split(b"\n"):
                            if piece.start <= start < piece.end:
                                lines += line + b"\n"
                            start += len(line) + 1
                        at, end = wordfreq.lines_of(file.fileno(), piece)
                        self.assertEqual(text[at:end], lines[: end - at], (text, piece))
                        self.assertIn(lines[end - at :], (b"", b"\n"))  # of a last line without it

    def test_pieces_cover_each_file_once(self):
        files = [(b"a", 10), (b"empty", 0), (b"b", 3), (b"c", 25), (b"d", 1)]
        for size in range(1, 30):
            splits = wordfreq.split(files, size)
            for split in splits:
                self.assertLessEqual(sum(piece.end - piece.start for piece in split), size)
                self.assertTrue(split)
            for name, length in files:
                at = 0
                for piece in pieces_of(files, size):
                    if piece.path == name:
                        self.assertEqual((piece.start, piece.size), (at, length))
                        at = piece.end
                self.assertEqual(at, length)

    def test_small_files_share_a_split(self):
        self.assertEqual(len(wordfreq.split([(b"%d" % i, 10) for i in range(1000)], 100)), 100)

    def test_a_long_line_is_searched_once(self):
        path = self.file("text", b"a" * 10_000_000 + b"\nb\n")
        with open(path, "rb") as file:
            ranges = [wordfreq.lines_of(file.fileno(), p) for p in pieces_of(sized(path), 1000)]
        self.assertEqual(
            [r for r in ranges if r[0] != r[1]], [(0, 10_000_001), (10_000_001, 10_000_003)]
        )


class Counting(Case):
    def test_as_on_one_machine_however_it_is_cut(self):
        paths = [self.file(f"text {i}", text) for i, text in enumerate(TEXTS)]
        paths.append(self.file(os.fsdecode(b"-\xff\n'\"$(x)"), b"A name\n"))
        for n, size, shares in [(5, 1, 2), (1000, 3, 3), (1, 10, 1), (1000, 50, 5), (0, 1000, 1)]:
            answer = one_machine(paths, n)
            self.assertEqual(many_machines(sized(*paths), n, size, shares), answer, (n, size))

    def test_many_words_from_many_splits(self):
        generator = random.Random(2)
        words = [f"W{generator.randrange(100_000):x}" for _ in range(300_000)]
        path = self.file("text", "\n".join(words).encode())
        answer = one_machine([path], 1000)
        self.assertEqual(many_machines(sized(path), 1000, 500_000, 3), answer)

    def test_where_the_kernel_cannot_send(self):
        path = self.file("text", b"A B\n" * 100_000)
        answer = one_machine([path], 10)
        sendfile, os.sendfile = os.sendfile, lambda *_: (_ for _ in ()).throw(OSError(22, "no"))
        try:
            self.assertEqual(many_machines(sized(path), 10, 150_000, 2), answer)
        finally:
            os.sendfile = sendfile

    def test_lines_that_spark_has_read(self):
        lines = [b"A b", b"", b"B\r", b"\0A"] * 1000
        feed = partial(wordfreq.send_lines, iter(lines))
        counts = [part for _, part in wordfreq.partial_counts(feed, MAP, 1, PROGRAMS)]
        self.assertEqual(b"".join(counts), b"2000 a\n1000 b\n")

    def test_nothing_for_nothing(self):
        feed = partial(wordfreq.send_lines, iter([]))
        self.assertEqual(list(wordfreq.partial_counts(feed, MAP, 3, PROGRAMS)), [])
        self.assertEqual(list(wordfreq.top_of_share(iter([]), 10, PROGRAMS)), [])


class Failing(Case):
    """Whatever fails, the task fails, and nothing hangs."""

    def setUp(self):
        super().setUp()
        path = self.file("text", b"A B\n" * 1_000_000)
        self.feed = partial(wordfreq.send_split, pieces_of(sized(path), 1 << 30))

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
            list(wordfreq.partial_counts(feed, MAP, 3, PROGRAMS))

    def test_a_file_that_is_gone_or_shorter(self):
        path = self.file("other", b"A B\n" * 1000)
        feeds = [partial(wordfreq.send_split, [piece]) for piece in pieces_of(sized(path), 1000)]
        os.truncate(path, 2000)
        for feed in feeds:
            self.fails("other: shorter", feed, PROGRAMS)
        path.unlink()
        self.fails("other: No such file", feeds[0], PROGRAMS)


class Arguments(Case):
    def test_what_workers_open_and_what_spark_reads(self):
        for name in ("a.txt", "b [1].txt", "c,d.deflate", "e:f"):
            self.file(name, b"xy")
        here = str(self.folder)

        def inputs(*names, hadoop=False):
            files, urls = wordfreq.inputs(names, hadoop)
            self.assertTrue(all(size == 2 for _, size in files))
            return [os.fsdecode(path) for path, _ in files], urls

        text = [f"{here}/a.txt", f"{here}/b [1].txt"]
        self.assertEqual(inputs(f"{here}/*.txt"), (text, []))
        self.assertEqual(inputs(f"file:{here}/*.txt"), (text, []))
        self.assertEqual(inputs(f"file://{here}/b [1].txt"), (text[1:], []))
        self.assertEqual(inputs(f"{here}/e:f"), ([f"{here}/e:f"], []))
        deflate = f"file://{here}/c{{\\,}}d.deflate"
        self.assertEqual(inputs(f"{here}/c,d.deflate"), ([], [deflate]))
        self.assertEqual(inputs(text[1], hadoop=True), ([], [f"file://{here}/b \\[1\\].txt"]))
        self.assertEqual(
            inputs("hdfs://x/{a,b}", "s3a://y/*"), ([], ["hdfs://x/{a,b}", "s3a://y/*"])
        )
        self.assertEqual(inputs("file:///x", hadoop=True), ([], ["file:///x"]))
        self.file(os.fsdecode(b"\xff.gz"), b"")
        with self.assertRaisesRegex(wordfreq.Failure, "not UTF-8"):
            inputs(f"{here}/*.gz")

    def test_compressed_files(self):
        text = b"A Text\n"
        for name, data in [
            ("a.gz", gzip.compress(text)),
            ("b.GZ", gzip.compress(text)),
            ("c.bz2", bz2.compress(text)),
            ("d.bz2", bz2.compress(b"")),
            ("e.gz", b""),
        ]:
            path = str(self.file(name, data))
            self.assertEqual(wordfreq.inputs([path], False), ([], [f"file://{path}"]), name)
        lz4 = b"\x04\x22\x4d\x18"
        zstd = b"\x28\xb5\x2f\xfd"
        for name, data, cause in [
            ("a.xz", lzma.compress(text), r"Spark cannot read \.xz; .*\(xz -d\).* \.gz or \.bz2"),
            ("a.ZST", zstd, r"\.zst; .*\(zstd -d\)"),
            ("a.zst", text, r"\.zst; .*\(zstd -d\)"),
            ("a.lz4", lz4, r"\.lz4; .*\(lz4 -d\)"),
            ("a.snappy", b"", r"\.snappy; "),
            ("a.Z", b"", r"\.z; "),
            ("xz.txt", lzma.compress(text), r"\.xz; "),
            ("zstd", zstd, r"\.zst; "),
            ("lz4.gz", lz4, r"\.lz4; "),
            ("gzip", gzip.compress(text), r"contains \.gz data, so its name must end in \.gz"),
            ("gz.bz2", gzip.compress(text), r"contains \.gz data"),
            ("text.gz", text, r"contains no \.gz data"),
            ("text.bz2", text, r"contains no \.bz2 data"),
        ]:
            path = self.file(name, data)
            for hadoop in (False, True):
                with self.assertRaisesRegex(wordfreq.Failure, f"/{name}: .*{cause}"):
                    wordfreq.inputs([str(path)], hadoop)
        for url in ("hdfs://x/a.xz", "s3a://y/*.zst", "hdfs:///a/b.Lz4"):
            with self.assertRaisesRegex(wordfreq.Failure, "Spark cannot read"):
                wordfreq.inputs([url], False)

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
        ):
            self.assertEqual(self.run_script(*arguments)[0], 2, arguments)
        for n in ("-1", "x", "1.5", "", "99999999999999999999"):
            status, said = self.run_script("-n", n, "x")
            self.assertEqual(status, 2)
            self.assertIn("-n", said)

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
