"""The table of docs/design/bars.md: which charts are right, by the screen of a terminal emulator.

Run by scripts/compare-charts. Each program gets the same records in the format that its documentation shows. Its
output goes to a terminal of 80 columns; the screen says whether it is right, by the rule of each input.
"""

import re
import shutil
import subprocess
import sys

from emulator import Emulator, run

COLUMNS = 80
PLAIN = Emulator(1).default_char[1:]


class Tool:
    def __init__(self, command, text, glyphs, fixed=(), exact=()):
        """`text` makes its input of records, and `glyphs` are what its bars consist of. The options `fixed` set the count
        of a whole bar to 100, `exact` are for large numbers."""
        self.name = " ".join(command)
        self.command, self.text, self.glyphs, self.fixed, self.exact = command, text, glyphs, fixed, exact

    def show(self, records, options=(), environment=()):
        return self.show_text(self.text(records), options, environment)

    def show_text(self, text, options=(), environment=()):
        return Shown(self, *run([*self.command, *options], COLUMNS, text, environment=environment))


def counts_first(records):
    return "".join(f"{count} {label}\n" for count, label in records).encode()


def csv(records):
    return "".join(f"{label},{count}\n" for count, label in records).encode()


def csv_with_header(records):
    return b"value,count\n" + csv(records)


def repeated(records):
    return "".join(f"{label}\n" * count for count, label in records).encode()


TOOLS = [
    Tool(["bars"], counts_first, "█▉▊▋▌▍▎▏", fixed=["--max", "100"]),
    Tool(["xan", "hist"], csv_with_header, "■", fixed=["-m", "100"]),
    Tool(["termgraph"], csv, "▇▏", exact=["--no-readable"]),
    # It counts lines, and draws no bars.
    Tool(["logtop", "-q"], repeated, ""),
]


class Shown:
    """The screen after a program has ended."""

    def __init__(self, tool, output, status):
        self.tool, self.output, self.status = tool, output, status
        self.screen = Emulator(COLUMNS, 100).feed(b"\x1b]2;title\x07" + output)
        self.rows = [self.screen.text(row).rstrip() for row in range(self.screen.cursor.y + 1) if self.screen.used(row)]

    def row(self, *parts):
        """The one row that has all of these texts."""
        rows = [y for y in range(self.screen.lines) if all(part in self.screen.text(y) for part in parts)]
        return rows[0] if len(rows) == 1 else None

    def bar(self, row):
        """The first column of the bar of a row and its length."""
        columns = [x for x in range(COLUMNS) if self.screen.buffer[row][x].data in list(self.tool.glyphs)]
        return (min(columns), len(columns)) if columns else (None, 0)

    def bars(self, *labels):
        """The bars of the rows that have these labels, if each has one row."""
        rows = [self.row(label) for label in labels]
        return None if None in rows else [self.bar(row) for row in rows]

    def aligned(self, *labels):
        bars = self.bars(*labels)
        return bars is not None and (not self.tool.glyphs or bars[0][1] > 0 and len({start for start, _ in bars}) == 1)


def uniq_c(tool):
    shown = tool.show_text(b"     30 dreamhost\n      9 web hosting\n")
    row = shown.row("30", "dreamhost")
    return row is not None and shown.bar(row)[1] > 0 and shown.row("9", "web hosting") is not None


def blanks(tool):
    shown = tool.show([(30, "new york"), (9, "los angeles")])
    return shown.row("30", "new york") is not None and shown.row("9", "los angeles") is not None


def long_label(tool):
    short, long = (tool.show([(30, label), (9, "b")]) for label in ("a", "/reports/2026/" * 12))
    return len(long.rows) == len(short.rows) and len(short.rows) > 0


def wide(tool):
    return tool.show([(30, "日本語"), (9, "abcdef")]).aligned("日本語", "abcdef")


def combining(tool):
    label = "re\u0301sume\u0301"
    return tool.show([(30, label), (9, "abcdef")]).aligned(label, "abcdef")


def control(tool):
    return tool.show([(30, "a\x1b]2;evil\x07b"), (9, "c")]).screen.title == "title"


