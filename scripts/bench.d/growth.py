"""How time and memory grow: with the text, and with the number of distinct lines.

The text is one file, named 1 to 100 times, so it takes no more disk or page cache than one. Distinct
lines come from `distinct.rs` through a pipe. Long commands run once, so that the part takes no more than 12 minutes.
"""

import functools
import statistics
import subprocess
import sys

from measure import interleave, run
from parts import SCALING_UNIT
from trial import summary

TIMES = (1, 3, 10, 30, 100)

# A pipeline over `text`, and the oracle's answer for the unit.
PIPELINES = [
    ("words {text} | count | topn", "oracle.py words {unit} | sort | uniq -c | sed 's/^ *//' | oracle.py topn 10 /dev/stdin"),
    ("capwords {text} | lower | count | topn", "oracle.py top capwords 10 {unit}"),
]

# Seconds after which a command of each kind is not run again.
TEXT_BUDGET, KEYS_BUDGET = 12, 5

MOST_KEYS = 10**8
# Keys that occur again: as many lines as this, of at most as many keys as that.
MANY_LINES, REPEATED_KEYS = 5 * 10**7, 10**7
LIMIT = "-S 256M"


class Growth:
    def __init__(self, trial):
        self.trial = trial
        self.measure = functools.partial(run, directory=trial.directory, environment=trial.programs.environment)

    def result(self):
        print("growth", file=sys.stderr)
        unit = self.trial.corpora.need(SCALING_UNIT)["bytes"]
        rows, distinct = self.pipelines(unit), self.distinct()
        failures = [f"{row['shell']}: {row['wrong']}" for row in rows + distinct if row["wrong"]]
        return {
            "name": "growth",
            "title": "Growth of time and memory",
            "bytes": {str(times): unit * times for times in TIMES},
            "rows": rows,
            "distinct": distinct,
        }, failures

    def pipelines(self, unit):
        rows = []
        for pipeline, reference in PIPELINES:
            row = {"shell": pipeline.format(text="TEXT…"), "wrong": ""}
            rows.append(row)
            if missing := self.trial.programs.missing(pipeline):
                row["wrong"] = f"no {', '.join(missing)}"
                continue
            commands = {
                str(times): pipeline.format(text=f"$(yes {SCALING_UNIT} | head -n {times})") for times in TIMES
            }
            samples = interleave(commands, self.measure, self.trial.rounds, TEXT_BUDGET)
            top = self.oracle(reference.format(unit=SCALING_UNIT))
            for times, runs in samples.items():
                right = multiplied(top, int(times))
                if any(sample.output != right for sample in runs):
                    row["wrong"] = f"other lines for {times} times the text"
            if not row["wrong"]:
                row["sizes"] = {times: summary(runs) for times, runs in samples.items()}
                row["goals"] = [straight(row["sizes"], unit)]
        return rows

    def oracle(self, command):
        answers = self.trial.answers
        print(f"    {command}", file=sys.stderr)
        oracle = ["bash", "-c", command]
        done = subprocess.run(oracle, cwd=self.trial.directory, env=answers.environment, check=True, capture_output=True)
        return done.stdout

    def distinct(self):
        most = int(MOST_KEYS * self.trial.corpora.scale)
        steps = [10**n for n in range(4, 9) if 10**n <= most]
        many = int(MANY_LINES * self.trial.corpora.scale)
        cases = [(keys, keys, "") for keys in steps] + [(keys, keys, LIMIT) for keys in steps]
        cases += [(keys, many, "") for keys in steps if keys <= REPEATED_KEYS and keys < many]
        rows = {case: self.distinct_row(*case) for case in cases}
        if missing := self.trial.programs.missing("count | distinct"):
            return [row | {"wrong": f"no {', '.join(missing)}"} for row in rows.values()]
        costs = {case: [] for case in cases}

        def measure(case):
            sample, cpu = self.count(*case)
            costs[case].append(cpu)
            return sample

        for case, samples in interleave({case: case for case in cases}, measure, self.trial.rounds, KEYS_BUDGET).items():
            keys, lines, _ = case
            right = self.oracle(f"distinct expect {keys} {lines}")
            if any(sample.output != right for sample in samples):
                rows[case]["wrong"] = "other lines"
            rows[case] |= summary(samples) | {"cpu": statistics.median(costs[case])}
        return list(rows.values())

    def distinct_row(self, keys, lines, options):
        return {"shell": f"count {options}".rstrip(), "keys": keys, "lines": lines, "wrong": ""}

    def count(self, keys, lines, options):
        """A run of `count` between the maker of lines and the check, and its own CPU time."""
        # The CPU time is that of `count` alone: bash writes it to a file.
        count = f"{{ time count {options}; }} 2> growth-cost"
        sample = self.measure(f"TIMEFORMAT='%U %S'; distinct make {keys} {lines} | {count} | distinct check")
        cost = self.trial.directory / "growth-cost"
        cpu = sum(map(float, cost.read_text().split()))
        cost.unlink()
        return sample, cpu


def multiplied(top, times):
    """The counts for a text that is repeated."""
    pairs = (line.split(b" ", 1) for line in top.splitlines())
    return b"".join(b"%d %s\n" % (int(count) * times, line) for count, line in pairs)


def straight(sizes, unit):
    """No size takes 5 % more or less than a straight line through all of them says."""
    found = {}
    for figure in ("wall", "cpu"):
        points = [(int(times) * unit / 1e9, size[figure]) for times, size in sizes.items()]
        start, slope = line_through(points)
        found[figure] = max(abs(start + slope * x - y) / y for x, y in points), start, slope
    deviation, start, slope = found["wall"]
    text = f"{deviation:.1%}, CPU {found['cpu'][0]:.1%}; {start * 1000:.0f} ms + {slope:.3f} s/GB"
    return {"goal": "straight line ± 5 %", "met": deviation <= 0.05, "found": text}


def line_through(points):
    """Start and slope of the line with the least sum of squares of relative deviations."""
    weights = [(x, y, 1 / y**2) for x, y in points]
    total = sum(w for _, _, w in weights)
    mean_x = sum(w * x for x, _, w in weights) / total
    mean_y = sum(w * y for _, y, w in weights) / total
    slope = sum(w * (x - mean_x) * (y - mean_y) for x, y, w in weights)
    slope /= sum(w * (x - mean_x) ** 2 for x, _, w in weights)
    return mean_y - slope * mean_x, slope
