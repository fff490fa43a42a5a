"""What is measured: one part for each row of the project's goals.

A part runs several commands over one corpus, against one yardstick. The words of a command are
shown in the tables as they are here, and run as they are shown.
"""

from dataclasses import dataclass, field
from pathlib import Path

# All programs of textmill.
PROGRAMS = sorted(path.stem for path in (Path(__file__).parents[2] / "src/bin").glob("*.rs"))

# Programs whose start on empty input is not timed: `mean` fails on it, `converse` and `memo` need a
# command, `field` a list, `ngrams` a number, `stem` a language, and `linkcheck` is no stage of a pipeline.
NOT_STARTED = {"converse", "field", "linkcheck", "mean", "memo", "ngrams", "stem"}


@dataclass
class Command:
    """A contender. Its answer, sent through `normal`, must equal the reference's."""

    shell: str
    ours: bool = False
    normal: str = ""  # to bring outputs into one form: padding, order of columns
    reference: str = ""  # another one than the part's, for a command that does other work
    any_order: bool = False
    other_words: bool = False  # defines words otherwise: the table says how its answer differs
    label: str = ""  # by which goals and pictures name it
    note: str = ""  # in what its work differs
    goals: list = field(default_factory=list)


@dataclass
class Part:
    name: str
    title: str
    corpus: str
    reference: str
    commands: list
    yardstick: str  # the label of the command to which all are compared
    sink: str = ""  # where the output goes when timed; answers of a few lines are kept
    stages: list = field(default_factory=list)  # (command, reference): also checked, not timed
    intro: str = ""
    starts: bool = False  # time the starting of a program, not its work
    prepare: str = ""  # what is to be done before, in the folder of the corpora
    each: tuple = ()  # what a command makes so many of, where bytes say little: (1000, "processes")
    web: bool = False  # with nginx before the corpora: $HTTP and $HTTPS lead to it, $CA vouches for it


# Goals. Each says what it wants, and what it finds: a text and whether that is enough.


@dataclass
class Ratio:
    """Wall time, at most so many times that of another command."""

    limit: float
    of: str
    figure = "wall"
    name = ""

    def judge(self, own, by_label, part, corpus):
        wanted = f"{self.name}≤ {self.limit:.3g} × {self.of}"
        other = by_label.get(self.of)
        if not other or not other.get(self.figure):
            return wanted, None, "not measured"
        ratio = own[self.figure] / other[self.figure]
        return wanted, ratio <= self.limit, f"{ratio:.3g}"


@dataclass
class BestPeer:
    """Wall time, at most so many times that of the best of all others."""

    limit: float

    def judge(self, own, by_label, part, corpus):
        peers = [row.get("wall") for row in by_label.values() if not row["ours"]]
        # Who knows whether one that is missing would be the best.
        if not all(peers):
            return f"≤ {self.limit:.2g} × best peer", None, "not all measured"
        ratio = own["wall"] / min(peers)
        return f"≤ {self.limit:.2g} × best peer", ratio <= self.limit, f"{ratio:.3g}"


@dataclass
class Speed:
    """Megabytes of input a second of wall time, at least."""

    limit: float

    def judge(self, own, by_label, part, corpus):
        speed = corpus["bytes"] / own["wall"] / 1e6
        return f"≥ {self.limit:g} MB/s", speed >= self.limit, f"{speed:.0f}"


@dataclass
class Lines:
    """Lines of input a second of wall time, at least."""

    limit: int

    def judge(self, own, by_label, part, corpus):
        speed = corpus["lines"] / own["wall"]
        return f"≥ {self.limit:,} lines/s", speed >= self.limit, f"{speed:,.0f}"


class Cpu(Ratio):
    """CPU time, at most so many times that of another command."""

    figure = "cpu"
    name = "CPU "


@dataclass
class BytesPerKey:
    """Peak memory divided by distinct lines, at most."""

    limit: float

    def judge(self, own, by_label, part, corpus):
        per_key = own["peak"] * 1024 / corpus["keys"]
        return f"≤ {self.limit:g} bytes/key", per_key <= self.limit, f"{per_key:.1f}"


@dataclass
class Within:
    """Peak memory, at most so many MiB more than the limit that was set."""

    limit: int
    more: int = 32

    def judge(self, own, by_label, part, corpus):
        more = own["peak"] / 1024 - self.limit
        return f"≤ {self.limit} + {self.more} MiB", more <= self.more, f"{self.limit} {more:+.0f}"


@dataclass
class Memory:
    """Peak memory in MB, less than that."""

    limit: float

    def judge(self, own, by_label, part, corpus):
        peak = own["peak"] * 1024 / 1e6
        return f"< {self.limit:g} MB", peak < self.limit, f"{peak:.1f}"


CAPITALISED = r"'\b\p{Uppercase}\w*\b'"
RG = "rg --no-config -oaIN"
UNPAD = "sed 's/^ *//'"
SORT_COUNT = f"sort {{}} | uniq -c | {UNPAD}"


