#!/usr/bin/env bash
# varnishncsa of Varnish 7.1.1 (Debian 12): with -j, requests that Varnish refuses (400) are not in the log.
#
# Expected: -j changes how values are escaped, as its manual says: "Make format-specifier replacements JSON-compatible".
# So there are as many lines as without it.
# Seen: of one good request and one without a protocol, `-F %s` writes 404 and 400; `-j -F %s` writes 404 only, without a
# message. So a count of the statuses of a JSON log has no 400 in it.
#
# Needs apt-get and dpkg, on Debian 12, a C compiler, and Python 3.
set -euo pipefail
work=$(mktemp -d)
id=
end() {
    [[ -z $id ]] || { kill "$id" && wait "$id" || true; }
    rm -rf "$work"
}
trap end EXIT
cd "$work"
apt-get download -qq varnish=7.1.1-2+deb12u1 libvarnishapi3=7.1.1-2+deb12u1 libjemalloc2 libedit2 libpcre2-8-0 2>/dev/null
for package in *.deb; do dpkg -x "$package" .; done
LD_LIBRARY_PATH=$(echo "$work"/usr/lib/*-linux-gnu)
export LD_LIBRARY_PATH

cat >default.vcl <<'VCL'
vcl 4.1;
backend default none;
sub vcl_recv { return (synth(404)); }
VCL
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
usr/sbin/varnishd -F -j none -n "$work/varnish" -a "127.0.0.1:$port" -T none -s malloc,10m -f "$work/default.vcl" \
    >varnishd.log 2>&1 &
id=$!
cat >ask.py <<'PYTHON'
import socket
import sys
import time

for request in (b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"GET /\r\n\r\n"):
    for _ in range(200):
        try:
            server = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)
            break
        except OSError:
            time.sleep(0.1)
    with server:
        server.sendall(request)
        while server.recv(1 << 16):
            pass
time.sleep(1)
PYTHON
python3 ask.py "$port"
seen=''
for option in '' -j; do
    # shellcheck disable=SC2086
    seen+="varnishncsa $option: $(usr/bin/varnishncsa -n "$work/varnish" -d $option -F %s | paste -sd' ')"$'\n'
done
echo "$seen"
[[ $seen == $'varnishncsa : 404 400\nvarnishncsa -j: 404\n' ]] || { echo "this has changed" >&2 && exit 1; }
