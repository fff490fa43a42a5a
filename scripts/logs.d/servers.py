"""Real servers on 127.0.0.1, each of which writes logs of what it is sent.

A server writes its configuration into a folder of its own and runs until it is stopped. What its logs
look like is in `Log`: how a value is escaped, and what is written where there is none.
"""

import os
import re
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

C_ESCAPES = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v", b'"': b'"', b"\\": b"\\"}


def as_in_c(value):
    """Undoes `\\xHH`, `\\n`, `\\"` and the like."""

    def byte(escape):
        hexadecimal = escape[1].startswith(b"x") and len(escape[1]) == 3
        return bytes.fromhex(escape[1][1:].decode()) if hexadecimal else C_ESCAPES[escape[1]]

    return re.sub(rb"\\(x[0-9A-Fa-f]{2}|.)", byte, value, flags=re.DOTALL)


def as_haproxy(value):
    """Undoes `#HH`."""
    return re.sub(rb"#([0-9A-F]{2})", lambda found: bytes.fromhex(found[1].decode()), value)


def unchanged(value):
    return value


@dataclass
class Log:
    """A log that a server has written."""

    server: str
    file: Path
    unescaped: object  # undoes the escapes of a value
    missing: bytes = b"-"  # instead of a header that is not there
    no_user: bytes = b"-"
    names: dict = None  # fields of JSON: name and path
    shows: tuple = ("request", "user", "referer", "agent")  # the parts of a request that it has


class Server:
    """A process that listens on `port` and keeps its files in `folder`."""

    name = program = package = ""

    def __init__(self, system, folder):
        self.system = system
        self.folder = folder / self.name.replace(" ", "-").replace(",", "")
        self.folder.mkdir()
        self.folder.chmod(0o755)
        (self.folder / "www").mkdir()
        (self.folder / "www/ok").write_text("fine\n")
        self.port = free_port()

    def configuration(self, requests):
        """Writes what the server reads before it starts."""

    def command(self):
        raise NotImplementedError

    def logs(self):
        """The logs, after the server has ended."""
        raise NotImplementedError

    def takes(self, request):
        """Whether the request is sent to this server."""
        return True

    def start(self, requests):
        self.configuration(requests)
        with open(self.folder / "stdout", "wb") as out, open(self.folder / "stderr", "wb") as err:
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=self.system.environment(self.folder)
            )
        for _ in range(200):
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise SystemExit(f"test-logs: {self.name} does not start: {(self.folder / 'stderr').read_text()[-500:]}")

    def stop(self):
        time.sleep(0.5)  # the last lines are written
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def file(self, name):
        return self.folder / name


class Nginx(Server):
    name, program, package = "nginx", "nginx", "nginx-light"

    def configuration(self, requests):
        combined = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"'
        values = (
            '"host":"$remote_addr","user":"$remote_user","request":"$request","status":$status,'
            '"bytes":$body_bytes_sent,"referer":"$http_referer","agent":"$http_user_agent"'
        )
        here = self.folder
        temporary = " ".join(f"{name}_temp_path {here}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        self.file("nginx.conf").write_text(
            f"""daemon off; worker_processes 1; pid {here}/pid; error_log {here}/error.log;
{"user root;" if os.geteuid() == 0 else ""}
events {{ }}
http {{
    log_format json escape=json '{{{values}}}';
    log_format hole escape=json '{{{values},"upstream":$upstream_response_time,"last":1}}';
    log_format raw escape=none '{combined}';
    access_log {here}/combined.log combined; access_log {here}/json.log json;
    access_log {here}/hole.log hole; access_log {here}/raw.log raw;
    {temporary} root {here}/www;
    server {{ listen 127.0.0.1:{self.port}; }}
}}
"""
        )

    def command(self):
        return [self.system.path("nginx"), "-e", self.file("error.log"), "-c", self.file("nginx.conf")]

    def logs(self):
        names = {name: name for name in ("host", "user", "request", "status", "bytes", "referer", "agent")}
        return [
            Log(self.name, self.file("combined.log"), as_in_c),
            Log(f"{self.name}, escape=json", self.file("json.log"), unchanged, b"", b"", names=names),
            Log(f"{self.name}, escape=json with a hole", self.file("hole.log"), unchanged, b"", b"", names=names),
            Log(f"{self.name}, escape=none", self.file("raw.log"), unchanged, b"", b""),
        ]


class Apache(Server):
    """Users are checked, and refused, in /user/."""

    name, program, package = "Apache", "apache2", "apache2-bin"
    options = "Strict"

    def configuration(self, requests):
        modules = "mpm_event authn_core authn_file authz_core authz_user auth_basic"
        folder = self.system.path("usr/lib/apache2/modules")
        load = "\n".join(f"LoadModule {name}_module {folder}/mod_{name}.so" for name in modules.split())
        here = self.folder
        self.file("users").write_text("")
        self.file("apache.conf").write_text(
            f"""ServerRoot {here}
{load}
{"User nobody" if os.geteuid() == 0 else ""}
{"Group nogroup" if os.geteuid() == 0 else ""}
DefaultRuntimeDir {here}
PidFile {here}/pid
ErrorLog {here}/error.log
ServerName localhost
StartServers 1
Listen 127.0.0.1:{self.port}
HttpProtocolOptions {self.options}
DocumentRoot {here}/www
LogFormat "%h %l %u %t \\"%r\\" %>s %b \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\"" combined
CustomLog {here}/combined.log combined
<Location /user/>
    AuthType Basic
    AuthName users
    AuthUserFile {here}/users
    Require valid-user
</Location>
"""
        )

    def command(self):
        return [self.system.path("apache2"), "-DFOREGROUND", "-f", self.file("apache.conf")]

    def logs(self):
        return [Log(self.name, self.file("combined.log"), as_in_c)]


