"""A standalone cluster of Spark on loopback: install it, start it, submit to it, break it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

PYSPARK = "4.3.0"


def install(folder: Path) -> Path:
    """Sees to Java, and to PySpark in a virtual environment; the Python of that."""
    if subprocess.run(["sh", "-c", "java -version"], capture_output=True).returncode != 0:
        print("installing Java", flush=True)
        apt_get = [*([] if os.geteuid() == 0 else ["sudo", "-n"]), "apt-get", "-q"]
        must(*apt_get, "update")
        must(*apt_get, "install", "-y", "--no-install-recommends", "default-jre-headless")
    python = folder / "bin/python"
    version = [python, "-c", "import pyspark; print(pyspark.__version__)"]
    with contextlib.suppress(OSError):
        if subprocess.run(version, capture_output=True, text=True).stdout.strip() == PYSPARK:
            return python
    print(f"installing PySpark {PYSPARK}", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    must(sys.executable, "-m", "venv", folder)
    must(python, "-m", "pip", "install", "-q", f"pyspark=={PYSPARK}")
    return python


def must(*command: str | Path) -> None:
    """Runs a command, whose output is shown if it fails."""
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if ran.returncode != 0:
        raise SystemExit(f"test-spark: {' '.join(map(str, command))}\n{ran.stdout}")


def wait_until(what: str, is_so: Callable[[], object], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


class Cluster:
    """One master, two workers of one processor each. As a context it ends all that it started."""

    def __init__(self, python: Path, folder: Path) -> None:
        self.folder = folder.resolve()
        self.home = next(python.parent.parent.glob("lib/python*/site-packages/pyspark"))
        self.environment = os.environ | {
            "PATH": f"{python.parent}:{os.environ['PATH']}",
            "PYSPARK_PYTHON": str(python),
            "SPARK_HOME": str(self.home),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_MASTER_OPTS": "-Dspark.master.rest.enabled=false",
        }
        self.daemons: list[Daemon] = []
        self.jobs: list[Job] = []
        self.url = ""

    def __enter__(self) -> Cluster:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        try:
            master = self.start("master.Master", "--port", "0")
            self.url = master.wait_for(r"Starting Spark master at (spark://\S+)")
            self.workers = [self.add_worker(), self.add_worker()]
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_jobs()
        for daemon in self.daemons:
            daemon.process.terminate()
        # Executors end when their worker has ended. What does not is killed, by its id.
        with contextlib.suppress(TimeoutError):
            wait_until("all processes have ended", lambda: not self.processes(), 10)
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for daemon in self.daemons:
            daemon.process.wait()

    def stop_jobs(self) -> None:
        for job in self.jobs:
            job.stop()

    def add_worker(self) -> Daemon:
        """Starts a worker and waits until the master knows it."""
        worker = self.start("worker.Worker", "--cores", "1", "--memory", "1g", self.url)
        worker.wait_for("Successfully registered with (master)")
        return worker

    def start(self, main: str, *options: str) -> Daemon:
        folder = self.folder / f"{main}-{len(self.daemons)}"
        place = ["--host", "127.0.0.1", "--webui-port", "0"]
        if main == "worker.Worker":
            place += ["--work-dir", str(folder)]
        spark_class = [str(self.home / "bin/spark-class"), f"org.apache.spark.deploy.{main}"]
        self.daemons.append(Daemon([*spark_class, *place, *options], folder, self.environment))
        return self.daemons[-1]

    def processes(self) -> list[int]:
        """The processes of the cluster: those that work in its folder."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if f"{process.joinpath('cwd').readlink()}/".startswith(f"{self.folder}/"):
                    found.append(int(process.name))
        return found

    def submit(
        self, program: list[str], arguments: list[str], environment: dict[str, str] | None = None
    ) -> Job:
        """Starts a job: wordfreq-spark, or spark-submit, which calls Spark's options the same."""
        folder = self.folder / f"job-{len(self.jobs)}"
        settings = {
            "spark.ui.enabled": "false",
            "spark.eventLog.enabled": "true",
            "spark.eventLog.dir": folder.as_uri(),
            "spark.eventLog.compress": "false",
            "spark.eventLog.rolling.enabled": "false",
        }
        options = ["--master", self.url]
        for key, value in settings.items():
            options += ["--conf", f"{key}={value}"]
        environment = self.environment | (environment or {})
        self.jobs.append(Job([*program, *options, *arguments], folder, environment))
        return self.jobs[-1]


class Daemon:
    """A master or a worker, in a folder with its log."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        folder.mkdir()
        self.folder = folder
        self.log = folder / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait_for(self, pattern: str) -> str:
        """Waits for a line in the log; the pattern's group in it."""

        def found() -> re.Match[str] | None:
            if self.process.poll() is not None:
                raise RuntimeError(f"ended: {self.process.args}\n{self.log.read_text()}")
            return re.search(pattern, self.log.read_text(errors="replace"))

        wait_until(f"{pattern} in {self.log}", found, 180)
        match = found()
        assert match
        return match[1]


class Job:
    """A submitted job, in a folder with its output and its event log."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        folder.mkdir()
        self.folder = folder
        self.begun = time.monotonic()
        with open(folder / "out", "wb") as out, open(folder / "err", "wb") as err:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    def end(self, seconds: float = 180) -> Job:
        """Waits for its end. Then it has a status, output, messages and a duration."""
        try:
            self.status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.stop()
            raise TimeoutError(f"did not end within {seconds} s: {self.folder}") from None
        self.seconds = time.monotonic() - self.begun
        self.output = (self.folder / "out").read_bytes()
        self.messages = (self.folder / "err").read_text(errors="replace")
        return self

    def stop(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def events(self) -> list[dict]:
        """Spark's event log."""
        (log,) = [path for path in self.folder.iterdir() if path.name.startswith("app-")]
        with open(log, encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]

    def failed_tasks(self) -> list[str]:
        """Why tasks failed, in Spark's words."""
        ends = [event for event in self.events() if "Task End Reason" in event]
        reasons = [event["Task End Reason"]["Reason"] for event in ends]
        return [reason for reason in reasons if reason != "Success"]
