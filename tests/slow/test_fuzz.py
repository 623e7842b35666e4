"""Some thousand inputs a target, led by what they reach; longer: `python -m tests.slow.fuzz TARGET -max_total_time=3600`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.slow.fuzz import TARGETS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
RUNS = 4_000
LONGEST_SECONDS = 30


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_stands_thousands_of_inputs(tmp_path: Path, name: str) -> None:
    flags = [f"-runs={RUNS}", f"-max_total_time={LONGEST_SECONDS}", "-timeout=60", "-rss_limit_mb=4000"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.slow.fuzz", name, *flags, f"-artifact_prefix={tmp_path}/"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        errors="replace",
    )
    found = [path.read_bytes() for path in tmp_path.iterdir()]
    assert done.returncode == 0, f"{done.stderr[-3000:]}\nput this in tests/data/fuzzed/{name}: {found}"
