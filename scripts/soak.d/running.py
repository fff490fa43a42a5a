"""Runs a pipeline with faults: input in random pieces, a reader that leaves, signals, limits, full disks."""

import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field

# A pipeline that takes longer than this hangs. Ordinary rounds take less than a few seconds.
PATIENCE = 300
# Pieces and pauses take no longer than this, also on a machine with other work, where each pause is long.
PIECES = 1
# No more of an output is read: no right answer is larger.
MOST = 300 << 20
# As much of standard error is stored.
MOST_ERRORS = 64 << 10


@dataclass
class Source:
    """Standard input of the first program: bytes in pieces, with pauses, or a file."""

    data: bytes = b""
    file: str = ""
    # The sizes of the first pieces, and the pause before each, in seconds. The rest is one piece.
    pieces: list = field(default_factory=list)


@dataclass
class Sink:
    """Standard output of the last program: read in pieces, closed after some bytes, or a file."""

    file: str = ""
    closes_after: int | None = None
    pieces: list = field(default_factory=list)


@dataclass
class Kill:
    """A signal to a stage after a delay."""

    stage: int
    number: int
    delay: float


@dataclass
class Ran:
    commands: list
    statuses: list
    out: bytes
    errors: list
    # The process groups that were still there.
    left: list
    hung: bool

    def failed(self, stage):
        return self.statuses[stage] not in (0, -signal.SIGPIPE)


def pieces(random, size, pauses=True):
    """Some hundred pieces of a text, each a size and a pause, which are shorter than a second in all."""
    if random.random() < 0.3:
        return []
    largest = random.choice([1, 7, 4096, 1 << 16, 1 << 18])
    made = []
    for _ in range(min(500, size)):
        pause = random.choice([0, 0, 0, random.uniform(0, 0.001)]) if pauses else 0
        made.append((random.randint(1, largest), pause))
    return made


def limited(command, line):
    """A command after a line of shell that limits it; the process stays the same."""
    return ["sh", "-c", f'{line} && exec "$@"', "sh", *command]


def in_namespace(command, line):
    """The same, where the line may mount file systems: they end with the process."""
    return ["unshare", "-m", *limited(command, line)]


def can_mount():
    """Whether a disk of its own can be made for one process."""
    try:
        ran = subprocess.run(in_namespace(["true"], "mount -t tmpfs -o size=1m soak /tmp"), stderr=subprocess.DEVNULL)
    except FileNotFoundError:
        return False
    return ran.returncode == 0


def run(commands, folder, environment, source=None, sink=None, kill=None, patience=PATIENCE):
    """Runs commands, the output of each the input of the next, each in a session of its own."""
    source, sink = source or Source(), sink or Sink()
    processes, errors = [], []
    feed, read = None, None
    # The input of the next program.
    if source.file:
        following = os.open(source.file, os.O_RDONLY)
    else:
        following, feed = os.pipe()
    try:
        for number, command in enumerate(commands):
            stdin = following
            if number + 1 < len(commands) or not sink.file:
                following, stdout = os.pipe()
            else:
                following, stdout = None, os.open(sink.file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            error = open(os.path.join(folder, f"stderr-{number}"), "w+b")
            errors.append(error)
            try:
                process = subprocess.Popen(
                    command, stdin=stdin, stdout=stdout, stderr=error, cwd=folder, env=environment, start_new_session=True
                )
                processes.append(process)
            finally:
                os.close(stdin)
                os.close(stdout)
        read = following
        following = None
        return followed(commands, processes, errors, (source, feed), (sink, read), kill, patience)
    finally:
        for process in processes:
            if process.poll() is None:
                end_group(process)
                process.wait()
        for error in errors:
            error.close()


def followed(commands, processes, errors, input, output, kill, patience):
    """Feeds and reads the processes until they have ended."""
    (source, feed), (sink, read), out = input, output, bytearray()
    threads = []
    if feed is not None:
        threads.append(threading.Thread(target=write, args=(source, feed)))
    if read is not None:
        threads.append(threading.Thread(target=collect, args=(sink, read, out)))
    for thread in threads:
        thread.start()
    if kill:
        time.sleep(kill.delay)
        # A process that has ended is not reaped yet, so its number belongs to no other process.
        if processes[kill.stage].returncode is None:
            os.kill(processes[kill.stage].pid, kill.number)
    deadline, hung = time.monotonic() + patience, False
    for process in processes:
        try:
            process.wait(max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            hung = True
            for other in processes:
                end_group(other)
            process.wait()
    left = [process.pid for process in processes if is_left(process)]
    for thread in threads:
        thread.join()
    texts = []
    for error in errors:
        error.seek(0)
        texts.append(error.read(MOST_ERRORS))
    return Ran(commands, [process.returncode for process in processes], bytes(out), texts, left, hung)


def write(source, feed):
    view, end = memoryview(source.data), time.monotonic() + PIECES
    try:
        for size, pause in [*source.pieces, (len(view), 0)]:
            if time.monotonic() > end:
                size = len(view)
            elif pause:
                time.sleep(pause)
            piece, view = view[:size], view[size:]
            while piece:
                piece = piece[os.write(feed, piece) :]
    except BrokenPipeError:
        pass
    finally:
        os.close(feed)


def collect(sink, read, out):
    most = MOST if sink.closes_after is None else sink.closes_after
    pieces, end = iter(sink.pieces), time.monotonic() + PIECES
    try:
        while len(out) < most:
            size, pause = next(pieces, (1 << 20, 0)) if time.monotonic() < end else (1 << 20, 0)
            if pause:
                time.sleep(pause)
            piece = os.read(read, min(size, most - len(out)))
            if not piece:
                break
            out += piece
    finally:
        os.close(read)


def end_group(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def is_left(process):
    """Whether a process of its group is left. Such a process may need a moment to end after its parent."""
    for _ in range(100):
        if not has_members(process.pid):
            return False
        time.sleep(0.02)
    end_group(process)
    return True


def has_members(group):
    """Whether a process group has a process that has not ended. (The system may be slow to remove one that has.)"""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                state, _, member_of = file.read().rpartition(b")")[2].split()[:3]
        except OSError:
            continue
        if int(member_of) == group and state not in (b"Z", b"X"):
            return True
    return False