def whole_pipe(text):
    """What the pipe itself costs, and that nobody can be faster than without a trick."""
    return Command(f"cat {text} | wc -c", reference=f"stat -c %s {text}", label="`cat | wc -c`")


def capitalised(text):
    return Part(
        name="capitalised",
        title="Capitalised words, the 5 most frequent",
        corpus=text,
        reference=f"oracle.py top capwords 5 {text}",
        yardstick="`cat | wc -c`",
        commands=[
            whole_pipe(text),
            Command(
                f"fetch file://$PWD/{text} | capwords | lower | count | topn 5",
                ours=True,
                label="textmill, from fetch",
                goals=[Ratio(1.0, "`cat | wc -c`")],
            ),
            Command(
                f"capwords {text} | lower | count | topn 5",
                ours=True,
                label="textmill",
                goals=[Ratio(1.0, "`cat | wc -c`")],
            ),
            Command(
                f"{RG} {CAPITALISED} {text} | tr A-Z a-z | hist | tail -n 5",
                normal="tac | tr '\\t' ' '",
                label="ripgrep, tr, hist",
                note="`tr` leaves letters outside ASCII as they are",
            ),
            Command(
                f"cat {text} | perl -ne 'for (/\\b[[:upper:]]\\w*\\b/g) {{print \"$_\\n\"}}'"
                " | tr '[:upper:]' '[:lower:]' | sort | uniq -c | sort -nr | head -5",
                normal=UNPAD,
                reference=f"oracle.py top capwords 5 {text} --ascii",
                label="the talk's pipeline",
                note="bytes, `LC_ALL=C`: words are those of ASCII",
            ),
        ],
        stages=[
            (f"fetch file://$PWD/{text}", f"cat {text}"),
            (f"capwords {text}", f"oracle.py capwords {text}"),
        ],
    )


def all_words(text):
    return Part(
        name="all-words",
        title="All words, the 5 most frequent",
        corpus=text,
        reference=f"oracle.py top words 5 {text}",
        yardstick="`wc -w`",
        commands=[
            Command(
                f"wc -w < {text}",
                reference=f"oracle.py wc-w {text}",
                label="`wc -w`",
                note="only adds up what stands between blanks",
            ),
            Command(
                f"words {text} | lower | count | topn 5",
                ours=True,
                label="textmill",
                goals=[Ratio(0.2, "`wc -w`")],
            ),
            Command(
                f"{RG} '\\w+' {text} | tr A-Z a-z | hist | tail -n 5",
                normal="tac | tr '\\t' ' '",
                label="ripgrep, tr, hist",
                note="`tr` leaves letters outside ASCII as they are",
            ),
        ],
        stages=[(f"words {text}", f"oracle.py words {text}")],
    )


def counting(name, title, corpus, own, yardstick):
    """`count` against all others that count lines exactly."""
    return Part(
        name=name,
        title=title,
        corpus=corpus,
        reference=SORT_COUNT.format(corpus),
        yardstick=yardstick,
        sink=" > /dev/null",
        commands=own
        + [
            Command(
                f"hist -S {corpus}",
                normal="tr '\\t' ' '",
                any_order=True,
                label="hist",
                note="unsorted",
            ),
            Command(f"cuniq -c {corpus}", normal=UNPAD, any_order=True, label="cuniq", note="unsorted"),
            Command(f"huniq -c < {corpus}", any_order=True, label="huniq", note="unsorted"),
            Command(f"duckdb-count {corpus}", any_order=True, label="DuckDB", note="unsorted; with the start of Python, some 0.1 s"),
            Command(f"duckdb-count {corpus} sorted", label="DuckDB, sorted"),
            Command(
                f"mawk '{{n[$0]++}} END {{for (k in n) print n[k], k}}' {corpus}",
                any_order=True,
                label="mawk",
                note="unsorted",
            ),
            Command(f"sort {corpus} | uniq -c", normal=UNPAD, label="`sort | uniq -c`"),
        ],
    )


def count_words(text):
    own = [
        Command(f"count {text}", ours=True, label="textmill", goals=[BestPeer(1 / 3)]),
        Command(f"count -j 1 {text}", ours=True, label="textmill, one thread"),
        Command(f"count --unsorted {text}", ours=True, any_order=True, label="textmill, unsorted"),
    ]
    return counting("count-words", "Counting words: few distinct lines", text, own, "hist")


def count_distinct(text):
    memory = BytesPerKey(64)
    own = [
        Command(
            f"count {text}",
            ours=True,
            label="textmill",
            goals=[Ratio(0.25, "DuckDB, sorted"), memory],
        ),
        Command(
            f"count --unsorted {text}",
            ours=True,
            any_order=True,
            label="textmill, unsorted",
            goals=[Ratio(0.5, "DuckDB"), memory],
        ),
        Command(f"count -j 1 {text}", ours=True, label="textmill, one thread"),
    ]
    title = "Counting keys: three lines in four are new"
    return counting("count-distinct", title, text, own, "DuckDB")


