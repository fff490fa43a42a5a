"""The kinds of rounds: what each runs, with which faults, and what must be true then."""

import os
import random
import shlex
import signal
import subprocess
import time

import corpora
import naive
import running
from running import Kill, Sink, Source
from stages import SUMS, Answer, Grammar

PIPE = -signal.SIGPIPE
# The most that the pipes between a program and its reader take.
PIPES = 1 << 20


def drawn_kind(seed):
    """The kind of the round with this seed, and what all else is drawn from."""
    drawn = random.Random(f"textmill soak {seed}")
    return drawn.choices(list(KINDS), [weight for _, weight in KINDS.values()])[0], drawn


class Round:
    """One round: its seed decides all but the times. Complaints are what was wrong."""

    def __init__(self, seed, folder, programs, mounts):
        self.seed, self.folder, self.mounts = seed, folder, mounts
        self.kind, self.random = drawn_kind(seed)
        self.complaints, self.bytes, self.story, self.fault = [], 0, [], "none"
        # What was read from pipes: it is written to files if the round fails.
        self.fed = {}
        self.temporary = self.path("tmp")
        os.makedirs(self.temporary)
        os.makedirs(self.path("home"))
        self.environment = {
            "PATH": os.pathsep.join([programs, os.environ["PATH"]]),
            "HOME": self.path("home"),
            "TMPDIR": self.temporary,
            # No locale changes anything.
            "LC_ALL": self.random.choice(["C", "C.UTF-8", "tr_TR.UTF-8"]),
        }
        self.grammar = Grammar(self.random, self.reference, self.temporary)

    def play(self):
        KINDS[self.kind][0](self)
        for name in os.listdir(self.temporary):
            self.complain(f"{name} was left in TMPDIR")

    def path(self, name):
        return os.path.join(self.folder, name)

    def file(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    def complain(self, text):
        self.complaints.append(text)

    def must(self, condition, text):
        if not condition:
            self.complain(text)

    def same(self, found, expected, what="output"):
        """Compares two outputs byte for byte."""
        if found == expected:
            return
        self.file(f"found-{len(self.complaints)}", found)
        self.file(f"expected-{len(self.complaints)}", expected)
        at = next((i for i, (a, b) in enumerate(zip(found, expected)) if a != b), min(len(found), len(expected)))
        self.complain(
            f"{what}: {len(found)} bytes instead of {len(expected)}; at byte {at}: "
            f"{bytes(found[at : at + 40])!r} instead of {bytes(expected[at : at + 40])!r}"
        )

    def reference(self, command, texts):
        """The answer of a program from files, without any fault."""
        files = [self.file(f"reference-{i}", text) for i, text in enumerate(texts)]
        ran = subprocess.run(
            [*command, *files],
            capture_output=True,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            timeout=running.PATIENCE,
        )
        for file in files:
            os.remove(file)
        self.must(ran.returncode in (0, 1) and (ran.returncode == 1) == bool(ran.stderr), f"{command}: status {ran.returncode}")
        return Answer(ran.stdout, ran.returncode, ran.stderr.count(b"\n"))

    def run(self, commands, source=None, sink=None, kill=None, environment=None):
        self.tell(commands, source, sink, kill)
        ran = running.run(commands, self.folder, environment or self.environment, source, sink, kill)
        self.must(not ran.hung, f"the pipeline took more than {running.PATIENCE} seconds")
        self.must(not ran.left, f"processes were left: {ran.left}")
        self.story.append(f"  statuses {ran.statuses}, {len(ran.out)} bytes")
        for command, error in zip(commands, ran.errors):
            if error:
                self.story.append("  " + error[:1000].decode(errors="replace").rstrip("\n"))
        return ran

    def tell(self, commands, source, sink, kill):
        """Writes down what is run: the command of a failed round."""
        shown = [shlex.join(command) for command in commands]
        if source and source.file:
            shown[0] += f" <{shlex.quote(source.file)}"
        elif source and source.data:
            name = f"stdin-{len(self.fed)}"
            self.fed[name] = source.data
            shown[0] = f"cat {name} | {shown[0]}"
        line = " | ".join(shown)
        if sink and sink.file:
            line += f" >{shlex.quote(sink.file)}"
        if sink and sink.closes_after is not None:
            line += f" | head -c {sink.closes_after}"
        if kill:
            line += f"  # {signal.Signals(kill.number).name} to stage {kill.stage + 1} after {kill.delay:.4f} s"
        self.story.append(line)

    def manners(self, ran, names, victim=None):
        """What is true of each process, whatever happens: it ends by no signal but SIGPIPE and the one that was sent, and
        a failure is one line. (`links` has a line for each invalid URL.)"""
        for number, (name, status, error) in enumerate(zip(names, ran.statuses, ran.errors)):
            where = f"stage {number + 1}, {name}"
            signals = {PIPE} | ({-victim.number} if victim and victim.stage == number else set())
            self.must(status in {0, 1} | signals, f"{where}: status {status}")
            lines = error.splitlines(keepends=True)
            for line in lines:
                is_line = line.startswith(name.encode() + b": ") and line.endswith(b"\n") and b"panicked" not in line
                self.must(is_line, f"{where}: error line {line[:200]!r}")
            self.must(
                len(lines) == (status == 1) or name == "links" and lines and status != 0,
                f"{where}: {len(lines)} error lines with status {status}",
            )


def drawn(round, most=None):
    """Stages for a corpus in one file or several, or in a pipe; their answers and commands; and the source."""
    random = round.random
    corpus = corpora.corpus(random, most=most)
    texts = [corpus.data]
    if random.random() < 0.3 and corpus.kind != "csv":
        cuts = sorted(random.randint(0, len(corpus.data)) for _ in range(random.randint(1, 3)))
        if corpus.kind != "text":
            cuts = [corpus.data.find(b"\n", cut) + 1 for cut in cuts]
            cuts = sorted(cut or len(corpus.data) for cut in cuts)
        pieces = [corpus.data[start:end] for start, end in zip([0, *cuts], [*cuts, len(corpus.data)])]
        # A text may contain what compressed files begin with.
        texts = texts if any(piece[:1] == b"\x1f" for piece in pieces) else pieces
    stages, answers = round.grammar.pipeline(corpus, texts)
    round.bytes += len(corpus.data)
    commands = [stage.command for stage in stages]
    files, source = inputs(round, texts, stages[0])
    commands[0] = commands[0] + files
    return stages, answers, commands, source


def inputs(round, texts, first):
    """Texts as FILE operands, as standard input, or some as either; and the source of standard input."""
    random = round.random
    packed = []
    for text in texts:
        is_packed = random.random() < 0.25 and len(text) <= corpora.COMPRESSED_UP_TO
        # A decoder takes memory from the limit of -S; that of gzip is small.
        formats = ["gzip"] if "spills" in first.marks else None
        if is_packed and "no room for decoders" not in first.marks:
            packed.append(corpora.compressed(random, text, formats))
        else:
            packed.append(text)
    if len(packed) == 1 and random.random() < 0.6:
        if random.random() < 0.2:
            return [], Source(file=round.file("input-0", packed[0]))
        return random.choice([[], ["-"]]), Source(packed[0], pieces=running.pieces(random, len(packed[0])))
    files = [round.file(f"input-{i}", data) for i, data in enumerate(packed)]
    if random.random() < 0.3:
        at = random.randrange(len(files))
        files[at] = "-"
        return files, Source(packed[at], pieces=running.pieces(random, len(packed[at])))
    return files, Source()


def check(round, ran, stages, answers):
    """The whole answer, the statuses of all stages and the number of their errors."""
    round.manners(ran, [stage.name for stage in stages])
    statuses = [answer.status for answer in answers]
    round.must(ran.statuses == statuses, f"statuses {ran.statuses} instead of {statuses}")
    errors, known = [error.count(b"\n") for error in ran.errors], [answer.errors for answer in answers]
    round.must(errors == known, f"{errors} error lines instead of {known}")
    compare(round, ran.out, stages, answers)


def compare(round, out, stages, answers):
    found, expected = out, answers[-1].out
    if "any order" in stages[-1].marks:
        end = b"\0" if "-z" in stages[-1].arguments else b"\n"
        found, expected = (b"".join(sorted(text.split(end))) for text in (found, expected))
    round.same(found, expected)


def plain(round):
    """No faults but pieces and pauses."""
    stages, answers, commands, source = drawn(round)
    slow = Sink(pieces=running.pieces(round.random, len(answers[-1].out)))
    check(round, round.run(commands, source, slow), stages, answers)


def closed(round):
    """The reader leaves after some bytes."""
    stages, answers, commands, source = drawn(round)
    whole = answers[-1].out
    after = round.random.choice([0, round.random.randint(0, len(whole)), min(len(whole), round.random.randint(0, 100))])
    sink = Sink(closes_after=after, pieces=running.pieces(round.random, after))
    ran = round.run(commands, source, sink)
    round.manners(ran, [stage.name for stage in stages])
    if "any order" not in stages[-1].marks:
        round.same(ran.out, whole[:after])
    for answer, status in zip(answers, ran.statuses):
        round.must(status in (answer.status, PIPE), f"status {status} although only the reader left")
    if len(whole) - after > PIPES:
        round.must(ran.statuses[-1] == PIPE, f"status {ran.statuses[-1]} after the reader left")


def killed(round):
    """A signal to one of the stages, at any time."""
    random = round.random
    stages, answers, commands, source = drawn(round)
    number = random.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
    delay = random.choice([0, random.uniform(0, 0.005), random.uniform(0, 0.05)])
    kill = Kill(random.randrange(len(commands)), number, delay)
    round.fault = signal.Signals(number).name
    ran = round.run(commands, source, kill=kill)
    names = [stage.name for stage in stages]
    if ran.statuses[kill.stage] != -number:
        # It had ended before.
        return check(round, ran, stages, answers)
    round.manners(ran, names, kill)
    if kill.stage == len(stages) - 1 and "any order" not in stages[-1].marks:
        round.must(answers[-1].out.startswith(ran.out), "the output of the killed program is not the beginning of the answer")


def upstream(round, ran, stages, answers, failed):
    """What is before a stage that failed has its own status, or ended with its reader."""
    for number in range(failed):
        round.must(ran.statuses[number] in (answers[number].status, PIPE), f"stage {number + 1}: status {ran.statuses[number]}")
    round.manners(ran, [stage.name for stage in stages])


def full(round):
    """The output or the folder for temporary files has no room."""
    kinds = [full_device, limited_file] + [full_folder] * 2
    kind = round.random.choice(kinds)
    kind(round)


def full_device(round):
    round.fault = "/dev/full"
    stages, answers, commands, source = drawn(round)
    ran = round.run(commands, source, Sink("/dev/full"))
    last = stages[-1].name
    if not answers[-1].out:
        return check(round, ran, stages, answers)
    upstream(round, ran, stages, answers, len(stages) - 1)
    round.must(ran.statuses[-1] == 1, f"status {ran.statuses[-1]} on a full disk")
    error = f"{last}: stdout: No space left on device\n".encode()
    round.must(ran.errors[-1].endswith(error), f"stage {len(stages)}, {last}: the error is not named")


def limited_file(round):
    stages, answers, commands, source = drawn(round)
    whole = answers[-1].out
    if answers[-1].status:
        # It would look like a failure by the limit.
        return check(round, round.run(commands, source), stages, answers)
    round.fault = "ulimit -f, output"
    # The error line goes to a file, too.
    blocks = round.random.randint(1, 2 * len(whole) // 512 + 1)
    commands[-1] = running.limited(commands[-1], f"ulimit -f {blocks}")
    path = round.path("out")
    ran = round.run(commands, source, Sink(path))
    with open(path, "rb") as file:
        out = file.read()
    if not any(ran.statuses):
        round.must(len(whole) <= blocks * 512, "the output is larger than the limit")
        return compare(round, out, stages, answers)
    upstream(round, ran, stages, answers, len(stages) - 1)
    round.must(ran.statuses[-1] == 1, f"status {ran.statuses[-1]} at the limit of the size of files")
    round.must(b"File too large" in ran.errors[-1], "the error is not named")
    # Temporary files may be larger than the output.
    round.must(len(whole) > blocks * 512 or "spills" in stages[-1].marks, "the output fits")
    if "any order" not in stages[-1].marks:
        round.must(whole.startswith(out), "the output is not the beginning of the answer")


def full_folder(round):
    """More distinct lines than memory, and little room for temporary files."""
    random = round.random
    if random.random() < 0.2:
        text = b"".join(b"%d\n" % random.getrandbits(36) for _ in range(random.randint(1000, 200_000)))
        command, expected = ["mean", "--median", "-S", "1M"], naive.mean("mean", [("median", 50)])([text])
    else:
        maker = random.choice([corpora.distinct, corpora.distinct, corpora.prose, corpora.long_lines])
        text = maker(random, corpora.log_uniform(random, 1 << 20, 8 << 20)).data
        expected = naive.count()([text])
        command = ["count", "-S", random.choice(["1M", "2M", "4M"]), "-j", str(random.choice([1, 2, 4]))]
        if random.random() < 0.2:
            text, command = expected, [*command, "--merge"]
    round.bytes += len(text)
    size = corpora.log_uniform(random, 64, 16 << 10)
    if round.mounts and random.random() < 0.7:
        round.fault = "small disk"
        limits = running.in_namespace(command, f'mount -t tmpfs -o size={size}k soak "$TMPDIR"')
    else:
        round.fault = "ulimit -f"
        limits = running.limited(command, f"ulimit -f {2 * size}")
    ran = round.run([limits], Source(text))
    round.manners(ran, [command[0]])
    if ran.statuses == [0]:
        return round.same(ran.out, expected)
    round.must(ran.statuses == [1] and not ran.out, f"status {ran.statuses}, and {len(ran.out)} bytes of a sum on a full disk")
    cause = b"No space left on device" if round.fault == "small disk" else b"File too large"
    round.must(cause in ran.errors[0], "the error is not named")


def memory(round):
    """Little memory for one of the stages: the right answer, or one line and status 1."""
    random = round.random
    stages, answers, commands, source = drawn(round, most=4 << 20)
    if answers[-1].status:
        # It would look like a failure by the limit.
        return check(round, round.run(commands, source), stages, answers)
    number = random.randrange(len(commands))
    round.fault = random.choice(["ulimit -v", "ulimit -v", "ulimit -s"])
    kilobytes = 64 if round.fault == "ulimit -s" else corpora.log_uniform(random, 24 << 10, 512 << 10)
    commands[number] = running.limited(commands[number], f"{round.fault} {kilobytes}")
    ran = round.run(commands, source)
    if not any(ran.statuses):
        return check(round, ran, stages, answers)
    upstream(round, ran, stages, answers, number)
    round.must(ran.statuses[number] == 1, f"stage {number + 1}: status {ran.statuses[number]} with little memory")
    if number == len(stages) - 1:
        if stages[number].name in SUMS:
            round.must(not ran.out, "a part of a sum was printed")
        elif "any order" not in stages[number].marks:
            round.must(answers[-1].out.startswith(ran.out), "the output is not the beginning of the answer")


def bad(round):
    """A FILE that cannot be read, among others: filters go on, sums print nothing."""
    random = round.random
    kinds = [kind for kind in set(corpora.KINDS.values()) if kind not in ("csv", "html")]
    corpus = corpora.corpus(random, sorted(kinds), 4 << 20)
    stage = round.grammar.stage(corpus.kind)
    text = corpus.data
    round.bytes += len(text)
    faults = ["missing", "a folder"] + (["truncated", "truncated", "corrupt", "followed by garbage"] if text else [])
    round.fault = random.choice(faults + (["unreadable"] if os.geteuid() else []))
    path = round.path("bad")
    match round.fault:
        case "a folder":
            os.mkdir(path)
        case "unreadable":
            round.file("bad", text)
            os.chmod(path, 0)
        case "truncated" | "corrupt" | "followed by garbage":
            round.file("bad", spoiled(random, text, round.fault, "spills" in stage.marks))
    before, after = round.file("before", text), round.file("after", text)
    command = [*stage.command, before, path, *([after] if random.random() < 0.5 else [])]
    ran = round.run([command])
    # The errors of the other files, too.
    known = stage.answer([text]).errors
    round.must(ran.statuses == [1], f"status {ran.statuses[0]} with a file that is {round.fault}")
    lines = ran.errors[0].splitlines()
    of_it = [line for line in lines if line.startswith(f"{stage.name}: {path}: ".encode())]
    round.must(len(of_it) == 1, f"{len(of_it)} error lines for the file that is {round.fault}")
    round.must(known or len(lines) == 1, f"{len(lines)} error lines")
    if stage.name in SUMS:
        return round.must(not ran.out, f"{len(ran.out)} bytes of a sum without one of its files")
    one = stage.answer([text]).out
    round.must(ran.out.startswith(one), "the output of the file before it is wrong")
    if command[-1] == after:
        round.must(ran.out[len(one) :].endswith(one), "the output of the file after it is wrong")
    if round.fault in ("missing", "a folder", "unreadable"):
        round.same(ran.out, one * (len(command) - command.index(before) - 1))


def spoiled(random, text, fault, has_little_memory):
    """A compressed file that cannot be decompressed."""
    name = "gzip" if has_little_memory else random.choice(list(corpora.FORMATS))
    data = corpora.FORMATS[name](text)
    match fault:
        case "truncated":
            # All formats are recognized by their first ten bytes.
            return data[: random.randint(min(12, len(data) - 1), len(data) - 1)]
        case "followed by garbage":
            return data + b"garbage"
    # The checksum, in the formats whose last bytes are one.
    name = "gzip" if has_little_memory else random.choice(["gzip", "xz", "bzip2"])
    data = bytearray(corpora.FORMATS[name](text))
    at = {"gzip": len(data) - 6, "xz": len(data) - 5, "bzip2": 10 + random.randrange(4)}[name]
    data[at] ^= 1 << random.randrange(8)
    return bytes(data)


def parts(round):
    """A text in parts, at line ends: the sums of the parts are the sum of all."""
    random = round.random
    of_numbers = random.random() < 0.3
    corpus = corpora.corpus(random, ["numbers"] if of_numbers else ["text", "log", "json"], 8 << 20)
    round.bytes += len(corpus.data)
    lines = corpus.data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    cuts = sorted(random.randint(0, len(lines)) for _ in range(random.randint(0, 5)))
    files = []
    for number, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(lines)])):
        part = round.file(f"part-{number}", naive.ended(lines[start:end]))
        if of_numbers:
            command = ["mean", "--partial", part]
        else:
            command = ["count", "-S", random.choice(["1M", "64M"]), "-j", str(random.choice([1, 2, 4])), part]
        ran = round.run([command])
        round.manners(ran, [command[0]])
        files.append(round.file(f"sum-{number}", ran.out))
    if of_numbers:
        expected, command = naive.mean("all")([naive.ended(lines)]), ["mean", "--merge", "--all"]
    elif random.random() < 0.3:
        expected, command = naive.count(ignore_case=True)([naive.ended(lines)]), ["count", "--merge", "-i"]
    else:
        expected, command = naive.count()([naive.ended(lines)]), ["count", "--merge", *random.choice([[], ["--sorted"], ["-S1M"]])]
    ran = round.run([[*command, *files]])
    round.manners(ran, [command[0]])
    round.must(ran.statuses == [1 if expected is None else 0], f"status {ran.statuses[0]}")
    round.same(ran.out, expected or b"")


