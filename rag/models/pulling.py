"""Pulling a model: what there is to fetch, and the way of its bytes to their place.

They arrive in `.partial/`, file by file; each is checked as a whole against the hub's checksum, and only when all of them
are right does the model take its place, by one rename.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import re
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from rag.errors import InputError, ModelError
from rag.models import pulled
from rag.models.catalogue import CATALOGUE, QUANTISED, Model, find
from rag.models.hub import Hub, Listing, Remote
from rag.models.pulled import Pulled

log = logging.getLogger(__name__)
_FREE_BYTES = 500_000_000
"""What must stay free on the disk: what `rag doctor` wants."""
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NEEDED = re.compile(r"(?:\d+_\w+/)?[\w.-]+\.(?:json|txt|model|jinja|safetensors)")
"""What sentence-transformers reads of a repository: the root's files and those of its numbered module folders."""
_PICKLED = re.compile(r"(?:\d+_\w+/)?pytorch_model[\w.-]*\.bin")
"""Weights in torch's own format, read where a folder has no others."""
_GGUF = re.compile(r"(?:\w[\w.+ -]*/)*\w[\w.+ -]*\.gguf")

Told = Callable[[str, int, int], None]
"""Called with what is being done, the bytes of it that are done, and their number."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a pull will fetch: a model, its file named, and what the hub says of it."""

    model: Model
    listing: Listing
    files: tuple[Remote, ...]

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    @property
    def licence(self) -> str:
        return self.model.licence or self.listing.licence or "unknown"

    @property
    def is_file(self) -> bool:
        return self.model.kind == "language model"

    def place(self, folder: Path) -> Path:
        """Where the model will lie in the models folder."""
        return folder / (PurePosixPath(self.model.file).name if self.is_file else self.model.name)


def wanted(name: str, file: str = "") -> Model:
    """The model that a person asks for: one of the catalogue, or a file of a repository; InputError where it is neither."""
    if "/" in name:
        return model_of(name, file)
    if (model := find(name)) is None or file:
        known = ", ".join(model.name for model in CATALOGUE)
        raise InputError(
            f"no model has the name {' '.join((name, file)).strip()!r}; expected one of {known}, or OWNER/REPO FILE.gguf"
        )
    return model


def looked_over(model: Model, folder: Path, told: Told) -> tuple[Path | None, str]:
    """Where the model lies, pulled before, and what is damaged in it, "" where nothing is; None where it was not pulled."""
    path = pulled.place(model, folder)
    record = pulled.read(path) if path else None
    if path is None or record is None or record.repository != model.repository:
        return None, ""
    return path, pulled.damage(record, path, _counting(told, "checking", record.size))


def online(name: str, offline: bool) -> Hub:
    """The hub to pull the model of this name from; InputError where the network may not be asked."""
    if offline:
        raise InputError(f"RAG_OFFLINE is set, and {name} can only be pulled from the network; unset it to pull")
    return Hub()


def model_of(repository: str, file: str = "") -> Model:
    """A person's own choice: a GGUF of any repository, called by its file's name; of a catalogue's model, that one."""
    known = (m for m in CATALOGUE if m.repository == repository and file in ("", m.file))
    return next(known, Model(PurePosixPath(file).name, "language model", repository, file))


def plan(hub: Hub, model: Model) -> Plan:
    """The files that the hub has of the model, with their sizes and checksums. Raises ModelError where it lacks them."""
    listing = hub.listing(model.repository)
    if model.kind != "language model":
        files = _folder_files(listing)
        if not any(file.path == "config.json" for file in files) or not any(file.sha256 for file in files):
            raise ModelError(
                f"{model.repository} holds no sentence-transformers model: config.json or weights are missing"
            )
        return Plan(model, listing, files)
    ggufs = {file.path: file for file in listing.files if _GGUF.fullmatch(file.path)}
    name = model.file or min((path for path in ggufs if path.endswith(QUANTISED)), default="")
    if name not in ggufs or not ggufs[name].sha256:
        there = ", ".join(sorted(ggufs)[:20]) or "no GGUF at all"
        raise ModelError(
            f"{model.repository} holds no file {model.file or f'that ends in {QUANTISED}'}; it holds {there}"
        )
    return Plan(replace(model, file=name, name=model.name or PurePosixPath(name).name), listing, (ggufs[name],))


def _folder_files(listing: Listing) -> tuple[Remote, ...]:
    needed = [file for file in listing.files if _NEEDED.fullmatch(file.path)]
    safe = {str(PurePosixPath(file.path).parent) for file in needed if file.path.endswith(".safetensors")}
    pickled = [file for file in listing.files if _PICKLED.fullmatch(file.path)]
    return tuple(needed + [file for file in pickled if str(PurePosixPath(file.path).parent) not in safe])


def adopt(plan: Plan, folder: Path, told: Told) -> bool:
    """Whether the very file lies in its place already, put there by hand; it then gets its record."""
    path = plan.place(folder)
    if not plan.is_file or not path.is_file() or _wrong(path, plan.files[0], _counting(told, "checking", plan.size)):
        return False
    pulled.write(_record(plan, {path.name: plan.files[0].sha256}), path)
    return True


