#!/usr/bin/env bash
# PySpark 4.3.0 (Hadoop 3.5.0): a text whose name ends in .bz2 has no lines, and that is no error.
#
# Expected: textFile fails, as it does for a text whose name ends in .gz ("not in GZIP format").
# Seen: textFile("three-lines.bz2").count() is 0, with status 0. The same text named .gz fails.
#
# Needs Python 3 with venv, and Java 17 or newer.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pyspark==4.3.0

cd "$work"
printf 'one\ntwo\nthree\n' >three-lines.bz2
cp three-lines.bz2 three-lines.gz
cat >count.py <<'PYTHON'
import sys
from pyspark import SparkContext

spark = SparkContext("local[1]", "finding")
print("lines:", spark.textFile(sys.argv[1]).count())
PYTHON
lines() { SPARK_LOCAL_IP=127.0.0.1 "$work/venv/bin/python" count.py "$1" 2>"$1.err" || echo "error"; }

bzip2=$(lines three-lines.bz2) gzip=$(lines three-lines.gz)
echo "three-lines.bz2: $bzip2; three-lines.gz: $gzip"
[[ $bzip2 == "lines: 0" && $gzip == error ]] || { echo "this has changed" >&2 && exit 1; }
grep -q 'not in GZIP format\|incorrect header check\|not a gzip file' three-lines.gz.err