def count_within(limit, text, title, goals=()):
    """A count in so many MiB of memory."""
    return Part(
        name=f"count-{limit}M-{text.removesuffix('.txt')}",
        title=f"{title}, in {limit} MiB",
        corpus=text,
        reference=SORT_COUNT.format(text),
        yardstick="`sort | uniq -c`",
        sink=" > /dev/null",
        commands=[
            Command(
                f"sort -S {limit}M {text} | uniq -c",
                normal=UNPAD,
                label="`sort | uniq -c`",
            ),
            Command(
                f"count -S {limit}M {text}",
                ours=True,
                label="textmill",
                goals=[*goals, Within(limit)],
            ),
            Command(
                f"count -S {limit}M -j 1 {text}",
                ours=True,
                label="textmill, one thread",
                goals=[Within(limit)],
            ),
        ],
    )


def live(keys):
    """Pages of counts beside counting."""
    many = "cat" + f" {keys}" * 10
    last_page = "awk -v RS='\\f\\n' 'END { printf \"%s\", $0 }'"
    goal = Ratio(1.02, "textmill, one page")
    return Part(
        name="live",
        title="Counting a pipe at full speed, with pages: 100,000 distinct lines",
        corpus=keys,
        reference=f"sort {keys} | uniq -c | awk '{{print 10 * $1, $2}}'",
        yardstick="textmill, one page",
        sink=" > /dev/null",
        commands=[
            Command(f"{many} | count", ours=True, label="textmill, one page"),
            Command(
                f"{many} | count --every 1s",
                normal=last_page,
                ours=True,
                label="textmill, a page a second",
                goals=[goal],
            ),
            Command(
                f"{many} | count --every 1s --window 1h",
                normal=last_page,
                ours=True,
                label="textmill, a page a second of the last hour",
            ),
        ],
        intro="Ten times the text. The answer is that of the last page. logtop is not in the table: it counts only the last "
        "10,000 lines, and with `-s` for all of them it does not end in minutes.",
    )


FOUR_TIMES = [Ratio(0.25, "`sort | uniq -c`")]


def capwords_alone(text):
    return Part(
        name="capwords",
        title="capwords alone",
        corpus=text,
        reference=f"oracle.py capwords {text}",
        yardstick="`cat`",
        sink=" | wc -c",
        commands=[
            Command(f"cat {text}", reference=f"cat {text}", label="`cat`"),
            Command(f"capwords {text}", ours=True, label="textmill", goals=[Ratio(0.9, "`cat`")]),
            Command(f"{RG} {CAPITALISED} {text}", label="ripgrep -o"),
        ],
    )


def lower_alone(text):
    return Part(
        name="lower",
        title="lower alone, English",
        corpus=text,
        reference=f"oracle.py lower {text}",
        yardstick="GNU tr",
        sink=" > /dev/null",
        commands=[
            Command(
                f"tr A-Z a-z < {text}",
                reference=f"LC_ALL=C sed 'y/ABCDEFGHIJKLMNOPQRSTUVWXYZ/abcdefghijklmnopqrstuvwxyz/' {text}",
                label="GNU tr",
                note="ASCII only",
            ),
            Command(f"lower {text}", ours=True, label="textmill", goals=[Ratio(0.4, "GNU tr")]),
        ],
    )


def lower_multilingual(name, text):
    return Part(
        name=name,
        title=f"lower, {MULTILINGUAL[text]}",
        corpus=text,
        reference=f"oracle.py lower {text}",
        yardstick="perl -CSD",
        sink=" > /dev/null",
        commands=[
            Command(
                f"perl -CSD -pe '$_ = lc' {text}",
                normal="sed 's/ς/σ/g'",
                reference=f"oracle.py lower {text} | sed 's/ς/σ/g'",
                label="perl -CSD",
                note="does not know the final sigma",
            ),
            Command(
                f"lower {text}",
                ours=True,
                label="textmill",
                goals=[Speed(500), Ratio(1 / 20, "perl -CSD")],
            ),
        ],
    )


def words_multilingual(name, text):
    goals = [Speed(500), Ratio(1 / 20, "perl -CSD")]
    return Part(
        name=name,
        title=f"words and capwords, {MULTILINGUAL[text]}",
        corpus=text,
        reference=f"oracle.py words {text}",
        yardstick="perl -CSD",
        sink=" > /dev/null",
        commands=[
            Command(
                f"perl -CSD -ne 'for (/\\w+/g) {{print \"$_\\n\"}}' {text}",
                label="perl -CSD",
            ),
            Command(f"{RG} '\\w+' {text}", label="ripgrep -o"),
            Command(f"words {text}", ours=True, label="textmill", goals=goals),
            Command(
                f"{RG} {CAPITALISED} {text}",
                reference=f"oracle.py capwords {text}",
                label="ripgrep -o, capitalised",
            ),
            Command(
                f"capwords {text}",
                reference=f"oracle.py capwords {text}",
                ours=True,
                label="textmill, capitalised",
            ),
        ],
    )


