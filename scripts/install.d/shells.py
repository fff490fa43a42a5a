"""Completions in bash, zsh and fish: types command lines and TAB in a pseudo-terminal.

    python3 shells.py PREFIX     where scripts/install --program-prefix tm- has put the programs

A command line is completed, then run: its output tells whether the words are right.
"""

import os
import pty
import re
import select
import signal
import sys
import tempfile
import time
from pathlib import Path

PREFIX = Path(sys.argv[1])
END = "the-end"

# A name with all that a shell has to quote.
ODD = "odd: a 'b' $c.txt"

# What is typed up to TAB, what is typed after it, and what the output must have.
LINES = [
    ("tm-count --verb", "plain.txt", "1 line, 1 distinct"),
    ("tm-count --zero-t", "plain.txt", "1 a line"),
    ("tm-count pla", "", "1 a line"),
    ("tm-count odd", "", "1 in an odd file"),
    ("tm-count -T ", "sub plain.txt", "1 a line"),
    ("tm-converse --on-deadlock eo", "true = true && echo it-is-'good'", "it-is-good"),
    ("tm-converse --on-deadlock=eo", "true = true && echo it-is-'good'", "it-is-good"),
    ("tm-memo -d store key -- tm-cou", "plain.txt", "1 a line"),
]


class Shell:
    """A shell in a pseudo-terminal."""

    def __init__(self, command: list[str], folder: str, setup: str) -> None:
        environment = {
            "PATH": f"{PREFIX}/bin:/usr/bin:/bin",
            "HOME": folder,
            "TERM": "xterm",
            "LC_ALL": "C.UTF-8",
            "XDG_DATA_DIRS": f"{PREFIX}/share:/usr/share",
            "fish_features": "",
        }
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(command[0], command, environment)
        self.run(setup)

    def type(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def output(self, until: str, seconds: float = 20) -> str:
        """The output up to a text; escape sequences are left out."""
        seen, last = b"", time.monotonic() + seconds
        while time.monotonic() < last:
            if select.select([self.terminal], [], [], 0.1)[0]:
                try:
                    seen += os.read(self.terminal, 65536)
                except OSError:
                    break
                text = re.sub(r"\x1b(\[[0-9;?>]*[a-zA-Z]|[=>()][0-9A-B]?|\][^\x07]*\x07)", "", seen.decode(errors="replace"))
                if until in text:
                    return text
        raise AssertionError(f"no {until!r} in {seen!r}")

    def run(self, line: str) -> str:
        # The shell echoes what is typed, so the end is put together when it runs.
        self.type(f"{line}; echo the-'end'\n")
        return self.output(f"{END}\r\n")

    def complete(self, typed: str, rest: str) -> str:
        self.type(typed + "\t")
        time.sleep(0.7)
        self.type(f" {rest}; echo the-'end'\n" if rest else "; echo the-'end'\n")
        return self.output(f"{END}\r\n")

    def end(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.close(self.terminal)
        os.waitpid(self.pid, 0)


def shells(folder: str) -> dict[str, Shell]:
    share = PREFIX / "share"
    bash = f"for file in {share}/bash-completion/completions/*; do source $file; done"
    zsh = f"PS1='> '; fpath=({share}/zsh/site-functions $fpath); autoload -Uz compinit; compinit -u -d {folder}/dump"
    return {
        "bash": Shell(["bash", "--norc", "-i"], folder, bash),
        "zsh": Shell(["zsh", "-f", "-i"], folder, zsh),
        "fish": Shell(["fish", "--no-config", "-i"], folder, f"set fish_complete_path {share}/fish/vendor_completions.d"),
    }


def main() -> int:
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "plain.txt").write_text("a line\n")
        Path(folder, ODD).write_text("in an odd file\n")
        Path(folder, "sub").mkdir()
        for name, shell in shells(folder).items():
            for typed, rest, expected in LINES:
                output = shell.complete(typed, rest)
                if expected not in output:
                    print(f"{name}: {typed}<TAB>{rest}: no {expected!r} in {output!r}")
                    failed += 1
            shell.end()
    return 1 if failed else 0


sys.exit(main())
