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
"""


TEXTS = {"command", "goal", "corpus", "made of"}  # columns that are no numbers


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
    """A part's section: title, corpus, table, notes."""
    if result["name"] == "scaling":
        return scaling_text(result)
    corpus, yardstick = result["corpus"], yardstick_wall(result)
    rows, notes = [], []
    for row in result["rows"]:
        name = f"`{row['shell']}`"
        if row["note"]:
            notes.append(f"{row['label']}: {row['note']}.")
            name += f" [{len(notes)}]"
        if row["ours"]:
            name = f"**{name}**"
        if "wall" not in row:
            rows.append([name, row["wrong"] if missing(row) else f"wrong: {row['wrong']}"] + [""] * 5)
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
    header = ["command", "wall", "ratio", speed, "CPU", "memory", "goal"]
    text = f"### {result['title']}\n\n"
    if not result["starts"] and not each:
        text += f"`{corpus['name']}`, {corpus['bytes'] / 1e6:,.0f} MB. "
    if result["intro"]:
        text += result["intro"]
    text = text.rstrip() + "\n\n" + table(header, rows)
    if notes:
        text += "\n" + " ".join(f"[{n}] {note}" for n, note in enumerate(notes, 1)) + "\n"
    return text


def rate(result, wall):
    """What a command did in a second: megabytes of input, or what the part counts instead."""
    if each := result.get("each"):
        return f"{each[0] / wall:,.0f}"
    return f"{result['corpus']['bytes'] / wall / 1e6:,.0f}" if not result["starts"] else ""


def missing(row):
    return row["wrong"].startswith("no ")


def goals_text(row):
    verdicts = {True: "met", False: "missed", None: "open"}
    return "; ".join(
        f"{goal['goal']}: {verdicts[goal['met']]} ({goal['found']})" for goal in row.get("goals", [])
    )


def yardstick_wall(result):
    return next((r.get("wall") for r in result["rows"] if r["label"] == result["yardstick"]), None)


def scaling_text(result):
    """Seconds and memory for three sizes; a straight line keeps the seconds for a byte."""
    sizes = {size: count / 1e6 for size, count in result["bytes"].items()}
    header = ["command"]
    header += [f"{size:,.0f} MB" for size in sizes.values()]
    header += ["GB/s, first to last", "memory, first to last", "goal"]
    rows = []
    for row in result["rows"]:
        name = f"`{row['shell']}`"
        if "sizes" not in row:
            rows.append([name, row["wrong"]] + [""] * 5)
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
    intro = "The same text 1, 10 and 40 times, so that only the size varies, not the vocabulary.\n\n"
    return f"### {result['title']}\n\n{intro}" + table(header, rows)


def context_text(context):
    """Machine, commit and versions."""
    versions = "; ".join(f"{name} {version}" for name, version in context["versions"].items())
    return (
        f"- Machine: {context['machine']}\n"
        f"- textmill: commit {context['commit']}, {context['date']}\n"
        f"- Peers: {versions}\n"
        f"- Runs of each command: {context['runs']}, fewer if they would take longer than "
        f"{context['budget']:g} s in all\n"
    )


def corpora_text(manifest):
    rows = [
        [
            f"`{name}`",
            f"{facts['bytes'] / 1e6:,.0f} MB",
            CORPORA.get(name, "")
            + ", ".join(f"{p} {version}" for p, version in facts.get("packages", {}).items())
            + (f" ({facts['keys']:,} keys in {facts['lines']:,} lines)" if "keys" in facts else ""),
        ]
        for name, facts in manifest.items()
        if not name.startswith("scaling")
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
}


def readme(results, context, manifest):
    """benches/README.md: all tables as of the last runs, losses included."""
    goals = [goal for result in results for row in result["rows"] for goal in row.get("goals", [])]
    met = sum(goal["met"] is True for goal in goals)
    sections = "\n".join(part_text(result) for result in results)
    return f"""\
# Measured

Written by `scripts/bench --report` after `scripts/bench`; {met} of {len(goals)} goals are met. Rows
in bold are textmill's own. The other benches in this folder measure the kernels alone.

![Capitalised words, top 5: seconds for the whole pipeline](pipeline.svg)

{context_text(context)}
## How

{METHOD}
## The texts

{corpora_text(manifest)}
## The tables

{sections}"""
