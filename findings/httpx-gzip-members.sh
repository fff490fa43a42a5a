#!/usr/bin/env bash
# httpx 0.28.1: of a response body of two gzip members, the second one is lost, and that is no error.
#
# A gzip file may have several members (RFC 1952, section 2.2): `cat a.gz b.gz`, bgzip and pigz write them.
#
# Expected: httpx, requests and aiohttp give all 20 bytes of a body with `Content-Encoding: gzip`.
# Seen: requests and aiohttp give 20 bytes; httpx gives the 10 of the first member, with status 200.
#
# Needs Python 3.10 or newer with venv.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check httpx==0.28.1 requests==2.32.5 aiohttp==3.14.5

cd "$work"
cat >get.py <<'PYTHON'
import asyncio
import gzip
import http.server
import threading

import aiohttp
import httpx
import requests

BODY = gzip.compress(b"a" * 10) + gzip.compress(b"b" * 10)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_):
        pass


async def with_aiohttp(url):
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return await response.read()


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/"
print("requests:", len(requests.get(url).content))
print("aiohttp:", len(asyncio.run(with_aiohttp(url))))
print("httpx:", len(httpx.get(url).raise_for_status().content))
PYTHON
seen=$("$work/venv/bin/python" get.py)
echo "$seen"
[[ $seen == $'requests: 20\naiohttp: 20\nhttpx: 10' ]] || { echo "this has changed" >&2 && exit 1; }
