"""The machine: processor, memory, system, and the instruction sets that it has and that are used.

The programs choose their kernels at run time and do not report their choice. The rule is applied again here,
to the flags of the processor in /proc/cpuinfo: `test_bench.py` compares its terms with the sources.
"""

import os
import platform
from pathlib import Path

AVX2 = ("avx2", "aes", "bmi1", "bmi2", "abm", "popcnt")

# Best first: a file of kernels in src/text/scan, and the flags of the processor that it needs.
SETS = {
    "avx512": ("avx512f", "avx512bw", "avx512vl", "avx512vbmi", "avx512_vbmi2", "avx512_bitalg", "vaes", *AVX2),
    "avx2": AVX2,
    "neon": ("asimd",),
}

# The first of these fields is in the cpuinfo of x86-64, the second in that of 64-bit ARM.
VENDORS = {"AuthenticAMD": "amd", "GenuineIntel": "intel", "0x41": "arm"}


class Machine:
    """What /proc/cpuinfo says about the first processor, and which kernels `root` has for it."""

    def __init__(self, root, cpuinfo=None):
        facts = {}
        for line in (cpuinfo or Path("/proc/cpuinfo").read_text()).splitlines():
            key, _, value = line.partition(":")
            facts.setdefault(key.strip(), value.strip())
        self.model = facts.get("model name", platform.machine())
        self.flags = set(facts.get("flags", facts.get("Features", "")).split())
        vendor = facts.get("vendor_id", facts.get("CPU implementer", ""))
        self.vendor = VENDORS.get(vendor, platform.machine())
        self.kernels = {file.stem for file in (root / "src/text/scan").glob("*.rs")}

    @property
    def has(self):
        """The sets of which the machine has all flags."""
        return [name for name, flags in SETS.items() if self.flags.issuperset(flags)]

    @property
    def used(self):
        """The set that the programs use."""
        return next((name for name in self.has if name in self.kernels), "portable")

    @property
    def kind(self):
        """By which name the results are kept: `intel-avx512`."""
        return f"{self.vendor}-{next(iter(self.has), 'portable')}"

    def line(self):
        """The machine in one line, with the set that the programs use."""
        memory = int(Path("/proc/meminfo").read_text().split()[1]) / (1 << 20)
        system = f"{platform.system()} {platform.release()}"
        return f"{self.model} ({self.used}), {os.cpu_count()} cores, {memory:.0f} GiB, {system}"

    def sets(self):
        """Which sets the machine has, of which it has only parts, and which one is used."""
        found = [f"{name} ({', '.join(SETS[name])})" for name in self.has]
        for name, flags in SETS.items():
            if name not in self.has and (parts := [flag for flag in flags if flag not in AVX2 and flag in self.flags]):
                missing = [flag for flag in flags if flag not in self.flags]
                found.append(f"of {name} only {', '.join(parts)}, not {', '.join(missing)}")
        return f"{'; '.join(found) or 'none that the kernels know'}. Used: {self.used}"
