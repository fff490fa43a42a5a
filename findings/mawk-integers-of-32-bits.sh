#!/usr/bin/env bash
# mawk 1.3.4 20200120 (the awk of Debian 12): integers larger than 2^31 lose digits when they are printed.
#
# Expected: `print` gives all digits of an integer up to 2^53, as gawk does, and `%d` all of 64 bits.
# Seen: `print` gives six digits of an integer of 2^31 or more, so the sum of some file sizes is
# `5.12345e+09`; and `printf "%d"` gives 2147483647 for all of them.
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

sum() { # sum AWK: of two sizes of files in bytes
    printf '2123456789\n3000000000\n' | "usr/bin/$1" '{ sum += $1 } END { print sum; printf "%d\n", sum }'
}
mawk=$(sum mawk | paste -sd' ') gawk=$(sum gawk | paste -sd' ')
echo "mawk: $mawk; gawk: $gawk"
[[ $mawk == "5.12346e+09 2147483647" && $gawk == "5123456789 5123456789" ]] ||
    { echo "this has changed" >&2 && exit 1; }
