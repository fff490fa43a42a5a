"""Sends the requests of traffic.py to the servers of servers.py, and checks what `field` reads in their logs.

    check.py STORE WORK    unpacks packages into STORE; the servers keep their files in WORK

Each log is compared with what was sent, with a strict grammar of its format, and with other programs where
they read it right. `field` is the one in PATH. The last line says how many checks passed and failed.
"""

import collections
import csv
import io
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent.parent / "bench.d"))

import debian  # noqa: E402
import facts  # noqa: E402
import traffic  # noqa: E402
from servers import SERVERS, as_in_c  # noqa: E402

# What is compared with: program and package.
ORACLES = {"goaccess": "goaccess", "gawk": "gawk", "mlr": "miller", "jq": "jq"}

QUOTED = rb'"((?:[^"\\]|\\.)*)"'
COMBINED = re.compile(
    rb"(\S+) (\S+) (.*) \[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [-+]\d{4})\] "
    + QUOTED + rb" (\d{3}|-|-1) (\S+) " + QUOTED + rb" " + QUOTED + rb"(?: (.*))?"
)
REQUEST = re.compile(rb"([A-Za-z0-9!#$%&'*+.^_`|~-]+) (.+) (HTTP/[^ ]*)")
NAMES = "host ident user time date hour minute request method target path query protocol status bytes referer agent".split()


class System:
    """The programs: those that are installed, and others that are unpacked into a folder."""

    def __init__(self, root):
        self.root = root
        folders = ["usr/sbin", "usr/bin"]
        self.folders = os.pathsep.join([os.environ["PATH"], *(str(root / folder) for folder in folders), "/usr/sbin"])

    def prepare(self, needed):
        """Unpacks what is missing of some programs."""
        missing = sorted(package for program, package in needed.items() if not shutil.which(program, path=self.folders))
        if missing:
            print(f"test-logs: unpacking {' '.join(missing)}", file=sys.stderr)
            debian.with_libraries(missing, self.root)

    def path(self, name):
        """A program by its name, or a file by its path below /."""
        if "/" in name:
            return self.root / name if (self.root / name).exists() else Path("/") / name
        return shutil.which(name, path=self.folders)

    def environment(self, home):
        libraries = os.pathsep.join(map(str, self.root.glob("usr/lib/*-linux-gnu")))
        return {
            "PATH": self.folders,
            "LD_LIBRARY_PATH": libraries,
            "HOME": str(home),
            "TMPDIR": str(home),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
        }

    def run(self, *command, text=b"", statuses=(0,)):
        ran = subprocess.run(
            [self.path(command[0]), *command[1:]], input=text, capture_output=True, env=self.environment(self.root)
        )
        if ran.returncode not in statuses:
            raise SystemExit(f"test-logs: {command[0]}: status {ran.returncode}: {ran.stderr[-300:].decode(errors='replace')}")
        return ran.stdout


class Checks:
    passed = failed = 0

    def check(self, name, wrong):
        """Passes if there is nothing wrong; shows the first examples of what is."""
        wrong = list(wrong)
        if not wrong:
            self.passed += 1
            return
        self.failed += 1
        print(f"FAILED: {name}: {len(wrong)} differ", file=sys.stderr)
        for example in wrong[:5]:
            print(f"    {example}", file=sys.stderr)


def field(*arguments, text):
    """The records that `field` writes, its last message, and its status."""
    ran = subprocess.run(["field", *arguments], input=text, capture_output=True)
    end = b"\0" if "-z" in arguments else b"\n"
    *records, rest = ran.stdout.split(end)
    if rest:
        raise SystemExit(f"test-logs: field {' '.join(arguments)}: no {end} at the end: {rest[-100:]}")
    message = ran.stderr.decode(errors="replace").strip()
    return records, message, ran.returncode


def lines_of(text):
    *lines, rest = text.split(b"\n")
    assert rest == b"", rest
    return lines


def differences(found, expected):
    """The pairs that differ."""
    return [pair for pair in itertools.zip_longest(found, expected) if pair[0] != pair[1]]


