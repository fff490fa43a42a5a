"""One part of the benchmark: check every answer, then time, then judge.

The results are plain dictionaries, which `report.py` turns into tables and the cache keeps as JSON.
"""

import contextlib
import functools
import statistics
import subprocess
import sys
from pathlib import Path

from answers import difference
from measure import interleave, run, run_start
from parts import SCALING, SCALING_CORPORA, SCALING_UNIT


class NoServer(Exception):
    """There is nothing to fetch from."""


class Trial:
    def __init__(self, corpora, programs, answers, rounds, budget):
        self.corpora = corpora
        self.programs = programs
        self.answers = answers
        self.rounds = rounds
        self.budget = budget

    @property
    def directory(self):
        return self.corpora.directory

    def part(self, part):
        """Checks and times a part; gives its rows and what failed of our own programs."""
        with self.ready(part):
            return self.tried(part, self.corpora.need(part.corpus))

    @contextlib.contextmanager
    def ready(self, part):
        """A part's corpus and what else it needs, for as long as it runs."""
        print(f"{part.name}", file=sys.stderr)
        self.corpora.need(part.corpus)
        if part.prepare:
            environment = self.programs.environment
            subprocess.run(["bash", "-c", part.prepare], cwd=self.directory, env=environment, check=True)
        with self.web() if part.web else contextlib.nullcontext():
            yield

    @contextlib.contextmanager
    def web(self):
        """nginx before the corpora, for as long as its standard input is open."""
        command = [Path(__file__).parent / "web", self.directory]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            places = dict(word.split("=", 1) for word in server.stdout.readline().split())
            if not places:
                raise NoServer("no nginx")
            for environment in (self.programs.environment, self.answers.environment):
                environment |= places
            yield
            server.stdin.close()

    def tried(self, part, corpus):
        failures = [wrong for stage in part.stages if (wrong := self.stage(stage, corpus))]
        rows = {c.label: self.checked(c, part, corpus) for c in part.commands}
        right = {c.label: c for c in part.commands if not rows[c.label]["wrong"]}
        measure = functools.partial(self.timed, part=part, corpus=corpus)
        for label, samples in interleave(right, measure, self.rounds, self.budget).items():
            rows[label] |= summary(samples)
        for command in part.commands:
            row = rows[command.label]
            if row["ours"] and row["wrong"]:
                failures.append(f"{row['shell']}: {row['wrong']}")
            if "wall" in row:
                judged = [goal.judge(row, rows, part, corpus) for goal in command.goals]
                row["goals"] = [dict(zip(("goal", "met", "found"), goal)) for goal in judged]
            elif command.goals:
                # A wrong answer reaches no goal.
                row["goals"] = [{"goal": "right answer", "met": False, "found": row["wrong"]}]
        return {
            "name": part.name,
            "title": part.title,
            "intro": part.intro,
            "corpus": {"name": part.corpus} | corpus,
            "yardstick": part.yardstick,
            "starts": part.starts,
            "each": part.each,
            "rows": list(rows.values()),
        }, failures

    def stage(self, stage, corpus):
        """Checks a stage that is not timed by itself. Gives what is wrong with it."""
        shell, reference = stage
        if missing := self.programs.missing(shell):
            return f"{shell}: no {', '.join(missing)}"
        right = self.answers.reference(reference, self.directory, corpus, by_line=False)
        wrong = difference(self.answers.digest(shell, self.directory), right)
        return f"{shell}: {wrong}" if wrong else ""

    def right_answer(self, command, part, corpus):
        """What a command of a part must print. Sums by line only where an order is free."""
        reference = command.reference or part.reference
        by_line = any(c.any_order for c in part.commands)
        return self.answers.reference(reference, self.directory, corpus, by_line)

    def checked(self, command, part, corpus):
        """A command's row, with what is wrong with its answer. The check also warms the caches."""
        row = {
            "label": command.label,
            "shell": command.shell + part.sink,
            "ours": command.ours,
            "note": command.note,
            "wrong": "",
        }
        if missing := self.programs.missing(command.shell):
            return row | {"wrong": f"no {', '.join(missing)}"}
        right = self.right_answer(command, part, corpus)
        shell = command.shell + (f" | {command.normal}" if command.normal else "")
        answer = self.answers.digest(shell, self.directory, by_line=command.any_order)
        wrong = difference(answer, right, command.any_order)
        print(f"    {command.shell}: {wrong or 'right'}", file=sys.stderr)
        if command.other_words and not answer["failed"]:
            return row | {"note": f"other words: {wrong}" if wrong else ""}
        return row | {"wrong": wrong}

    def timed(self, command, part, corpus):
        """One timed run; what it prints, if anything, is checked again."""
        measure = run_start if part.starts else run
        sample = measure(command.shell + part.sink, self.directory, self.programs.environment)
        right = self.right_answer(command, part, corpus)
        if part.sink == "":
            wrong = difference(self.answers.digest_of(sample.output, command.normal), right)
        elif part.sink == " | wc -c":
            wrong = int(sample.output) != right["bytes"]
        else:
            wrong = ""
        if wrong:
            raise SystemExit(f"bench: right at first, then wrong: {command.shell}: {wrong}")
        return sample

    def scaling(self):
        """The same text 1, 10 and 40 times: is time a straight line, and memory flat?"""
        print("scaling", file=sys.stderr)
        corpora = {size: self.corpora.need(name) for size, name in SCALING_CORPORA.items()}
        rows, failures = [], []
        for scaled in SCALING:
            shell = scaled.shell.format(text="TEXT") + scaled.sink
            row = {"shell": shell, "wrong": self.scaled_answers(scaled, corpora)}
            rows.append(row)
            if row["wrong"]:
                failures.append(f"{shell}: {row['wrong']}")
                continue
            commands = {
                size: scaled.shell.format(text=name) + scaled.sink
                for size, name in SCALING_CORPORA.items()
            }
            measure = functools.partial(
                run, directory=self.directory, environment=self.programs.environment
            )
            samples = interleave(commands, measure, self.rounds, self.budget)
            row["sizes"] = {size: summary(samples[size]) for size in commands}
            row["goals"] = [straight(row["sizes"], corpora), flat(row["sizes"])]
        return {
            "name": "scaling",
            "title": "Time and memory against size",
            "bytes": {size: corpora[size]["bytes"] for size in corpora},
            "rows": rows,
        }, failures

    def scaled_answers(self, scaled, corpora):
        """What is wrong with a command's answers to the three sizes."""
        if missing := self.programs.missing(scaled.shell):
            return f"no {', '.join(missing)}"
        answer = "scaling-answer"
        command = scaled.reference.format(unit=SCALING_UNIT)
        wrong = ""
        for size, name in SCALING_CORPORA.items():
            repeated = scaled.repeated.format(times=corpora[size]["times"], answer=answer)
            # One command, so that nothing is computed if the answer is known.
            reference = f"{{ {command} > {answer}; }} && {repeated}"
            right = self.answers.reference(reference, self.directory, corpora[size], by_line=False)
            print(f"    {scaled.shell.format(text=name)}", file=sys.stderr)
            got = self.answers.digest(scaled.shell.format(text=name), self.directory)
            wrong = wrong or difference(got, right)
        (self.directory / answer).unlink(missing_ok=True)
        return wrong


def straight(sizes, corpora):
    """A byte of the largest text takes at most 15 % longer than one of the middle text."""
    per_byte = {size: sizes[size]["wall"] / corpora[size]["bytes"] for size in ("1", "4")}
    ratio = per_byte["4"] / per_byte["1"]
    return {"goal": "straight line", "met": ratio <= 1.15, "found": f"{ratio:.2f}"}


def flat(sizes):
    """The largest text takes at most a tenth more memory than the middle one, a quarter of it."""
    ratio = sizes["4"]["peak"] / sizes["1"]["peak"]
    return {"goal": "flat memory", "met": ratio <= 1.1, "found": f"{ratio:.2f}"}


def summary(samples):
    """Medians of the times, and the largest peak of memory (KiB)."""
    return {
        "wall": statistics.median(s.wall for s in samples),
        "cpu": statistics.median(s.cpu for s in samples),
        "peak": max(s.peak for s in samples),
        "walls": [round(s.wall, 6) for s in samples],
    }