def words_natural(name, language, text, peer, goals, more=()):
    """Words as readers see them. The answer is that of the crate whose dictionaries textmill has."""
    return Part(
        name=name,
        title=f"words --natural, {language}",
        corpus=text,
        reference=f"words-loop icu {text}",
        yardstick=peer,
        sink=" > /dev/null",
        intro="The answer is that of icu_segmenter, whose dictionaries textmill has. The others have other versions of "
        "Unicode or other dictionaries, and mecab writes punctuation, too.",
        commands=[
            Command(f"words-loop icu {text}", label="icu_segmenter"),
            Command(f"words-loop unicode-segmentation {text}", label="unicode-segmentation", other_words=True),
            Command(f"icu-words {text}", label="ICU4C", other_words=True),
            *more,
            Command(f"words --natural {text}", ours=True, label="textmill", goals=goals),
        ],
    )


def words_natural_spaced(name, language, text):
    goals = [Speed(500), Ratio(1 / 3, "unicode-segmentation"), Ratio(1 / 10, "ICU4C")]
    return words_natural(name, language, text, "unicode-segmentation", goals)


def words_natural_unspaced(name, language, text, more=(), goals=()):
    goals = [Ratio(1 / 1.5, "icu_segmenter"), *goals]
    return words_natural(name, language, text, "icu_segmenter", goals, more)


def jieba(text):
    return Command(f"words-loop jieba {text}", label="jieba-rs", other_words=True)


def mecab(text):
    return Command(f"mecab -O wakati -b 1000000 {text} | tr ' ' '\\n'", label="mecab", other_words=True)


MULTILINGUAL = {
    "multilingual.txt": "multilingual text",
    "multilingual.html": "the same with its HTML",
}


def stem_alone(words):
    return Part(
        name="stem",
        title="stem alone, English",
        corpus=words,
        reference=f"snowball-stem english {words}",
        yardstick="snowballstemmer",
        sink=" > /dev/null",
        commands=[
            Command(f"snowball-stem english {words}", label="snowballstemmer", note="Python alone, without PyStemmer"),
            Command(f"stem english {words}", ours=True, label="textmill", goals=[Ratio(1 / 30, "snowballstemmer")]),
        ],
        intro="The answer is that of snowballstemmer, from PyPI, which is Snowball's own.",
    )


def ngrams_alone(words):
    return Part(
        name="ngrams",
        title="Trigrams of words",
        corpus=words,
        reference=f"oracle.py ngrams 3 {words}",
        yardstick="paste",
        sink=" > /dev/null",
        commands=[
            Command(
                f"paste -d' ' {words} <(tail -n +2 {words}) <(tail -n +3 {words}) | head -n -2",
                label="paste",
                note="files only; no borders",
            ),
            Command(f"mawk '{{if (n++ > 1) print a, b, $0; a = b; b = $0}}' {words}", label="mawk", note="no borders"),
            Command(f"ngrams 3 {words}", ours=True, label="textmill", goals=[Speed(300), BestPeer(1 / 3)]),
        ],
    )


def topn_alone(tally):
    return Part(
        name="topn",
        title="The 10 largest counts",
        corpus=tally,
        reference=f"oracle.py topn 10 {tally}",
        yardstick="`sort -nr`",
        commands=[
            Command(f"sort -nr {tally} | head", label="`sort -nr`"),
            Command(f"sort -k1,1nr {tally} | head", label="`sort -k1,1nr`"),
            Command(f"topn {tally}", ours=True, label="textmill", goals=[Speed(1000)]),
        ],
    )


def bars_alone(counts):
    return Part(
        name="bars",
        title="A bar chart of a million counts",
        corpus=counts,
        reference=f"oracle.py bars 80 {counts}",
        yardstick="xan hist",
        sink=" > /dev/null",
        prepare=f"(echo 'count value'; cat {counts}) > counts.csv",
        commands=[
            Command(
                "xan hist -d ' ' --cols 80 --color never counts.csv",
                normal="sed -nE 's/^([^ ]+) +\\| *([0-9,]+) .*/\\2 \\1/p' | tr -d ,",
                reference=f"cat {counts}",
                label="xan hist",
                note="whole columns, labels first; the counts and the labels are checked",
            ),
            Command(
                f"bars {counts}",
                ours=True,
                label="textmill",
                goals=[Lines(1_000_000), Ratio(0.1, "xan hist")],
            ),
        ],
        intro="termgraph 0.8 takes 5 s for 10,000 counts, and more than 3 minutes for 100,000; YouPlot is written in Ruby.",
    )


def lengths_alone(name, title, text, goals):
    perl = "perl -CSD -ne 'chomp; print length, \"\\n\"'"
    return Part(
        name=name,
        title=f"lengths alone, {title}",
        corpus=text,
        reference=f"oracle.py lengths {text}",
        yardstick="`wc -m`",
        sink=" > /dev/null",
        commands=[
            Command(
                f"LC_ALL=C.UTF-8 wc -m {text}",
                reference=f"LC_ALL=C.UTF-8 wc -m {text}",
                label="`wc -m`",
                note="one length for the whole file",
            ),
            Command(f"{perl} {text}", label="perl -CSD"),
            Command(f"lengths {text}", ours=True, label="textmill", goals=goals),
        ],
    )


