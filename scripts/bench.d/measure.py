"""Time, CPU time and memory of a whole pipeline."""

import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass

# After a pipeline: none of its programs may have failed, except for a reader who left (SIGPIPE).
STATUS = '; for s in "${PIPESTATUS[@]}"; do [ $s = 0 ] || [ $s = 141 ] || exit 1; done'


@dataclass
class Sample:
    """One run: seconds of wall and CPU time (all processes), KiB at the peak (largest process)."""

    wall: float
    cpu: float
    peak: int
    output: bytes


def run(command, directory, environment):
    """Runs a pipeline once. Raises if one of its programs fails."""
    with tempfile.NamedTemporaryFile() as peak:
        # GNU time, since a child of this process would count as large as Python; bash itself, which
        # its children start as a copy of, is the 4 MB below which no figure falls.
        launcher = ["time", "-f", "%M", "-o", peak.name, "bash", "-c", command + STATUS]
        start = time.perf_counter()
        process = subprocess.Popen(
            launcher,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        if process.returncode != 0:
            raise RuntimeError(f"failed: {command}")
        return Sample(wall, usage.ru_utime + usage.ru_stime, int(peak.read().split()[-1]), output)


def run_start(command, directory, environment, times=200):
    """Starts one program so many times on empty input; the figures are those of one start."""
    program = command.split()[0]
    path = next(
        file
        for folder in environment["PATH"].split(os.pathsep)
        if os.access(file := os.path.join(folder, program), os.X_OK)
    )
    null = os.open("/dev/null", os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, null, 1)]
    before, start = os.times(), time.perf_counter()
    for _ in range(times):
        pid = os.posix_spawn(path, [program], environment, file_actions=actions, setsigdef=[signal.SIGPIPE])
        if os.waitpid(pid, 0)[1] != 0:
            raise RuntimeError(f"failed: {command}")
    wall, after = time.perf_counter() - start, os.times()
    os.close(null)
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    once = run(f"{command} < /dev/null", directory, environment)
    return Sample(wall / times, cpu / times, once.peak, once.output)


def interleave(contenders, measure, rounds, budget):
    """A B C A B C …, so that a slow minute of the machine hits all alike.

    `contenders` maps names to what `measure` takes. One that has used up its budget of seconds
    leaves the rounds; it has run once at least.
    """
    samples = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            if not samples[name] or sum(sample.wall for sample in samples[name]) < budget:
                samples[name].append(measure(contender))
    return samples
