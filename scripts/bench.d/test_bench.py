"""Tests of what needs no measurement: `python3 -m unittest test_bench`, in this folder."""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import against
import growth
import report
import results
from machine import AVX2, SETS, Machine
from measure import Sample
from parts import PARTS, Command

ROOT = Path(__file__).resolve().parents[2]
NAMES = [part.name for part in PARTS]


def measured(kind, commit="c1", date="2026-11-01", name="lower", wall=2.0):
    """The result of a part, as `trial.py` makes it."""
    rows = [
        {"label": "GNU tr", "shell": "tr A-Z a-z", "ours": False, "note": "ASCII only", "wrong": "", "wall": 4.0},
        {"label": "textmill", "shell": "lower text", "ours": True, "note": "", "wrong": "", "wall": wall},
    ]
    for row in rows:
        row |= {"cpu": 1.23456789, "peak": 3000, "walls": [wall], "goals": []}
    rows[1]["goals"] = [{"goal": "≤ 0.4 × GNU tr", "met": True, "found": "0.5"}]
    context = {"kind": kind, "machine": f"{kind} machine", "sets": "avx2. Used: avx2", "commit": commit, "date": date}
    context |= {"versions": {}, "runs": 5, "budget": 60}
    corpus = {"name": "english.txt", "bytes": 10**9, "blake2b": "00"}
    result = {"name": name, "title": f"title of {name}", "intro": "", "corpus": corpus, "yardstick": "GNU tr"}
    return result | {"starts": False, "each": [], "rows": rows, "context": context}


class ResultsOfSeveralMachines(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name) / "results"

    def kept(self, *runs, size=10**9):
        """What is kept after some runs, each of several parts."""
        for run in runs:
            kept = results.load(self.folder)
            results.merge(kept, run, size)
            results.save(self.folder, kept)
        return results.load(self.folder)

    def test_a_run_replaces_only_its_own_parts_on_its_own_machine(self):
        parts = ("lower", "capwords", "topn")
        amd, intel = ([measured(kind, name=name) for name in parts] for kind in ("amd-avx2", "intel-avx512"))
        before = self.kept(amd, intel)
        file = (self.folder / "amd-avx2.json").read_text()
        after = self.kept([measured("intel-avx512", commit="c2", wall=1.0)])
        self.assertEqual((self.folder / "amd-avx2.json").read_text(), file)
        self.assertEqual(after["intel-avx512"]["parts"]["capwords"], before["intel-avx512"]["parts"]["capwords"])
        lower = after["intel-avx512"]["parts"]["lower"]
        self.assertEqual((lower["rows"][1]["wall"], lower["context"]["commit"]), (1.0, "c2"))

        text = report.readme(after, NAMES)
        self.assertEqual(text.count("\n### title of lower\n"), 1)
        table = text[text.index("### title of lower") :]
        self.assertLess(table.index("On amd-avx2, commit c1:"), table.index("On intel-avx512, commit c2:"))
        # The side-by-side table, and the tables of the two machines.
        self.assertIn("| lower | `lower text` | 2 s (0.5) | 1 s (0.25) |", text)
        self.assertIn("| **`lower text`** | 2 s | 0.5 |", text)
        self.assertIn("| **`lower text`** | 1 s | 0.25 |", text)
        self.assertIn("- Commit c2, 2026-11-01: lower\n", text)
        self.assertEqual(text.count("[1] GNU tr: ASCII only."), len(parts), "once for each part")

    def test_older_results_do_not_replace_newer_ones(self):
        new, old = measured("amd-avx2", commit="new", date="2026-11-02"), measured("amd-avx2", commit="old")
        kept = self.kept([new], [old])
        self.assertEqual(kept["amd-avx2"]["parts"]["lower"]["context"]["commit"], "new")

    def test_results_of_another_size_are_refused(self):
        self.kept([measured("amd-avx2")])
        with self.assertRaisesRegex(results.Refused, "amd-avx2 are of size 1000000000, not 50000000"):
            self.kept([measured("amd-avx2")], size=50_000_000)
        self.kept([measured("intel-avx2")], size=50_000_000)

    def test_what_is_kept_is_short(self):
        kept = self.kept([measured("amd-avx2")])["amd-avx2"]["parts"]["lower"]
        self.assertEqual(kept["rows"][0]["cpu"], 1.235)
        self.assertNotIn("walls", kept["rows"][0])
        self.assertNotIn("blake2b", kept["corpus"])

    def test_a_comparison_of_two_builds_stands_beside_the_parts(self):
        both = {side: {"wall": wall, "cpu": 1.0, "walls": [wall]} for side, wall in (("old", 2.0), ("new", 1.0))}
        row = {"label": "textmill", "shell": "lower text", "ours": True, "wrong": ""} | both
        comparison = measured("amd-avx2") | {"old": "0123456789abcdef", "rows": [row]}
        kept = self.kept([measured("amd-avx2")], [comparison])
        self.assertEqual(kept["amd-avx2"]["parts"]["lower"]["rows"][1]["wall"], 2.0)
        text = report.readme(kept, NAMES)
        self.assertIn("| command | wall, 0123456789ab | now | ratio |", text)
        self.assertIn("| `lower text` | 2 s | 1 s | 0.500 | 1 s | 1 s | 1.000 |", text)

    def test_the_report_is_that_of_the_results(self):
        """benches/README.md is written from the files in benches/results, and by nothing else."""
        kept = results.load(ROOT / "benches/results")
        self.assertIn("amd-avx2", kept)
        names = re.findall(r"^(\S+) ", self.bench("--list").stdout, re.MULTILINE)
        self.assertEqual((ROOT / "benches/README.md").read_text(), report.readme(kept, names))
        for kind, machine in kept.items():
            file = ROOT / f"benches/results/{kind}.json"
            self.assertEqual(file.read_text(), results.text(json.loads(json.dumps(machine))))

    def bench(self, *arguments):
        return subprocess.run([ROOT / "scripts/bench", *arguments], capture_output=True, text=True)

    def test_wrong_arguments_are_one_line(self):
        for arguments, status, message in [
            (["--against", "no-such-commit"], 1, "bench: no commit 'no-such-commit' in this repository\n"),
            (["--against=--help", "lower"], 1, "bench: no commit '--help' in this repository\n"),
            (["--against"], 2, "bench: error: argument --against: expected one argument\n"),
            (["--against", "HEAD", "growth"], 2, "bench: error: --against: growth has no single commands of textmill to"),
            (["--against", "HEAD", "process"], 2, "bench: error: --against: process has no single commands of textmill"),
            (["--against", "HEAD", "nothing"], 2, "bench: error: no part called nothing; there are: "),
            (["--against", "HEAD", "--size", "2M", "--report"], 1, "bench: no results of this size yet\n"),
        ]:
            ran = self.bench(*arguments)
            self.assertEqual((ran.returncode, ran.stdout), (status, ""), ran.stderr)
            last = ran.stderr.splitlines(keepends=True)[-1]
            self.assertTrue(last.startswith(message), last)
            if status == 1:
                self.assertEqual(ran.stderr, message)


