"""Naive answers: what each program must print for some texts, in a few lines of Python or by a classic tool.

Each function takes the texts of the FILEs in order. A text is bytes; invalid UTF-8 becomes lone surrogates, which are
neither letters nor blanks.
"""

import csv
import io
import json
import os
import re
import subprocess
import unicodedata
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction


def decoded(data):
    return data.decode("utf-8", "surrogateescape")


def encoded(text):
    return text.encode("utf-8", "surrogateescape")


def lines(texts, end=b"\n", crlf=False):
    """All lines, without their ends."""
    for text in texts:
        if crlf:
            text = re.sub(rb"\r(?=\n|\Z)", b"", text)
        found = text.split(end)
        if found[-1] == b"":
            found.pop()
        yield from found


def ended(parts, end=b"\n"):
    return b"".join(part + end for part in parts)


# Words

WORD = set("Lu Ll Lt Lm Lo Mn Mc Me Nd Nl Pc".split())


def is_between(c, *ranges):
    return any(first <= ord(c) <= last for first, last in ranges)


def is_word(c):
    """Whether `\\w` matches it: Alphabetic, marks, digits, connectors and joiners (Unicode Technical Standard 18, annex C)."""
    return unicodedata.category(c) in WORD or is_circled_capital(c) or is_between(c, (0x24D0, 0x24E9), (0x200C, 0x200D))


def is_circled_capital(c):
    return is_between(c, (0x24B6, 0x24CF), (0x1F130, 0x1F149), (0x1F150, 0x1F169), (0x1F170, 0x1F189))


def is_capital(c):
    """Uppercase, of the Unicode standard."""
    return unicodedata.category(c) == "Lu" or is_circled_capital(c) or is_between(c, (0x2160, 0x216F))


def one_of(characters):
    """A class of a regular expression; without characters, one that matches nothing."""
    return "[" + "".join(map(re.escape, sorted(characters))) + "]" if characters else "(?!)"


def matches(texts, pattern_of):
    def found(text):
        characters = set(text)
        word, capital = ({c for c in characters if has(c)} for has in (is_word, is_capital))
        return re.findall(pattern_of(one_of(word), one_of(capital)), text)

    return b"".join(ended(map(encoded, found(decoded(text)))) for text in texts)


def words(texts):
    return matches(texts, lambda word, capital: f"{word}+")


def capwords(texts):
    return matches(texts, lambda word, capital: f"(?<!{word}){capital}{word}*")


def ascii_words(texts):
    return b"".join(ended(re.findall(rb"[A-Za-z0-9_]+", text)) for text in texts)


def ascii_capwords(texts):
    return b"".join(ended(re.findall(rb"(?<![A-Za-z0-9_])[A-Z][A-Za-z0-9_]*", text)) for text in texts)


def found(pattern):
    """`-e PATTERN`: the matches in each line."""

    def answer(texts):
        return ended(encoded(match) for line in lines(texts) for match in re.findall(pattern, decoded(line)) if match)

    return answer


# Case and normal forms


def lower(fold=False, nfc=False, nfkc=False, no_marks=False):
    """The text of each FILE in lower case, joined."""

    def is_mark(c):
        number = unicodedata.combining(c)
        return 10 <= number <= 36 or number >= 200

    def normal(text):
        text = unicodedata.normalize("NFKD" if nfkc else "NFD", text)
        if no_marks:
            text = "".join(c for c in text if not is_mark(c))
        return again(unicodedata.normalize("NFC", text))

    def again(text):
        # Each step reads the bytes of the one before: without a mark, invalid bytes may become a character.
        return decoded(encoded(text))

    def answer(texts):
        result = []
        for text in map(decoded, texts):
            if nfkc or no_marks or nfc and fold:
                text = normal(text)
            text = text.casefold() if fold else text.lower()
            if nfc or nfkc or no_marks:
                text = normal(text)
            result.append(encoded(text))
        return b"".join(result)

    return answer


def ascii_lower(texts):
    return b"".join(texts).lower()


# Lines


def lengths(end=b"\n", crlf=False, unit="characters"):
    def answer(texts):
        size = len if unit == "bytes" else lambda line: len(decoded(line))
        return ended(b"%d" % size(line) for line in lines(texts, end, crlf))

    return answer


def ngrams(n, separator=b" ", end=b"\n", crlf=False):
    def answer(texts):
        result = []
        for text in texts:
            run = []
            for line in lines([text], end, crlf):
                run = [*run[-(n - 1) :], line] if line and n > 1 else [line] if line else []
                if len(run) == n:
                    result.append(separator.join(run))
        return ended(result, end)

    return answer


# Fields


