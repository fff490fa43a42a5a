"""Debian packages: downloaded and unpacked into a folder, never installed."""

import os
import subprocess
import sys


def unpacked(package, folder):
    """The folder with a package's files, which is made if it is not there, and its version."""
    files = folder / package
    archives = sorted(folder.glob(f"{package}_*.deb"))
    if not archives:
        download([package], folder)
        archives = sorted(folder.glob(f"{package}_*.deb"))
    if not files.exists():
        subprocess.run(["dpkg-deb", "-x", archives[-1], files], check=True)
    return files, archives[-1].name.split("_")[1].replace("%3a", ":")


def with_libraries(packages, folder):
    """Unpacks packages into one folder, and all that they need and that is not installed."""
    simulation = ["apt-get", "install", "-q", "-s", "--no-install-recommends", *packages]
    plan = subprocess.run(simulation, capture_output=True, text=True)
    if plan.returncode != 0:
        update()
        plan = subprocess.run(simulation, stdout=subprocess.PIPE, text=True, check=True)
    # Lines such as `Inst libapr1 (1.7.2-3 Debian:12.11/stable [amd64])`.
    needed = [line.split()[1] for line in plan.stdout.splitlines() if line.startswith("Inst ")]
    archives = folder / "archives"
    download(needed, archives)
    for archive in sorted(archives.glob("*.deb")):
        subprocess.run(["dpkg-deb", "-x", archive, folder], check=True)
        archive.unlink()


def download(packages, folder):
    folder.mkdir(parents=True, exist_ok=True)
    command = ["apt-get", "download", "-q", *packages]
    if subprocess.run(command, cwd=folder, capture_output=True).returncode != 0:
        # Stale lists name a version that the mirror no longer has.
        update()
        subprocess.run(command, cwd=folder, check=True, stdout=sys.stderr)


def update():
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    subprocess.run([*as_root, "apt-get", "update", "-q"], check=True, stdout=sys.stderr)