class Reader:
    """Checks one log of a server."""

    def __init__(self, checks, log, requests, statuses):
        self.checks = checks
        self.log = log
        self.requests = requests
        self.statuses = statuses
        self.text = log.file.read_bytes()
        self.lines = lines_of(self.text)
        self.numbers = [self.number(line) for line in self.lines]

    def check(self, name, wrong):
        self.checks.check(f"{self.log.server}: {name}", wrong)

    @staticmethod
    def number(line):
        """Which request a line is about; None if it is about none."""
        found = re.search(rb"(?<![\w.])127\.1\.\d+\.\d+(?![\w.])", line)
        return traffic.number(found[0]) if found else None

    def compared(self, name, found, expected):
        """Compares records with values, one by one; None is not compared."""
        wrong = [] if len(found) == len(expected) else [f"{len(found)} records from {len(expected)} lines"]
        for line, (one, other) in zip(self.lines, zip(found, expected)):
            if other is not None and one != other:
                wrong.append(f"{one!r} is not {other!r} in {line[:300]!r}")
        self.check(name, wrong)

    def records(self):
        """Each request has one line, but for those that the server does not log."""
        seen = collections.Counter(n for n in self.numbers if n is not None)
        twice = [f"{self.requests[n].name}: {times} lines" for n, times in seen.items() if times > 1]
        self.check("no request has two lines", twice)
        server = self.log.server.split(",")[0]
        absent = {n for n in self.statuses if not seen[n]}
        wrong = absent ^ {n for n, status in self.statuses.items() if facts.is_unlogged(server, self.requests[n], status)}
        wrong = [f"{self.requests[n].name}, status {self.statuses[n]}, {seen[n]} lines" for n in wrong]
        self.check("requests that are not logged", wrong)

    def as_sent(self, records):
        """Compares values with what was sent; `records` has a dictionary for each line, or None."""
        wrong = collections.defaultdict(list)
        for n, record in zip(self.numbers, records):
            if n is None or record is None:
                continue
            request, status = self.requests[n], self.statuses[n]
            if status and record["status"] != status:
                wrong["status"].append(f"{record['status']!r}, and the client got {status!r}: {request.name}")
            for place in self.log.shows:
                if not facts.is_right(self.log, request, place, record["status"], record[place]):
                    wrong[place].append(f"{record[place]!r}, with status {record['status'].decode()}: {request.name}")
        for place in ("status", *self.log.shows):
            self.check(f"{place} as it was sent", wrong[place])


class Lines(Reader):
    """Common and combined logs, by --log and by -q."""

    def run(self):
        self.records()
        expected = [self.by_grammar(line) for line in self.lines]
        self.check("lines of the grammar", [line[:300] for line, e in zip(self.lines, expected) if e is None and not facts.is_no_record(line)])
        invalid = sum(e is None for e in expected)
        all_names = {}
        for name in NAMES:
            records, message, status = field("--log", name, text=self.text)
            values = [e and e[name] for e in expected]
            # A line that is none gives an empty record.
            self.compared(f"--log {name}", records, [b"" if value is None else value for value in values])
            all_names[name] = records
            wrong = [message] if status != (invalid > 0) or (invalid and not message.endswith(facts.invalid_lines(invalid))) else []
            self.check(f"--log {name}: status and message", wrong)
        records, _, _ = field("--log", "-o", "\x01", ",".join(NAMES), text=self.text)
        joined = [b"\x01".join(values) for values in zip(*all_names.values())]
        self.compared("--log, all names at once", records, [j if e else b"" for j, e in zip(joined, expected)])
        self.as_sent([dict(zip(NAMES, values)) if e else None for e, values in zip(expected, zip(*all_names.values()))])
        self.quoted(expected)

    def by_grammar(self, line):
        """The fields of a line; None if it is none."""
        found = COMBINED.fullmatch(line)
        if not found:
            return None
        host, ident, user, time, request, status, size, referer, agent, rest = found.groups()
        record = {"host": host, "ident": ident, "user": user, "time": time, "request": request, "status": status}
        record |= {"bytes": size, "referer": referer, "agent": agent, "rest": rest}
        record |= {"date": time[:11], "hour": time[:14], "minute": time[:17]}
        parts = REQUEST.fullmatch(request)
        method, target, protocol = parts.groups() if parts else (b"", b"", b"")
        path, _, query = target.partition(b"?")
        return record | {"method": method, "target": target, "path": path, "query": query, "protocol": protocol}

    def quoted(self, expected):
        """-q: from the first field up to the user, and from the last one down to the request."""
        columns = {"1": "host", "2": "ident"}
        if not any(e and e["rest"] for e in expected):
            columns |= {"-1": "agent", "-2": "referer", "-3": "bytes", "-4": "status", "-5": "request"}
        for column, name in columns.items():
            records, _, _ = field("-q", column, text=self.text)
            self.compared(f"-q {column}", records, [e and e[name] for e in expected])
        # Users of one word shift nothing, unless they begin like a quoted field.
        plain = [e if e and re.fullmatch(rb'[^ \t"\[]\S*', e["user"]) else None for e in expected]
        for column, name in {"3": "user", "4": "time", "5": "request", "6": "status", "9": "agent"}.items():
            records, _, _ = field("-q", column, text=self.text)
            self.compared(f"-q {column}", records, [e and e[name] for e in plain])


