"""Random texts, and their compressed forms. The same seed gives the same bytes."""

import bz2
import gzip
import json
import lzma
import math
import shutil
import subprocess
import unicodedata
from dataclasses import dataclass

from naive import decoded, encoded

MEGABYTE = 1 << 20

# Letters, digits and marks that all versions of Unicode since 6.0 have, and in which the programs have special cases:
# final sigmas, letters whose lower case has another length, marks of several classes, Hangul, ligatures, wide forms.
ALPHABETS = [
    "abcdefghijklmnopqrstuvwxyz",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_",
    "aeiouAEIOUn\u0301\u0308\u030a\u0327\u0323\u0345éÉüÜåÅñÑçÇßẞøØłŁ",
    "αβγδεΑΒΓΣσςΣΣάΆΐΰᾳᾼ",
    "абвгдеёжАБВГДЕЁЖйЙіІ",
    "iıIİſKÅǅǆǄﬁﬂﬃ",
    "我喜欢编程日本語漢字",
    "ひらがなカタカナー゛がギﾊﾟ",
    "กขคงจฉชาิีเแโ่้",
    "אבגדהוִָּ",
    "ابتثجحخَُِ\u200cه",
    "हिन्दीकखगघांः़",
    "한글국어각\u1100\u1161\u11a8",
    "ＡＢＣａｂｃ１２３Ⓐⓐ①Ⅷⅷ²½",
    "👩‍👧🇩🇪😀✈️",
]
KNOWN = set("".join(ALPHABETS))

SEPARATORS = [" ", " ", " ", ", ", ". ", "-", "'", "’", "\t", "  ", "\u00ad", "\u00a0", "/", "."]


@dataclass
class Corpus:
    """A text, and what it is: `kind` decides which programs may read it."""

    kind: str
    data: bytes
    # The answers of untag and links, where the text was made from them.
    text: bytes = b""
    links: bytes = b""


def log_uniform(random, least, most):
    """A whole number, whose logarithm is evenly distributed."""
    return round(math.exp(random.uniform(math.log(least), math.log(most + 0.49))))


def size(random):
    """Mostly small, up to 50 MB."""
    least, most = random.choices([(1, 100 << 10), (100 << 10, 2 * MEGABYTE), (2 * MEGABYTE, 50 * MEGABYTE)], [70, 27, 3])[0]
    return log_uniform(random, least, most)


def corpus(random, kinds=None, most=None):
    """A text of one of these kinds."""
    maker = random.choice([maker for maker in MAKERS if kinds is None or KINDS[maker] in kinds])
    wanted = size(random)
    made = maker(random, min(wanted, most) if most else wanted)
    if made.kind == "text":
        made.data = spoiled(random, made.data)
    elif made.kind not in ("html", "csv") and random.random() < 0.3:
        made.data = made.data.removesuffix(b"\n")
    return made