class TwoBuilds(unittest.TestCase):
    def checked(self, **programs):
        """The row of `lower text` for two folders of programs, which are shell scripts."""
        with tempfile.TemporaryDirectory() as cache:
            top = Path(cache)
            folders, environments = {}, {}
            for side in ("old", "new"):
                folders[side] = top / side
                folders[side].mkdir()
                environments[side] = {"PATH": f"{folders[side]}:{os.environ['PATH']}"}
                if side in programs:
                    (folders[side] / "lower").write_text(f"#!/bin/sh\n{programs[side]}\n")
                    (folders[side] / "lower").chmod(0o755)
            trial = type("Trial", (), {"directory": top})
            command, part = Command("lower text", ours=True), type("Part", (), {"sink": " > /dev/null"})
            return against.Against(trial, top, "0" * 40, folders).checked(command, part, environments)

    def test_the_answers_are_compared(self):
        self.assertEqual(self.checked(old="echo a", new="printf 'a\\n'")["wrong"], "")
        self.assertEqual(self.checked(old="echo a", new="echo b")["wrong"], "begins 'b\\n'")
        self.assertEqual(self.checked(old="echo a", new="echo a; exit 1")["wrong"], "failed")
        self.assertEqual(self.checked(old="exit 1", new="exit 1")["wrong"], "the old build failed")

    def test_a_program_that_a_build_does_not_have_is_named(self):
        row = self.checked(new="echo a")
        self.assertEqual((row["shell"], row["wrong"]), ("lower text > /dev/null", "no lower in the old build"))

    def test_the_programs_of_a_command(self):
        self.assertEqual(against.programs_of("seq 2 | xargs memo -d x words.txt -- count | lower"), {"memo", "count", "lower"})