class RawLines(Reader):
    """The log of nginx with escape=none. `truth` has the values, from the log in JSON."""

    def __init__(self, *arguments, truth):
        super().__init__(*arguments)
        self.truth = truth

    def run(self):
        # A line end in a user makes two lines of a record.
        expected = []
        for record in self.truth:
            broken = record["user"].count(b"\n")
            expected += [None] * broken + [record if not broken else None]
        self.check("a line for each record, and for each line end in a user", [len(self.lines)] * (len(expected) != len(self.lines)))
        broken = sum(record["user"].count(b"\n") for record in self.truth)
        for name in ("host", "user", "status", "bytes", "request", "referer", "agent"):
            records, message, _ = field("--log", name, text=self.text)
            is_right = name in ("host", "user")
            values = [e[name] if e and (is_right or not self.is_ambiguous(e)) else None for e in expected]
            self.compared(f"--log {name}", records, values)
            self.check(f"--log {name}: broken lines are counted", [] if message.endswith(facts.invalid_lines(broken)) else [message])
            ambiguous = {request: value for (request, place), value in facts.AMBIGUOUS.items() if place == name}
            names = [n is not None and self.requests[n].name for n in self.numbers]
            read = {request: record for request, record in zip(names, records) if request in ambiguous}
            self.check(f"--log {name}, where it is ambiguous", [] if read == ambiguous else [f"{read} is not {ambiguous}"])

    @staticmethod
    def is_ambiguous(record):
        """Whether a raw quote is before a blank, or a backslash at the end of a value."""
        values = [record[name] for name in ("request", "referer", "agent")]
        return any(b'" ' in value or value.endswith(b"\\") for value in values)


class HaproxyLines(Reader):
    """The HTTP log of HAProxy: the request is the last field."""

    def run(self):
        self.records()
        grammar = re.compile(rb'(\S+):\d+ \[([^]]+)\] (\S+) (\S+) \S+ (-1|\d+) (\S+) - - (\S+) \S+ \S+ (?:\{.*\} )?"([^"]*)"')
        found = [grammar.fullmatch(line) for line in self.lines]
        self.check("lines of the grammar", [line for line, f in zip(self.lines, found) if f is None and not facts.is_no_record(line)])
        columns = {"2": 2, "3": 3, "6": 5, "7": 6, "-1": 8}
        read = {column: field("-q", column, text=self.text)[0] for column in columns}
        for column, group in columns.items():
            self.compared(f"-q {column}", read[column], [f and f[group] for f in found])
        self.as_sent([f and {"status": f[5], "request": f[8]} for f in found])


