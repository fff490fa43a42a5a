"""Rounds of `fetch` and `linkcheck` against a server on 127.0.0.1 that fails: each byte is written once, or the exit
status is 1; each broken link is reported, and no other."""

import gzip
import http.server
import os
import signal
import socket
import struct
import threading
import time
from dataclasses import dataclass, field

import corpora
from running import Kill, Sink


@dataclass
class Body:
    """What is at a path, and the fault of each of the first requests for it; the last one may repeat."""

    data: bytes
    type: str = "application/octet-stream"
    status: int = 200
    location: str = ""
    faults: list = field(default_factory=list)
    repeats: bool = False
    chunked: bool = False
    coded: bool = False
    ranges: bool = True
    # Where a transfer breaks off, as a part of the whole; and the longest piece that is written at once.
    cut: float = 0.5
    piece: int = 1 << 16
    # The next version, after the first request.
    changed: bytes | None = None
    requests: int = 0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self):
        body = self.server.bodies.get(self.path, Body(b"not found", "text/plain", 404))
        with self.server.lock:
            number, body.requests = body.requests, body.requests + 1
        faults = body.faults
        fault = faults[number] if number < len(faults) else faults[-1] if body.repeats else ""
        data, version = body.data, 1
        if body.changed is not None and number > 0:
            data, version = body.changed, 2
        if fault == "unavailable":
            return self.answer(503, [("Retry-After", "0")], b"", body)
        if fault == "silent":
            return self.reset()
        if body.location:
            return self.answer(302, [("Location", body.location)], b"", body)
        fields = [("Content-Type", body.type), ("ETag", f'"{version}"')]
        if body.coded and "gzip" in self.headers.get("Accept-Encoding", ""):
            data = gzip.compress(data, 1, mtime=0)
            fields.append(("Content-Encoding", "gzip"))
        status, start = body.status, 0
        wanted = self.headers.get("Range", "")
        if body.ranges and wanted.startswith("bytes=") and self.headers.get("If-Range", f'"{version}"') == f'"{version}"':
            start = int(wanted[6:].split("-")[0])
            if start >= len(data):
                return self.answer(416, [("Content-Range", f"bytes */{len(data)}")], b"", body)
            status = 206
            fields.append(("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}"))
        if body.ranges:
            fields.append(("Accept-Ranges", "bytes"))
        self.answer(status, fields, data[start:], body, fault)

    do_HEAD = do_GET

    def answer(self, status, fields, data, body, fault=""):
        self.send_response(status)
        for name, value in fields:
            self.send_header(name, value)
        chunked = body.chunked and data != b""
        self.send_header(*(("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(len(data)))))
        self.end_headers()
        if self.command == "HEAD":
            return
        end = int(len(data) * body.cut) if fault in ("cut", "reset") else len(data)
        for at in range(0, end, body.piece):
            piece = data[at : min(end, at + body.piece)]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
            if fault == "slow" and at < 50 * body.piece:
                time.sleep(0.001)
        if fault == "reset":
            self.reset()
        elif fault == "cut":
            self.close_connection = True
        elif chunked:
            self.wfile.write(b"0\r\n\r\n")

    def reset(self):
        """Ends the connection by RST."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, bodies):
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies, self.lock = bodies, threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_):
        """A client that leaves is not an error here."""

    def __enter__(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


TRANSIENT = ["cut", "cut", "reset", "slow", "slow", "unavailable", "silent"]


def body(random):
    """A body that arrives whole in the end."""
    size = corpora.log_uniform(random, 1, random.choice([10_000, 2 << 20])) - 1
    if random.random() < 0.3:
        data, type = corpora.prose(random, size).data, "text/plain; charset=utf-8"
    else:
        data, type = random.randbytes(size), random.choice(["application/octet-stream", "image/png"])
    return Body(
        data,
        type,
        faults=random.choices(TRANSIENT, k=random.choice([0, 0, 1, 2, 3])),
        chunked=random.random() < 0.3,
        coded=random.random() < 0.2,
        ranges=random.random() < 0.7,
        cut=random.random(),
        piece=random.choice([1 << 10, 1 << 14, 1 << 18]),
    )


def fetch(round):
    """Several URLs. At most the last one fails after it began; others may be missing."""
    random = round.random
    bodies, expected, errors = {}, b"", 0
    paths = [f"/{number}" for number in range(random.randint(1, 12))]
    for path in paths:
        bodies[path] = body(random)
        if random.random() < 0.1:
            bodies[path] = Body(b"x", status=404)
            errors += 1
            continue
        if random.random() < 0.2:
            bodies[path + "/new"] = bodies[path]
            bodies[path] = Body(b"", location=path + "/new")
        expected += bodies.get(path + "/new", bodies[path]).data
    # What is always cut in the same place, or changes, ends with the beginning of it.
    ends = random.choices(["", "cut", "changed"], [8, 1, 1])[0]
    if ends:
        round.fault = ends
        last = Body(random.randbytes(200_000), faults=["cut"], repeats=ends == "cut", cut=random.uniform(0.3, 0.9))
        last.changed = random.randbytes(200_000) if ends == "changed" else None
        paths.append("/last")
        bodies["/last"] = last
        errors += 1
    round.bytes += sum(len(body.data) for body in bodies.values())
    with Server(bodies) as server:
        command = ["fetch", "--retry-delay=10ms", "--retry=6", f"-j{random.choice([1, 2, 10])}"]
        command += [server.url + path for path in paths]
        if random.random() < 0.2:
            return into_file(round, command, expected, errors)
        if random.random() < 0.1:
            return into_closed(round, command, expected + (bodies["/last"].data if ends else b""))
        ran = round.run([command])
    lines = ran.errors[0].splitlines()
    round.must(ran.statuses == [1 if errors else 0], f"fetch: status {ran.statuses[0]}, with {errors} failures")
    round.must(len(lines) == errors and all(line.startswith(b"fetch: ") for line in lines), f"{len(lines)} error lines instead of {errors}")
    if not ends:
        return round.same(ran.out, expected)
    round.same(ran.out[: len(expected)], expected)
    round.must(bodies["/last"].data.startswith(ran.out[len(expected) :]), "the body that was cut has other bytes")
    round.must(len(ran.out) < len(expected) + len(bodies["/last"].data), "the body that was cut is whole")


def into_file(round, command, expected, errors):
    """`-o` replaces the file at the end, or leaves it as it was."""
    random = round.random
    path, kill = round.file("page", b"old"), None
    if random.random() < 0.4:
        round.fault = "SIGKILL"
        kill = Kill(0, signal.SIGKILL, random.uniform(0, 0.1))
    ran = round.run([[command[0], "-o", path, *command[1:]]], kill=kill)
    with open(path, "rb") as file:
        found = file.read()
    if ran.statuses == [-signal.SIGKILL]:
        return round.must(found in (b"old", expected), "the file is neither the old one nor the new one")
    round.must(ran.statuses == [1 if errors else 0], f"fetch -o: status {ran.statuses[0]}")
    round.same(found, b"old" if errors else expected)


def into_closed(round, command, whole):
    """The reader leaves."""
    round.fault = "closed"
    after = round.random.randint(0, len(whole))
    ran = round.run([command], sink=Sink(closes_after=after))
    round.must(whole.startswith(ran.out), "other bytes")
    round.must(ran.statuses[0] in (0, 1, -signal.SIGPIPE), f"fetch: status {ran.statuses[0]}")


def linkcheck(round):
    """A site: pages, broken links, fragments, redirects; the first answers may fail."""
    random = round.random
    n = random.randint(1, 40)
    targets = [f"/p{number}.html" for number in range(n)]
    targets += [f"/p{number}.html#{random.choice(['there', 'absent'])}" for number in range(n)]
    targets += [f"/gone{number}" for number in range(3)] + ["/moved", "/lost"]
    page = "text/html; charset=utf-8"
    links = {}
    bodies = {"/moved": Body(b"", location="/p0.html"), "/lost": Body(b"", location="/gone0")}
    for path in targets[:n]:
        links[path] = random.sample(targets, random.randint(0, min(8, len(targets))))
        html = "<!DOCTYPE html><title>page</title><p id=there>text\n"
        html += "".join(f"<p>words <a href='{target}'>{target}</a>\n" for target in links[path])
        html += "<!-- " + "x" * random.choice([0, 0, 100_000]) + " -->"
        faults = random.choices(["slow", "unavailable"], [3, 1], k=1) if random.random() < 0.2 else []
        bodies[path] = Body(html.encode(), page, faults=faults, chunked=random.random() < 0.3, coded=random.random() < 0.3, piece=1 << 13)
    reached, front = set(), ["/p0.html"]
    while front:
        path = front.pop()
        if path in reached:
            continue
        reached.add(path)
        for target in links[path]:
            target = target.split("#")[0]
            target = "/p0.html" if target == "/moved" else target
            if target in links:
                front.append(target)
    is_broken = lambda target: target.startswith("/gone") or target == "/lost" or target.endswith("#absent")  # noqa: E731
    round.bytes += sum(len(body.data) for body in bodies.values())
    with Server(bodies) as server:
        expected = sorted(f"broken\t{server.url}{path}\t{server.url}{target}" for path in reached for target in links[path] if is_broken(target))
        ran = round.run([["linkcheck", "-q", "--format=tsv", server.url + "/p0.html"]])
    found = sorted("\t".join(line.split("\t")[:3]) for line in ran.out.decode().splitlines())
    round.must(ran.errors == [b""], "an error line")
    round.must(ran.statuses == [1 if expected else 0], f"linkcheck: status {ran.statuses[0]}")
    round.same("\n".join(found).encode(), "\n".join(expected).encode())
