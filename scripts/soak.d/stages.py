"""The grammar of pipelines: which program reads which kind of text, with which options, and the answer of each stage.

A kind of text is `text`, `words` (a word on each line), `numbers`, `counts` (COUNT LINE), `number counts`, `log`, `csv`,
`json` or `html`. `end` is a text that no other stage reads.
"""

from dataclasses import dataclass, field
from typing import Callable

import corpora
import naive

SUMS = {"bars", "count", "mean", "topn"}
# An answer may be larger than its text; a pipeline ends before it gets larger than this.
LARGEST = 100 << 20


@dataclass
class Answer:
    out: bytes
    status: int = 0
    # How many lines of standard error there are.
    errors: int = 0


@dataclass
class Stage:
    name: str
    arguments: list
    # From the texts of the FILEs to an Answer.
    answer: Callable
    gives: str = "end"
    # `any order`: the lines may have any. `spills`: there may be temporary files. `no room for decoders`: -S is small.
    marks: set = field(default_factory=set)

    @property
    def command(self):
        return [self.name, *self.arguments]


class Grammar:
    """Draws stages. `reference(command, texts)` is the Answer of a program that runs without any fault."""

    def __init__(self, random, reference, temporary):
        self.random, self.reference, self.temporary = random, reference, temporary

    def flip(self, probability=0.5):
        return self.random.random() < probability

    def pipeline(self, corpus, texts, longest=5):
        """Stages, and the answer of each."""
        stages, answers, kind = [], [], corpus.kind
        for _ in range(self.random.randint(1, longest)):
            stage = self.stage(kind, corpus)
            answer = stage.answer(texts)
            if len(answer.out) > LARGEST:
                break
            stages.append(stage)
            answers.append(answer)
            kind, texts = stage.gives, [answer.out]
            if kind == "end" or answer.status != 0:
                break
        return (stages, answers) if stages else self.pipeline(corpus, texts, longest)

    def stage(self, kind, corpus=None):
        """A stage for a text of this kind."""
        text = [self.words, self.words, self.capwords, self.lower, self.lower, self.lengths, self.ngrams, self.fields, self.count, self.count]
        own = {
            "text": [self.natural, self.stem, self.untag, self.links],
            "words": [self.stem, self.stem, self.lower, self.lower, self.count, self.count, self.count, self.ngrams],
            "numbers": [self.mean, self.mean, self.mean, self.count_of_numbers, self.count_of_numbers],
            "counts": [self.topn, self.topn, self.topn, self.bars, self.merge, self.fields, self.lower],
            "number counts": [self.mean_of_counts, self.mean_of_counts, self.topn, self.merge],
            "log": [self.log, self.log, self.fields, self.count],
            "csv": [self.csv],
            "json": [self.json],
            "html": [self.page, self.page, self.words, self.lower],
        }[kind]
        drawn = self.random.choice(text + own if kind in ("text", "words") else own)
        return drawn(corpus) if drawn == self.page else drawn()

    def known(self, name, arguments, answer, gives, *marks):
        """A stage whose answer is known: that of a function of naive.py."""

        def found(texts):
            out = answer(texts)
            return Answer(b"", 1, 1) if out is None else Answer(out)

        return Stage(name, arguments, found, gives, set(marks))

    def compared(self, name, arguments, gives, *marks):
        """A stage without a naive answer: the same as from files, without any fault."""
        return Stage(name, arguments, lambda texts: self.reference([name, *arguments], texts), gives, set(marks))

    def line_ends(self):
        """Options, and the parameters of naive.py."""
        chosen = self.random.choices(["", "-z", "--crlf"], [8, 1, 1])[0]
        parameters = {"-z": {"end": b"\0"}, "--crlf": {"crlf": True}}.get(chosen, {})
        return [chosen] if chosen else [], parameters

    # Words

    PATTERNS = {
        r"[a-z]+": r"[a-z]+",
        r"\d{2,}": r"\d{2,}",
        r"[A-Z][a-z]*": r"[A-Z][a-z]*",
        r"[^ ]+": "[^ \udc80-\udcff]+",
        r"é|Σ|a(b|c)": r"é|Σ|a(?:b|c)",
    }

    def words(self):
        match self.random.choices(["", "--ascii", "-e"], [6, 1, 2])[0]:
            case "":
                return self.known("words", [], naive.words, "words")
            case "--ascii":
                return self.known("words", ["--ascii"], naive.ascii_words, "words")
            case _:
                pattern = self.random.choice(list(self.PATTERNS))
                return self.known("words", ["-e", pattern], naive.found(self.PATTERNS[pattern]), "words")

    def capwords(self):
        if self.flip(0.2):
            return self.known("capwords", ["--ascii"], naive.ascii_capwords, "words")
        return self.known("capwords", [], naive.capwords, "words")

    def natural(self):
        options = [option for option in ("--hyphens", "--elision") if self.flip(0.3)]
        options += [self.random.choice(["--breaks", "--breaks=line", "--breaks=sentence"])] if self.flip(0.3) else []
        return self.compared(self.random.choice(["words", "words", "capwords"]), ["--natural", *options], "words")

    def lower(self):
        if self.flip(0.15):
            return self.known("lower", ["--ascii"], naive.ascii_lower, "text")
        options = [option for option in ("fold", "nfc", "nfkc", "no_marks") if self.flip(0.25)]
        arguments = ["--" + option.replace("_", "-") for option in options]
        return self.known("lower", arguments, naive.lower(**{option: True for option in options}), "text")

    LANGUAGES = "english german french russian greek turkish arabic hindi finnish porter".split()

    def stem(self):
        """The stem of a word does not depend on the words around it."""
        language, show = self.random.choice(self.LANGUAGES), self.flip(0.2)

        def answer(texts):
            words = list(naive.lines(texts))
            alone = sorted(set(words))
            stems = self.reference(["stem", language], [naive.ended(alone)]).out.split(b"\n")
            stem = dict(zip(alone, stems))
            return naive.ended(stem[word] + b"\t" + word if show else stem[word] for word in words)

        return self.known("stem", (["--show"] if show else []) + [language], answer, "words")

    # Lines

    def lengths(self):
        options, parameters = self.line_ends()
        match self.random.choices(["", "--bytes", "--graphemes"], [4, 2, 1])[0]:
            case "":
                return self.known("lengths", options, naive.lengths(**parameters), "numbers")
            case "--bytes":
                return self.known("lengths", ["--bytes", *options], naive.lengths(unit="bytes", **parameters), "numbers")
            case _:
                return self.compared("lengths", ["--graphemes", *options], "numbers")

    def ngrams(self):
        options, parameters = self.line_ends()
        n, tab = self.random.choice([1, 2, 2, 3, 5, 16]), self.flip(0.3)
        answer = naive.ngrams(n, b"\t" if tab else b" ", **parameters)
        return self.known("ngrams", [*options, *(["-t"] if tab else []), str(n)], answer, "text")

    ITEMS = ["1", "2", "3", "7", "-1", "-2", "1-2", "2-3", "2-", "1-", "-2-", "3-9"]

    def fields(self):
        items = self.random.sample(self.ITEMS, self.random.choice([1, 1, 2, 3]))
        delimiter = self.random.choice([None, None, None, ",", ":", "a", "\t", " "])
        output = self.random.choice([None, None, " ", "--"])
        crlf = self.flip(0.1)
        options = ["--crlf"] if crlf else []
        options += ["-d" + delimiter] if delimiter else []
        options += ["-o" + output] if output else []
        answer = naive.fields(items, delimiter and delimiter.encode(), output and output.encode(), crlf)
        return self.known("field", [*options, "--", ",".join(items)], answer, "text")

    def log(self):
        names = "host ident user time date hour minute request method target path query protocol status bytes referer agent"
        names = self.random.sample(names.split(), self.random.choice([1, 1, 2, 4]))
        return self.known("field", ["--log", ",".join(names)], naive.log_columns(names), "text")

    def csv(self):
        names = self.random.sample(corpora.CSV_NAMES, self.random.choice([1, 1, 2, 3]))
        items = [f'"{name}"' if "," in name or self.flip(0.2) else name for name in names]
        gives = "numbers" if names in (["id"], ["amount"]) else "text"
        return self.known("field", ["--csv", ",".join(items)], naive.csv_columns(names), gives)

    PATHS = {
        "user.name": ["user", "name"],
        "/user/name": ["user", "name"],
        "user.tags[0]": ["user", "tags", 0],
        "user.tags[2]": ["user", "tags", 2],
        "ms": ["ms"],
        "ok": ["ok"],
        "absent.key": ["absent", "key"],
        '/odd "key"\\': ['odd "key"\\'],
    }

    def json(self):
        items = self.random.sample(list(self.PATHS), self.random.choice([1, 1, 2, 3]))
        answer = naive.json_values([self.PATHS[item] for item in items])
        return self.known("field", ["--json", ",".join(items)], answer, "text")

    # Counts

    def memory(self):
        """Options that limit the memory, and a mark for them."""
        options = ["-S", self.random.choice(["1M", "1M", "2M", "16M"])] if self.flip(0.5) else []
        marks = {"spills", "no room for decoders"} if options and options[1] != "16M" else {"spills"}
        return options + (["-T", self.temporary] if self.flip(0.2) else []), marks

    def count(self):
        options, parameters = self.line_ends()
        memory, marks = self.memory()
        options += memory
        options += ["-j", str(self.random.choice([1, 2, 3, 8]))] if self.flip() else []
        if self.flip(0.2):
            options += ["-t"]
            parameters["separator"] = b"\t"
        ignore_case = self.flip(0.15)
        options += [self.random.choice(["-i", "--ignore-case"])] if ignore_case else []
        unsorted = not ignore_case and self.flip(0.1)
        options += ["--unsorted"] if unsorted else []
        marks |= {"any order"} if unsorted else set()
        if not ignore_case and "crlf" not in parameters and self.flip(0.3):
            answer = naive.classic_count(**parameters)
        else:
            answer = naive.count(ignore_case=ignore_case, **parameters)
        gives = "end" if unsorted or "end" in parameters else "counts"
        return self.known("count", options, answer, gives, *marks)

    def count_of_numbers(self):
        options, separator = self.random.choice([([], b" "), (["-t"], b"\t"), (["-j1"], b" ")])
        return self.known("count", options, naive.count(separator), "number counts")

    def merge(self):
        memory, marks = self.memory()
        ignore_case = self.flip(0.2)
        options = ["--merge", *memory, *(["-i"] if ignore_case else [])]
        return self.known("count", options, naive.merged(ignore_case=ignore_case), "counts", *marks)

    def topn(self):
        n = self.random.choice([0, 1, 2, 5, 10, 10, 100, 5000])
        flags = [flag for flag in ("least", "ties", "other") if self.flip(0.25)]
        arguments = ["--" + flag for flag in flags] + self.random.choice([[str(n)], ["-n", str(n)]])
        if "-n" not in arguments and self.flip(0.3):
            arguments.insert(0, f"-{arguments.pop()}")
        return self.known("topn", arguments, naive.topn(n, **{flag: True for flag in flags}), "counts")

    def bars(self):
        if self.flip(0.3):
            option = self.random.choice(["--percent", "--log", "--ascii", "--max=7"])
            return self.compared("bars", [option], "end")
        width = self.random.choice([80, 10, 25, 133])
        return self.known("bars", [f"--width={width}"], naive.bars(width), "end")

    # Numbers

    def mean(self, has_counts=False):
        percentiles = []
        if self.flip(0.4):
            percentiles = [("median", 50)] + [(f"p{p}", p) for p in self.random.sample(["0", "100", "90", "99.5", "33.3"], 2)]
        every = self.flip()
        options = ["--all"] if every else []
        options += [f"--percentile={name[1:]}" if name != "median" else "--median" for name, _ in percentiles]
        options += ["--counts"] if has_counts else []
        memory, marks = self.memory() if percentiles else ([], set())
        answer = naive.mean("all" if every else "mean", percentiles, has_counts)
        return self.known("mean", options + memory, answer, "end", *marks)

    def mean_of_counts(self):
        return self.mean(has_counts=True)

    # Pages

    def untag(self):
        return self.compared("untag", [], "text")

    def links(self):
        options = ["--base", "http://host.example/dir/"]
        options += [option for option in ("--all", "--fragments", "--schemes") if self.flip(0.4)]
        return self.compared("links", options, "text")

    def page(self, corpus):
        """The corpus has the answers, for one FILE."""
        if self.flip(0.6):
            return self.of_page("untag", [], corpus.text, corpus)
        return self.of_page("links", ["--base", "http://host.example/dir/"], corpus.links, corpus)

    def of_page(self, name, arguments, out, corpus):
        def answer(texts):
            return out if texts == [corpus.data] else self.reference([name, *arguments], texts).out

        return self.known(name, arguments, answer, "text")
