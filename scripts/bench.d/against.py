"""Two builds of textmill side by side: that of a commit, and that of the working tree.

The commit is built as the working tree is: in release, only the programs that are measured, and without
the network programs if none of them is. Runs of the two are interleaved; there are no peers. The
answers of the two are compared with each other.
"""

import functools
import os
import shutil
import statistics
import subprocess

from answers import Answers, difference
from measure import interleave, run, run_start
from parts import PROGRAMS

NETWORK = {"fetch", "linkcheck", "warc"}


class NoBuild(Exception):
    """There is no such commit, or it cannot be built."""


def commit_of(root, name):
    """The full hash of a commit by any of its names."""
    command = ["git", "-C", root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"]
    try:
        found = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    except OSError:
        raise NoBuild("git is not installed") from None
    if found.returncode != 0:
        raise NoBuild(f"no commit {name!r} in this repository")
    return found.stdout.strip()


def programs_of(shell):
    """The programs of textmill in a command."""
    return {word for word in shell.split() if word in PROGRAMS}


def own_commands(part):
    return [command for command in part.commands if command.ours]


def build(source, target, names):
    """Builds some programs of a source folder, and gives the folder in which they are."""
    options = [] if names & NETWORK else ["--no-default-features"]
    for name in sorted(names):
        options += ["--bin", name]
    cargo = ["cargo", "build", "--quiet", "--release", "--locked", "--target-dir", target, *options]
    if subprocess.run(cargo, cwd=source).returncode != 0:
        raise NoBuild(f"cannot build {source}")
    return target / "release"


def build_commit(root, place, commit, names):
    """The folder with a commit's programs, of which those that are not there yet are built.

    Crates that did not change between commits are compiled once, in a target folder for all of them.
    """
    folder = place / commit[:12]
    absent = {name for name in names if not (folder / name).exists() and has(root, commit, name)}
    if absent:
        # The path is the commit's own, by which cargo tells the packages of two commits apart.
        source = folder / "source"
        shutil.rmtree(source, ignore_errors=True)
        source.mkdir(parents=True)
        archive = subprocess.Popen(["git", "-C", root, "archive", commit], stdout=subprocess.PIPE)
        unpacked = subprocess.run(["tar", "-x", "-C", source], stdin=archive.stdout).returncode
        archive.stdout.close()
        if archive.wait() or unpacked:
            raise NoBuild(f"cannot unpack {commit[:12]}")
        built = build(source, place / "target", absent)
        for name in absent:
            # Only a whole program gets its name.
            shutil.copy2(built / name, folder / f"{name}.part")
            (folder / f"{name}.part").rename(folder / name)
        shutil.rmtree(source)
    return folder


def has(root, commit, name):
    """Whether a commit has the source of a program."""
    command = ["git", "-C", root, "cat-file", "-e", f"{commit}:src/bin/{name}.rs"]
    return subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0


class Against:
    """Measures parts with two folders of programs."""

    def __init__(self, trial, cache, commit, folders):
        self.trial = trial
        self.cache = cache
        self.commit = commit
        self.folders = folders  # by names: `old`, `new`

    def part(self, part):
        """The rows of a part, and what failed."""
        with self.trial.ready(part):
            rows = self.rows(part)
        failures = [f"{row['shell']}: {row['wrong']}" for row in rows if row["wrong"]]
        result = {"name": part.name, "title": part.title, "intro": "", "starts": part.starts, "each": part.each}
        corpus = {"name": part.corpus} | self.trial.corpora.need(part.corpus)
        return result | {"corpus": corpus, "old": self.commit, "rows": rows}, failures

    def rows(self, part):
        environment = self.trial.programs.environment
        environments = {
            side: environment | {"PATH": f"{folder}{os.pathsep}{environment['PATH']}"}
            for side, folder in self.folders.items()
        }
        rows = {command.shell: self.checked(command, part, environments) for command in own_commands(part)}
        measure = run_start if part.starts else run
        contenders = {
            (shell, side): functools.partial(measure, shell + part.sink, self.trial.directory, environments[side])
            for shell, row in rows.items()
            if not row["wrong"]
            for side in ("old", "new")
        }
        samples = interleave(contenders, lambda timed: timed(), self.trial.rounds, self.trial.budget)
        for (shell, side), runs in samples.items():
            walls, cpus = [sample.wall for sample in runs], [sample.cpu for sample in runs]
            rows[shell][side] = {
                "wall": statistics.median(walls),
                "cpu": statistics.median(cpus),
                "walls": walls,
                "cpus": cpus,
            }
        return list(rows.values())

    def checked(self, command, part, environments):
        """A command's row, with the difference between the two answers. The check also warms the caches."""
        row = {"label": command.label, "shell": command.shell + part.sink, "ours": True, "wrong": ""}
        for side, folder in self.folders.items():
            if missing := sorted(name for name in programs_of(command.shell) if not (folder / name).exists()):
                return row | {"wrong": f"no {', '.join(missing)} in the {side} build"}
        old, new = (
            Answers(self.cache, environments[side]).digest(command.shell, self.trial.directory, command.any_order)
            for side in ("old", "new")
        )
        if old["failed"]:
            return row | {"wrong": "the old build failed"}
        return row | {"wrong": difference(new, old, command.any_order)}