def field_log(log):
    """Fields between blanks and by name; the whole pipeline against tools that do it in one."""
    first = f"cut -d' ' -f1 {log}"
    seventh = f"oracle.py field blanks 7 {log}"
    # goaccess counts query strings, too, and prints more.
    return Part(
        name="field-log",
        title="Fields of the log of a web server",
        corpus=log,
        reference=f"oracle.py field log path {log}",
        yardstick="`cut -d' ' -f1`",
        sink=" > /dev/null",
        commands=[
            Command(first, reference=first, label="`cut -d' ' -f1`", note="the first field"),
            Command(f"mawk '{{print $7}}' {log}", reference=seventh, label="mawk", note="the seventh field: not always the path"),
            Command(f"hck -d ' ' -f 1 {log}", reference=first, label="hck", note="the first field"),
            Command(f"field -d ' ' 1 {log}", ours=True, reference=first, label="textmill, -d", goals=[Ratio(1 / 3, "`cut -d' ' -f1`"), Ratio(1.0, "hck")]),
            Command(f"field 7 {log}", ours=True, reference=seventh, label="textmill, the seventh", goals=[Ratio(0.1, "mawk")]),
            Command(f"field --log path {log}", ours=True, label="textmill, --log"),
        ],
    )


def field_top(log):
    return Part(
        name="field-top",
        title="The 10 most frequent paths of a log",
        corpus=log,
        reference=f"oracle.py field log path {log} | sort | uniq -c | {UNPAD} | sort -nr | head",
        yardstick="topfew",
        commands=[
            Command(
                f"tf -n 10 -f 7 {log}",
                reference=f"oracle.py field blanks 7 {log} | sort | uniq -c | {UNPAD} | sort -nr | head",
                any_order=True,
                normal=UNPAD,
                label="topfew",
                note="the seventh field, with the query",
            ),
            Command(f"field --log path {log} | count | topn", ours=True, label="textmill", goals=[Ratio(1 / 1.5, "topfew")]),
        ],
    )


def field_csv(table):
    return Part(
        name="field-csv",
        title="A column of CSV",
        corpus=table,
        reference=f"oracle.py field csv status {table}",
        yardstick="xan",
        sink=" > /dev/null",
        commands=[
            Command(f"xan select status {table}", normal="tail -n +2", label="xan", note="with the header"),
            Command(f"field --csv status {table}", ours=True, label="textmill", goals=[Ratio(1.0, "xan")]),
        ],
    )


def field_json(lines):
    return Part(
        name="field-json",
        title="A value of JSON lines",
        corpus=lines,
        reference=f"oracle.py field json request {lines}",
        yardstick="jq",
        sink=" > /dev/null",
        commands=[
            Command(f"jq -r .request {lines}", label="jq"),
            Command(f"field --json request {lines}", ours=True, label="textmill", goals=[Ratio(1 / 20, "jq")]),
        ],
    )


def compressed(name, what, text, ending, compress, peers, goals, intro):
    """Lines of a compressed file, counted. `peers` are commands that print its text."""
    file = f"{text}.{ending}"
    return Part(
        name=name,
        title=f"Counting the lines of a file that {what} compressed",
        corpus=text,
        reference=SORT_COUNT.format(text),
        yardstick=f"`{peers[0]} | count`",
        sink=" > /dev/null",
        prepare=f"[ {file} -nt {text} ] || {{ {compress} < {text} > {file}.part && mv {file}.part {file}; }}",
        commands=[Command(f"{peer} {file} | count", label=f"`{peer} | count`") for peer in peers]
        + [
            Command(f"count {file}", ours=True, label="textmill", goals=goals),
            Command(f"count {text}", ours=True, label="textmill, the plain file"),
        ],
        intro=f"MB/s are those of the text. {intro}",
    )


def compressed_parts(text):
    by = "`{} | count`".format
    return [
        compressed("gz", "pigz", text, "gz", "pigz -nc", ["pigz -dc", "gzip -dc"], [Ratio(1.0, by("pigz -dc"))], ""),
        compressed("zst", "zstd", text, "zst", "zstd -qc", ["zstd -dcq"], [Ratio(1.0, by("zstd -dcq"))], ""),
        compressed(
            "bz2",
            "pbzip2",
            text,
            "bz2",
            "pbzip2 -zc",
            ["bzip2 -dc", "pbzip2 -dc"],
            [Ratio(1 / 1.7, by("bzip2 -dc")), Ratio(1.0, by("pbzip2 -dc"))],
            "pbzip2 writes several streams, which can be decoded by several threads.",
        ),
        compressed("xz", "xz", text, "xz", "xz -T1 -2 -c", ["xz -dc"], [Ratio(1.0, by("xz -dc"))], "Compressed by `xz -2`."),
    ]