def archive(round):
    """A web archive of pages, whole or truncated: `warc`, alone and before `untag` and `links`."""
    random = round.random
    pages = [corpora.page(random, corpora.log_uniform(random, 1, 100_000)) for _ in range(random.randint(0, 8))]
    records, expected, text, links, urls = [], [], [], [], []
    for number, page in enumerate(pages):
        url = f"http://host.example/page/{number}"
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        fields = f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nContent-Length: {len(head) + len(page.data)}\r\n\r\n"
        records.append(fields.encode() + head + page.data + b"\r\n\r\n")
        mark = f'<base data-page="{url}" href="{url}">\n'.encode()
        expected.append(mark + page.data + (b"" if page.data.endswith(b"\n") else b"\n") + b'<base data-page="">\n')
        text.append(page.text)
        links.append(page.links)
        urls.append(f"200 text/html {url}\n".encode())
    round.bytes += sum(map(len, records))
    form = random.choice(["plain", "member", "whole"])
    data = b"".join(corpora.FORMATS["gzip"](record) if form == "member" else record for record in records)
    if form == "whole":
        data = corpora.compressed(random, data)
    elif records and random.random() < 0.3:
        return truncated_archive(round, form, records, expected, data)
    for commands, answer in (
        ([["warc"]], expected),
        ([["warc"], ["untag"]], text),
        ([["warc"], ["links"]], links),
        ([["warc", "--urls"]], urls),
    ):
        ran = round.run(commands, Source(data, pieces=running.pieces(random, len(data))))
        round.manners(ran, [command[0] for command in commands])
        round.must(ran.statuses == [0] * len(commands), f"statuses {ran.statuses}")
        round.same(ran.out, b"".join(answer))