def lines(random, line, size):
    """Lines of a function, up to a number of bytes. From 256 KB on, they are repeated in random order."""
    made, total = [], 0
    while total < min(size, 256 << 10):
        made.append(line() + "\n")
        total += len(made[-1])
    pool = [text.encode() for text in made]
    text = bytearray(b"".join(pool))
    while pool and len(text) < size:
        block = random.choices(pool, k=min(10_000, 1 + (size - len(text)) * len(pool) // (total or 1)))
        text += b"".join(block)
    return bytes(text)


def vocabulary(random):
    """A function that draws words, most of them from a small set."""
    alphabets = random.sample(ALPHABETS, random.randint(1, 4))
    longest = random.choice([3, 12, 12, 40])

    def word():
        return "".join(random.choices(random.choice(alphabets), k=random.randint(1, longest)))

    words = [word() for _ in range(log_uniform(random, 1, 3000))]
    weights = [1 / rank for rank in range(1, len(words) + 1)]
    return lambda n: random.choices(words, weights, k=n)


def prose(random, size):
    draw = vocabulary(random)
    separators = random.sample(SEPARATORS, random.randint(1, 4))
    longest = random.choice([1, 10, 10, 60])

    def line():
        words = draw(random.randint(0, longest))
        return random.choice(separators).join(words)

    return Corpus("text", lines(random, line, size))


def wordlist(random, size):
    draw = vocabulary(random)
    return Corpus("text", lines(random, lambda: draw(1)[0], size))


def sorted_lines(random, size):
    draw = vocabulary(random)
    text = lines(random, lambda: draw(1)[0], min(size, 4 * MEGABYTE))
    return Corpus("text", b"".join(sorted(text.splitlines(keepends=True))))


def distinct(random, size):
    """Lines that occur once each, mostly."""
    width = random.randint(3, 12)
    text = random.randbytes(min(size, 8 * MEGABYTE) // 2 + 1).hex().encode()
    return Corpus("text", b"".join(text[i : i + width] + b"\n" for i in range(0, len(text), width)))


def long_lines(random, size):
    draw = vocabulary(random)
    size = min(size, 4 * MEGABYTE)
    separator = random.choice(["", " ", "x", "\u0301"])
    text = separator.join(draw(200)).encode()
    line = text * (size // (len(text) or 1) + 1)
    return Corpus("text", (line[: size // 2] + b"\n" + line[: size // 3] + b"\n") * random.randint(1, 2))


def blanks(random, size):
    return Corpus("text", bytes(random.choices(b"\n\n\n \t\r\0", k=min(size, MEGABYTE))))


def garbage(random, size):
    """Random bytes, also in long runs of one class. The first byte is not one of a compressed file."""
    size = min(size, 2 * MEGABYTE)
    pieces = [b"x"]
    while sum(map(len, pieces)) < size:
        n = log_uniform(random, 1, min(size, 50_000))
        pieces.append(
            random.choice(
                [
                    lambda: random.randbytes(n),
                    lambda: bytes(random.choices(b"aZ \n\xc3\xa9\xce\xa3\xe2\x82\xac\xf0\x9f\x98\x80", k=n)),
                    lambda: random.choice(["é", "Σ", "€", "😀", "x", "\n"]).encode() * (n // 2),
                    lambda: bytes(range(0x80, 0xC0)) * (n // 64),
                ]
            )()
        )
    return Corpus("text", b"".join(pieces))


def numbers(random, size):
    style = random.choice(["small", "large", "signed", "decimal", "mixed"])

    def line():
        n = random.randint(0, 10 ** random.randint(1, 9))
        match random.choice(["small", "signed", "decimal"]) if style == "mixed" else style:
            case "small":
                return str(random.randint(0, 99))
            case "large":
                return str(n)
            case "signed":
                return str(random.choice([n, -n]))
            case _:
                return random.choice([f"{n / 1000}", f"{n}.5", f"-{n / 7:.4f}", f"{n}e-3", f" {n} "])

    return Corpus("numbers", lines(random, line, size))


def counts(random, size):
    draw = vocabulary(random)
    width = random.choice([0, 7])
    most = random.choice([9, 10**6, 2**40])
    return Corpus("counts", lines(random, lambda: f"{random.randint(0, most):{width}} {' '.join(draw(random.randint(0, 2)))}", size))


MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def log(random, size):
    paths = ["/" + "".join(random.choices("abcdef/.-_%20", k=random.randint(0, 20))) for _ in range(50)]
    agents = ["curl/8.17.0", "Mozilla/5.0 (X11; Linux x86_64)", "-", r"a \"bot\"", "ü"]

    def line():
        host = ".".join(str(random.randint(1, 254)) for _ in range(4))
        time = f"{random.randint(1, 28):02}/{random.choice(MONTHS)}/2026:{random.randint(0, 23):02}:{random.randint(0, 59):02}:00 +0000"
        target = random.choice(paths) + random.choice(["", "", f"?q={random.randint(0, 9)}"])
        status = random.choice([200, 200, 200, 301, 404, 500])
        return (
            f'{host} - {random.choice(["-", "mary", "John Smith"])} [{time}] "{random.choice(["GET", "POST"])} {target} HTTP/1.1" '
            f'{status} {random.randint(0, 10**6)} "-" "{random.choice(agents)}"'
        )

    return Corpus("log", lines(random, line, size))


CSV_NAMES = ["id", "city, state", "note", "amount"]


def table(random, size):
    """CSV: quotes, commas, doubled quotes, and line ends in quotes."""
    draw = vocabulary(random)
    ending = random.choice(["\n", "\r\n"])

    def field():
        text = random.choice([" ", ",", '"', "", "\n"] if random.random() < 0.2 else [" "]).join(draw(random.randint(0, 3)))
        quoted = any(c in text for c in ',"\r\n') or random.random() < 0.2
        return '"' + text.replace('"', '""') + '"' if quoted else text

    def row():
        return ",".join([str(random.randint(0, 99)), field(), field(), f"{random.randint(0, 999)}.{random.randint(0, 99):02}"])

    header = ",".join(f'"{name}"' if "," in name else name for name in CSV_NAMES)
    made, total = [header], 0
    while total < min(size, MEGABYTE // 2):
        made.append(row())
        total += len(made[-1])
    return Corpus("csv", "".join(line + ending for line in made).encode())


def objects(random, size):
    """JSON lines."""
    draw = vocabulary(random)

    def line():
        value = {
            "user": {"name": " ".join(draw(2)), "tags": draw(random.randint(0, 3))},
            "ms": random.choice([random.randint(0, 5000), random.randint(0, 5000) / 8, None]),
            "ok": random.random() < 0.9,
            'odd "key"\\': random.choice(['a "quote"', "back\\slash", "tab\there", "line\nend", ""]),
        }
        return json.dumps(value, ensure_ascii=random.random() < 0.5)

    return Corpus("json", lines(random, line, min(size, 4 * MEGABYTE)))


def page(random, size):
    """HTML from a small set of forms, with the answers of `untag` and `links --base http://host.example/dir/`."""
    draw = vocabulary_of_ascii(random)
    html, text, links = ["<!DOCTYPE html><title>not the text</title>\n"], [], []

    def words():
        return " ".join(draw(random.randint(1, 8)))

    def link(target, label):
        links.append(f"http://host.example{target}")
        return f'<a class=x href="{target.replace("&", "&amp;")}">{label}</a>'

    def paragraph():
        first, label, last = words(), words(), words()
        target = f"/p/{random.randint(0, 99)}" + random.choice(["", "?q=1&r=2", "?a=b"])
        html.append(f"<p>{first}\n  {link(target, label)} &amp; {last}</p>\n")
        text.append(f"{first} {label} & {last}")

    def items():
        texts = [words() for _ in range(random.randint(1, 4))]
        html.append("<ul>" + "".join(f"<li>{item}" for item in texts) + "</ul>\n")
        text.extend(texts)

    def cells():
        texts = [words() for _ in range(random.randint(1, 4))]
        html.append("<table><tr>" + "".join(f"<td>{cell}" for cell in texts) + "</table>\n")
        text.append("\t".join(texts))

    def heading():
        texts = words(), words()
        html.append(f'<h2 id="x">{texts[0]}<br>{texts[1]}</h2>')
        text.extend(texts)

    def hidden():
        html.append(
            random.choice(
                [
                    '<!-- <a href="no">comment</a> -->\n',
                    "<script>if (a < b) { '<a href=no>'; }</script>\n",
                    "<style>p { color: red }</style>\n",
                    "<template><a href=no>no</a></template>\n",
                ]
            )
        )

    forms = [paragraph, paragraph, items, cells, heading, hidden]
    total = 0
    while total < min(size, 4 * MEGABYTE):
        random.choice(forms)()
        total += len(html[-1])
    ended = lambda parts: "".join(part + "\n" for part in parts).encode()  # noqa: E731
    return Corpus("html", "".join(html).encode(), ended(text), ended(links))


def vocabulary_of_ascii(random):
    words = ["".join(random.choices("abcdefghijklmnopqrstuvwxyzABC0123", k=random.randint(1, 9))) for _ in range(300)]
    return lambda n: random.choices(words, k=n)


def empty(random, size):
    return Corpus("text", b"")


# Which kind of text each of these makes.
KINDS = {
    prose: "text",
    wordlist: "text",
    sorted_lines: "text",
    distinct: "text",
    long_lines: "text",
    blanks: "text",
    garbage: "text",
    empty: "text",
    numbers: "numbers",
    counts: "counts",
    log: "log",
    table: "csv",
    objects: "json",
    page: "html",
}
MAKERS = list(KINDS)


def spoiled(random, data):
    """The same text with what files from elsewhere have: no last line end, CRLF, NUL, invalid bytes, a byte order mark."""
    if random.random() < 0.3:
        data = data.removesuffix(b"\n")
    if random.random() < 0.15:
        data = data.replace(b"\n", b"\r\n")
    if data and random.random() < 0.15:
        for _ in range(random.randint(1, 20)):
            at = random.randint(1, len(data))
            data = data[:at] + random.choice([b"\0", b"\xff", b"\xe2\x82", b"\xc3", b"\x80", b"\r"]) + data[at:]
    if random.random() < 0.05:
        data = b"\xef\xbb\xbf" + data
    return only_known(data)


def only_known(data):
    """Replaces characters that some version of Unicode since 3.2 did not have: Python's data may be older or newer than
    that of the programs. U+0295 changed its class."""
    text = decoded(data)
    old = unicodedata.ucd_3_2_0.category
    unknown = {c for c in set(text) if c == "\u0295" or c not in KNOWN and not is_byte(c) and old(c) == "Cn"}
    return encoded(text.translate({ord(c): "?" for c in unknown})) if unknown else data


def is_byte(c):
    """Whether it stands for a byte that is not UTF-8."""
    return "\udc80" <= c <= "\udcff"


def tool(*command):
    """A compressor that is a program."""
    return lambda data: subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


def formats():
    """The compressors, by name. Those of Python are always there."""
    found = {
        "gzip": lambda data: gzip.compress(data, 6, mtime=0),
        "bzip2": lambda data: bz2.compress(data, 9),
        "xz": lambda data: lzma.compress(data, preset=1),
    }
    for name in ("zstd", "lz4"):
        if shutil.which(name):
            found[name] = tool(name, "-qc")
    return found


FORMATS = formats()
COMPRESSED_UP_TO = 4 * MEGABYTE


def compressed(random, data, names=None):
    """The data in up to three members, all of one format or of several."""
    names = list(names or FORMATS)
    if random.random() < 0.8:
        names = [random.choice(names)]
    cuts = sorted(random.randint(0, len(data)) for _ in range(random.choice([0, 0, 1, 2])))
    pieces = [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)])]
    return b"".join(FORMATS[random.choice(names)](piece) for piece in pieces)
