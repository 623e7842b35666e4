"""What fuzzing found, each input kept in tests/data/fuzzed under its target: none breaks anything any more."""

from pathlib import Path

import pytest

from tests.slow.fuzz import target

FOUND = sorted((Path(__file__).parent / "data" / "fuzzed").glob("*/*"))


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_fuzzing_found(path: Path) -> None:
    target(path.parent.name)(path.read_bytes())