def truncated_archive(round, form, records, expected, data):
    round.fault = "truncated"
    last = corpora.FORMATS["gzip"](records[-1]) if form == "member" else records[-1]
    cut = len(data) - len(last) + round.random.randint(12, len(last) - 5)
    ran = round.run([["warc"]], Source(data[:cut]))
    round.manners(ran, ["warc"])
    round.must(ran.statuses == [1], f"status {ran.statuses[0]} with a truncated archive")
    before = b"".join(expected[:-1])
    round.must(ran.out.startswith(before), "a page before the cut is missing")
    round.must((before + expected[-1]).startswith(ran.out[: len(before)]), "other bytes")


def memoized(round):
    """`memo`, several at a time, one of them killed: each other one prints the whole output."""
    random = round.random
    corpus = corpora.corpus(random, most=2 << 20)
    round.bytes += len(corpus.data)
    path, runs, store = round.file("value", corpus.data), round.path("runs"), round.path("store")
    key = random.choice(["key", "-key", "--", "a\nb", "ü"])
    command = ["memo", "-d", store, "--", key, "--", "sh", "-c", 'echo run >>"$1"; exec cat "$2"', "sh", runs, path]
    number = random.randint(1, 4)
    kills = random.random() < 0.5
    victim = random.randrange(number) if kills else None
    if kills:
        round.fault = "SIGKILL"
    processes = []
    round.tell([command] * number, None, None, Kill(victim, signal.SIGKILL, 0) if kills else None)
    for i in range(number):
        with open(round.path(f"out-{i}"), "wb") as out, open(round.path(f"err-{i}"), "wb") as error:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=error,
                cwd=round.folder,
                env=round.environment,
                start_new_session=True,
            )
            processes.append(process)
    if kills:
        time.sleep(random.uniform(0, 0.02))
        os.kill(processes[victim].pid, signal.SIGKILL)
    for i, process in enumerate(processes):
        try:
            status = process.wait(running.PATIENCE)
        except subprocess.TimeoutExpired:
            running.end_group(process)
            status = process.wait()
            round.complain(f"memo took more than {running.PATIENCE} seconds")
        round.must(not running.is_left(process), "a process of COMMAND was left")
        with open(round.path(f"out-{i}"), "rb") as file:
            out = file.read()
        if i == victim and status == -signal.SIGKILL:
            round.must(corpus.data.startswith(out), "the killed memo printed something else")
            continue
        round.must(status == 0, f"memo: status {status}")
        round.must(os.path.getsize(round.path(f"err-{i}")) == 0, "memo: an error line")
        round.same(out, corpus.data)
    # What is stored now is whole, and nothing else is left.
    for arguments, expected in ((command[1:], corpus.data), (["-d", store, "--list", "-z"], key.encode() + b"\0")):
        ran = round.run([["memo", *arguments]])
        round.manners(ran, ["memo"])
        round.must(ran.statuses == [0], f"memo: status {ran.statuses[0]}")
        round.same(ran.out, expected)
    with open(runs) as file:
        times = len(file.readlines())
    round.must(times == 1 or kills and times <= 2, f"COMMAND ran {times} times")
    round.run([["memo", "-d", store, "--prune"]])
    left = [name for name in os.listdir(store) if name != "lock"]
    round.must(len(left) == 1, f"the store has {left}")


