"""Readers run in processes of their own, which have a bounded time and memory and no network.

A file that needs more becomes Unfit and the run goes on. A process stays for the next files, so that a file costs a
message there and back; it is replaced when it ends. As many run as threads read at once. Where the system has no limits of
memory and processor time for a process (Windows has none, macOS none of memory), the wall clock alone bounds it.
"""

from __future__ import annotations

import atexit
import errno
import json
import logging
import math
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from importlib import import_module
from multiprocessing import Pipe, connection
from pathlib import Path
from threading import Lock, get_ident
from typing import Any

from rag.errors import RagError
from rag.readers.formats.document import Document, Part, Unfit

try:
    import resource
except ImportError:  # on Windows
    resource = None  # type: ignore[assignment]

START_SECONDS = 60
"""For the process to start, on a machine that is busy; it takes 0.2 s on one that is not."""
_LAST_SECONDS = 2
MOST_FILES = 500
"""Before the process is replaced: what libraries keep in memory for good does not grow without end."""
_MEGABYTE = 1 << 20
_FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system")
"""Beginnings of the names of Python's audit events that a reader has no business with."""
_NEEDED = (
    *(
        "PATH",
        "HOME",
        "LANG",
        "LC_",
        "TZ",
        "TMPDIR",
        "TEMP",
        "TMP",
        "PYTHON",
        "LD_LIBRARY_PATH",
        "DYLD_",
        "XDG_CACHE_HOME",
    ),
    *("SYSTEMROOT", "SystemRoot", "USERPROFILE", "LOCALAPPDATA", "APPDATA", "PATHEXT", "COMSPEC", "OMP_", "OPENBLAS_"),
)
"""How the variables begin that a reader is given; passwords and keys are not among them."""
_BEGIN = "import sys; sys.path[:] = {path!r}; from rag.readers.sandbox import serve; serve({handle})"

Reader = Callable[[Path], Document]
PartsReader = Callable[[Path, Path], Iterator[Part]]
"""Gives what a file holds part by part; files within it are written into the second path, a folder."""


def environment() -> dict[str, str]:
    """What a process that opens people's files is given of the environment: no passwords and keys."""
    return {name: value for name, value in os.environ.items() if name.startswith(_NEEDED)}


def limited(read: Reader, path: Path, seconds: float, megabytes: int) -> Document:
    """What `read`, a function of a module, makes of the file, within so much time and so much memory beside its own.

    Raises Unfit as `read` does, and for a file that exceeds the limits or breaks the process; OSError if the file
    cannot be read; RagError if the process does not start.
    """
    (answer,) = _answers(read, (path,), seconds, megabytes)
    return _document(answer["document"])


def limited_parts(read: PartsReader, path: Path, into: Path, seconds: float, megabytes: int) -> Iterator[Part]:
    """The parts of a file as `limited` gives a document; each may take so many seconds, all together so much memory."""
    for answer in _answers(read, (path, into), seconds, megabytes):
        if part := answer.get("part"):
            yield Part(part["place"], _item(part), part["id"], part["beside"])


def _answers(
    read: Reader | PartsReader, paths: Sequence[Path], seconds: float, megabytes: int
) -> Iterator[dict[str, Any]]:
    child = _taken()
    try:
        for answer in child.ask(read, paths, seconds, megabytes):
            if error := answer.get("os"):
                raise OSError(*error)
            if "unfit" in answer:
                raise Unfit(answer["unfit"])
            yield answer
    finally:  # by Ctrl-C, too: an answer that is not awaited would be taken for the next file's
        _given_back(child, ended=not child.is_done or child.files >= MOST_FILES)


def _document(answer: Mapping[str, Any]) -> Document:
    return Document(**{**answer, "pages": tuple(answer["pages"])})


def _item(part: Mapping[str, Any]) -> Document | Unfit | Path:
    if "unfit" in part:
        return Unfit(part["unfit"])
    return Path(os.fsdecode(part["file"])) if "file" in part else _document(part["document"])


