#!/usr/bin/env python3
"""Right answers, found naively: what every program is held to before it is timed.

    oracle.py capwords|words|lower FILE        the output of that program
    oracle.py top capwords|words N FILE        the N most frequent of them in lower case
    oracle.py wc-w FILE                        what `LC_ALL=C wc -w` counts
    oracle.py topn N FILE                      the N largest of FILE's tally
    oracle.py bars WIDTH FILE                  the bar chart of the counts in FILE, WIDTH columns wide
    oracle.py lengths FILE                     the length of each line, in characters
    oracle.py ngrams N FILE                    each N lines that follow one another
    oracle.py mean-length words|split FILE     the mean length of a word; split: between blanks
    oracle.py primes FILE                      the primes among its numbers
    oracle.py field blanks N FILE              the N-th field between blanks of each line
    oracle.py field log NAME FILE              path or host of each line of a web server's log
    oracle.py field csv NAME FILE              a column of CSV
    oracle.py field json KEY FILE              the value of a key of JSON lines
    ... --ascii                                words as bytes: what LC_ALL=C makes of `\\w`

Independent of the programs under test, of ripgrep and of perl: the Unicode data is Python's own.
"""

import csv
import heapq
import json
import math
import re
import sys
import unicodedata
from collections import Counter, deque


def one_of(categories, more):
    """A regular expression for one character of some categories, or of some more ranges.

    Characters past U+FFFF stand behind a lookahead: Python looks those up one range after another,
    which it would do at every blank.
    """
    members = {c for c in range(0x110000) if unicodedata.category(chr(c)) in categories}
    for first, last in more:
        members.update(range(first, last + 1))
    near = "".join(rf"\u{c:04x}" for c in sorted(members) if c <= 0xFFFF)
    far = "".join(rf"\U{c:08x}" for c in sorted(members) if c > 0xFFFF)
    return rf"(?:[{near}]|(?=[\U00010000-\U0010ffff])[{far}])"


# Letters that have no letter's category: Other_Uppercase and Other_Lowercase of the standard.
ROMAN_CAPITALS = [(0x2160, 0x216F)]
CIRCLED_CAPITALS = [(0x24B6, 0x24CF), (0x1F130, 0x1F149), (0x1F150, 0x1F169), (0x1F170, 0x1F189)]
CIRCLED_SMALL = [(0x24D0, 0x24E9)]
JOINERS = [(0x200C, 0x200D)]


def finder(task, ascii_only):
    """The function that finds all (capitalised) words of a text (Unicode's UTS 18, annex C)."""

    def pattern(word, capital):
        if task == "words":
            return re.compile(f"{word}+")
        return re.compile(f"(?={capital})(?<!{word}){word}+")

    in_ascii = pattern("[A-Za-z0-9_]", "[A-Z]")
    if ascii_only:
        return in_ascii.findall
    categories = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl Pc".split()
    in_unicode = pattern(
        one_of(categories, CIRCLED_CAPITALS + CIRCLED_SMALL + JOINERS),
        one_of(["Lu"], ROMAN_CAPITALS + CIRCLED_CAPITALS),
    )

    def find(text):
        # A line of ASCII has the same words either way, and is searched ten times as fast.
        for line in text.splitlines():
            yield from (in_ascii if line.isascii() else in_unicode).findall(line)

    return find


def texts(name):
    """A file in blocks of whole lines: no word and no context of a letter crosses a line's end."""
    with open(name, encoding="utf-8", newline="\n") as file:
        while lines := file.readlines(8 << 20):
            yield "".join(lines)