def conversation(round):
    """`converse`: each command writes all before it reads; or both read; or converse is killed."""
    random = round.random
    first, second = (corpora.corpus(random, most=random.choice([1000, 4 << 20])).data for _ in range(2))
    round.bytes += len(first) + len(second)
    files = round.file("first", first), round.file("second", second)
    outs = round.path("of-first"), round.path("of-second")
    if random.random() < 0.15:
        round.fault = "deadlock"
        ran = round.run([["converse", "cat", "=", "cat"]])
        round.manners(ran, ["converse"])
        round.must(ran.statuses == [1] and b"deadlock" in ran.errors[0], f"status {ran.statuses[0]} of a deadlock")
        return
    commands = [["sh", "-c", 'cat "$1"; exec cat >"$2"', "sh", file, out] for file, out in zip(files, outs)]
    kill = None
    if random.random() < 0.3:
        round.fault = "SIGKILL"
        kill = Kill(0, signal.SIGKILL, random.uniform(0, 0.05))
    ran = round.run([["converse", *commands[0], "=", *commands[1]]], kill=kill)
    if ran.statuses == [-signal.SIGKILL]:
        for out, whole in zip(outs, (second, first)):
            if os.path.exists(out):
                with open(out, "rb") as file:
                    round.must(whole.startswith(file.read()), "other bytes")
        return
    round.manners(ran, ["converse"])
    round.must(ran.statuses == [0], f"converse: status {ran.statuses[0]}")
    for out, whole in zip(outs, (second, first)):
        with open(out, "rb") as file:
            round.same(file.read(), whole, out)


