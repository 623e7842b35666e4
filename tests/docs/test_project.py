"""What surrounds the program says what is so: the changelog, the hooks, the check on other machines, the issue templates."""

import re
import shlex
from itertools import pairwise

import yaml

from rag import __version__
from tests.conftest import ROOT

_KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
_TARGETS = re.compile(r"^([a-z][\w-]*):([^\n]*)\n((?:\t[^\n]*\n)*)", re.M)
TARGETS = {
    name: (needs, steps) for name, needs, steps in _TARGETS.findall((ROOT / "Makefile").read_text(encoding="utf-8"))
}


def test_the_changelog_keeps_the_form_and_names_this_version_first() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## (.+)$", text, re.M)
    assert versions[0] == "[Unreleased]"
    released = [re.fullmatch(r"\[(\d+)\.(\d+)\.(\d+)\] - (\d{4}-\d\d-\d\d)", version) for version in versions[1:]]
    assert all(released)
    numbers = [tuple(map(int, version.groups()[:3])) for version in released if version]
    assert ".".join(map(str, numbers[0])) == __version__
    assert all(later > earlier for later, earlier in pairwise(numbers))
    assert set(re.findall(r"^### (.+)$", text, re.M)) <= _KINDS


def test_make_has_its_targets_and_check_is_lint_and_tests() -> None:
    kept = {"chat", "test", "test-slow", "lint", "install", "install-dev", "lock", "screenshot", "bench", "models"}
    assert kept | {"format", "check", "docs"} <= TARGETS.keys()
    assert TARGETS["check"][0].split() == ["lint", "test"]


def test_hooks_run_the_tools_that_make_runs() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    entries = [hook["entry"] for repo in config["repos"] for hook in repo["hooks"]]
    said = " ".join(steps for _, steps in TARGETS.values()).replace("$(BIN)", ".venv/bin")
    assert len(entries) == 5
    for entry in entries:
        words = [word for word in shlex.split(entry) if word not in ("--force-exclude", "--fix")]
        assert " ".join(words) in said, f"no target runs `{entry}`"


def test_the_check_on_linux_is_the_projects_own_and_the_others_say_that_they_were_not_run() -> None:
    path = ROOT / ".github" / "workflows" / "ci.yml"
    jobs = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    assert ".ci/run" in [step.get("run") for step in jobs["linux"]["steps"]]
    elsewhere = [step.get("run") for step in jobs["elsewhere"]["steps"]]
    assert {"pip install .", "rag --help", 'pytest -m "not slow"'} <= set(elsewhere)
    assert "NOT RUN YET" in path.read_text(encoding="utf-8")
    assert "were not run yet" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_issue_templates_have_a_name_and_the_wrong_answer_is_asked_for_in_both_languages() -> None:
    folder = ROOT / ".github" / "ISSUE_TEMPLATE"
    for path in folder.glob("*.md"):
        _, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
        assert {"name", "about"} <= yaml.safe_load(front).keys()
        assert body.strip()
    wrong = (folder / "wrong-answer.md").read_text(encoding="utf-8")
    assert "الجواب الصحيح" in wrong
    assert "The right answer" in wrong