class CommonHaproxyLines(Lines):
    """The common log of HAProxy: it ends in numbers, and in the headers that were captured."""

    def quoted(self, expected):
        super().quoted(expected)
        records, _, _ = field("-q", "-1", text=self.text)
        captured = [re.fullmatch(rb'.* "([^"]*)" "([^"]*)"', e["rest"] or b"") if e else None for e in expected]
        self.compared("-q -1, the last captured header", records, [c and c[2] for c in captured])


class JsonLines(Reader):
    """Logs in JSON, by --json."""

    def run(self):
        self.records()
        columns = [field("--json", "-z", path, text=self.text)[0] for path in self.log.names.values()]
        read = [dict(zip(self.log.names, values)) for values in zip(*columns)]
        self.read = [{} for _ in self.lines]  # the values as they are
        for name, path in self.log.names.items():
            expected = [self.by_python(line, path) for line in self.lines]
            # NUL ends a record, so one in a value is a space.
            shown = [value.replace(b"\0", b" ") for value in expected]
            for i in self.unreadable(name):
                shown[i] = b""
            self.compared(f"--json {path}", [record[name] for record in read], shown)
            for record, value in zip(self.read, expected):
                record[name] = value
        if "method" in self.log.names:
            for record in self.read:
                record["request"] = b" ".join(record[name] for name in ("method", "target", "protocol"))
        self.as_sent(self.read)

    def unreadable(self, name):
        """The lines whose value of this name is no JSON."""
        return []

    def by_python(self, line, path):
        """A value by Python's json."""
        value = self.parsed(line)
        for step in re.findall(r"[^.[\]]+", path):
            if isinstance(value, list):
                value = value[int(step)] if int(step) < len(value) else None
            else:
                value = value.get(step) if isinstance(value, dict) else None
        return b"" if value is None else value.encode("utf-8", "surrogateescape")

    def parsed(self, line):
        text = line.decode("utf-8", "surrogateescape")
        return json.loads(text, parse_int=str, parse_float=str)


class JsonLinesWithHole(JsonLines):
    """A number that is missing leaves a hole, behind which nothing is JSON."""

    def run(self):
        super().run()
        records, message, status = field("--json", "last", text=self.text)
        wrong = [] if status == 1 and message.endswith(facts.invalid_lines(len(self.lines))) else [message]
        self.check("--json behind the hole: all lines are reported", wrong)
        self.check("--json behind the hole: an empty line for each record", differences(records, [b""] * len(self.lines)))

    def parsed(self, line):
        return super().parsed(line.replace(b'"upstream":,', b""))


class VarnishJsonLines(JsonLines):
    """varnishncsa writes `\\v`, which is no escape of JSON."""

    ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\v")

    def run(self):
        super().run()
        broken = self.unreadable("user")
        _, message, status = field("--json", "user", text=self.text)
        wrong = [] if broken and status == 1 and message.endswith(facts.invalid_lines(len(broken))) else [message]
        self.check("--json user: invalid escapes are reported", wrong)

    def unreadable(self, name):
        return [i for i, line in enumerate(self.lines) if name == "user" and self.ESCAPE.search(line)]

    def parsed(self, line):
        return super().parsed(self.ESCAPE.sub(lambda found: found[0][:-1] + b"u000B", line))


READERS = {
    "nginx, escape=none": RawLines,
    "nginx, escape=json": JsonLines,
    "nginx, escape=json with a hole": JsonLinesWithHole,
    "HAProxy": HaproxyLines,
    "HAProxy, clf": CommonHaproxyLines,
    "Varnish, -j": VarnishJsonLines,
    "Caddy": JsonLines,
}


