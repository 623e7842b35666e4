"""Reading, splitting and embedding spread over a Ray cluster; one process here writes the library and its indexes.

A file is read where the task lands, so every node must see it under the same path; what a node does not see is read here. A
task whose process or node ends is run again by Ray. A file that ends its task each time is left out, and the run goes on.
Imported, like Ray itself, by `rag index --engine ray` alone.
"""

from __future__ import annotations

import logging
import os
import socket
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from rag import __version__, wiring
from rag.errors import InputError, RagError
from rag.library.origins import ReadArticle
from rag.library.splitting import passages
from rag.readers.folders import STANDARD_INPUT
from rag.readers.readers import Item, Place, Unreadable, readings
from rag.search.embedding import Embedder
from rag.settings import Settings, load_settings

os.environ.update(RAY_USAGE_STATS_ENABLED="0", GRPC_ENABLE_FORK_SUPPORT="0")  # nothing is reported to anybody
if not load_settings().ray_address:  # a cluster on this machine is reached from it alone
    os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")

try:
    import ray
    from ray.exceptions import RayError, RayTaskError
except ImportError as e:
    raise InputError("`--engine ray` needs Ray; `pip install '.[cluster]'` in this program's folder") from e

logging.getLogger("ray").setLevel(logging.ERROR)
_FILES, _BYTES = 64, 8_000_000
"""Of a task; a larger file has a task of its own."""
_ITEMS = 200
"""That a task sends at once."""
_TRIES = 3
"""Runs of a task more, where its process or node ended."""
_STORE_BYTES = 400_000_000
"""Of memory in which tasks on this machine hand over what they read."""
_REACHED_SECONDS, _ANSWER_SECONDS = 5, 120
log = logging.getLogger(__name__)
Part = tuple[Place, list[Item]]
"""How far a task has come in its files, and what it found since the last part."""


class Cluster:
    """A Ray cluster that is connected to."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._cores = max(1, int(ray.cluster_resources().get("CPU", 1)))

    @property
    def embedder(self) -> Embedder:
        """The settings' embedder, spread over the cluster."""
        return _SpreadEmbedder(wiring.open_embedder(self._settings), self._settings, self._cores)

    def readings(
        self, files: Sequence[Path], columns: Mapping[str, str], told: Callable[[Place], None]
    ) -> Iterator[Item]:
        """As `rag.readers.readers.readings` of files that last; the articles come with their passages."""
        sizes = [_size(file) for file in files]
        whole, before, done = max(1, sum(sizes)), 0, 0
        for group, parts in self._ahead(_grouped(files, sizes), dict(columns)):
            size = sum(sizes[done : done + len(group)])
            for place, items in parts:
                share = (before + place.share * size) / whole
                told(Place(place.file, done + place.done, len(files), share))
                yield from items
            before, done = before + size, done + len(group)

    def _ahead(
        self, groups: Iterator[list[Path]], columns: dict[str, str]
    ) -> Iterator[tuple[list[Path], Iterator[Part]]]:
        """Each group of files with what a task reads in them, while the next groups are read."""
        waiting: deque[tuple[list[Path], Any]] = deque()
        try:
            for group in groups:
                here = group == [STANDARD_INPUT]
                waiting.append((group, None if here else _started(group, columns)))
                if len(waiting) > 2 * self._cores:
                    yield _received(*waiting.popleft(), columns)
            while waiting:
                yield _received(*waiting.popleft(), columns)
        finally:
            for _, task in waiting:
                if task is not None:
                    ray.cancel(task, force=True)


@contextmanager
def connected(settings: Settings) -> Iterator[Cluster]:
    """The cluster at the settings' address, or one on this machine that ends with this.

    Raises InputError where the address cannot be reached or is none, RagError where the cluster has another version of this
    program, or none.
    """
    address = settings.ray_address
    if address:
        _probe(address)
        how: dict[str, Any] = {"address": address}
    else:
        # "local", or Ray would join whatever cluster somebody else runs on this machine
        how = {
            "address": "local",
            "num_cpus": os.cpu_count(),
            "include_dashboard": False,
            "object_store_memory": _STORE_BYTES,
        }
    try:
        ray.init(configure_logging=False, log_to_driver=False, logging_level=logging.ERROR, **how)
        version = ray.get(VERSION.remote(), timeout=_ANSWER_SECONDS)
    except Exception as e:  # Ray raises it as it is where a node does not start in time
        ray.shutdown()
        at = address or "this machine"
        raise RagError(f"Ray on {at} does not answer ({_line(e)}); expected this program on every node of it") from e
    try:
        if version != __version__:
            raise RagError(f"the nodes of {address} have rag {version}; expected {__version__}, as here")
        yield Cluster(settings)
    finally:
        ray.shutdown()


