"""The results as Markdown: what `scripts/bench` prints, and benches/README.md."""

METHOD = """\
- Every answer is checked before anything is timed: the whole output of each command and of each
  stage, on the corpus it is timed on, against a naive oracle (`scripts/bench.d/oracle.py`, with
  Python's own Unicode data), against `sort | uniq -c`, or against the file that was served. Only the form is normalised: padding,
  TAB or blank, and the order where the order is free. A wrong answer is named and not timed. Short
  answers and byte counts are checked again in each timed run.
- Runs are interleaved, A B C A B C …; times are medians. The corpora lie in the page cache.
- CPU is user and system time of all processes of a pipeline. Memory is the peak of its largest
  process; nothing shows less than the 3 MB of the shell from which the processes are forked,
  and those that map their input (ripgrep, cuniq) show it as memory.
- The classic tools run with `LC_ALL=C`, their fastest locale.
- The ratio is to the first row that has `1`, the yardstick. Absolute times move with the machine.
- Each kind of machine has its results in `benches/results`. A new run replaces those of its own kind, part by part.
"""


TEXTS = {"command", "goal", "corpus", "made of", "part"}  # columns that are no numbers


def table(header, rows):
    lines = [header, ["---" if name in TEXTS else "---:" for name in header], *rows]
    cells = [[str(cell).replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in cells) + "\n"


def seconds(value):
    if value < 0.02:
        return f"{value * 1000:.2f} ms"
    return f"{value:.3g} s" if value < 100 else f"{value:.0f} s"


def megabytes(kib):
    return f"{value:.1f} MB" if (value := kib * 1.024 / 1000) < 10 else f"{value:,.0f} MB"


def part_text(result):
    """A part's section, from one machine."""
    return section([("", result)])


def section(labelled):
    """A part's section: title, corpus, a table for each machine after its label, notes."""
    # What is said about a part is what the latest version says.
    newest = max((result for _, result in labelled), key=lambda result: result["context"]["date"])
    text, notes = f"### {newest['title']}\n\n", []
    if said := introduction(newest):
        text += said + "\n\n"
    for label, result in labelled:
        text += (f"{label}:\n\n" if label else "") + tables(result, notes) + "\n"
    text += " ".join(f"[{n}] {note}" for n, note in enumerate(notes, 1))
    return text.rstrip() + "\n"


def introduction(result):
    if result["name"] in INTRODUCTIONS:
        return INTRODUCTIONS[result["name"]]
    corpus, text = result["corpus"], ""
    if not result["starts"] and not result.get("each"):
        text = f"`{corpus['name']}`, {corpus['bytes'] / 1e6:,.0f} MB. "
    return (text + result["intro"]).rstrip()


INTRODUCTIONS = {
    "scaling": "The same text 1, 10 and 40 times, so that only the size varies, not the vocabulary.",
    "growth": "The same text 1, 3, 10, 30 and 100 times. The line is the one with the least squares of relative deviations.",
}


def tables(result, notes):
    """The tables of a part. Notes on its rows are added to `notes`, unless they are there."""
    if result["name"] in ("scaling", "growth"):
        return scaling_text(result) + ("\n" + distinct_text(result) if "distinct" in result else "")
    if "old" in result:
        return against_text(result)
    yardstick, rows = yardstick_wall(result), []
    for row in result["rows"]:
        name = f"`{row['shell']}`"
        if row["note"]:
            note = f"{row['label']}: {row['note']}."
            if note not in notes:
                notes.append(note)
            name += f" [{notes.index(note) + 1}]"
        if row["ours"]:
            name = f"**{name}**"
        if "wall" not in row:
            rows.append([name, wrong_text(row)] + [""] * 5)
            continue
        rows.append(
            [
                name,
                seconds(row["wall"]),
                f"{row['wall'] / yardstick:.3g}" if yardstick else "",
                rate(result, row["wall"]),
                seconds(row["cpu"]),
                megabytes(row["peak"]),
                goals_text(row),
            ]
        )
    each = result.get("each")
    speed = f"{each[1]}/s" if each else "MB/s"
    return table(["command", "wall", "ratio", speed, "CPU", "memory", "goal"], rows)


def rate(result, wall):
    """What a command did in a second: megabytes of input, or what the part counts instead."""
    if each := result.get("each"):
        return f"{each[0] / wall:,.0f}"
    return f"{result['corpus']['bytes'] / wall / 1e6:,.0f}" if not result["starts"] else ""


def wrong_text(row):
    is_missing = row["wrong"].startswith("no ")
    return row["wrong"] if is_missing else f"wrong: {row['wrong']}"


def goals_text(row):
    verdicts = {True: "met", False: "missed", None: "open"}
    return "; ".join(
        f"{goal['goal']}: {verdicts[goal['met']]} ({goal['found']})" for goal in row.get("goals", [])
    )


def yardstick_wall(result):
    return next((r.get("wall") for r in result["rows"] if r["label"] == result["yardstick"]), None)


def scaling_text(result):
    """Seconds and memory for several sizes; a straight line keeps the seconds for a byte."""
    sizes = {size: count / 1e6 for size, count in result["bytes"].items()}
    header = ["command"]
    header += [f"{size:,.0f} MB" for size in sizes.values()]
    header += ["GB/s, first to last", "memory, first to last", "goal"]
    rows = []
    for row in result["rows"]:
        name = f"`{row['shell']}`"
        if "sizes" not in row:
            rows.append([name, row["wrong"]] + [""] * (len(header) - 2))
            continue
        found = row["sizes"]
        rows.append(
            [name]
            + [seconds(found[size]["wall"]) for size in sizes]
            + [
                ", ".join(f"{sizes[size] / found[size]['wall'] / 1e3:.2f}" for size in sizes),
                ", ".join(megabytes(found[size]["peak"]) for size in sizes),
                goals_text(row),
            ]
        )
    return table(header, rows)


def distinct_text(result):
    """A row for each number of keys: nanoseconds of a line, bytes of a key."""
    rows = []
    for row in result["distinct"]:
        cells = [f"`{row['shell']}`", f"{row['lines']:,}", f"{row['keys']:,}"]
        if row["wrong"]:
            rows.append(cells + [wrong_text(row)] + [""] * 4)
            continue
        cells += [seconds(row["wall"])] + [f"{row[what] / row['lines'] * 1e9:,.1f}" for what in ("wall", "cpu")]
        rows.append(cells + [megabytes(row["peak"]), f"{row['peak'] * 1024 / row['keys']:,.1f}"])
    header = ["command", "lines", "keys", "wall", "ns/line", "CPU ns/line", "memory", "bytes/key"]
    return table(header, rows)


def against_text(result):
    """Two builds, side by side."""
    rows = []
    for row in result["rows"]:
        name = f"`{row['shell']}`"
        if row["wrong"]:
            rows.append([name, wrong_text(row)] + [""] * 5)
            continue
        cells = []
        for what in ("wall", "cpu"):
            old, new = row["old"][what], row["new"][what]
            cells += [seconds(old), seconds(new), f"{new / old:.3f}" if old else ""]
        rows.append([name, *cells])
    old = result["old"][:12]
    return table(["command", f"wall, {old}", "now", "ratio", f"CPU, {old}", "now", "ratio"], rows)


def context_text(context):
    """Machine, instruction sets, commit and versions."""
    versions = "; ".join(f"{name} {version}" for name, version in context["versions"].items())
    return (
        f"- Machine: {context['machine']}\n"
        + (f"- Instruction sets: {context['sets']}\n" if "sets" in context else "")
        + f"- textmill: commit {context['commit']}, {context['date']}\n"
        + (f"- Source: {context['source']}\n" if "source" in context else "")
        + (f"- Peers: {versions}\n" if versions else "")
        + f"- Runs of each command: {context['runs']}, fewer if they would take longer than "
        f"{context['budget']:g} s in all\n"
    )


def machine_text(kind, machine):
    """Which machine it was, and how many goals are met on it; then the parts from other commits."""
    results = machine["parts"].values()
    goals = [goal for result in results for row in result["rows"] for goal in row.get("goals", [])]
    met = sum(goal["met"] is True for goal in goals)
    by_commit = {}
    for result in results:
        by_commit.setdefault(result["context"]["commit"], []).append(result)
    main = max(by_commit.values(), key=len, default=list(machine["against"].values()))
    text = f"### {kind}\n\n{context_text(main[-1]['context'])}- Goals: {met} of {len(goals)} are met\n"
    for commit, others in by_commit.items():
        if others is not main:
            names = ", ".join(result["name"] for result in others)
            text += f"- Commit {commit}, {others[-1]['context']['date']}: {names}\n"
    return text


def label(kind, result):
    return f"On {kind}, commit {result['context']['commit']}"


def own_rows(kept, order):
    """The wall time of each of textmill's own commands on each machine, with its ratio to the yardstick."""
    rows = {}
    for name in order:
        for kind, machine in kept.items():
            result = machine["parts"].get(name)
            if not result or "yardstick" not in result:
                continue
            yardstick = yardstick_wall(result)
            for row in result["rows"]:
                if row["ours"] and "wall" in row:
                    ratio = f" ({row['wall'] / yardstick:.2g})" if yardstick else ""
                    cells = rows.setdefault((name, row["shell"]), {})
                    cells[kind] = seconds(row["wall"]) + ratio
    header = ["part", "command", *kept]
    return table(header, [[name, f"`{shell}`", *(cells.get(kind, "") for kind in kept)] for (name, shell), cells in rows.items()])


def corpora_text(kept):
    """The corpora of all results. One that is not the same on all machines has a row for each variant."""
    variants = {}
    for kind, machine in kept.items():
        for result in machine["parts"].values():
            if corpus := result.get("corpus"):
                facts = {key: value for key, value in corpus.items() if key != "name"}
                found = variants.setdefault(corpus["name"], [])
                same = next((kinds for kinds, other in found if other == facts), None)
                if same is None:
                    found.append(([kind], facts))
                elif kind not in same:
                    same.append(kind)
    rows = [
        [
            f"`{name}`" + (f" on {', '.join(kinds)}" if len(found) > 1 else ""),
            f"{facts['bytes'] / 1e6:,.0f} MB",
            CORPORA.get(name, "")
            + ", ".join(f"{p} {version}" for p, version in facts.get("packages", {}).items())
            + (f" ({facts['keys']:,} keys in {facts['lines']:,} lines)" if "keys" in facts else ""),
        ]
        for name, found in variants.items()
        for kinds, facts in found
    ]
    return table(["corpus", "size", "made of"], rows)


CORPORA = {
    "english.txt": "Debian packages, cut into blocks of 64 KB and shuffled: ",
    "multilingual.html": "the same way: ",
    "multilingual.txt": "without HTML's tags: ",
    "words.txt": "the words of `english.txt`, one a line",
    "distinct.txt": "generated, 12 to 20 bytes a key, in random order",
    "long-lines.txt": "pieces of `english.txt` without its line ends, one in five of them again",
    "numbers.txt": "2 to 7919",
    "tally.txt": "generated, `COUNT LINE`, counts by Zipf's law",
    "counts.txt": "the same, a million lines",
}


def readme(kept, order):
    """benches/README.md: the tables of all machines, losses included. `order` is that of the parts."""
    order = [*order, *sorted({name for machine in kept.values() for name in machine["parts"]} - set(order))]
    several = len(kept) > 1
    commits = {part["context"]["commit"] for machine in kept.values() for part in machine["parts"].values()}
    sections = []
    for group, heading in (("parts", "The tables"), ("against", "Two builds")):
        texts = []
        for name in order:
            results = [(kind, machine[group][name]) for kind, machine in kept.items() if name in machine[group]]
            if results:
                texts.append(section([(label(kind, result) if several or len(commits) > 1 else "", result) for kind, result in results]))
        if texts:
            sections.append(f"## {heading}\n\n" + "\n".join(texts))
    machines = "\n".join(machine_text(kind, machine) for kind, machine in kept.items())
    beside = f"## Side by side\n\n{SIDE_BY_SIDE}\n{own_rows(kept, order)}\n" if several else ""
    tables_of_all = "\n".join(sections)
    pictured = f" ({next(iter(kept))})" if several else ""
    return f"""\
# Measured

Written by `scripts/bench --report` after `scripts/bench`, from the files in `benches/results`. Rows
in bold are textmill's own. The other benches in this folder measure the kernels alone.

![Capitalised words, top 5: seconds for the whole pipeline{pictured}](pipeline.svg)

## The machines

{machines}
## How

{METHOD}
## The texts

{corpora_text(kept)}
{beside}{tables_of_all}"""


SIDE_BY_SIDE = """\
Wall time of textmill's commands on each kind of machine, and in parentheses its ratio to the yardstick of the table
below. An empty cell was not measured.
"""