def pull(hub: Hub, plan: Plan, folder: Path, told: Told) -> Path:
    """The model's place, once it is there. What arrived stays for the next time when this is interrupted or fails.

    Raises ModelError where the disk has no room, the hub fails, or a checksum is wrong; BusyError where another process
    pulls the same model.
    """
    path, began = plan.place(folder), time.monotonic()
    if (other := pulled.read(path)) and other.repository != plan.model.repository:
        raise InputError(f"{path} is of {other.repository}; `rag models remove {other.name}` makes room for another")
    with pulled.alone(plan.model.name, folder) as partial:
        try:
            (partial / "files").mkdir(parents=True, exist_ok=True)
            _drop_others(partial, plan)
            _check_space(partial, plan)
            done = 0
            for file in plan.files:
                _arrive(hub, plan, file, partial, told, done)
                done += file.size
            _settle(plan, partial, path)
        except OSError as e:
            if e.errno not in _FULL:
                raise
            raise ModelError(
                f"the disk is full, or takes no file that large: {e.strerror} in {folder}; free some space and run the command "
                f"again to go on, or drop what has arrived with `rag models remove {plan.model.name}`"
            ) from e
    pulled_now = {"model": plan.model.name, "repository": plan.model.repository, "bytes": plan.size}
    log.info("model pulled", extra={**pulled_now, "seconds": round(time.monotonic() - began, 1)})
    return path


def _drop_others(partial: Path, plan: Plan) -> None:
    """Deletes what arrived of another revision."""
    wanted = {partial / "files" / file.path for file in plan.files} | {
        _incomplete(partial, file) for file in plan.files
    }
    for path in partial.rglob("*"):
        if path.is_file() and path not in wanted:
            path.unlink()


def _check_space(partial: Path, plan: Plan) -> None:
    here = sum(path.stat().st_size for path in partial.rglob("*") if path.is_file())
    needed, free = plan.size - here, shutil.disk_usage(partial).free
    if needed and needed + _FREE_BYTES > free:
        raise ModelError(
            f"{plan.model.name} needs {in_words(needed)} more and {in_words(_FREE_BYTES)} to spare, but {in_words(free)} are free "
            f"in {partial.parent.parent}; free some space"
        )


def _incomplete(partial: Path, file: Remote) -> Path:
    """Where a file's bytes arrive: by checksum, so that those of two revisions never mix."""
    return partial / f"{file.sha256 or file.blob}.incomplete"


def _arrive(hub: Hub, plan: Plan, file: Remote, partial: Path, told: Told, before: int) -> None:
    """Sees to it that the file lies in `partial/files`, its checksum right."""
    target, incomplete = partial / "files" / file.path, _incomplete(partial, file)
    checking = _counting(told, "checking", plan.size, before)
    if target.is_file() and not _wrong(target, file, checking):
        return
    hub.fetch(plan.listing, file, incomplete, _counting(told, plan.model.name, plan.size, before))
    if wrong := _wrong(incomplete, file, checking):
        incomplete.unlink()
        raise ModelError(
            f"what arrived of {file.path} is not what {plan.model.repository} holds: {wrong}; it was deleted: run the command "
            "again, and mistrust the network's proxy where it happens twice"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(incomplete, target)


def _wrong(path: Path, file: Remote, told: Callable[[int], None]) -> str:
    """What tells the bytes at `path` from the hub's, "" where nothing does."""
    if (size := path.stat().st_size) != file.size:
        return f"{size:,} bytes, expected {file.size:,}"
    expected = file.sha256 or file.blob
    hashed = hashlib.sha256() if file.sha256 else hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    found = pulled.digest(path, hashed, told)
    return "" if found == expected else f"its checksum is {found[:12]}…, expected {expected[:12]}…"


def _settle(plan: Plan, partial: Path, path: Path) -> None:
    """Puts what arrived in its place, the record first: a model that is there has one."""
    files = partial / "files"
    if plan.model.prompts:
        _write_prompts(files / "config_sentence_transformers.json", plan.model.prompts)
    checked = {file.path: file.sha256 for file in plan.files if file.sha256}
    for file in files.rglob("*"):
        name = file.relative_to(files).as_posix()
        if file.is_file() and (name not in checked):
            checked[name] = hashlib.sha256(file.read_bytes()).hexdigest()
    if plan.is_file:
        pulled.write(_record(plan, {path.name: plan.files[0].sha256}), path)
        os.replace(files / plan.model.file, path)
    else:
        pulled.write(_record(plan, checked), path)
        if path.exists():  # damaged, or of another revision
            shutil.rmtree(partial / "old", ignore_errors=True)
            os.replace(path, partial / "old")
        os.replace(files, path)
    shutil.rmtree(partial)


def _write_prompts(config: Path, prompts: Mapping[str, str]) -> None:
    """Has sentence-transformers begin questions and passages with what the model was trained with."""
    said = json.loads(config.read_text(encoding="utf-8")) if config.exists() else {}
    config.write_text(json.dumps({**said, "prompts": dict(prompts)}, indent=2), encoding="utf-8")


def _record(plan: Plan, files: Mapping[str, str]) -> Pulled:
    model, listing = plan.model, plan.listing
    return Pulled(model.name, model.kind, model.repository, listing.revision, plan.licence, plan.size, files)


def _counting(told: Told, what: str, total: int, before: int = 0) -> Callable[[int], None]:
    return lambda done: told(what, before + done, total)


def in_words(size: int) -> str:
    """A number of bytes for people: 2.74 GB, 471 MB, 12 kB."""
    if size >= 1_000_000_000:
        return f"{size / 1e9:.2f} GB"
    return f"{size / 1e6:.0f} MB" if size >= 1_000_000 else f"{-(-size // 1000)} kB"
