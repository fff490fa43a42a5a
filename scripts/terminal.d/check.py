"""What programs show on a terminal, cell by cell: the charts of `bars`, control characters, and the picture.

Run by scripts/test-terminal. Prints what fails, and a last line with the number of checks.
"""

import sys
import tempfile
from functools import cache
from pathlib import Path

from emulator import Emulator, run, session
from picture import COLUMNS, COMMANDS, picture

WIDTHS = (20, 80, 200)
COUNTS = (1000, 999, 350, 7, 1, 0)
DIGITS = 4
# The attributes of cells: without a color, and that of a bar.
PLAIN = Emulator(1).default_char[1:]
COLORED = Emulator(1).default_char._replace(fg="cyan")[1:]

LABELS = {
    "plain": "dreamhost",
    "empty": "",
    "blanks": "  new  york ",
    "accent": "re\u0301sume\u0301",
    "many accents": "a\u0301\u0323\u0308\u0302\u0330",
    "Devanagari": "क्षि हिन्दी",
    "Thai": "น้ำที่นี่",
    "Tamil": "தமிழ் கொ",
    "Hebrew": "שָׁלוֹם עולם",
    "Arabic": "كَتَبَ العربية",
    "Chinese": "中文字",
    "Japanese": "日本語カタカナﾊﾝｶｸ",
    "Hangul": "한국어",
    "Hangul of letters": "\u1112\u1161\u11ab\u1100\u116e\u11a8",
    "wide after narrow": "a日b本c語",
    "ambiguous": "§±×αβя①─●",
    "emoji": "😀🎉",
    "family": "👩\u200d👩\u200d👧",
    "skin": "👍🏽👩🏿",
    "flag": "🇩🇪🇯🇵",
    "heart": "❤\ufe0f",
    "key": "1\ufe0f\u20e3",
    "zero width": "a\u200bb\u2060c\ufeffd\u200ce",
    "marks of direction": "a\u200fb\u200ec",
    "TAB": "a\tb",
    "control": "\x1b]0;evil\x07\x1b[2J\x1b[5A\r\x08\x7f\0\x0b\x0c\x0e",
    "C1": "\u009b31mred\u0085\u0090",
    "bidirectional": "\u202eabc\u2066d\u2069\u202c",
    "invalid": b"\xff\x9b31m\xe2\x82",
}

# Terminals: whether a cluster has one width, and the columns of an ambiguous character.
TERMINALS = [(clusters, ambiguous) for clusters in (True, False) for ambiguous in (1, 2)]

# The labels for which a terminal has other widths than `bars`. A longer line wraps; a shorter one
# leaves columns empty. Nothing else changes: the bars stay where they are.
WIDER = {
    (True, 1): [],
    (True, 2): ["ambiguous"],
    (False, 1): ["family", "skin", "flag"],
    (False, 2): ["family", "skin", "flag", "ambiguous"],
}
NARROWER = {
    (True, 1): ["Devanagari"],
    (True, 2): ["Devanagari"],
    (False, 1): ["Devanagari", "Tamil", "heart", "key"],
    (False, 2): ["Devanagari", "Tamil", "heart", "key"],
}


@cache
def escaped(label):
    """The label as documented: control characters, bidirectional controls and invalid bytes are escaped."""
    short = {"\0": r"\0", "\t": r"\t", "\n": r"\n", "\r": r"\r"}
    bidirectional = [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]
    shown = ""
    for c in label.decode("utf-8", "surrogateescape"):
        code = ord(c)
        if 0xDC80 <= code <= 0xDCFF:
            shown += f"\\x{code - 0xDC00:02x}"
        elif code < 0x20 or 0x7F <= code < 0xA0 or code in bidirectional:
            shown += short.get(c, f"\\u{{{code:x}}}")
        else:
            shown += c
    return shown