def _probe(address: str) -> None:
    """Raises InputError where nothing listens: Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        raise InputError(f"{address!r} is no address of a Ray cluster; expected such as 10.0.0.1:6379")
    try:
        socket.create_connection((host, int(port)), timeout=_REACHED_SECONDS).close()
    except (OSError, OverflowError) as e:
        raise InputError(
            f"no Ray cluster answers at {address} ({e}); start one with `ray start --head`, or unset RAG_RAY_ADDRESS"
        ) from e


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _grouped(files: Sequence[Path], sizes: Sequence[int]) -> Iterator[list[Path]]:
    """Small files together, in order; a large one and standard input each alone."""
    group: list[Path] = []
    total = 0
    for file, size in zip(files, sizes, strict=True):
        alone = file == STANDARD_INPUT
        if group and (alone or group[-1] == STANDARD_INPUT or len(group) == _FILES or total + size > _BYTES):
            yield group
            group, total = [], 0
        group.append(file)
        total += size
    if group:
        yield group


def _started(group: Sequence[Path], columns: dict[str, str]) -> Any:
    return READ.remote(_sent(group), columns)


def _sent(group: Sequence[Path]) -> list[bytes]:
    return [os.fsencode(file.absolute()) for file in group]


def _received(group: list[Path], task: Any, columns: dict[str, str]) -> tuple[list[Path], Iterator[Part]]:
    return group, _parts(group, task, columns)


def _parts(group: list[Path], task: Any, columns: dict[str, str]) -> Iterator[Part]:
    """What a task sends. Of several files all before any is given: where it fails, each is read by a task of its own."""
    if task is None:
        yield from _read([os.fsencode(STANDARD_INPUT)], columns)
        return
    try:
        if len(group) == 1:
            yield from map(ray.get, task)
            return
        parts = list(map(ray.get, task))
    except RayTaskError as e:
        if isinstance(e, FileNotFoundError):
            yield from _read(_sent(group), columns)
            return
        raise RagError(f"reading on the cluster fails: {_line(e)}") from e
    except RayError as e:
        log.info("task ended", extra={"files": len(group), "error": type(e).__name__})
        if len(group) == 1:
            why = f"ends the process that reads it ({type(e).__name__}, {_TRIES + 1} times); save it anew"
            yield Place(group[0], 1, 1, 1.0), [Unreadable(str(group[0]), why)]
            return
        for done, file in enumerate(group):
            for place, items in _parts([file], _started([file], columns), columns):
                yield Place(file, done + place.done, len(group), (done + place.share) / len(group)), items
        return
    yield from parts


def _line(error: Exception) -> str:
    """The last line of an error, which of Ray's is the error of the task."""
    return str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__


def _read_there(paths: Sequence[bytes], columns: Mapping[str, str]) -> Iterator[Part]:
    """The task of a node. Raises FileNotFoundError where it does not see a file."""
    for path in paths:
        os.lstat(path)
    yield from _read(paths, columns)


def _read(paths: Sequence[bytes], columns: Mapping[str, str]) -> Iterator[Part]:
    """What files hold, articles with their passages, a part for about every _ITEMS of them."""
    files = [Path(os.fsdecode(path)) for path in paths]
    at = Place(files[0], 0, len(files), 0.0)

    def told(place: Place) -> None:
        nonlocal at
        at = place

    held: list[Item] = []
    for item in readings(files, columns, told, at_once=1):
        held.append(
            replace(item, passages=tuple(passages(item.article.text))) if isinstance(item, ReadArticle) else item
        )
        if len(held) >= _ITEMS:
            yield at, held
            held = []
    yield at, held


def _version() -> str:
    return __version__


def _embedded(settings: str, texts: list[str]) -> np.ndarray:
    return _embedder(settings).passages(texts)


@cache
def _embedder(settings: str) -> Embedder:
    """The embedder of a task's process."""
    return wiring.open_embedder(Settings.model_validate_json(settings))


def task(function: Callable[..., Any], **options: Any) -> Any:
    """A function as Ray runs it, on any node, and again where its process or node ends."""
    return ray.remote(max_retries=_TRIES, scheduling_strategy="SPREAD", **options)(function)


READ, EMBED, VERSION = task(_read_there, num_returns="streaming"), task(_embedded), task(_version, num_cpus=0)


class _SpreadEmbedder:
    """An embedder whose passages are embedded on a cluster; questions here."""

    def __init__(self, here: Embedder, settings: Settings, cores: int) -> None:
        self.name, self.batch = here.name, 4 * cores * here.batch
        self._here, self._settings = here, settings.model_dump_json(include={"embedder", "home"})

    def questions(self, texts: Sequence[str]) -> np.ndarray:
        return self._here.questions(texts)

    def passages(self, texts: Sequence[str]) -> np.ndarray:
        size = self._here.batch
        if len(texts) <= size:
            return self._here.passages(texts)
        parts = [list(texts[start : start + size]) for start in range(0, len(texts), size)]
        try:
            return np.concatenate(ray.get([EMBED.remote(self._settings, part) for part in parts]))
        except RayError as e:
            raise RagError(f"embedding on the cluster fails: {_line(e)}; run the command again to go on") from e