def web_archive(archive):
    return Part(
        name="warc",
        title="The pages of a web archive",
        corpus=archive,
        reference="cat pages.html",
        yardstick="warcio",
        sink=" > /dev/null",
        commands=[
            Command(f"warc-warcio {archive}", label="warcio"),
            Command(f"warc-fastwarc {archive}", label="fastwarc"),
            Command(
                f"warc {archive}",
                normal="perl -0777 -pe 's/\\n<base data-page=\"\">\\n|<base data-page=\"[^\"]+\" [^>]*>\\n//g'",
                ours=True,
                label="textmill",
                goals=[Ratio(1 / 5, "warcio"), Ratio(1.0, "fastwarc")],
            ),
        ],
        intro="Python's documentation, a member of gzip for each page. MB/s are those of the archive.",
    )


def mean_length(text):
    between_blanks = f"oracle.py mean-length split {text}"
    return Part(
        name="mean-length",
        title="How long is a word?",
        corpus=text,
        reference=f"oracle.py mean-length words {text}",
        yardstick="the talk's Python",
        commands=[
            Command(
                f"talk-mean {text}",
                reference=between_blanks,
                label="the talk's Python",
                note="words are what stands between blanks",
            ),
            Command(
                f"words {text} | lengths | mean",
                ours=True,
                label="textmill",
                goals=[Ratio(0.1, "the talk's Python"), Memory(8)],
            ),
            Command(
                f"words -e '\\S+' {text} | lengths | mean",
                reference=between_blanks,
                ours=True,
                label="textmill, between blanks",
            ),
        ],
        intro="`itertools.tee` holds every length from the first sum to the second.",
    )


def first_primes(numbers):
    return Part(
        name="sieve",
        title="The first 1,000 primes by Hoare's sieve",
        corpus=numbers,
        reference=f"oracle.py primes {numbers}",
        yardstick="the talk's gevent",
        each=(1000, "primes"),
        commands=[
            Command(
                f"sieve-gevent {numbers}",
                label="the talk's gevent",
                note="a coroutine for each prime, queues of ten numbers, its indentation mended",
            ),
            Command(
                f"hoare threads {numbers}",
                label="threads and channels",
                note="Rust: a thread for each prime, channels of ten numbers",
            ),
            Command(
                f"sieve {numbers}",
                ours=True,
                label="textmill",
                goals=[Ratio(0.7, "the talk's gevent"), Ratio(1.2, "threads and channels")],
            ),
        ],
        intro="A process costs a fork; see the next table. Memory is that of the largest process: "
        "`sieve` starts 1,001.",
    )


def process_cost(corpus):
    return Part(
        name="process",
        title="What a process costs",
        corpus=corpus,
        reference="true",
        yardstick="fork",
        each=(5000, "processes"),
        commands=[
            Command("hoare start 5000 fork", label="fork"),
            Command("hoare start 5000 exec", label="exec", note="starts `true`, by `posix_spawn`"),
            Command("hoare start 5000 thread", label="thread"),
        ],
        intro="Started and awaited, one after the other. The talk: 5,000 a second, on a Pentium 3 of 900 MHz.",
    )


def fetch_one(name, scheme, origin, text, ratio):
    """One large body into a pipe."""
    return Part(
        name=name,
        title=f"Fetching a large body by {scheme} into a pipe",
        corpus=text,
        reference=f"cat {text}",
        yardstick="curl",
        sink=" | cat > /dev/null",
        web=True,
        commands=[
            Command(f"curl -sS {origin}/{text}", label="curl"),
            Command(f"wget -q -O- {origin.replace('--cacert ', '--ca-certificate=')}/{text}", label="wget"),
            Command(
                f"fetch {origin}/{text}",
                ours=True,
                label="textmill",
                goals=[Ratio(1 / ratio, "curl"), Memory(16)],
            ),
        ],
        intro="From nginx on loopback, one worker. Its own CPU time is not in the table.",
    )


def fetch_many(pages):
    """Many small bodies."""
    urls = 'seq -f "$HTTP/pages/%04g" 0 1999'
    each = f"{urls} | xargs -P 10 -n 1 curl -sS"
    return Part(
        name="fetch-many",
        title="Fetching 2,000 pages of 2 KiB, ten at a time",
        corpus=pages,
        reference=f"cat {pages}",
        yardstick="curl -Z",
        each=(2000, "pages"),
        sink=" | cat > /dev/null",
        prepare=f"rm -rf pages && mkdir pages && split -n l/2000 -d -a 4 {pages} pages/",
        web=True,
        commands=[
            Command(
                'curl -sS -Z --parallel-max 10 "$HTTP/pages/[0000-1999]" 2> /dev/null',
                any_order=True,
                label="curl -Z",
                note="bodies in any order",
            ),
            Command(each, any_order=True, label="xargs curl", note="bodies in any order"),
            Command(
                f"{urls} | fetch -j 10",
                ours=True,
                label="textmill",
                goals=[Ratio(1.0, "curl -Z"), Ratio(0.1, "xargs curl")],
            ),
        ],
        intro="From nginx on loopback, one worker. Its own CPU time is not in the table.",
    )


