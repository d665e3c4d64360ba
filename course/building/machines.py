"""Runs every notebook as other machines would: `make machines`, or `make machines ONLY=06`.

Each row of SETTINGS sends torch, MKL, OpenBLAS and oneDNN down other paths of code, which this processor
has too, or changes what a machine is set to. The comparison is that of `make test`. Exit code 1 if a cell
differs.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from course import ROOT
from course.building.notebooks import find
from course.building.processor import STARTUP

PATIENT = {"OMP_WAIT_POLICY": "PASSIVE"}  # more threads than cores: one that waits leaves its core to others
SETTINGS = {  # name -> what is set in the environment; None: taken out of it
    "as it is": {},
    "native OpenBLAS": {"OPENBLAS_CORETYPE": None, "OPENBLAS_L2_SIZE": None},
    "torch without vectors": {"ATEN_CPU_CAPABILITY": "default"},
    "torch AVX2, MKL AVX2": {
        "ATEN_CPU_CAPABILITY": "avx2",
        "MKL_CBWR": "AVX2",
        "OPENBLAS_CORETYPE": "Haswell",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
    },
    "torch AVX512": {"ATEN_CPU_CAPABILITY": "avx512", "MKL_CBWR": "AVX512", "OPENBLAS_CORETYPE": "SkylakeX"},
    "MKL compatible": {"MKL_CBWR": "COMPATIBLE"},
    "all of it old": {
        "ATEN_CPU_CAPABILITY": "default",
        "MKL_CBWR": "COMPATIBLE",
        "OPENBLAS_CORETYPE": "Prescott",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3",
    },
    "MKL SSE4.2, two threads": {
        "MKL_CBWR": "SSE4_2",
        "OPENBLAS_CORETYPE": "Sandybridge",
        "OMP_NUM_THREADS": "2",
        **PATIENT,
    },
    "four threads": {"OMP_NUM_THREADS": "4", **PATIENT},
    "another hash seed, time zone, locale": {"PYTHONHASHSEED": "7", "TZ": "Asia/Shanghai", "LC_ALL": "C"},
    "processor 1, which does not exist": {"COURSE_PROCESSOR": "1"},
    "processor 2, which does not exist": {"COURSE_PROCESSOR": "2"},
}
# torch takes a level that the processor lacks at its word, and dies in some operation.
LEVELS = ["DEFAULT", "AVX2", "AVX512"]
SEEN = (
    "import numpy, torch, threadpoolctl as t; "
    "blas = [p['architecture'] for p in t.threadpool_info() if 'architecture' in p]; "
    "print('torch', torch.backends.cpu.get_cpu_capability() + ', OpenBLAS', ' '.join(blas), end='')"
)
# In what nbval says of a cell that failed: what differs, or how it ended.
REASON = re.compile(
    r"(?m)^.* became .*$|^ *stored .*\n.*$|^Cell \d+: (?:Timeout|The kernel died).*$|^\w+Error.*$"
)


def environment(setting, ipython):
    """The environment of one run. ipython: the folder of a profile, so that nobody's own is used."""
    env = os.environ | {"OMP_NUM_THREADS": "1", "IPYTHONDIR": str(ipython), "COURSE_MACHINE": "1"} | setting
    return {name: value for name, value in env.items() if value is not None}


def native():
    """The highest level of torch's vectors that this processor has."""
    code = "import torch; print(torch.backends.cpu.get_cpu_capability(), end='')"
    env = {name: value for name, value in os.environ.items() if name != "ATEN_CPU_CAPABILITY"}
    level = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True).stdout
    return level if level in LEVELS else LEVELS[0]


def run(paths, env):
    """What differs under this environment, as lines, and how many cells were compared."""
    command = [sys.executable, "-m", "pytest", "--tb=short", "-p", "no:cacheprovider", "-rfE", *paths]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, errors="replace")
    said = re.sub(r"\x1b\[[\d;]*m", "", done.stdout)
    failed = re.findall(r"(?m)^(?:FAILED|ERROR) (\S+?::Cell \d+|\S+)", said)
    count = sum(int(n) for n in re.findall(r"(\d+) (?:passed|failed)", said.splitlines()[-1]))
    if done.returncode not in (0, 1) or not count:
        sys.exit(f"The notebooks could not be run:\n{said[-2000:]}{done.stderr[-2000:]}")
    reasons = {}
    for part in re.split(r"(?m)^_+ (?=\S+::Cell)", said)[1:]:
        found = REASON.search(part)
        reasons[part.split(" _")[0]] = found[0].strip() if found else "see make test"
    return [f"  {name}: {reasons.get(name, 'see make test')}" for name in failed], count


def main(only=""):
    paths = [
        str(p) for folder in ("chapters", "solutions") for p in find(ROOT / folder) if only in p.stem[:2]
    ]
    if not paths:
        sys.exit(f"ONLY={only}: no chapter has this number")
    total, highest = 0, native()
    with tempfile.TemporaryDirectory() as ipython:
        startup = Path(ipython) / "profile_default" / "startup"
        startup.mkdir(parents=True)
        used = Path(ipython) / "used"
        (startup / "00-processor.py").write_text(f"{STARTUP}open({str(used)!r}, 'w').close()\n")
        for name, setting in SETTINGS.items():
            env, began = environment(setting, ipython), time.monotonic()
            seen = subprocess.run([sys.executable, "-c", SEEN], env=env, capture_output=True, text=True)
            asked = setting.get("ATEN_CPU_CAPABILITY", LEVELS[0]).upper()
            if seen.returncode or LEVELS.index(asked) > LEVELS.index(highest):
                why = seen.stderr.strip()[-200:] or f"it has {highest}"
                print(f"{name}: NOT RUN, this processor cannot: {why}", flush=True)
                continue
            differ, count = run(paths, env)
            if not used.exists():
                sys.exit("The kernels did not read the profile that was made for them: nothing is shown.")
            used.unlink()
            total += len(differ)
            took = f"{seen.stdout}; {time.monotonic() - began:.0f} s"
            print("\n".join([f"{name}: {len(differ)} of {count} cells differ ({took})", *differ]), flush=True)
    sys.exit(bool(total))


if __name__ == "__main__":
    main(*sys.argv[1:])
