"""Debian packages: downloaded and unpacked into a folder, never installed."""

import os
import subprocess
import sys


def unpacked(package, folder):
    """The folder with a package's files, which is made if it is not there, and its version."""
    files = folder / package
    archives = sorted(folder.glob(f"{package}_*.deb"))
    if not archives:
        folder.mkdir(parents=True, exist_ok=True)
        download = ["apt-get", "download", "-q", package]
        if subprocess.run(download, cwd=folder, capture_output=True).returncode != 0:
            # Stale lists name a version that the mirror no longer has.
            as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
            subprocess.run([*as_root, "apt-get", "update", "-q"], check=True, stdout=sys.stderr)
            subprocess.run(download, cwd=folder, check=True, stdout=sys.stderr)
        archives = sorted(folder.glob(f"{package}_*.deb"))
    if not files.exists():
        subprocess.run(["dpkg-deb", "-x", archives[-1], files], check=True)
    return files, archives[-1].name.split("_")[1].replace("%3a", ":")
