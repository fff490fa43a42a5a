"""The text of the tests: words of several scripts, as unequally frequent as those of real text."""

import bz2
import contextlib
import gzip
import itertools
import lzma
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bench.d"))
from corpora import deal  # noqa: E402

SEED = 20261122
VOCABULARY, WORDS = 100_000, 3_000_000
SYLLABLES = [
    # Three quarters of all words are Latin, as in texts that are mostly English.
    *["ba ce di fo gu ha je ki lo mu na pe qui ro su ta ve wi xo ya ze".split()] * 6,
    "α δε κι λο μυ νη πω ρα σε το φος ΐς".split(),
    "а бе ви го ду жи ко лы мя но пю ря".split(),
]

# What a cut could spoil and bytes that are hard to take, under names that are.
ODD = {
    "empty": b"",
    "no newline at the end": b"Last Words",
    "-bytes.txt": b"Caf\xc3\xa9 Bad\xffByte\xe2\x82Cut\nOne\rTwo\r\nNul\0Byte \xed\xa0\x80End",
    "sigma, [final].txt": "ΟΔΥΣΣΕΎΣ\nΣ Σ'\n'Α İstanbul Straße \U0001d49c".encode(),
    "one line": b"A very Long line " * 500_000,
}


def make(folder: Path, size: int, files: int) -> tuple[list[Path], list[Path]]:
    """So many files with `size` bytes in all, and the odd ones; the same on each call."""
    large = [folder / f"text-{i}.txt" for i in range(files)]
    finished = folder / ".finished"
    if not finished.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as stack:
            outputs = [stack.enter_context(open(path, "wb")) for path in large]
            for output, block in zip(itertools.cycle(outputs), deal(zipf(), size), strict=False):
                output.write(block)
        for name, text in ODD.items():
            (folder / name).write_bytes(text)
        finished.touch()
    return large, [folder / name for name in ODD]


def zipf() -> bytes:
    """Lines of words; the n-th of the vocabulary occurs about 1/n times as often as the first."""
    generator = random.Random(SEED)
    vocabulary = [word(generator) for _ in range(VOCABULARY)]
    weights = list(itertools.accumulate(1 / (n + 2) for n in range(VOCABULARY)))
    words = iter(generator.choices(vocabulary, cum_weights=weights, k=WORDS))
    lines = []
    while line := " ".join(itertools.islice(words, generator.randrange(1, 20))):
        lines.append(line + ".\n")
    return "".join(lines).encode()


def word(generator: random.Random) -> str:
    syllables = generator.choice(SYLLABLES)
    text = "".join(generator.choices(syllables, k=generator.choice((1, 2, 2, 3, 3, 4))))
    return text.capitalize() if generator.random() < 0.3 else text


def pack(text: Path, folder: Path) -> list[Path]:
    """The beginning of a text, compressed in several formats, under names that say nothing."""
    start = text.read_bytes()[:4_000_000]
    folder.mkdir(parents=True, exist_ok=True)
    ways = {
        "gzip": gzip.compress(start, 1),
        "two members.txt": gzip.compress(start[:1_000_000], 1) + gzip.compress(start, 1),
        "bzip2": bz2.compress(start[:1_000_000], 1),
        "xz.txt": lzma.compress(start[:1_000_000], preset=0),
    }
    for name, data in ways.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in ways]


def archive(text: Path, folder: Path) -> Path:
    """A web archive of pages with the beginning of a text, each record a member of gzip."""
    start = text.read_bytes()[:6_000_000]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{text.stem}.warc.gz"
    with open(path, "wb") as output:
        for at in range(0, len(start), 100_000):
            page = b"<!DOCTYPE html><title>Title</title><p>" + start[at : at + 100_000]
            header = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
            record = (
                b"WARC/1.0\r\nWARC-Type: response\r\n"
                b"WARC-Target-URI: http://www.example.org/%d\r\n"
                b"Content-Type: application/http; msgtype=response\r\n"
                b"Content-Length: %d\r\n\r\n%b%b\r\n\r\n"
            ) % (at, len(header + page), header, page)
            output.write(gzip.compress(record, 1))
    return path