def sieved(round):
    """`sieve`: a process for each prime; all end with the reader, or if the first is killed."""
    random = round.random
    start, step = random.randint(2, 500), random.choice([1, 1, 3])
    numbers = range(start, start + random.randint(0, 900), step)
    text = b"".join(b"%d\n" % n for n in numbers)
    round.bytes += len(text)
    expected = naive.primes([text])
    match random.choice(["", "", "closed", "SIGKILL", "--max-processes"]):
        case "closed":
            round.fault, after = "closed", random.randint(0, len(expected))
            ran = round.run([["sieve"]], Source(text), Sink(closes_after=after))
            round.must(ran.statuses[0] in (0, PIPE) and not ran.errors[0], f"sieve: status {ran.statuses[0]}")
            round.same(ran.out, expected[:after])
        case "SIGKILL":
            round.fault = "SIGKILL"
            ran = round.run([["sieve"]], Source(text), kill=Kill(0, signal.SIGKILL, random.uniform(0, 0.05)))
            round.must(expected.startswith(ran.out), "other numbers")
        case "--max-processes":
            round.fault, most = "--max-processes", random.randint(1, 100)
            ran = round.run([["sieve", f"--max-processes={most}"]], Source(text))
            round.must(expected.startswith(ran.out), "other numbers")
            round.manners(ran, ["sieve"])
            if expected.count(b"\n") <= most:
                round.must(ran.statuses == [0], f"sieve: status {ran.statuses[0]}")
                round.same(ran.out, expected)
            else:
                round.must(ran.statuses == [1], f"sieve: status {ran.statuses[0]}")
        case _:
            ran = round.run([["sieve"]], Source(text, pieces=running.pieces(random, len(text))))
            round.manners(ran, ["sieve"])
            round.must(ran.statuses == [0], f"sieve: status {ran.statuses[0]}")
            round.same(ran.out, expected)


def of_network(name):
    """A round of network.py."""

    def play(round):
        import network

        getattr(network, name)(round)

    return play


# Each kind, with how often it is drawn.
KINDS = {
    "plain": (plain, 40),
    "closed": (closed, 10),
    "killed": (killed, 12),
    "full": (full, 8),
    "memory": (memory, 8),
    "bad": (bad, 10),
    "parts": (parts, 6),
    "warc": (archive, 4),
    "memo": (memoized, 4),
    "converse": (conversation, 3),
    "sieve": (sieved, 3),
    "fetch": (of_network("fetch"), 6),
    "linkcheck": (of_network("linkcheck"), 3),
}