class _Child:
    """The process, and the line to it; answers are JSON, so that a broken process can send nothing that runs here."""

    def __init__(self) -> None:
        self._line, theirs = Pipe()
        self._owner = os.getpid()
        self.files, self.is_done = 0, True
        begin = _BEGIN.format(path=[entry or os.getcwd() for entry in sys.path], handle=theirs.fileno())
        self._process = subprocess.Popen(
            [sys.executable, "-c", begin],
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **_inheriting(theirs.fileno()),
        )
        theirs.close()
        try:
            if not self._line.poll(START_SECONDS):
                raise EOFError
            self._line.recv_bytes()
        except (EOFError, OSError) as e:
            self.stop()
            raise RagError(
                f"the process that reads files did not start in {START_SECONDS} s; expected {sys.executable} to run; "
                "see `rag doctor`"
            ) from e

    def is_of_another_process(self) -> bool:
        """Whether this process is a copy of the one that started the child, which goes on using it."""
        return self._owner != os.getpid()

    def ask(
        self, read: Reader | PartsReader, paths: Sequence[Path], seconds: float, megabytes: int
    ) -> Iterator[dict[str, Any]]:
        """What the process answers: parts, if the file has any, and one last thing."""
        self.files, self.is_done = self.files + 1, False
        names = [os.fsdecode(path.absolute()) for path in paths]
        try:
            self._line.send_bytes(json.dumps([read.__module__, read.__qualname__, names, seconds, megabytes]).encode())
            while not self.is_done:
                if not self._line.poll(seconds):
                    raise Unfit(_too_long(seconds))
                answer: dict[str, Any] = json.loads(self._line.recv_bytes())
                self.is_done = "part" not in answer
                yield answer
        except (EOFError, OSError) as e:
            ended = self._process.wait()
            if resource and ended == -signal.SIGXCPU:
                raise Unfit(_too_long(seconds)) from e
            how = signal.Signals(-ended).name if ended < 0 else f"exit code {ended}"
            raise Unfit(f"ends its reader ({how}); expected a file that can be read; save it anew") from e

    def kill(self) -> None:
        if not self.is_of_another_process():
            self._process.kill()

    def wait(self) -> None:
        """Until the process has ended, which was killed; not for one that the system does not let go."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_LAST_SECONDS)

    def stop(self) -> None:
        self._line.close()
        if not self.is_of_another_process():
            self._process.kill()
            self._process.wait()


def _inheriting(handle: int) -> dict[str, Any]:
    """What hands one end of a pipe to a new process, which Ctrl-C does not reach: its parent handles it."""
    if sys.platform == "win32":  # not run by the project's tests
        os.set_handle_inheritable(handle, True)
        started = subprocess.STARTUPINFO(lpAttributeList={"handle_list": [handle]})
        return {"startupinfo": started, "creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"pass_fds": [handle], "start_new_session": True}


_lock = Lock()
_idle: list[_Child] = []
_busy: dict[_Child, int] = {}
"""Which thread asks each."""


def _taken() -> _Child:
    """A child that nobody else asks."""
    with _lock:
        while _idle:
            child = _idle.pop()
            if not child.is_of_another_process():
                _busy[child] = get_ident()
                return child
            child.stop()
    child = _Child()
    with _lock:
        _busy[child] = get_ident()
    return child


def _given_back(child: _Child, ended: bool) -> None:
    with _lock:
        _busy.pop(child, None)
        if not ended:
            _idle.append(child)
    if ended:
        child.stop()


def stop(threads: Collection[int]) -> None:
    """Ends the processes that some threads ask just now: their files become Unfit."""
    with _lock:
        children = [child for child, thread in _busy.items() if thread in threads]
    for child in children:
        child.kill()


@atexit.register
def _stop_all() -> None:
    children = [child for child in (*_idle, *_busy) if not child.is_of_another_process()]
    for child in children:
        child.kill()
    for child in children:
        child.wait()


def _too_long(seconds: float) -> str:
    return f"takes more than {seconds:g} s to read; expected a file that is read in less; split it"


def serve(handle: int) -> None:
    """The child's life: reads the files it is asked for until its parent is gone."""
    line: Any = getattr(connection, "PipeConnection" if sys.platform == "win32" else "Connection")(handle)
    logging.disable(logging.CRITICAL)  # what libraries say of a damaged file is in the one line that comes back
    sys.addaudithook(_refuse)
    line.send_bytes(b"{}")
    with suppress(EOFError, OSError):
        while True:
            module, name, paths, seconds, megabytes = json.loads(line.recv_bytes())
            for answer in _read(module, name, [Path(path) for path in paths], seconds, megabytes):
                line.send_bytes(json.dumps(answer, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def _read(
    module: str, name: str, paths: Sequence[Path], seconds: float, megabytes: int
) -> Iterator[Mapping[str, object]]:
    """A document, or each part; last what is wrong, or an answer that says nothing."""
    try:
        read = getattr(import_module(module), name)
        _limit_time(seconds)
        _limit_memory(megabytes)
        found = read(*paths)
        if isinstance(found, Document):
            answer: Mapping[str, object] = {"document": asdict(found)}
        else:
            for part in found:
                yield {"part": _told(part)}
                _limit_time(seconds)
            answer = {"end": True}
    except Unfit as e:
        answer = {"unfit": str(e)}
    except (MemoryError, OSError) as e:
        if isinstance(e, OSError) and e.errno != errno.ENOMEM:
            answer = {"os": [e.errno, e.strerror or str(e)]}
        else:
            much = f"needs more than {megabytes} MB to read; expected a file that takes less; split it"
            answer = {"unfit": much}
    except Exception as e:  # a defect of a reader is one file's, not the run's
        why = " ".join(f"{type(e).__name__}: {e}".split())[:200]
        answer = {"unfit": f"breaks its reader ({why}); expected a file that can be read; save it anew"}
    _unlimit()
    yield answer


def _told(part: Part) -> Mapping[str, object]:
    """A part as it is sent."""
    item: Mapping[str, object] = {"document": asdict(part.item)} if isinstance(part.item, Document) else {}
    if isinstance(part.item, Path):
        item = {"file": os.fsdecode(part.item)}
    elif isinstance(part.item, Unfit):
        item = {"unfit": str(part.item)}
    return {"place": part.place, "id": part.id, "beside": part.beside, **item}


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event.startswith(_FORBIDDEN):
        raise PermissionError(f"a reader may not use {event}")


def _limit_time(seconds: float) -> None:
    if resource:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        _set(resource.RLIMIT_CPU, math.ceil(usage.ru_utime + usage.ru_stime + seconds))


def _limit_memory(megabytes: int) -> None:
    statm = Path("/proc/self/statm")
    if resource and statm.exists():  # on Linux: the address space in use, in memory pages
        used = int(statm.read_text().split()[0]) * resource.getpagesize()
        _set(resource.RLIMIT_AS, used + megabytes * _MEGABYTE)


def _unlimit() -> None:
    for limit in (resource.RLIMIT_CPU, resource.RLIMIT_AS) if resource else ():
        _set(limit, resource.RLIM_INFINITY)


def _set(limit: int, value: int) -> None:
    """Sets what counts of a limit, up to the bound that the system has set; what it refuses stays as it is."""
    with suppress(ValueError, OSError):
        hard = resource.getrlimit(limit)[1]
        bounded = hard if hard != resource.RLIM_INFINITY and not 0 <= value <= hard else value
        resource.setrlimit(limit, (bounded, hard))
