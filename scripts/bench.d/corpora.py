"""The texts that the benchmarks read, made once into the cache and described in a manifest.

Real text comes from Debian packages, which are downloaded and unpacked, never installed. It is cut
into blocks at line ends, and the blocks are dealt out, shuffled anew in each pass, until the wanted
size is reached: so 120 MB of packages make a gigabyte in which no cache or branch predictor sees
the same stretch twice in the same surroundings, and the vocabulary stays that of real text. The
rest is written by seeded arithmetic. Every corpus is the same on every machine that has the same
packages.
"""

import functools
import gettext
import gzip
import hashlib
import itertools
import json
import random
import re
import subprocess
import sys
import time
import uuid

from debian import unpacked

SEED = 20261122
BLOCK = 64 << 10

# What each real corpus is made of: package, then the files in it.
ENGLISH = [
    ("dict-gcide", "usr/share/dictd/*.dict.dz"),
    ("dict-wn", "usr/share/dictd/*.dict.dz"),
    ("dict-foldoc", "usr/share/dictd/*.dict.dz"),
    ("postgresql-doc-15", "usr/share/doc/postgresql-doc-15/html/*.html"),
    ("git-doc", "usr/share/doc/git-doc/**/*.html"),
    ("perl-doc", "usr/share/perl/**/*.pod"),
    ("anarchism", "usr/share/doc/anarchism/**/*.html"),
]
MULTILINGUAL = [
    ("libreoffice-help-ru", "usr/share/libreoffice/help/ru/**/*.html"),
    ("libreoffice-help-ja", "usr/share/libreoffice/help/ja/**/*.html"),
    ("libreoffice-help-de", "usr/share/libreoffice/help/de/**/*.html"),
    ("libreoffice-help-el", "usr/share/libreoffice/help/el/**/*.html"),
    ("manpages-ja", "usr/share/man/**/*.gz"),
    ("manpages-ru", "usr/share/man/**/*.gz"),
]

# Texts of one language. The package for Thai has only the messages of the program.
LANGUAGES = {
    "fr": [("libreoffice-help-fr", "usr/share/libreoffice/help/fr/**/*.html")],
    "ru": [("libreoffice-help-ru", "usr/share/libreoffice/help/ru/**/*.html")],
    "el": [("libreoffice-help-el", "usr/share/libreoffice/help/el/**/*.html")],
    "zh": [("libreoffice-help-zh-cn", "usr/share/libreoffice/help/zh-CN/**/*.html")],
    "ja": [("libreoffice-help-ja", "usr/share/libreoffice/help/ja/**/*.html")],
    "th": [("libreoffice-l10n-th", "usr/lib/libreoffice/program/resource/th/LC_MESSAGES/*.mo")],
}

# At full size (`--size 1G`); all of them shrink and grow with it.
DISTINCT_LINES, DISTINCT_KEYS = 26_500_000, 20_000_000
LIVE_KEYS = 100_000
TALLY_LINES = 20_000_000
CHART_LINES = 1_000_000
GIGABYTE = 10**9


