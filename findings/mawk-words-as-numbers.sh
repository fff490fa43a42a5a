#!/usr/bin/env bash
# mawk 1.3.4 20200120 (the awk of Debian 12): words such as `info` and `nancy` are numbers.
#
# Expected: a field that does not begin with digits counts as 0, as in gawk: the sum is 3.
# Seen: mawk reads the longest prefix that C's strtod takes. `nancy` is NaN, `info` is infinity and `0x1A` is 26,
# so one word in a column makes the sum of the column `nan` or `inf`.
#
# Needs apt-get and dpkg, on Debian 12.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq mawk=1.3.4.20200120-3.1 gawk=1:5.2.1-2 libsigsegv2=2.14-1 2>/dev/null
for package in *.deb; do dpkg -x "$package" .; done
LD_LIBRARY_PATH=$(echo "$work"/usr/lib/*-linux-gnu)
export LD_LIBRARY_PATH

sum() { # sum AWK: of three columns of a table whose third row has words
    printf '1 1 1\n2 2 2\ninfo nancy 0x1A\n' |
        "usr/bin/$1" '{ a += $1; b += $2; c += $3 } END { print a, b, c }'
}
mawk=$(sum mawk) gawk=$(sum gawk)
echo "mawk: $mawk; gawk: $gawk"
[[ $mawk == "inf nan 29" && $gawk == "3 3 3" ]] || { echo "this has changed" >&2 && exit 1; }