def by_oracles(system, checks, read):
    """Other programs on the same lines, where they read them right."""
    for server in ("nginx", "Apache", "Apache, unsafe", "Varnish"):
        reader = read[server]
        # Python's csv knows backslashes, no brackets; it removes them.
        text = io.StringIO(reader.text.decode("latin-1"), newline="")
        rows = list(csv.reader(text, delimiter=" ", escapechar="\\", strict=True))
        for column in (-1, -2):
            records, _, _ = field("-q", str(column), text=reader.text)
            found = [re.sub(rb"\\(.)", rb"\1", record) for record in records]
            reader.compared(f"-q {column}, as Python's csv has it", found, [row[column].encode("latin-1") for row in rows])

    nginx = read["nginx"]
    # gawk knows no escapes; nginx writes no quote and no backslash into a value but \\xHH.
    pattern = r'FPAT="[^"]*"|\\[[^]]*\\]|[^ ]+'
    for column, script in {"-1": "$NF", "-2": "$(NF - 1)", "-5": "$(NF - 4)", "1": "$1"}.items():
        program = f'{{ value = {script}; gsub(/^"|"$/, "", value); print value }}'
        found = lines_of(system.run("gawk", "-b", "-v", pattern, program, text=nginx.text))
        records, _, _ = field("-q", column, text=nginx.text)
        nginx.compared(f"-q {column}, as gawk has it", records, found)

    for server in ("nginx", "Apache", "Apache, unsafe"):
        reader = read[server]
        # GoAccess takes a bracket in a user for that of the time, and cuts lines at 4096 bytes.
        users = [reader.by_grammar(line)["user"] for line in reader.lines]
        text = b"".join(l + b"\n" for l, user in zip(reader.lines, users) if len(l) < 4096 and b"[" not in user)
        file = reader.log.file.with_suffix(".plain")
        file.write_bytes(text)
        report = json.loads(system.run("goaccess", "--log-format=COMBINED", "--no-global-config", "--no-progress", "-o", "json", str(file)))
        codes = {item["data"][:3]: item["hits"]["count"] for group in report["status_codes"]["data"] for item in group["items"]}
        records, _, _ = field("--log", "status", text=text)
        own = collections.Counter(record.decode() for record in records)
        reader.check("GoAccess counts the same statuses", [] if codes == own else [f"{codes} {dict(own)}"])
        general = report["general"]
        reader.check("GoAccess reads all lines", [] if general["failed_requests"] == 0 else [general])

    reader = read["nginx, escape=json"]
    # jq replaces bytes that are not UTF-8.
    text = b"".join(line + b"\n" for line in reader.lines if facts.is_utf8(line))
    for name in ("agent", "request", "status"):
        records, _, _ = field("--json", name, text=text)
        found = lines_of(system.run("jq", "-r", f".{name}", text=text))
        reader.check(f"--json {name}, as jq has it", differences(records, found))
    # A table made by jq, with quotes, commas and line ends in values.
    table = b"host,user,agent,status\n" + system.run("jq", "-r", "[.host, .user, .agent, .status] | @csv", text=text)
    rows = list(csv.DictReader(io.StringIO(table.decode(), newline="")))
    reader.check("the table is whole", [] if len(rows) == text.count(b"\n") else [len(rows)])
    for name in ("host", "user", "agent", "status"):
        records, _, _ = field("--csv", "-z", name, text=table)
        expected = [row[name].encode().replace(b"\0", b" ") for row in rows]
        reader.check(f"--csv {name}, as Python's csv has it", differences(records, expected))
    # Miller's JSON has control characters in it as they are.
    values = json.loads(system.run("mlr", "--icsv", "--ojson", "-S", "cut", "-f", "agent", text=table), strict=False)
    records, _, _ = field("--csv", "agent", text=table)
    found = [value["agent"].encode() for value in values]
    reader.check("--csv agent, as Miller has it", differences(records, found))


def main(store, work):
    system, checks, read = System(Path(store).resolve()), Checks(), {}
    system.prepare({server.program: server.package for server in SERVERS} | ORACLES)
    requests = traffic.requests()
    for kind in SERVERS:
        server = kind(system, Path(work))
        server.start(requests)
        try:
            statuses = {n: traffic.send(server.port, n, r) for n, r in enumerate(requests) if server.takes(r)}
        finally:
            server.stop()
        for log in server.logs():
            reader = READERS.get(log.server, Lines)
            more = {"truth": read["nginx, escape=json"].read} if reader is RawLines else {}
            read[log.server] = reader(checks, log, requests, statuses, **more)
            read[log.server].run()
            print(f"{log.server}: {len(read[log.server].lines)} lines", file=sys.stderr)
    by_oracles(system, checks, read)
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
