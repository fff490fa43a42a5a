"""docs/terminal.svg: what a terminal shows after some commands, typed into a shell.

    picture.py FILE

A row of the screen is one element `text` with all its characters, so that programs can read the picture. Block
elements are rectangles, which have no gaps in any font; the characters are there, too, but are not painted. No font
is embedded: each piece of a row has a place of its own, so that nothing moves if a font is wider. The same screen
gives the same bytes.
"""

import sys
from html import escape
from itertools import groupby
from pathlib import Path

from emulator import session

COMMANDS = [
    'fetch "file://$PWD/tests/data/page.html" | capwords | lower | count | topn 5',
    "untag tests/data/page.html | words | lower | count | topn 8 | bars",
]
TITLE = "Two pipelines in a terminal: the five most frequent capitalised words of a page; all its words as a bar chart"
COLUMNS = 80

# A window that is dark on light and dark pages; its frame can be seen on both.
GROUND, FRAME, BUTTON, TEXT = "#1b1f24", "#6e7781", "#57606a", "#e6edf3"
COLORS = {
    "default": TEXT, "black": "#6e7681", "red": "#ff7b72", "green": "#3fb950", "brown": "#d29922", "blue": "#58a6ff",
    "magenta": "#bc8cff", "cyan": "#39c5cf", "white": "#b1bac4",
}  # fmt: skip
CELL, LINE, SIZE, BASE = 8.4, 19, 14, 14
LEFT, TOP, BOTTOM = 16, 40, 14
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"

# The eighths of a column that a block element fills, from the left.
BLOCKS = {block: eighths for eighths, block in enumerate("▏▎▍▌▋▊▉█", 1)}


def number(value):
    return f"{value:.2f}".rstrip("0").rstrip(".")


def pieces(screen, row):
    """The pieces of a row: the first column, the text, the color, and whether it is blocks."""
    cells = [screen.buffer[row][x] for x in range(screen.used(row))]

    def kind(numbered):
        _, cell = numbered
        return cell.fg, cell.data in BLOCKS

    for (color, is_blocks), group in groupby(enumerate(cells), kind):
        group = list(group)
        yield group[0][0], "".join(cell.data for _, cell in group), color, is_blocks


def picture(screen):
    rows = screen.cursor.y
    width, height = 2 * LEFT + COLUMNS * CELL, TOP + rows * LINE + BOTTOM
    buttons = "".join(f'<circle cx="{20 + 18 * n}" cy="20" r="6"/>' for n in range(3))
    svg = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(width)} {height}" font-family="{FONTS}"'
        f' font-size="{SIZE}" fill="{TEXT}" xml:space="preserve" role="img">',
        f"<title>{escape(TITLE)}</title>",
        f'<rect x=".5" y=".5" width="{number(width - 1)}" height="{height - 1}" rx="8" fill="{GROUND}" stroke="{FRAME}"/>',
        f'<g fill="{BUTTON}">{buttons}</g>',
    ]
    for row in range(rows):
        spans, bars = "", ""
        for column, text, color, is_blocks in pieces(screen, row):
            x = number(LEFT + column * CELL)
            paint = "none" if is_blocks else COLORS[color]
            spans += f'<tspan x="{x}"' + (f' fill="{paint}"' if paint != TEXT else "") + f">{escape(text, quote=False)}</tspan>"
            if is_blocks:
                # Only the last block of a bar is not a whole column.
                if any(block != "█" for block in text[:-1]):
                    raise ValueError(f"row {row}: not a bar: {text}")
                length = number(sum(BLOCKS[block] for block in text) * CELL / 8)
                place = f'x="{x}" y="{TOP + row * LINE}" width="{length}" height="{LINE}"'
                bars += f'<rect {place} fill="{COLORS[color]}" shape-rendering="crispEdges"/>'
        svg.append(f'<text y="{TOP + row * LINE + BASE}">{spans}</text>{bars}')
    return "\n".join([*svg, "</svg>\n"])


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(picture(session(COMMANDS, COLUMNS)))
