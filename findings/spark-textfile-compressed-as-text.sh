#!/usr/bin/env bash
# PySpark 4.3.0 (Hadoop 3.5.0): compressed files that Hadoop has no codec for are read as text.
#
# Expected: textFile refuses a valid .xz, as it refuses a .zst without the native library.
# Seen: the bytes of the .xz are split at newlines and given as lines (each byte that is not UTF-8 as
# U+FFFD); the status is 0. A valid .zst fails ("native zStandard library not available").
#
# Needs Python 3 with venv and lzma, and Java 17 or newer.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pyspark==4.3.0 zstandard==0.25.0

cd "$work"
cat >read.py <<'PYTHON'
import lzma
import pathlib

import zstandard
from pyspark import SparkContext

text = b"one\ntwo\nthree\n"
pathlib.Path("text.xz").write_bytes(lzma.compress(text))
pathlib.Path("text.zst").write_bytes(zstandard.compress(text))
spark = SparkContext("local[1]", "finding")
read = spark.textFile("text.xz", use_unicode=False).collect()
print("xz as text:", b"7zXZ" in b"\n".join(read))
try:
    print("zst:", spark.textFile("text.zst").count())
except Exception as error:
    print("zst:", "native zStandard library not available" in str(error))
PYTHON
seen=$(SPARK_LOCAL_IP=127.0.0.1 "$work/venv/bin/python" read.py 2>"$work/err")
echo "$seen"
[[ $seen == $'xz as text: True\nzst: True' ]] || { echo "this has changed" >&2 && exit 1; }