def bar(count, cells, ascii):
    """The bar of a count, as documented: floor, and at least one step."""
    steps = 1 if ascii else 8
    length = max(steps * cells * count // max(COUNTS), count > 0)
    if ascii:
        return "#" * length
    return "█" * (length // 8) + " ▏▎▍▌▋▊▉"[length % 8].strip()


class Failure(Exception):
    pass


def expect(condition, cause):
    if not condition:
        raise Failure(cause)


class Chart:
    """A chart of one label, short or long, on one kind of terminal."""

    def __init__(self, name, label, columns, ascii, terminal, output):
        self.name, self.label, self.columns, self.ascii, self.terminal = name, escaped(label), columns, ascii, terminal
        self.cells = max(columns * 2 // 5, 10)
        self.start = DIGITS + 1 + self.cells + 1
        clusters, ambiguous = terminal
        self.screen = Emulator(columns, 100, clusters=clusters, ambiguous=ambiguous).feed(output)

    def check(self):
        """Each row of the chart; the width of the widest label, or None if one wraps."""
        row, used, wraps = 0, [], False
        for count in COUNTS:
            self.check_columns(row, count)
            rows = self.rows_of_label(row)
            if rows > 1:
                expect(self.name in WIDER[self.terminal], "wraps")
                wraps = True
            else:
                used.append(self.check_label(row))
            row += rows
        screen = self.screen
        expect((screen.cursor.x, screen.cursor.y) == (0, row), "cursor below the chart")
        expect(not any(screen.used(y) for y in range(row, screen.lines)), "blank below the chart")
        expect(not (screen.title or screen.icon_name or screen.replies), "a title or a reply")
        return None if wraps else max(used)

    def check_columns(self, row, count):
        """Count, bar and blanks are in their columns, and only the bar has a color."""
        screen, end = self.screen, self.start - 1
        expect(screen.text(row, 0, DIGITS + 1) == f"{count:>{DIGITS}} ", f"count {count}: {screen.text(row)}")
        drawn = bar(count, self.cells, self.ascii)
        expect(screen.text(row, DIGITS + 1, end) == drawn.ljust(self.cells), f"bar of {count}: {screen.text(row)}")
        expect(self.start > self.columns or screen.text(row, end, self.start) == " ", f"blank after the bar of {count}")
        first = DIGITS + 1
        for x in range(self.columns):
            style = COLORED if first <= x < first + len(drawn) else PLAIN
            expect(screen.attributes(row, x) == style, f"color of column {x}")

    def rows_of_label(self, row):
        """The rows until the next count, or the cursor."""
        end = row + 1
        while end < self.screen.cursor.y and not self.screen.text(end, 0, DIGITS + 1).strip().isdigit():
            end += 1
        return end - row

    def check_label(self, row):
        shown, mark = self.screen.text(row, self.start).rstrip(" "), "..." if self.ascii else "…"
        whole = self.label.rstrip(" ")
        if shown != whole:
            room = self.columns - self.start
            expect(shown.endswith(mark[:room]), f"no mark: {shown}")
            expect(self.label.startswith(shown[: -len(mark[:room])]), f"another label: {shown}")
        return self.screen.used(row)


def check_label(name, columns):
    """A label alone, and repeated until it is too long, on all terminals."""
    label = LABELS[name] if isinstance(LABELS[name], bytes) else LABELS[name].encode()
    for length, text in (("short", label), ("long", label * 400)):
        stdin = b"".join(b"%d %s\n" % (count, text) for count in COUNTS)
        for options in ([], ["--ascii"]):
            output, status = run(["bars", *options], columns, stdin)
            expect(status == 0, f"status {status}: {output}")
            for terminal in TERMINALS:
                clusters, ambiguous = terminal
                if ambiguous == 2 and not options:
                    continue # check_wide_blocks
                try:
                    used = Chart(name, text, columns, bool(options), terminal, output).check()
                    if length == "long" and label:
                        check_width(name, terminal, columns, used)
                except Failure as failure:
                    kind = f"clusters {clusters}, ambiguous {ambiguous}"
                    raise Failure(f"{length} label, {' '.join(options)} {kind}: {failure}") from None


def check_width(name, terminal, columns, used):
    """A line that is cut fills the width, or is listed. At 200 columns differences add up: there it must be both."""
    wider, narrower = used is None, used is not None and used < columns - 1
    listed = name in WIDER[terminal], name in NARROWER[terminal]
    same_width = not (wider or narrower)
    expect(listed == (wider, narrower) or columns < 200 and same_width, f"uses {used} columns")


def check_wide_blocks():
    """With ambiguous characters of two columns, block elements are wide, so lengths are wrong; `--ascii` is right."""
    output, _ = run(["bars"], 80, b"4 a\n2 b\n")
    screen = Emulator(80, ambiguous=2).feed(output)
    expect(screen.text(0).rstrip() == "4 " + "█" * 32 + " a", "the same characters")
    expect(screen.used(0) == 2 + 64 + 2, "twice the columns")


# What a terminal would execute: each changes the screen, its title or its modes, or makes it reply.
EVIL = [
    b"\x1b]0;evil\x07", b"\x1b]2;evil\x1b\\", b"\x1b]1;evil\x07", b"\xc2\x9d0;evil\xc2\x9c",
    b"\x1b[2J", b"\x1b[1;1H", b"\x1b[10A", b"\x1b[10B", b"\x1b[20C", b"\x1b[20D", b"\x1b[3L", b"\x1b[3M", b"\x1b[5@",
    b"\xc2\x9b2J", b"\xc2\x9b1;1H", b"\x9b2J", b"\x1bM", b"\x1bD", b"\x1bE", b"\xc2\x85", b"\xc2\x8d", b"\x1bc",
    b"\x1b7\x1b[H\x1b8", b"\x1b#8", b"\x1b[31m", b"\x1b[7m", b"\x1b[?5h", b"\x1b[?7l", b"\x1b[?25l", b"\x1b[?1049h",
    b"\x1b[4h", b"\x1b[2;5r", b"\x1b[3g", b"\x1b(0", b"\x0e", b"\x1b[5n", b"\x1b[6n", b"\x1b[c", b"\x05", b"\x08\x08\x08",
    b"\x0b", b"\x0c", b"\rabc", b"\x7f", b"\0", "\u202eabc\u2066".encode(), b"\xff\xfe",
]  # fmt: skip

# Programs that write what they read, and the beginning of each line for them.
WRITERS = [
    (["count"], b""),
    (["topn", "100"], b"7 "),
    (["bars"], b"7 "),
    (["lower"], b""),
    (["stem", "english"], b""),
    (["ngrams", "1"], b""),
    (["field", "1-"], b""),
    (["field", "-d", ",", "2"], b"a,"),
    (["words", "-e", r"[^\n]+"], b""),
    (["untag"], b"<p>"),
    (["memo"], b""),
    (["fetch"], b""),
]


def started(columns=80):
    """A terminal on which something is shown before."""
    screen = Emulator(columns, 400)
    screen.feed(b"\x1b]2;title\x07\x1b]1;icon\x07" + b"before\r\n" * 5)
    return screen


def state(screen):
    modes = frozenset(screen.mode), screen.margins, frozenset(screen.tabstops), screen.charset, tuple(screen.savepoints)
    before = [screen.text(row).rstrip() for row in range(5)]
    return screen.title, screen.icon_name, modes, before, screen.replies, screen.cursor.attrs, screen.cursor.hidden


def is_untouched(output):
    """Whether only rows of text were added, which have no attributes."""
    screen = started()
    was = state(screen)
    screen.feed(output)
    rows = range(5, screen.lines)
    plain = all(screen.attributes(row, x) in (PLAIN, COLORED) for row in rows for x in range(screen.columns))
    # Each line feed is one that the program wrote, and the other rows are wrapped lines.
    written = "".join(screen.text(row).rstrip() for row in rows if screen.used(row))
    return state(screen) == was and plain and screen.cursor.x == 0 and written.isprintable()


def command_for(name, folder, text):
    """The command, and its standard input."""
    path = Path(folder) / "text"
    path.write_bytes(text)
    if name == ["memo"]:
        return ["memo", "-d", f"{folder}/store", "key", "--", "cat", str(path)], b""
    if name == ["fetch"]:
        return ["fetch", f"file://{path}"], b""
    return name, text


def check_writer(name, start):
    with tempfile.TemporaryDirectory() as folder:
        text = b"".join(b"%sw%sw\n" % (start, evil) for evil in EVIL)
        command, stdin = command_for(name, folder, text)
        output, status = run(command, 80, stdin, environment={"XDG_CACHE_HOME": folder})
    expect(status == 0, f"status {status}: {output}")
    expect(len(output) > len(EVIL), f"little output: {output}")
    expect(is_untouched(output), f"the terminal has changed: {output}")


def check_raw(name):
    """The check itself: with --raw the terminal does what is in the text."""
    output, status = run([*name, "--raw"], 80, b"".join(b"w%sw\n" % evil for evil in EVIL))
    expect(status == 0 and not is_untouched(output), "the terminal has not changed")
    title = started().feed(run([*name, "--raw"], 80, EVIL[0] + b"\n")[0]).title
    expect(title == "evil", f"title {title}")


def check_message(command):
    """A message names an operand with all that is evil, except NUL, which cannot be in it."""
    for evil in EVIL:
        name, operand = command
        output, status = run([name, operand.encode() + evil.replace(b"\0", b"")], 80)
        expect(status in (1, 2), f"status {status}: {output}")
        expect(output.count(b"\n") == 1 and is_untouched(output), f"the terminal has changed: {output}")


def check_picture():
    """docs/terminal.svg is what a terminal shows now."""
    screen = session(COMMANDS, COLUMNS)
    now = picture(screen)
    path = Path("docs/terminal.svg")
    expect(path.read_text() == now, "docs/terminal.svg is not current: run scripts/picture")
    expect(len(now) < 30_000, f"{len(now)} bytes")


MESSAGES = [("count", "no-such-"), ("bars", "no-such-"), ("lower", "no-such-"), ("lower", "--no-such-"), ("fetch", "file:///no-such-")]


def checks():
    """Each check: its name, the function and its arguments."""
    yield "the picture is current", check_picture, ()
    yield "block elements of two columns", check_wide_blocks, ()
    for columns in WIDTHS:
        for name in LABELS:
            yield f"bars, {columns} columns: {name}", check_label, (name, columns)
    for name, start in WRITERS:
        yield f"{' '.join(name)} on a terminal", check_writer, (name, start)
    for name in (["count"], ["lower"], ["field", "1-"]):
        yield f"{' '.join(name)} --raw", check_raw, (name,)
    for command in MESSAGES:
        yield f"message of {' '.join(command)}", check_message, (command,)


def main():
    passed = failed = 0
    for name, check, arguments in checks():
        try:
            check(*arguments)
            passed += 1
        except Failure as failure:
            failed += 1
            print(f"FAILED: {name}: {failure}", file=sys.stderr)
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
