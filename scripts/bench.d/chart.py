"""The main comparison as a picture: a bar for each pipeline, on a linear scale from zero.

One palette for light and dark pages: mid-tones on a transparent ground, readable on both.
"""

from html import escape

TEXT, OWN, OTHER = "#77808a", "#1f9d6b", "#8f9aa8"
WIDTH, LEFT, RIGHT, TOP, ROW, BAR = 760, 190, 100, 58, 34, 20


def bar_chart(result):
    """SVG of the rows that were timed, fastest first."""
    rows = sorted((row for row in result["rows"] if "wall" in row), key=lambda row: row["wall"])
    scale = (WIDTH - LEFT - RIGHT) / rows[-1]["wall"]
    gigabytes = result["corpus"]["bytes"] / 1e9
    title = f"{result['title']}: seconds for {gigabytes:.2g} GB of English"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {TOP + ROW * len(rows) + 12}"'
        f' font-family="system-ui, sans-serif" font-size="14" fill="{TEXT}" role="img">',
        f"<title>{escape(title)}</title>",
        f'<text x="12" y="28" font-size="16" font-weight="600">{escape(title)}</text>',
    ]
    for n, row in enumerate(rows):
        y = TOP + ROW * n
        width = max(row["wall"] * scale, 1)
        label = row["label"].replace("`", "")
        weight = ' font-weight="600"' if row["ours"] else ""
        parts += [
            f'<text x="{LEFT - 10}" y="{y + 15}" text-anchor="end"{weight}>{escape(label)}</text>',
            f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR}" rx="2"'
            f' fill="{OWN if row["ours"] else OTHER}"/>',
            f'<text x="{LEFT + width + 8:.1f}" y="{y + 15}"{weight}>{row["wall"]:.2f} s</text>',
        ]
    return "\n".join(parts) + "\n</svg>\n"