def decimals(tool):
    shown = tool.show([("0.25", "aaa"), ("0.5", "bbb"), ("1", "ccc")])
    bars = shown.bars("aaa", "bbb", "ccc")
    if bars is None or shown.row("aaa", "0.25") is None:
        return False
    quarter, half, whole = (length for _, length in bars)
    return whole > 4 and abs(half * 2 - whole) <= 2 and abs(quarter * 4 - whole) <= 4


def negative(tool):
    """An error, or a bar that is not that of 0 or of a positive number."""
    shown = tool.show([(4, "aaa"), (-2, "bbb"), (0, "ccc")])
    if shown.status != 0:
        return True
    bars = shown.bars("aaa", "bbb", "ccc")
    return bars is not None and bars[1][1] > 0 and bars[1][0] < bars[0][0]


def zero(tool):
    shown = tool.show([(4, "aaa"), (0, "bbb")])
    bars = shown.bars("aaa", "bbb")
    return bars is not None and bars[0][1] > 0 and bars[1][1] == 0


def large(tool):
    shown = tool.show([(2**64 + 1, "aaa"), (2**63, "bbb")], tool.exact)
    return str(2**64 + 1) in re.sub("[,_ ]", "", "\n".join(shown.rows))


def empty(tool):
    """No output, or one line."""
    return len(tool.show([]).rows) <= 1


def no_line_end(tool):
    text = tool.text([(30, "aaa"), (9, "bbb")]).rstrip(b"\n")
    return tool.show_text(text).row("bbb") is not None


def to_file(tool):
    text = tool.text([(30, "aaa"), (9, "bbb")])
    done = subprocess.run(tool.command, input=text, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return b"aaa" in done.stdout


def to_file_plain(tool):
    """Without escape sequences."""
    text = tool.text([(30, "aaa"), (9, "bbb")])
    done = subprocess.run(tool.command, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return b"\x1b" not in done.stdout


def no_color(tool):
    shown = tool.show([(30, "aaa"), (9, "bbb")], environment={"NO_COLOR": "1"})
    return all(shown.screen.attributes(row, x) == PLAIN for row in range(shown.screen.lines) for x in range(COLUMNS))


def same_scale(tool):
    lengths = []
    for largest in (50, 90):
        bars = tool.show([(largest, "aaa"), (20, "bbb")], tool.fixed).bars("aaa", "bbb")
        lengths.append(bars and bars[1][1])
    return bool(lengths[0]) and lengths[0] == lengths[1]


INPUTS = {
    "output of `uniq -c`, as it is": uniq_c,
    "labels with blanks": blanks,
    "a label longer than the terminal: a row for each record": long_label,
    "wide labels: bars begin in one column": wide,
    "combining marks: bars begin in one column": combining,
    "control characters: the title of the terminal stays": control,
    "decimals: 0.25, 0.5 and 1 have bars of 1, 2 and 4": decimals,
    "a negative number: an error, or a bar to the left": negative,
    "0: no bar": zero,
    "2^64 + 1: all digits": large,
    "no input: no output, or one line": empty,
    "no line end at the end: the last record is there": no_line_end,
}
USES = {
    "`> FILE` has the chart": to_file,
    "no escape sequences in a pipe": to_file_plain,
    "`NO_COLOR=1`: no color": no_color,
    "the same scale for two charts": same_scale,
}


# Rules for programs that read counts and draw bars.
OF_CHARTS = [uniq_c, decimals, negative, zero, large, same_scale]


def answer(rule, tool):
    if not tool.glyphs and rule in OF_CHARTS:
        return "–"
    return "yes" if rule(tool) else "no"


def main():
    tools = [tool for tool in TOOLS if shutil.which(tool.command[0])]
    if "--show" in sys.argv:
        for tool in tools:
            for count, label in [(30, "new york"), (9, "日本語"), (4, "re\u0301sume\u0301"), (3, "/reports/2026/" * 12)]:
                print(tool.name, *tool.show([(count, label), (5, "abc")]).rows, sep="\n")
        return
    print("| |", " | ".join(f"`{tool.name}`" for tool in tools), "|")
    print("|---|" + ":-:|" * len(tools))
    for rows in (INPUTS, USES):
        for name, rule in rows.items():
            print(f"| {name} |", " | ".join(answer(rule, tool) for tool in tools), "|")


if __name__ == "__main__":
    main()