def linkcheck_folder(archive):
    """The broken links of files, without a server."""
    return Part(
        name="linkcheck-folder",
        title="The broken links of PostgreSQL's documentation, from its files",
        corpus=archive,
        # One address without its mailto:, on every page. Both programs exit with 1 for it.
        reference="grep -rl 'href=\"pgsql-docs@' site | wc -l",
        yardstick="hyperlink",
        prepare=f"rm -rf site && mkdir site && tar -xf {archive} -C site",
        commands=[
            Command(
                "hyperlink --check-anchors site > found; sed -n 's/^Found \\([0-9]*\\) bad links/\\1/p' found",
                label="hyperlink",
                note="fragments, too",
            ),
            Command(
                "linkcheck -q --no-external site > found; wc -l < found",
                ours=True,
                label="textmill",
                goals=[Ratio(1.0, "hyperlink"), Memory(64)],
            ),
        ],
        intro="1,169 pages. Each page has the same broken link; all other links are fine.",
    )


def html5gum(page):
    """The bare loop of a tokenizer."""
    without_raw = r"s/<(script|style|title|textarea)\b.*?<\/\1//gsi"
    return Command(
        f"html5gum-loop {page}",
        reference=f"perl -0777 -ne '{without_raw}; print scalar(() = /<a[\\s>]/gi), \"\\n\"' {page}",
        label="html5gum",
        note="only counts the tags of links",
    )


def links_alone(page):
    base = "--base http://localhost/"
    goals = [Speed(600), Cpu(1 / 8, "lychee"), Ratio(1 / 3, "html5gum"), Memory(16)]
    return Part(
        name="links",
        title="The links of 50 MB of HTML",
        corpus=page,
        reference=f"html-links {page}",
        yardstick="lychee",
        sink=" > /dev/null",
        commands=[
            Command(
                f"lychee --dump --base-url http://localhost/ --include-fragments --include-mail {page}",
                normal="sed 's/#.*//' | sort -u",
                reference=f"html-links {page} --lychee | sort -u",
                label="lychee",
                note="no scripts, nothing with `rel=nofollow`; other schemes, too",
            ),
            html5gum(page),
            Command(f"links {base} {page}", ours=True, label="textmill", goals=goals),
            Command(
                f"links --all {base} {page}",
                reference=f"html-links {page} --all",
                ours=True,
                label="textmill, --all",
                goals=goals,
            ),
        ],
        intro="Python's documentation in one file. The answers are those of lxml's parser and urllib.",
    )


def untag_alone(page):
    return Part(
        name="untag",
        title="The text of 50 MB of HTML",
        corpus=page,
        reference=f"html-links {page} --text | tr -d '[:space:]'",
        yardstick="html5gum",
        sink=" > /dev/null",
        commands=[
            html5gum(page),
            Command(
                f"untag {page}",
                normal="tr -d '[:space:]'",
                ours=True,
                label="textmill",
                goals=[Speed(600), Ratio(1 / 3, "html5gum"), Memory(16)],
            ),
        ],
        intro="Python's documentation in one file. The answer without its white space is that of lxml's parser.",
    )


def start_up(corpus):
    goal = Ratio(2, "`cat`")
    own = [name for name in PROGRAMS if name not in NOT_STARTED]
    return Part(
        name="start",
        title="Starting a program on empty input",
        corpus=corpus,
        reference="true",
        yardstick="`cat`",
        starts=True,
        commands=[Command("cat", label="`cat`")]
        + [Command(name, ours=True, label=name, goals=[goal]) for name in own],
        intro="A sample is the mean of 200 starts.",
    )


def stored(name, title, text, sink, times=1):
    """What is stored, printed; or so many small things, one after the other."""

    def repeated(command):
        return command if times == 1 else f"seq {times} | xargs -I_ {command}"

    return Part(
        name=name,
        title=title,
        corpus="english.txt",
        reference=repeated(f"cat {text}"),
        yardstick="`cat`",
        each=(times, "hits") if times > 1 else (),
        sink=sink,
        prepare="rm -rf memo-store bkt-store memo-out; head -c 2000 english.txt > small.txt",
        commands=[
            Command(repeated(f"cat {text}"), label="`cat`"),
            Command(
                repeated(f"memo -d memo-store {text} -- cat {text}"),
                ours=True,
                label="textmill",
                goals=[Ratio(1.2, "`cat`")],
            ),
            Command(repeated(f"bkt --cache-dir=bkt-store --ttl=1day -- cat {text}"), label="bkt"),
        ],
    )


