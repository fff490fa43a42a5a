#!/usr/bin/env bash
# bsdcat of libarchive 3.6.2-1+deb12u5 (Debian 12): what follows the first member in another format is left out.
#
# Expected: logs that were joined from gzip and zstd files are read like those of two gzip files, or there is an
# error. `zstd -dcf` reads both.
# Seen: bsdcat prints the text of the first format only, prints no message, and its exit status is 0.
#
# Needs apt-get and dpkg, on Debian 12, gzip and zstd.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq libarchive-tools=3.6.2-1+deb12u5 libarchive13=3.6.2-1+deb12u5 libxml2 libicu72 libacl1 libnettle8 2>/dev/null
for package in *.deb; do dpkg -x "$package" .; done
LD_LIBRARY_PATH=$(echo "$work"/usr/lib/*-linux-gnu)
export LD_LIBRARY_PATH
usr/bin/bsdcat --version | head -n 1

echo monday | gzip >monday.gz
echo tuesday | gzip >tuesday.gz
echo tuesday | zstd -q >tuesday.zst
cat monday.gz tuesday.gz >one-format
cat monday.gz tuesday.zst >two-formats
seen=''
for file in one-format two-formats; do
    text=$(usr/bin/bsdcat "$file" 2>&1) && status=0 || status=$?
    seen+="$file: ${text//$'\n'/ }, status $status"$'\n'
done
seen+="zstd: $(zstd -dcfq two-formats | tr '\n' ' ')"
echo "$seen"
expected='one-format: monday tuesday, status 0
two-formats: monday, status 0
zstd: monday tuesday '
[[ $seen == "$expected" ]] || { echo "this has changed" >&2 && exit 1; }
