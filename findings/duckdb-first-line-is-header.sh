#!/usr/bin/env bash
# DuckDB 2.0.1: of a file of words, one a line, read_csv takes the first word for the name of the column.
#
# Expected: three words are three rows, as the detection of headers has nothing to compare: all lines are alike.
# Seen: three words are two rows; the column is called `apple`. Three numbers are three rows. So counts of words
# lack one of the first word, without a message. (`header = false` gives three rows.)
#
# Needs Python 3.10 or newer with venv.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==2.0.1

cd "$work"
printf 'apple\nbanana\ncherry\n' >words.txt
printf '1\n2\n3\n' >numbers.txt
cat >count.py <<'PYTHON'
import duckdb

for read in "'words.txt'", "'numbers.txt'", "'words.txt', header = false":
    print(read, duckdb.sql(f"SELECT count(*) FROM read_csv({read})").fetchall()[0][0])
PYTHON
seen=$("$work/venv/bin/python" count.py)
echo "$seen"
[[ $seen == $'\'words.txt\' 2\n\'numbers.txt\' 3\n\'words.txt\', header = false 3' ]] ||
    { echo "this has changed" >&2 && exit 1; }
