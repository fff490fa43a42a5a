"""Pseudo-terminals, and a terminal emulator that reads what is written to them.

The emulator is pyte. Its widths of characters are replaced, since terminals differ in two ways: some add up the
widths of the characters of a cluster (xterm, Linux), others have one width for the whole (kitty, Ghostty, WezTerm);
and characters of ambiguous width (East Asian Width A) have one column or two.
"""

import errno
import fcntl
import os
import pty
import select
import struct
import subprocess
import tempfile
import termios
import time

import pyte
import wcwidth

# A shell that is used by hand has these, too; no other variable is set.
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "TERM": "xterm-256color",
    "LC_ALL": "C.UTF-8",
    "PS1": "$ ",
    "HISTFILE": "/dev/null",
}


class Emulator(pyte.Screen):
    """A screen; `feed` gives it what a program wrote."""

    def __init__(self, columns, lines=200, *, clusters=True, ambiguous=1):
        self.clusters, self.ambiguous = clusters, ambiguous
        self.replies = []
        super().__init__(columns, lines)
        self.stream = pyte.ByteStream(self)

    def feed(self, output):
        self.stream.feed(output)
        return self

    def draw(self, data):
        data = data.translate(self.g1_charset if self.charset else self.g0_charset)
        for text in wcwidth.iter_graphemes(data) if self.clusters else data:
            width = max(wcwidth.wcswidth(text, ambiguous_width=self.ambiguous), 0)
            if self.cursor.x + width > self.columns:
                self.carriage_return()
                self.linefeed()
            line, x = self.buffer[self.cursor.y], self.cursor.x
            if width > 0:
                line[x] = self.cursor.attrs._replace(data=text)
                for stub in range(x + 1, x + width):
                    line[stub] = self.cursor.attrs._replace(data="")
            elif x > 0:
                # It belongs to the character before it, which can have two columns.
                last = max(at for at in range(x) if line[at].data or at == 0)
                line[last] = line[last]._replace(data=line[last].data + text)
            self.cursor.x = x + width

    def write_process_input(self, data):
        """A reply of the terminal, which arrives as if it had been typed."""
        self.replies.append(data)

    def text(self, row, start=0, end=None):
        """The text of some columns of a row."""
        end = self.columns if end is None else end
        return "".join(self.buffer[row][x].data for x in range(start, end))

    def used(self, row):
        """The columns of a row up to the last that is not blank."""
        return max((x + 1 for x, cell in self.buffer[row].items() if cell.data != " "), default=0)

    def attributes(self, row, x):
        """The colors and the style of a cell."""
        return self.buffer[row][x][1:]


def set_size(terminal, columns, lines):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


def read(master):
    """What a terminal shows next; nothing after its last process has closed it."""
    try:
        return os.read(master, 1 << 16)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        return b""


def run(command, columns, stdin=b"", lines=50, environment=()):
    """What a command writes to a terminal, on standard output and standard error; and its exit status."""
    master, terminal = pty.openpty()
    set_size(terminal, columns, lines)
    with tempfile.TemporaryFile() as file:
        file.write(stdin)
        file.seek(0)
        process = subprocess.Popen(
            command, stdin=file, stdout=terminal, stderr=terminal, env=ENVIRONMENT | dict(environment)
        )
    os.close(terminal)
    output = b"".join(iter(lambda: read(master), b""))
    os.close(master)
    return output, process.wait()


def session(commands, columns, lines=100, seconds=60):
    """The screen after commands were typed into a shell, one after the other, and the shell waits for the next."""
    screen = Emulator(columns, lines)
    child, master = pty.fork()
    if child == 0:
        set_size(0, columns, lines)
        os.execvpe("bash", ["bash", "--norc", "--noprofile", "--noediting", "-i"], ENVIRONMENT)
    end = time.monotonic() + seconds
    row = -1
    try:
        for command in ["", *commands]:
            if command:
                os.write(master, f"{command}\n".encode())
            # A prompt below the last one.
            while screen.cursor.y <= row or screen.cursor.x != 2 or screen.text(screen.cursor.y).rstrip() != "$":
                ready, _, _ = select.select([master], [], [], max(end - time.monotonic(), 0))
                output = read(master) if ready else b""
                if not output:
                    raise RuntimeError(f"no prompt after: {command}")
                screen.feed(output)
            row = screen.cursor.y
    finally:
        os.close(master)
        os.waitpid(child, 0)
    return screen
