# Python with a terminal emulator, for a script that sources this from the top of the repository: sets `python`.
#
# The emulator is the PyPI package pyte; wcwidth has the widths of characters. They go into target/terminal.

python=target/terminal/venv/bin/python
if ! "$python" -c 'import pyte, wcwidth' 2>/dev/null; then
    python3 -m venv target/terminal/venv
    "$python" -m pip install --quiet --disable-pip-version-check pyte==0.8.2 wcwidth==0.9.4
fi
export PYTHONDONTWRITEBYTECODE=1