class LenientApache(Apache):
    name, options = "Apache, unsafe", "Unsafe"


class Lighttpd(Server):
    """Logs a user only if the password is right, so all users are in a file."""

    name, program, package = "lighttpd", "lighttpd", "lighttpd"

    def takes(self, request):
        # Others cannot be in the file, and a wrong password costs a second.
        return request.user is None or re.fullmatch(rb"[^#\0\r\n:][^\0\r\n:]*", request.user)

    def configuration(self, requests):
        here = self.folder
        users = [request.user for request in requests if request.user and self.takes(request)]
        self.file("users").write_bytes(b"".join(user + b":secret\n" for user in users))
        self.file("lighttpd.conf").write_text(
            f"""server.modules = ("mod_accesslog", "mod_auth", "mod_authn_file")
server.document-root = "{here}/www"
server.bind = "127.0.0.1"
server.port = {self.port}
server.errorlog = "{here}/error.log"
accesslog.filename = "{here}/combined.log"
auth.backend = "plain"
auth.backend.plain.userfile = "{here}/users"
auth.require = ("/user/" => ("method" => "basic", "realm" => "users", "require" => "valid-user"))
"""
        )

    def command(self):
        modules = self.system.path("usr/lib/lighttpd")
        return [self.system.path("lighttpd"), "-D", "-f", self.file("lighttpd.conf"), "-m", modules]

    def logs(self):
        return [Log(self.name, self.file("combined.log"), as_in_c)]


class Haproxy(Server):
    """The HTTP log of HAProxy, with two headers in braces."""

    name, program, package = "HAProxy", "haproxy", "haproxy"
    option = "httplog"

    def configuration(self, requests):
        self.file("haproxy.conf").write_text(
            f"""global
    log stdout len 65535 format raw local0
    nbthread 1
defaults
    mode http
    log global
    timeout client 5s
    timeout connect 5s
    timeout server 5s
frontend front
    bind 127.0.0.1:{self.port}
    option {self.option}
    capture request header Referer len 4096
    capture request header User-Agent len 4096
    http-request return status 200 content-type text/plain string fine if {{ path /ok }}
    http-request return status 404
"""
        )

    def command(self):
        return [self.system.path("haproxy"), "-db", "-f", self.file("haproxy.conf")]

    def logs(self):
        return [Log(self.name, self.file("stdout"), as_haproxy, shows=("request",))]


class HaproxyCommon(Haproxy):
    name, option = "HAProxy, clf", "httplog clf"


class Varnish(Server):
    """Answers by itself, and logs with varnishncsa, which writes the request as a URL with its host."""

    name, program, package = "Varnish", "varnishd", "varnish"

    def configuration(self, requests):
        self.file("default.vcl").write_text(
            """vcl 4.1;
backend default none;
sub vcl_recv {
    if (req.url ~ "^/ok") { return (synth(200)); }
    return (synth(404));
}
"""
        )

    def command(self):
        listen = ["-a", f"127.0.0.1:{self.port}", "-T", "none", "-n", self.file("work")]
        storage = ["-s", "malloc,10m", "-p", "vsl_space=200m"]
        return [self.system.path("varnishd"), "-F", "-j", "none", *listen, *storage, "-f", self.file("default.vcl")]

    def stop(self):
        if self.process.poll() is None:
            combined = '%h %l %u %t "%r" %s %b "%{Referer}i" "%{User-agent}i"'
            names = "host:h user:u request:r status:s bytes:b referer:{Referer}i agent:{User-agent}i"
            values = ",".join('"{}":"%{}"'.format(*pair.split(":")) for pair in names.split())
            time.sleep(1)  # the last transactions end
            for name, options in (("combined.log", ["-F", combined]), ("json.log", ["-j", "-F", f"{{{values}}}"])):
                command = [self.system.path("varnishncsa"), "-n", self.file("work"), "-d", *options]
                with open(self.file(name), "wb") as out:
                    subprocess.run(command, stdout=out, env=self.system.environment(self.folder), timeout=60, check=True)
        super().stop()

    def logs(self):
        names = {name: name for name in ("host", "user", "request", "status", "bytes", "referer", "agent")}
        return [
            Log(self.name, self.file("combined.log"), as_in_c),
            Log(f"{self.name}, -j", self.file("json.log"), unchanged, missing=b"", names=names),
        ]


class Caddy(Server):
    """JSON lines. Go's JSON has U+FFFD for each byte that is not UTF-8."""

    name, program, package = "Caddy", "caddy", "caddy"

    def configuration(self, requests):
        self.file("Caddyfile").write_text(
            f"""{{
    admin off
    auto_https off
}}
http://:{self.port} {{
    bind 127.0.0.1
    log {{
        output file {self.file("access.jsonl")}
        format json
    }}
    respond /ok "fine" 200
    respond 404
}}
"""
        )

    def command(self):
        return [self.system.path("caddy"), "run", "--adapter", "caddyfile", "--config", self.file("Caddyfile")]

    def logs(self):
        names = {
            "host": "request.remote_ip",
            "method": "request.method",
            "target": "request.uri",
            "protocol": "request.proto",
            "status": "status",
            "bytes": "size",
            "referer": "request.headers.Referer[0]",
            "agent": "request.headers.User-Agent[0]",
        }
        shows = ("request", "referer", "agent")
        return [Log(self.name, self.file("access.jsonl"), unchanged, missing=b"", names=names, shows=shows)]


SERVERS = [Nginx, Apache, LenientApache, Lighttpd, Haproxy, HaproxyCommon, Varnish, Caddy]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