def selected(items, fields):
    """The fields that a LIST names; `items` are texts such as `2`, `-1`, `2-3`, `2-` and `-2-`."""
    result = []
    for item in items:
        first, last = re.fullmatch(r"(-?\d+)(?:-(\d*))?", item).groups()
        first = int(first)
        if last is None:
            there = fields[first - 1 : first] if first > 0 else fields[first:][:1] if -first <= len(fields) else []
        else:
            there = fields[first - 1 if first > 0 else first :]
            there = there[: int(last) - first + 1] if last else there
        result += there or [b""]
    return result


def is_several(items):
    return len(items) > 1 or re.fullmatch(r"-?\d+", items[0]) is None


def fields(items, delimiter=None, output=None, crlf=False):
    def answer(texts):
        result = []
        for line in lines(texts, crlf=crlf):
            parts = re.findall(rb"[^ \t]+", line) if delimiter is None else line.split(delimiter)
            values = selected(items, parts)
            if output is None and is_several(items):
                values = [value.replace(b"\t", b" ") for value in values]
            result.append((b"\t" if output is None else output).join(values))
        return ended(result)

    return answer


def of_values(rows, several):
    """Lines of values that may contain line ends and TABs."""

    def shown(value):
        value = re.sub("\r\n|\r|\n", " ", value)
        return encoded(value.replace("\t", " ") if several else value)

    return ended(b"\t".join(map(shown, row)) for row in rows)


def csv_columns(names):
    def answer(texts):
        rows = []
        for text in texts:
            for row in csv.DictReader(io.StringIO(decoded(text), newline="")):
                rows.append([row[name] for name in names])
        return of_values(rows, len(names) > 1)

    return answer


def json_values(paths):
    """`paths` are lists of keys."""

    def value(record, path):
        for key in path:
            try:
                record = record[key]
            except (KeyError, IndexError):
                return ""
        return "" if record is None else record if isinstance(record, str) else json.dumps(record)

    def answer(texts):
        return of_values([[value(json.loads(line), path) for path in paths] for line in lines(texts)], len(paths) > 1)

    return answer


LOG = re.compile(
    r'(?P<host>\S+) (?P<ident>\S+) (?P<user>.*?) \[(?P<time>(?P<minute>(?P<hour>(?P<date>[^:]+):\d\d):\d\d)[^]]*)\] '
    r'"(?P<request>(?P<method>\S+) (?P<target>(?P<path>[^? ]*)(?:\?(?P<query>\S*))?) (?P<protocol>\S+))" '
    r'(?P<status>\d+) (?P<bytes>\d+) "(?P<referer>[^"]*)" "(?P<agent>(?:[^"\\]|\\.)*)"'
)


def log_columns(names):
    def answer(texts):
        rows = [LOG.fullmatch(decoded(line)) for line in lines(texts)]
        return of_values([[row[name] or "" for name in names] for row in rows], len(names) > 1)

    return answer


# Counts


def counted(tally, separator, end):
    return ended((b"%d%s%s" % (count, separator, line) for line, count in tally), end)


def count(separator=b" ", end=b"\n", crlf=False, ignore_case=False):
    def answer(texts):
        tally = Counter(lines(texts, end, crlf))
        return counted(sorted(folded(tally).items() if ignore_case else tally.items()), separator, end)

    return answer


def folded(tally):
    """Lines that differ by case alone have one count, at the most frequent spelling."""
    spellings = {}
    for line, number in tally.items():
        spellings.setdefault(decoded(line).casefold(), []).append((-number, line))
    return {min(group)[1]: -sum(number for number, _ in group) for group in spellings.values()}


def classic_count(separator=b" ", end=b"\n"):
    """By `sort | uniq -c`, without the padding."""
    zero = ["-z"] if end == b"\0" else []

    def answer(texts):
        text = ended(lines(texts, end), end)
        for command in (["sort", *zero], ["uniq", "-c", *zero]):
            text = subprocess.run(command, input=text, stdout=subprocess.PIPE, check=True, env=os.environ | {"LC_ALL": "C"}).stdout
        pairs = (record.lstrip(b" ").split(b" ", 1) for record in lines([text], end))
        return counted(((line, int(number)) for number, line in pairs), separator, end)

    return answer


RECORD = re.compile(rb"[ \t\n]*([0-9]+)(?:[ \t\n](.*))?", re.DOTALL)


def records(texts, end=b"\n", crlf=False):
    """Each record, with its count and its line."""
    for record in lines(texts, end, crlf):
        number, line = RECORD.fullmatch(record).groups()
        yield record, int(number), line or b""


def merged(separator=b" ", end=b"\n", ignore_case=False):
    def answer(texts):
        tally = Counter()
        for _, number, line in records(texts, end):
            tally[line] += number
        return counted(sorted(folded(tally).items() if ignore_case else tally.items()), separator, end)

    return answer


