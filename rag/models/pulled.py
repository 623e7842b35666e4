"""The models that lie on this machine: a GGUF file or a folder each, and beside it a record of where it came from and its checksums."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from rag.errors import BusyError, InputError
from rag.models import chosen
from rag.models.catalogue import CATALOGUE, Kind, Model, find

PARTIAL = ".partial"
"""The folder, beside the models, of what has not wholly arrived: a folder for each model's name."""
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Pulled:
    """A pulled model. files: the sha256 of each, by its path in the model's folder; of a GGUF, its own name."""

    name: str
    kind: Kind
    repository: str
    revision: str
    licence: str
    size: int
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """A model that can be pulled or is here; path: where it lies, None where it does not. arrived: bytes of a pull that broke off."""

    model: Model
    path: Path | None
    arrived: int = 0


def record_of(path: Path) -> Path:
    """Where the record of the model at `path` lies."""
    return path.with_name(f"{path.name}.json")


def write(pulled: Pulled, path: Path) -> None:
    """Writes the record of the model at `path`, wholly or not at all."""
    record = record_of(path)
    whole = record.with_name(f"{record.name}.new")
    whole.write_text(json.dumps(asdict(pulled), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    os.replace(whole, record)


def read(path: Path) -> Pulled | None:
    """The record of the model at `path`; None where the model or a record that can be read is not there."""
    try:
        return Pulled(**json.loads(record_of(path).read_text(encoding="utf-8"))) if path.exists() else None
    except (OSError, ValueError, TypeError):
        return None


def listed(folder: Path) -> dict[Path, Pulled | None]:
    """Each model in the models folder by its place: with its record, or None for a GGUF that was put there by hand."""
    places = {path.with_name(path.name.removesuffix(".json")) for path in folder.glob("*.json")}
    found = {place: pulled for place in places if (pulled := read(place))}
    return dict(sorted({**dict.fromkeys(folder.glob("*.gguf")), **found}.items()))


def entries(folder: Path) -> list[Entry]:
    """The catalogue's models, then the others that are here; one without a record was put there by hand."""
    here = listed(folder)
    places = {name_of(path, record): path for path, record in here.items()}
    found = [Entry(m, places.pop(m.name, None), size_of(folder / PARTIAL / m.name)) for m in CATALOGUE]
    for name, path in places.items():
        record = here[path]
        kind: Kind = record.kind if record else "language model"
        repository, licence = (record.repository, record.licence) if record else ("", "")
        found.append(Entry(Model(name, kind, repository, path.name, size_of(path), licence), path))
    return found


def place(model: Model, folder: Path) -> Path | None:
    """Where a model of the catalogue lies, None where it does not."""
    return next((path for path, pulled in listed(folder).items() if name_of(path, pulled) == model.name), None)


def name_of(path: Path, pulled: Pulled | None) -> str:
    """What a person calls the model at `path`: its short name, else the file's name."""
    return pulled.name if pulled else next((model.name for model in CATALOGUE if model.file == path.name), path.name)


def located(name: str, kind: Kind, folder: Path) -> str:
    """The place of the pulled model with this short name; any other name as it is, one that was not pulled too.

    Raises InputError where the catalogue knows the name as a model of another kind.
    """
    if (model := find(name)) is None:
        return name
    if model.kind != kind and not Path(name).exists():
        those = ", ".join(other.name for other in CATALOGUE if other.kind == kind)
        raise InputError(f"{name!r} is the {model.kind} {model.repository}; expected one of {those}")
    return str(place(model, folder) or name)


def damage(pulled: Pulled, path: Path, progress: Callable[[int], None]) -> str:
    """What is wrong with the model at `path`, "" where every byte is as it was pulled; progress is told the bytes read so far."""
    done = 0
    for name, expected in pulled.files.items():
        file = path / name if path.is_dir() else path
        if not file.is_file():
            return f"{file} is missing"
        if (found := digest(file, hashlib.sha256(), _after(done, progress))) != expected:
            return f"{file} has the sha256 {found[:12]}…, but {expected[:12]}… was pulled"
        done += file.stat().st_size
    return ""


def _after(before: int, progress: Callable[[int], None]) -> Callable[[int], None]:
    return lambda done: progress(before + done)


def digest(file: Path, hashed: hashlib._Hash, progress: Callable[[int], None]) -> str:
    """The hexadecimal digest of a file's bytes, after what `hashed` has been given already."""
    done = 0
    with file.open("rb") as opened:
        while piece := opened.read(_PIECE):
            hashed.update(piece)
            done += len(piece)
            progress(done)
    return hashed.hexdigest()


def remove(name: str, folder: Path) -> int:
    """The bytes freed by removing a model, its record and what had arrived of it.

    name: of the catalogue, or a GGUF's own. Raises InputError where nothing of that name is there.
    """
    traces: dict[str, set[Path]] = {}
    for path, pulled in listed(folder).items():
        traces.setdefault(name_of(path, pulled), set()).update((path, record_of(path)))
    for partial in (folder / PARTIAL).glob("*/"):
        traces.setdefault(partial.name, set()).add(partial)
    if name not in traces:
        raise InputError(f"no model here has the name {name!r}; here are: {', '.join(sorted(traces)) or 'none'}")
    with alone(name, folder):
        freed = sum(size_of(path) for path in traces[name])
        for path in traces[name]:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    chosen.forget(name, folder)
    return freed


@contextmanager
def alone(name: str, folder: Path) -> Iterator[Path]:
    """The folder for what arrives of a model of this name, held by this process alone; it may not be there yet.

    Raises BusyError where another process is at it.
    """
    partial = folder / PARTIAL
    partial.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(partial / f"{name}.lock", timeout=0):
            yield partial / name
    except Timeout as e:
        raise BusyError(f"another process is pulling or removing {name}; try again when it is done") from e


def size_of(path: Path) -> int:
    """The bytes of a file, or of all files in a folder; 0 for what is not there."""
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size if path.exists() else 0
