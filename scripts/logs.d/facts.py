"""What servers do with requests that are odd, as far as the checks need it.

Requests that keep the rules of HTTP have one right value in each place. Where a byte is not allowed, a server may
refuse the request (status 400), or end the value there; then a part of the value, or none, is right, too.
"""

import re

# Bytes that end a line in HTTP, or a string in C.
BREAKS = re.compile(rb"[\r\n\0]")

# A request that was refused.
REFUSED = {b"400", b"408", b"413", b"414", b"431", b"501", b"505"}



def first(values):
    return values[0]


def last(values):
    return values[-1]


def joined(values):
    return b", ".join(values)


# Which of several headers of one name a server logs. nginx joins them since 1.23.
REPEATED = {
    "nginx": (first, joined),
    "Apache": (joined,),
    "lighttpd": (joined,),
    "HAProxy": (last,),
    "Varnish": (last,),
    "Caddy": (first,),
}

# What stands for a request that is none, or for those parts of it that are missing.
NO_REQUEST = {
    "nginx": rb"",
    "Apache": rb"-",
    "lighttpd": rb"[A-Z]*  (HTTP/1\.1)?",
    "HAProxy": rb"<BADREQ>",
    "Varnish": rb"-",
    "Caddy": rb"",
}

# Servers that write one blank for each run of white space in a request.
SQUEEZES = ("Apache", "HAProxy", "Varnish")

# Requests that a server does not log, by their names.
UNLOGGED = {
    "nginx": {"nothing"},
    "Apache": {"nothing", "a line end", "no protocol, cut"},
    "lighttpd": {"nothing", "no protocol, cut", "a cut header", "SSH"},
    "HAProxy": {"HTTP/2 without TLS"},
}


def is_unlogged(server, request, status):
    """Whether no line has the address of the client."""
    if server in ("Caddy", "Varnish"):
        # Varnish writes `-` for the address. Go refuses such requests before Caddy gets them, and answers `OPTIONS *`.
        return status is None or status in REFUSED or server == "Caddy" and request.name == "OPTIONS"
    return request.name in UNLOGGED[server]


# Requests that a server writes in another form: with the path only, or with the host.
REQUESTS = {("lighttpd", "an absolute URL"): b"GET /x?y=z HTTP/1.1"}

# What stands for an empty user.
EMPTY_USER = {"Apache": b'""'}

# What is read where quotes are not escaped and a value is ambiguous, by the rule on the page of `field`: a request,
# a name, and its value.
AMBIGUOUS = {
    ("byte 22 in referer, a {} z", "referer"): b"a ",
    ("byte 22 in agent, a {} z", "agent"): b"a ",
    ("byte 5C in referer, a{}", "referer"): b'a\\" "A/1',
    ("byte 5C in referer, a{}", "agent"): b"",
    ("byte 5C in agent, a{}", "agent"): b"a\\",
    ("byte 22 in target, a{}z", "request"): b'GET /a"z HTTP/1.1',
}


def is_no_record(line):
    """A line of a log that is about no request: HAProxy says when it starts and ends."""
    return line.startswith(b"Proxy ")


def is_right(log, request, place, status, value):
    """Whether a value may be in a place of the line about a request."""
    server = log.server.split(",")[0]
    is_refused = status in REFUSED or not request.is_whole
    found = log.unescaped(value)
    if place == "request":
        line = REQUESTS.get((server, request.name), request.line)
        if server == "Varnish":
            # It writes the host, too, which is localhost in all requests.
            line = re.sub(rb"^(\S+)\s+(?!http://)", rb"\1 http://localhost", line.strip())
        if server == "Caddy":
            line = in_go(line)
        if server in SQUEEZES:
            line, found = (b" ".join(re.split(rb"[ \t\v\f\r\n]+", text)).strip() for text in (line, found))
        return is_part(found, line, is_refused) or is_refused and bool(re.fullmatch(NO_REQUEST[server], value))
    if place == "user":
        if request.user is None:
            return value == log.no_user
        # The password is what follows the first colon.
        name = request.user.split(b":")[0]
        return is_part(found, name, is_refused) or not BREAKS.split(name)[0] and value in (log.no_user, EMPTY_USER.get(server))
    sent = getattr(request, place)
    if not sent:
        return value == log.missing
    if server == "Caddy":
        sent = [in_go(value) for value in sent]
    # Not all servers remove the blanks around a value.
    chosen = [choose(sent).strip(b" \t") for choose in REPEATED[server]]
    is_empty = value == log.missing and (is_refused or b"" in chosen)
    return is_empty or any(is_part(found.strip(b" \t"), value, is_refused) for value in chosen)


def is_part(found, sent, is_refused):
    """Whether it is what was sent, or if a byte may end it or the request was refused, the beginning of that."""
    return found == sent or found == BREAKS.split(sent)[0] or is_refused and sent.startswith(found)


def in_go(value):
    """Text as JSON by Go has it: each byte that is not UTF-8 becomes U+FFFD."""
    return re.sub(rb"[\x80-\xFF]", "\ufffd".encode(), value) if not is_utf8(value) else value


def is_utf8(value):
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def invalid_lines(n):
    """How a message of `field` ends."""
    return f"; {n} invalid line{'s' if n != 1 else ''}"