def ping_pong(turns):
    """Two processes that take turns, a line each."""
    return Part(
        name="converse",
        title=f"A conversation of {turns:,} turns",
        corpus="pages.txt",
        reference=f"echo {turns * (turns + 1)}",
        yardstick="socat",
        each=(turns, "turns"),
        commands=[
            Command(
                f"socat EXEC:'ping-pong ask {turns}' EXEC:'ping-pong answer' 3>&1", label="socat"
            ),
            Command(
                f"converse ping-pong ask {turns} = ping-pong answer 3>&1",
                ours=True,
                label="textmill",
                goals=[Ratio(1.0, "socat")],
            ),
            Command(
                f"bash -c 'coproc ping-pong answer; ping-pong ask {turns} 3>&1"
                " <&${COPROC[0]} >&${COPROC[1]}'",
                label="coproc",
                note="no process between the two: each waits for the other's pipe",
            ),
        ],
        intro="The two are perl.",
    )


PARTS = [
    capitalised("english.txt"),
    all_words("english.txt"),
    count_words("words.txt"),
    count_distinct("distinct.txt"),
    count_within(16, "distinct.txt", "Counting keys", FOUR_TIMES),
    count_within(64, "distinct.txt", "Counting keys", FOUR_TIMES),
    count_within(256, "distinct.txt", "Counting keys", FOUR_TIMES),
    count_within(16, "long-lines.txt", "Counting lines of 1 to 100 KB"),
    live("keys.txt"),
    capwords_alone("english.txt"),
    lower_alone("english.txt"),
    lower_multilingual("lower-multilingual", "multilingual.txt"),
    lower_multilingual("lower-html", "multilingual.html"),
    words_multilingual("words-multilingual", "multilingual.txt"),
    words_multilingual("words-html", "multilingual.html"),
    words_natural_spaced("words-natural", "English", "english.txt"),
    words_natural_spaced("words-natural-fr", "French", "fr.txt"),
    words_natural_spaced("words-natural-ru", "Russian", "ru.txt"),
    words_natural_spaced("words-natural-el", "Greek", "el.txt"),
    words_natural_unspaced("words-natural-th", "Thai", "th.txt"),
    words_natural_unspaced("words-natural-zh", "Chinese", "zh.txt", [jieba("zh.txt")], [Ratio(1 / 2, "jieba-rs")]),
    words_natural_unspaced("words-natural-ja", "Japanese", "ja.txt", [mecab("ja.txt")], [Ratio(1 / 4, "mecab")]),
    stem_alone("small-words.txt"),
    ngrams_alone("words.txt"),
    topn_alone("tally.txt"),
    bars_alone("counts.txt"),
    lengths_alone("lengths", "English", "english.txt", [Speed(1000)]),
    lengths_alone("lengths-multilingual", "multilingual text", "multilingual.txt", []),
    mean_length("english.txt"),
    field_log("access.log"),
    field_top("access.log"),
    field_csv("access.csv"),
    field_json("access.jsonl"),
    *compressed_parts("words.txt"),
    web_archive("pages.warc.gz"),
    first_primes("numbers.txt"),
    process_cost("numbers.txt"),
    fetch_one("fetch-http", "http", "$HTTP", "english.txt", 2.0),
    fetch_one("fetch-https", "https", "--cacert $CA $HTTPS", "english.txt", 1.4),
    fetch_many("pages.txt"),
    links_alone("pages.html"),
    untag_alone("pages.html"),
    linkcheck_folder("site.tar"),
    # Not to /dev/null, where cat writes nothing: memo checks what it prints.
    stored("memo", "What is stored, into a file", "english.txt", " > memo-out"),
    stored("memo-pipe", "What is stored, into a pipe", "english.txt", " | cat > /dev/null"),
    stored("memo-small", "2 KB that are stored, 200 times", "small.txt", " > /dev/null", 200),
    ping_pong(10000),
    start_up("words.txt"),
]

# Time and memory against size: the same tenth of the English text, once, 10 and 40 times.
SCALING_CORPORA = {"0.1": "scaling-0.1.txt", "1": "scaling-1.txt", "4": "scaling-4.txt"}
SCALING_UNIT = SCALING_CORPORA["0.1"]


@dataclass
class Scaled:
    """A command whose time shall grow with the text and whose memory shall not.

    `reference` answers for the unit; `repeated` makes from that the answer for so many of them.
    """

    shell: str
    reference: str
    repeated: str
    sink: str = " > /dev/null"


REPEAT_TEXT = "for i in $(seq {times}); do cat {answer}; done"
MULTIPLY_COUNTS = "awk '{{$1 *= {times}; print}}' {answer}"

SCALING = [
    Scaled("capwords {text}", "oracle.py capwords {unit}", REPEAT_TEXT),
    Scaled("words {text}", "oracle.py words {unit}", REPEAT_TEXT),
    Scaled("lower {text}", "oracle.py lower {unit}", REPEAT_TEXT),
    Scaled("words {text} | count", "oracle.py words {unit} | sort | uniq -c | " + UNPAD, MULTIPLY_COUNTS),
    Scaled(
        "words {text} | lower | count | topn 5",
        "oracle.py top words 5 {unit}",
        MULTIPLY_COUNTS,
        sink="",
    ),
]
