"""The requests that the servers get, and the client that sends them.

Each request comes from an address of its own (127.1.0.0/16 is loopback), so the first field of a line of a
log tells which request it is.
"""

import base64
import re
import socket
from dataclasses import dataclass, field

# What a value may contain: each byte, alone, at its end, between words, and between blanks. (A line feed only in a user,
# who is sent in Base64: elsewhere it ends the line.)
FORMS = ("{}", "a{}", "a{}z", "a {} z")
PLACES = ("target", "user", "referer", "agent")

# Values that look like other parts of a line.
FORGED = [
    b'" 200 5 "-" "x',
    b'" 200 5 "-" "x" ',
    b"\\",
    b'\\" 200 ',
    b'a\\\\" 200 5 "-" "x"',
    b"[28/Nov/2026:10:11:13 +0000]",
    b'[28/Nov/2026:10:11:13 +0000] "GET /forged HTTP/1.1" 299 1 "-" "-"',
    b'- - [28/Nov/2026:10:11:13 +0000] "GET /forged HTTP/1.1" 299 1',
    b'""',
    b'""agent""',
    b"#22",
    b"Mobile/15E148 [FBAN/FBIOS;FBCR/]",
    b"Safari/604.1 [Pinterest/iOS]",
    b"{a|b} c",
    b'{"a":"b"}',
    b"a, b",
    "Zoë \U0001f600 агент".encode(),
]

# Data that is no HTTP request, or an unusual one: a name, and the bytes.
MALFORMED = [
    ("nothing", b""),
    ("a line end", b"\r\n"),
    ("one word", b"GET\r\n\r\n"),
    ("words", b"hello there\r\n\r\n"),
    ("no protocol", b"GET /\r\n\r\n"),
    ("no protocol, cut", b"GET /"),
    ("no host", b"GET / HTTP/1.1\r\n\r\n"),
    ("HTTP/1.0", b"GET /old?a=b HTTP/1.0\r\n\r\n"),
    ("LF only", b"GET /lf HTTP/1.1\nHost: localhost\nConnection: close\n\n"),
    ("TLS", bytes.fromhex("16030100a5010000a10303") + bytes(range(256))),
    ("TLS, with a line end", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\xe9\"\\ \r\n\r\n"),
    ("SSH", b"SSH-2.0-OpenSSH_9.2\r\n"),
    ("HTTP/2 without TLS", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ("NUL", b"\0\0\0\0\r\n\r\n"),
    ("a future version", b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n"),
    ("no version", b"GET / HTTP/x\r\nHost: localhost\r\n\r\n"),
    ("lower case", b"get / http/1.1\r\nHost: localhost\r\n\r\n"),
    ("two blanks", b"GET  /two HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ("a blank first", b" GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ("a blank in the target", b"GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ("a quote and a status", b'GET /a" 200 5 "-" "x HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    ("a method with a quote", b'G"T / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    ("no method", b"/ HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ("query only", b"GET ?a=b HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ("CONNECT", b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ("OPTIONS", b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
    ("a long target", b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ("a long header", b"GET /long HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 70_000 + b"\r\n\r\n"),
    ("a header without a colon", b"GET /colon HTTP/1.1\r\nHost: localhost\r\nx\r\n\r\n"),
    ("a cut header", b"GET /cut HTTP/1.1\r\nHost: local"),
]


@dataclass
class Request:
    """What is sent, and what of it a log may show."""

    name: str
    data: bytes
    target: bytes = b""
    user: bytes | None = None  # None: there is none
    referer: list = field(default_factory=list)  # the values of all headers of this name
    agent: list = field(default_factory=list)
    is_whole: bool = True  # a request that keeps the rules, but for bytes that HTTP does not allow

    @property
    def line(self):
        """The first line, without its end."""
        return re.split(rb"\r?\n", self.data, maxsplit=1)[0]


def whole(name, target=b"/", user=None, referer=(), agent=()):
    lines = [b"GET " + target + b" HTTP/1.1", b"Host: localhost"]
    if user is not None:
        lines.append(b"Authorization: Basic " + base64.b64encode(user + b":secret"))
    lines += [b"Referer: " + value for value in referer]
    lines += [b"User-Agent: " + value for value in agent]
    data = b"\r\n".join([*lines, b"Connection: close", b"", b""])
    return Request(name, data, target, user, list(referer), list(agent))


def in_place(name, place, value):
    """A request with a value in one place, and plain values in the others."""
    values = {"target": b"/", "user": None, "referer": b"http://r/", "agent": b"A/1"} | {place: value}
    if place == "target":
        values["target"] = b"/" + value
    if place == "user":
        values["target"] = b"/user/"
    return whole(name, values["target"], values["user"], [values["referer"]], [values["agent"]])


def requests():
    """All of them, in the order in which they are sent."""
    all_of_them = []
    for place in PLACES:
        for byte in range(256):
            if byte == ord("\n") and place != "user":
                continue
            for form in FORMS:
                before, after = form.encode().split(b"{}")
                name = f"byte {byte:02X} in {place}, {form}"
                all_of_them.append(in_place(name, place, before + bytes([byte]) + after))
        all_of_them += [in_place(f"{value!r} in {place}", place, value) for value in FORGED]
    one, two = [b"one 1"], [b"one 1", b"two 2"]
    all_of_them += [
        whole("status 200", b"/ok?a=b", referer=one, agent=one),
        whole("no referer, no agent"),
        whole("empty referer, empty agent", referer=[b""], agent=[b""]),
        whole("- for both", referer=[b"-"], agent=[b"-"]),
        whole("repeated", referer=two, agent=two),
        whole("an absolute URL", b"http://elsewhere.example/x?y=z", referer=one, agent=one),
        whole("an empty user", b"/user/", b"", one, one),
        whole("a user that is -", b"/user/", b"-", one, one),
    ]
    for name, data in MALFORMED:
        all_of_them.append(Request(name, data, is_whole=False))
    return all_of_them


def address(n):
    """The address of the client that sends request N."""
    return f"127.1.{n >> 8}.{n & 255}"


def number(host):
    """Which request came from an address; None if it is none of these."""
    found = re.fullmatch(rb"127\.1\.(\d+)\.(\d+)", host)
    return int(found[1]) << 8 | int(found[2]) if found else None


def send(port, n, request):
    """Sends request N, and gives the status of the response; None if there is none."""
    response = b""
    with socket.create_connection(("127.0.0.1", port), 10, (address(n), 0)) as client:
        try:
            client.sendall(request.data)
            if not request.is_whole:
                client.shutdown(socket.SHUT_WR)
            while block := client.recv(1 << 16):
                response += block
        except TimeoutError:
            raise
        except OSError:
            pass  # the server closed the connection before it had read all
    status = re.match(rb"HTTP/\d\.\d (\d{3})", response)
    return status[1] if status else None