class InstructionSets(unittest.TestCase):
    INTEL = "vendor_id\t: GenuineIntel\nmodel name\t: Xeon\nflags\t\t: " + " ".join(AVX2)

    def machine(self, cpuinfo, *kernels):
        with tempfile.TemporaryDirectory() as root:
            folder = Path(root) / "src/text/scan"
            folder.mkdir(parents=True)
            for kernel in kernels:
                (folder / f"{kernel}.rs").touch()
            return Machine(Path(root), cpuinfo)

    def test_the_best_set_that_has_kernels_is_used(self):
        whole = f"{self.INTEL} {' '.join(SETS['avx512'])}\n"
        machine = self.machine(whole, "portable", "avx2")
        self.assertEqual((machine.kind, machine.has, machine.used), ("intel-avx512", ["avx512", "avx2"], "avx2"))
        self.assertEqual(self.machine(whole, "avx512", "avx2").used, "avx512")
        self.assertTrue(machine.sets().endswith(f"avx2 ({', '.join(AVX2)}). Used: avx2"))

    def test_a_part_of_a_set_is_not_the_set(self):
        machine = self.machine(self.INTEL + " avx512f avx512bw avx512vl\n\nvendor_id: other\n", "avx512", "avx2")
        self.assertEqual((machine.kind, machine.used), ("intel-avx2", "avx2"))
        lacks = ", ".join(flag for flag in SETS["avx512"] if flag not in (*AVX2, "avx512f", "avx512bw", "avx512vl"))
        only = f"of avx512 only avx512f, avx512bw, avx512vl, not {lacks}"
        self.assertEqual(machine.sets(), f"avx2 ({', '.join(AVX2)}); {only}. Used: avx2")

    def test_arm_and_others(self):
        arm = "Features\t: fp asimd aes\nCPU implementer\t: 0x41\n"
        machine = self.machine(arm, "neon")
        self.assertEqual((machine.kind, machine.used), ("arm-neon", "neon"))
        self.assertEqual(self.machine(arm).used, "portable")
        nothing = self.machine("flags: sse2\nvendor_id: AuthenticAMD\n", "avx2")
        self.assertEqual((nothing.kind, nothing.used), ("amd-portable", "portable"))

    def test_the_rule_has_the_terms_of_the_sources(self):
        """Each feature that a program asks for is a flag of a set."""
        sources = [file.read_text() for file in (ROOT / "src").rglob("*.rs")]
        asked = set(re.findall(r'(?:is_\w+_feature_detected|\bhas)!\("(\w+)"\)', "".join(sources)))
        linux = {"avx512vbmi2": "avx512_vbmi2", "avx512bitalg": "avx512_bitalg", "lzcnt": "abm", "neon": "asimd"}
        self.assertIn("avx2", asked)
        self.assertLessEqual({linux.get(name, name) for name in asked}, set().union(*SETS.values()))


class Growth(unittest.TestCase):
    def test_a_straight_line_is_one(self):
        def sizes(seconds):
            return {str(times): {"wall": seconds(times / 10), "cpu": seconds(times / 10)} for times in growth.TIMES}

        line = growth.straight(sizes(lambda gigabytes: 0.02 + 0.5 * gigabytes), 10**8)
        self.assertTrue(line["met"])
        self.assertEqual(line["found"], "0.0%, CPU 0.0%; 20 ms + 0.500 s/GB")
        bent = growth.straight(sizes(lambda gigabytes: 0.5 * gigabytes**1.1), 10**8)
        self.assertFalse(bent["met"])

    def test_counts_of_a_repeated_text(self):
        self.assertEqual(growth.multiplied(b"12 the\n3 a b\n", 10), b"120 the\n30 a b\n")

    def test_a_wrong_answer_is_not_a_figure(self):
        class Trial:
            rounds = 1
            directory = Path("/")
            programs = corpora = type("Other", (), {"missing": lambda *_: [], "environment": {}, "scale": 0.001})()

        part = growth.Growth(Trial)
        part.oracle = lambda command: b"right\n"
        for output, wrong in ((b"right\n", ""), (b"other\n", "other lines")):
            part.count = lambda *case: (Sample(1.0, 2.0, 3, output), 0.5)
            rows = part.distinct()
            self.assertEqual({row["wrong"] for row in rows}, {wrong})
            self.assertEqual([row["keys"] for row in rows], [10**4, 10**5] * 2 + [10**4])


sys.dont_write_bytecode = True
if __name__ == "__main__":
    unittest.main()