def topn(n, end=b"\n", least=False, ties=False, other=False):
    def answer(texts):
        found = list(records(texts, end))
        ordered = sorted(found, key=lambda record: (record[1], record[0]), reverse=not least)
        kept = ordered[:n]
        if ties and kept:
            kept += [record for record in ordered[n:] if record[1] == kept[-1][1]]
        out = [record for record, _, _ in kept]
        if other:
            rest = sum(number for _, number, _ in ordered[len(kept) :])
            firsts = (re.match(rb"[ \t\n]*[0-9]+([ \t])", record) for record, _, _ in found)
            separator = next((first[1] for first in firsts if first), b" ")
            out.append(b"%d%s(other)" % (rest, separator))
        return ended(out, end)

    return answer


# A column in eighths.
EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
BIDIRECTIONAL = [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]


def bars(width=80):
    def shown(line):
        def escaped(c):
            if "\udc80" <= c <= "\udcff":
                return f"\\x{ord(c) - 0xDC00:02x}"
            if unicodedata.category(c) == "Cc" or ord(c) in BIDIRECTIONAL:
                return {"\0": "\\0", "\t": "\\t", "\r": "\\r", "\n": "\\n"}.get(c, f"\\u{{{ord(c):x}}}")
            return c

        return "".join(map(escaped, decoded(line)))

    def answer(texts):
        found = [(number, line) for _, number, line in records(texts)]
        largest = max((number for number, _ in found), default=0)
        bar, digits, out = max(width * 2 // 5, 10), len(str(largest)), []
        for number, line in found:
            steps = max(1, bar * 8 * number // largest) if number else 0
            drawn = "█" * (steps // 8) + EIGHTHS[steps % 8]
            out.append(f"{number:>{digits}} {drawn:{bar}} {shown(line)}".encode())
        return ended(out)

    return answer


# Numbers


def plain(number):
    """A double as its shortest decimal, without an exponent. Of two that are equally near it has the last digit that is
    rounded up, as Rust prints it; Python's is the even one."""
    shortest = Decimal(repr(number))
    rounded = Decimal(number).quantize(Decimal(1).scaleb(shortest.as_tuple().exponent), ROUND_HALF_UP)
    text = format(rounded if float(rounded) == number else shortest, "f") if number else "0"
    return text.removesuffix(".0")


class Numbers:
    """The numbers of lines, each with how often it occurs. `is_whole`: none has a point or an exponent. All are multiples of
    one over `unit`, a power of two, since those with a point are doubles."""

    def __init__(self, pairs):
        texts = Counter()
        for text, times in pairs:
            texts[text.strip().decode()] += times
        self.is_whole = all(re.fullmatch(r"[-+]?\d+", text) for text in texts)
        ratios = [(float(text).as_integer_ratio() if re.search("[.eE]", text) else (int(text), 1), times) for text, times in texts.items()]
        self.unit = max((below for (_, below), _ in ratios), default=1)
        tally = Counter()
        for (above, below), times in ratios:
            tally[above * (self.unit // below)] += times
        self.tally = sorted(tally.items())
        self.n = sum(tally.values())
        self.sum = sum(number * times for number, times in self.tally)

    def shown(self, number):
        """A number of units."""
        return plain(float(Fraction(number) / self.unit))

    def at(self, position):
        for number, times in self.tally:
            position -= times
            if position < 0:
                return number

    def percentile(self, percent):
        place = (self.n - 1) * Fraction(percent) / 100
        low = place.numerator // place.denominator
        first, second = self.at(low), self.at(min(low + 1, self.n - 1))
        return self.shown(first + (second - first) * (place - low))

    def mean(self):
        return self.shown(Fraction(self.sum, self.n))

    def all(self):
        total = str(self.sum) if self.is_whole else self.shown(self.sum)
        least, most = self.shown(self.tally[0][0]), self.shown(self.tally[-1][0])
        return [f"n {self.n}", f"sum {total}", f"min {least}", f"max {most}", f"mean {self.mean()}", f"sd {self.deviation()}"]

    def deviation(self):
        if self.n == 1:
            return "-"
        squares = sum(number * number * times for number, times in self.tally)
        with localcontext() as context:
            context.prec = 100
            variance = Decimal(self.n * squares - self.sum**2) / (self.n * (self.n - 1) * self.unit**2)
            return plain(float(variance.sqrt()))


def mean(output="mean", percentiles=(), has_counts=False, end=b"\n"):
    """`percentiles` are pairs of a name and a number. None if there are no numbers."""

    def answer(texts):
        if has_counts:
            numbers = Numbers((line, number) for _, number, line in records(texts, end))
        else:
            numbers = Numbers((line, 1) for line in lines(texts, end))
        if numbers.n == 0:
            return None
        values = [numbers.percentile(percent) for _, percent in percentiles]
        if output == "all":
            out = numbers.all() + [f"{name} {value}" for (name, _), value in zip(percentiles, values)]
        else:
            out = values or [numbers.mean()]
        return ended(line.encode() for line in out)

    return answer


def primes(texts):
    def is_prime(n):
        return n > 1 and all(n % d for d in range(2, int(n**0.5) + 1))

    return ended(line for line in lines(texts) if is_prime(int(line)))