class Corpora:
    """Makes corpora on demand and remembers what it made.

    `directory` holds the finished texts of one size, `packages` (shared by all sizes) what they
    are made from.
    """

    def __init__(self, cache, size):
        self.size = size
        self.scale = size / GIGABYTE
        self.directory = cache / f"corpora-{size}"
        self.packages = cache / "packages"
        self.directory.mkdir(parents=True, exist_ok=True)
        self.manifest_file = self.directory / "manifest.json"
        self.manifest = {}
        if self.manifest_file.exists():
            self.manifest = json.loads(self.manifest_file.read_text())

    def need(self, name):
        """Facts about corpus `name`, which is made first if it is not there."""
        if name not in self.manifest or not (self.directory / name).exists():
            print(f"making {name}", file=sys.stderr)
            blocks, facts = MAKERS[name](self)
            facts |= write(self.directory / name, blocks)
            self.manifest[name] = facts
            self.manifest_file.write_text(json.dumps(self.manifest, indent=1))
        return self.manifest[name]

    # The makers: each gives the text in blocks, and what there is to say about it.

    def english(self):
        text, versions = self.package_text(ENGLISH)
        return deal(text, self.size), {"packages": versions}

    def multilingual_html(self):
        text, versions = self.package_text(MULTILINGUAL)
        return deal(text, self.size * 2 // 5), {"packages": versions}

    def multilingual(self):
        """The same without its markup, which is ASCII: harder, since hardly a block is pure ASCII."""
        text, versions = self.package_text(MULTILINGUAL)
        text = re.sub(rb"<script.*?</script>|<[^<>]*>", b"", text, flags=re.DOTALL)
        text = re.sub(rb"\s*\n\s*", b"\n", text)
        return deal(text, self.size * 2 // 5), {"packages": versions}

    def language(self, name):
        """Text of one language, without markup."""
        text, versions = self.package_text(LANGUAGES[name])
        text = re.sub(rb"<script.*?</script>|<[^<>]*>", b"", text, flags=re.DOTALL)
        text = re.sub(rb"\s*\n\s*", b"\n", text)
        return deal(text, self.size // 10), {"packages": versions}

    def words(self):
        """The words of the English text, one a line, until there are enough of them."""
        self.need("english.txt")
        return self.english_words(self.size * 2 // 5), {}

    def small_words(self):
        """A part of them in lower case: Python takes a minute for it."""
        self.need("english.txt")
        return (block.decode().lower().encode() for block in self.english_words(self.size // 40)), {}

    def english_words(self, size):
        word = re.compile(r"\w+")
        with open(self.directory / "english.txt", encoding="utf-8", newline="") as text:
            while size > 0 and (lines := text.readlines(1 << 20)):
                block = "\n".join(word.findall("".join(lines))).encode() + b"\n"
                if len(block) > size:
                    block = block[: block.rindex(b"\n", 0, size) + 1]
                    size = 0
                size -= len(block)
                yield block

    def distinct(self):
        """More lines than a cache can hold: 12 to 20 bytes each, three quarters of them new."""
        lines, keys = int(DISTINCT_LINES * self.scale), int(DISTINCT_KEYS * self.scale)
        return distinct_lines(lines, keys), {"lines": lines, "keys": keys}

    def keys(self):
        """Lines of the same kind with 100,000 different ones."""
        lines = int(DISTINCT_LINES * self.scale)
        return distinct_lines(lines, min(LIVE_KEYS, lines)), {"lines": lines}

    def long_lines(self):
        """Twice as much text in lines of 1 to 100 KB; one in five comes again."""
        self.need("english.txt")
        text = (self.directory / "english.txt").read_bytes().replace(b"\n", b" ")
        return long_lines(text, self.size * 2), {}

    def tally(self):
        """What `count` would have written: sorted lines, with counts as unequal as in real text."""
        lines = int(TALLY_LINES * self.scale)
        return tally_lines(lines), {"lines": lines}

    def counts(self):
        """The same, as much of it as a chart can have."""
        lines = int(CHART_LINES * self.scale)
        return tally_lines(lines), {"lines": lines}

    def log(self):
        """The log of a web server, in the combined format: what `field` and its peers read."""
        return log_lines(self.size * 3 // 10), {}

    def csv(self):
        """The same requests as CSV, in which one field in eight needs its quotes."""
        return csv_lines(self.size * 3 // 10), {}

    def json_lines(self):
        """The same requests as JSON lines."""
        return json_lines(self.size * 3 // 10), {}

    def pages(self):
        """The beginning of the English text: what 2,000 pages of 2 KiB hold."""
        self.need("english.txt")
        with open(self.directory / "english.txt", "rb") as text:
            head = text.read(2000 * 2048)
        return iter([head[: head.rindex(b"\n") + 1]]), {}

    def pages_html(self):
        """The pages of Python's documentation, one after the other, whatever size is asked for."""
        pages, packages = self.documentation()
        return (page for _, page in pages), {"packages": packages}

    def warc(self):
        """The same pages as a web archive, in which each record is a member of gzip."""
        self.need("pages.html")
        pages, packages = self.documentation()
        return (gzip.compress(warc_record(url, page), 6, mtime=0) for url, page in pages), {"packages": packages}

    def documentation(self):
        """The pages of Python's documentation with their URLs, and the version of the package."""
        folder, version = unpacked("python3.11-doc", self.packages)
        top = folder / "usr/share/doc/python3.11/html"
        files = [file for file in sorted(top.glob("**/*.html")) if file.is_file()]
        # One page has a link that is no URL.
        pages = (file.read_bytes().replace(b'href="https://"', b'href="#"') for file in files)
        urls = (f"http://localhost/{file.relative_to(top)}" for file in files)
        return zip(urls, pages), {"python3.11-doc": version}

    def site(self):
        """PostgreSQL's documentation, as an archive, whatever size is asked for."""
        folder, version = unpacked("postgresql-doc-15", self.packages)
        top = folder / "usr/share/doc/postgresql-doc-15/html"
        archive = subprocess.run(["tar", "-chf", "-", "-C", top, "."], check=True, capture_output=True)
        return iter([archive.stdout]), {"packages": {"postgresql-doc-15": version}}

    def numbers(self):
        """What `seq 2 7919` prints: up to the thousandth prime, whatever the size."""
        return iter(["".join(f"{n}\n" for n in range(2, 7920)).encode()]), {}

    def repeated(self, times):
        """For scaling: the same tenth of the English text so many times, so that only size varies."""
        self.need("english.txt")
        unit = (self.directory / "english.txt").read_bytes()[: self.size // 10]
        unit = unit[: unit.rindex(b"\n") + 1]
        return (unit for _ in range(times)), {"times": times}

    def package_text(self, sources):
        """All the text of some packages, as UTF-8, and the packages' versions."""
        texts, versions = [], {}
        for package, pattern in sources:
            folder, versions[package] = unpacked(package, self.packages)
            files = [file for file in sorted(folder.glob(pattern)) if file.is_file()]
            if not files:
                raise SystemExit(f"bench: {package}: no {pattern} in it")
            texts += [utf8_lines(file) for file in files]
        return b"".join(texts), versions


MAKERS = {
    "english.txt": Corpora.english,
    "multilingual.html": Corpora.multilingual_html,
    "multilingual.txt": Corpora.multilingual,
    **{f"{name}.txt": functools.partial(lambda name, corpora: corpora.language(name), name) for name in LANGUAGES},
    "words.txt": Corpora.words,
    "small-words.txt": Corpora.small_words,
    "distinct.txt": Corpora.distinct,
    "keys.txt": Corpora.keys,
    "long-lines.txt": Corpora.long_lines,
    "tally.txt": Corpora.tally,
    "counts.txt": Corpora.counts,
    "access.log": Corpora.log,
    "access.csv": Corpora.csv,
    "access.jsonl": Corpora.json_lines,
    "pages.txt": Corpora.pages,
    "pages.html": Corpora.pages_html,
    "pages.warc.gz": Corpora.warc,
    "numbers.txt": Corpora.numbers,
    "site.tar": Corpora.site,
    "scaling-0.1.txt": lambda corpora: corpora.repeated(1),
    "scaling-1.txt": lambda corpora: corpora.repeated(10),
    "scaling-4.txt": lambda corpora: corpora.repeated(40),
}


def utf8_lines(file):
    """A file's text, in UTF-8 and with a final newline."""
    if file.suffix == ".mo":  # messages, compiled by gettext
        with open(file, "rb") as messages:
            catalog = gettext.GNUTranslations(messages)._catalog
        return "".join(f"{text}\n" for source, text in catalog.items() if source).encode()
    text = file.read_bytes()
    if file.suffix in (".gz", ".dz"):  # a dictzip file is a gzip file with an index
        text = gzip.decompress(text)
    try:
        text.decode()
    except UnicodeDecodeError:
        text = text.decode("cp1252", "replace").encode()
    return text if text.endswith(b"\n") else text + b"\n"


def deal(text, size):
    """Blocks of whole lines, in a new random order in each pass, `size` bytes or a few fewer."""
    blocks, start = [], 0
    while start < len(text):
        end = text.find(b"\n", start + BLOCK) + 1 or len(text)
        blocks.append(text[start:end])
        start = end
    shuffler = random.Random(SEED)
    while True:
        shuffler.shuffle(blocks)
        for block in blocks:
            if len(block) >= size:
                yield block[: block.rfind(b"\n", 0, size) + 1]
                return
            size -= len(block)
            yield block


MASK = (1 << 48) - 1
# A line's ending, up to eight bytes, makes keys of 12 to 20 bytes.
ENDINGS = ["-abcdefg"[: n % 9] + "\n" for n in range(9 * 64)]


def distinct_lines(lines, keys):
    """Keys 0..keys once each and random ones again, spread evenly over the text."""
    step = 1_640_531_527  # a prime: n * step % lines visits each line number once
    for first in range(0, lines, 1 << 16):
        block = []
        for n in range(first, min(first + (1 << 16), lines)):
            i = n * step % lines
            if i >= keys:
                i = mix(i) % keys
            # `mix`, written out since it is called for every line. It is reversible, so keys differ.
            x = (i * 0x9E3779B97F4B) & MASK
            x ^= x >> 25
            x = (x * 0xD6E8FEB86659) & MASK
            x ^= x >> 23
            block.append("%012x" % x + ENDINGS[x % 576])
        yield "".join(block).encode()


def mix(i):
    x = (i * 0x9E3779B97F4B) & MASK
    x ^= x >> 25
    x = (x * 0xD6E8FEB86659) & MASK
    return x ^ x >> 23


def long_lines(text, size):
    """Pieces of a text without line ends, from anywhere in it."""
    chance = random.Random(SEED)
    often = []
    while size > 0:
        if chance.random() < 0.2 and often:
            line = chance.choice(often)
        else:
            length = min(chance.randrange(1_000, 100_000), len(text))
            start = chance.randrange(len(text) - length + 1)
            line = text[start : start + length] + b"\n"
            if len(often) < 200:
                often.append(line)
        size -= len(line)
        yield line


def tally_lines(lines):
    """Counts follow Zipf's law, in random order; half of all counts are 1, as in real text."""
    step = MASK // lines
    for first in range(0, lines, 1 << 16):
        block = []
        for n in range(first, min(first + (1 << 16), lines)):
            x = mix(n + 1)
            block.append("%d %012x" % (MASK // (x + 1), n * step) + ENDINGS[x % 576])
        yield "".join(block).encode()


BROWSERS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{}.1 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:{0}.0) Gecko/20100101 Firefox/{0}.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS {}_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (compatible; Googlebot/2.{}; +http://www.google.com/bot.html)",
    "curl/8.{}.0",
    "python-requests/2.{}",
    "-",
]
FOLDERS = "api static images blog products search users docs v1 v2 assets css js news archive".split()
ENDINGS_OF_PATHS = ["", "/", ".html", ".css", ".js", ".png", ".jpg", "/index.html", ".php"]


class Requests:
    """Requests to a web server: addresses, paths, referers and agents, as unequal as in real logs."""

    # As in real logs, one line in two hundred is no request.
    ODD = [("-", 408), (r"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03", 400), ("GET /a file.html HTTP/1.1", 404), ("", 400)]

    def __init__(self):
        self.chance = random.Random(SEED)
        pick = self.chance.choice
        self.hosts = self.pool(20_000, lambda n: ".".join(str(mix(n * 4 + i) % 223 + 1) for i in range(4)))
        self.targets = self.pool(30_000, lambda n: self.target(n, pick))
        self.referers = self.pool(2_000, lambda n: "-" if n % 3 == 0 else f"https://www.example{n % 40}.com{self.target(n, pick)}")
        self.agents = self.pool(1_000, lambda n: BROWSERS[n % len(BROWSERS)].format(n % 97 + 10))
        self.second = 1_795_860_000

    def target(self, n, pick):
        path = "/" + "/".join(pick(FOLDERS) for _ in range(n % 4)) + f"/{mix(n) % 100_000}" * (n % 3 > 0) + pick(ENDINGS_OF_PATHS)
        return path.replace("//", "/") + (f"?id={mix(n) % 9999}&page={n % 7}" if n % 4 == 0 else "")

    def pool(self, size, make):
        """Values, and how often each of them comes, by Zipf's law."""
        return [make(n) for n in range(size)], list(itertools.accumulate(1 / (n + 1) for n in range(size)))

    def block(self, lines):
        """Requests in the order of time: (seconds, host, user, request, status, bytes, referer, agent)."""
        chance = self.chance
        pools = (self.hosts, self.targets, self.referers, self.agents)
        columns = [chance.choices(values, cum_weights=weights, k=lines) for values, weights in pools]
        methods = chance.choices(["GET", "POST", "HEAD"], [90, 8, 2], k=lines)
        statuses = chance.choices([200, 304, 404, 301, 500], [80, 8, 7, 4, 1], k=lines)
        for host, target, referer, agent, method, status in zip(*columns, methods, statuses):
            x = mix(self.second + len(target) + chance.getrandbits(20))
            self.second += x % 5 == 0
            request, user = f"{method} {target} HTTP/1.1", "-"
            if x % 200 == 0:
                request, status = self.ODD[x // 200 % len(self.ODD)]
            elif x % 101 == 0:
                user = "john smith"
            yield self.second, host, user, request, status, x >> 28, referer, agent


def blocks_of(size, line, before=""):
    """A text of requests, each of them in one form, of some size."""
    requests, block = Requests(), before
    while size > 0:
        block += "".join(map(line, requests.block(1 << 14)))
        if len(block) > size:
            block = block[: block.rindex("\n", 0, size) + 1]
            size = 0
        size -= len(block)
        yield block.encode()
        block = ""


def log_lines(size):
    def line(request):
        second, host, user, request, status, sent, referer, agent = request
        time = log_time(second)
        return f'{host} - {user} [{time}] "{request}" {status} {sent} "{referer}" "{agent}"\n'

    return blocks_of(size, line)


@functools.lru_cache(maxsize=16)
def log_time(second):
    return time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(second))


def csv_lines(size):
    def line(request):
        second, host, user, request, status, sent, referer, agent = request
        if "," in agent or '"' in agent:
            agent = '"' + agent.replace('"', '""') + '"'
        return f"{second},{host},{user},{request},{status},{sent},{referer},{agent}\n"

    return blocks_of(size, line, "second,host,user,request,status,bytes,referer,agent\n")


def json_lines(size):
    def line(request):
        second, host, user, request, status, sent, referer, agent = request
        return (
            f'{{"time":{second}.25,"client":{{"address":"{host}","user":"{user}"}},"request":{json.dumps(request)},'
            f'"status":{status},"bytes":{sent},"headers":{{"Referer":["{referer}"],"User-Agent":[{json.dumps(agent)}]}}}}\n'
        )

    return blocks_of(size, line)


def warc_record(url, page):
    """A record of a web archive: the response with a page."""
    response = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n" % len(page) + page
    identity = hashlib.blake2b(url.encode(), digest_size=16).hexdigest()
    fields = [
        "WARC/1.0",
        "WARC-Type: response",
        f"WARC-Record-ID: <urn:uuid:{uuid.UUID(identity)}>",
        "WARC-Date: 2026-11-28T10:11:12Z",
        f"WARC-Target-URI: {url}",
        "Content-Type: application/http; msgtype=response",
        f"Content-Length: {len(response)}",
    ]
    return "".join(f"{line}\r\n" for line in [*fields, ""]).encode() + response + b"\r\n\r\n"


def write(file, blocks):
    """Writes a corpus; only a finished one gets its name."""
    unfinished = file.with_suffix(".part")
    digest, size = hashlib.blake2b(digest_size=16), 0
    with open(unfinished, "wb") as output:
        for block in blocks:
            output.write(block)
            digest.update(block)
            size += len(block)
    unfinished.rename(file)
    return {"bytes": size, "blake2b": digest.hexdigest()}