def main(arguments):
    ascii_only = "--ascii" in arguments
    task, *rest = [a for a in arguments if a != "--ascii"]
    out = sys.stdout.buffer
    if task in ("words", "capwords"):
        find = finder(task, ascii_only)
        for text in texts(rest[0]):
            out.write("".join(word + "\n" for word in find(text)).encode())
    elif task == "lower":
        for text in texts(rest[0]):
            out.write(text.lower().encode())
    elif task == "top":
        find, counts = finder(rest[0], ascii_only), Counter()
        for text in texts(rest[2]):
            counts.update(find(text))
        lowered = Counter()
        for word, count in counts.items():
            lowered[word.lower().encode()] += count
        for word, count in largest(int(rest[1]), lowered.items()):
            out.write(b"%d %s\n" % (count, word))
    elif task == "wc-w":
        # Between blanks, and with at least one printable character in it.
        word = re.compile(rb"\S*[!-~]\S*")
        with open(rest[0], "rb") as file:
            print(sum(len(word.findall(line)) for line in file))
    elif task == "topn":
        with open(rest[1], "rb") as file:
            tally = ((line, int(count)) for count, line in (l.split(b" ", 1) for l in file))
            for line, count in largest(int(rest[0]), tally):
                out.write(b"%d %s" % (count, line))
    elif task == "bars":
        with open(rest[1], "rb") as file:
            records = [line.rstrip(b"\n").split(b" ", 1) for line in file]
        bar, digits = max(10, int(rest[0]) * 2 // 5), max(len(count) for count, _ in records)
        most = max(int(count) for count, _ in records)
        for count, line in records:
            # Rounded down, but something is drawn for each count above 0.
            eighths = max(8 * bar * int(count) // most, min(int(count), 1))
            drawn = "█" * (eighths // 8) + EIGHTHS[eighths % 8]
            out.write(b"%s %s %s\n" % (count.rjust(digits), drawn.ljust(bar).encode(), line))
    elif task == "lengths":
        for text in texts(rest[0]):
            out.write("".join(f"{len(line)}\n" for line in text.removesuffix("\n").split("\n")).encode())
    elif task == "ngrams":
        window = deque(maxlen=int(rest[0]))
        with open(rest[1], "rb") as file:
            for line in file:
                if line == b"\n":
                    window.clear()
                    continue
                window.append(line.rstrip(b"\n"))
                if len(window) == window.maxlen:
                    out.write(b" ".join(window) + b"\n")
    elif task == "mean-length":
        find = str.split if rest[0] == "split" else finder("words", ascii_only)
        count = total = 0
        for text in texts(rest[1]):
            for word in find(text):
                count, total = count + 1, total + len(word)
        print(total / count)
    elif task == "field":
        kind, name, file = rest
        with open(file, encoding="latin-1", newline="\n") as file:
            out.writelines(value.encode("latin-1") + b"\n" for value in FIELDS[kind](name, file))
    elif task == "primes":
        with open(rest[0]) as file:
            for n in map(int, file):
                if n > 1 and all(n % d for d in range(2, math.isqrt(n) + 1)):
                    print(n)
    else:
        sys.exit(__doc__)


EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]


def field_between_blanks(n, file):
    for line in file:
        yield (re.findall(r"[^ \t\n]+", line)[int(n) - 1 :] or [""])[0]


LOG = re.compile(r'^(?P<host>\S+) \S+ .*? \[\d\d/[^]]*\] "(?:[!-~]+ (?P<path>[^?]+?)(?:\?.*?)? HTTP/\S+|.*?)" \d{3}(?: |$)')


def field_of_log(name, file):
    for line in file:
        yield LOG.match(line)[name] or ""


def field_of_csv(name, file):
    for row in csv.DictReader(file):
        yield row[name]


def field_of_json(name, file):
    for line in file:
        yield str(json.loads(line)[name])


FIELDS = {"blanks": field_between_blanks, "log": field_of_log, "csv": field_of_csv, "json": field_of_json}


def largest(n, tally):
    """By count, ties by line, both descending, as `sort -nr` has it."""
    return heapq.nlargest(n, tally, key=lambda item: (item[1], item[0]))


main(sys.argv[1:])
