"""Is the answer right? Every command's whole output is held to a reference before it is timed.

Outputs are gigabytes, so what is compared is their digest: lines, bytes, and a hash of the text or,
where the order is free, the sum of the hashes of its lines. References come from `oracle.py` or
from the classic tools, and are kept in the cache, for the slow ones take minutes.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import STATUS

# Reads stdin, prints its digest. A program of its own, since only a fixed PYTHONHASHSEED makes the
# fast `hash` of bytes the same in each run; the inputs are no attack.
DIGEST = """
import hashlib, json, sys
stream, text, lines, size, total, head = sys.stdin.buffer, hashlib.blake2b(digest_size=16), 0, 0, 0, b""
by_line = sys.argv[1] == "by line"
while block := stream.readlines(1 << 24) if by_line else stream.read(1 << 20):
    if by_line:
        total += sum(map(hash, block))
        block = b"".join(block)
    text.update(block)
    size += len(block)
    lines += block.count(b"\\n")
    head = head or block[:200]
answer = {"lines": lines, "bytes": size, "text": text.hexdigest(), "head": head.decode("utf-8", "replace")}
print(json.dumps(answer | ({"sum": "%016x" % (total % 2**64)} if by_line else {})))
"""


class Answers:
    """Digests of outputs; those of references are remembered."""

    def __init__(self, cache, environment):
        self.file = cache / "answers.json"
        self.known = json.loads(self.file.read_text()) if self.file.exists() else {}
        self.environment = environment | {"PYTHONHASHSEED": "0"}
        oracle = (Path(__file__).parent / "oracle.py").read_bytes()
        self.oracle = hashlib.blake2b(oracle, digest_size=16).hexdigest()
        # Python's `hash` and its Unicode data are those of its version.
        self.python = "%d.%d" % sys.version_info[:2]

    def digest(self, command, directory, by_line=False, stdin=subprocess.DEVNULL):
        """The digest of what a command prints, and whether it failed."""
        work = subprocess.Popen(
            ["bash", "-c", command + STATUS],
            cwd=directory,
            env=self.environment,
            stdin=stdin,
            stdout=subprocess.PIPE,
        )
        digest = subprocess.run(
            [sys.executable, "-c", DIGEST, "by line" if by_line else "whole"],
            env=self.environment,
            stdin=work.stdout,
            stdout=subprocess.PIPE,
            check=True,
        )
        work.stdout.close()
        return json.loads(digest.stdout) | {"failed": work.wait() != 0}

    def digest_of(self, output, normal):
        """The digest of an output that is at hand."""
        with tempfile.TemporaryFile() as file:
            file.write(output)
            file.seek(0)
            return self.digest(normal or "cat", "/", stdin=file)

    def reference(self, command, directory, corpus, by_line=True):
        """The right answer: computed once for a command, a corpus and an oracle."""
        key = " # ".join([command, corpus["blake2b"], self.python, "by line" if by_line else "whole"])
        if "oracle.py" in command:
            key += f" # {self.oracle}"
        if key not in self.known:
            print(f"    reference: {command}", file=sys.stderr)
            answer = self.digest(command, directory, by_line)
            if answer["failed"]:
                raise SystemExit(f"bench: the reference failed: {command}")
            self.known[key] = answer
            self.file.write_text(json.dumps(self.known, indent=1))
        return self.known[key]


def difference(answer, right, any_order=False):
    """What is wrong with an answer, in a few words; nothing if it is right."""
    if answer["failed"]:
        return "failed"
    for what in ("lines", "bytes"):
        if answer[what] != right[what]:
            return f"{answer[what]:,} {what} instead of {right[what]:,}"
    if any_order:
        return "" if answer["sum"] == right["sum"] else "other lines"
    if answer["text"] != right["text"]:
        return "other bytes" if answer["head"] == right["head"] else f"begins {answer['head'][:40]!r}"
    return ""
