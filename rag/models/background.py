"""A pull that goes on while the program does other things: one at a time, in a thread, until it is done or cancelled.

What arrived stays where it is when a pull is cancelled, fails or its process ends: the next pull of the same model goes on.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from rag.errors import BusyError, ModelError, RagError
from rag.models import pulling
from rag.models.catalogue import Model
from rag.models.hub import Hub

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class State:
    """Where a pull stands. at: what it does while it runs; bytes done and in all, 0 before the hub has told them.

    path: where the model lies, once it is done. error: why it failed. stops: whether it was told to.
    """

    model: Model
    phase: Literal["running", "done", "cancelled", "failed"] = "running"
    at: Literal["asking", "checking", "pulling"] = "asking"
    done: int = 0
    total: int = 0
    path: Path | None = None
    error: RagError | None = None
    stops: bool = False


class BackgroundPull:
    """Pulls models into the models folder. offline: whether it must not."""

    def __init__(self, folder: Path, offline: bool) -> None:
        self._folder, self._offline = folder, offline
        self._door = threading.Lock()
        self._stop, self._thread = threading.Event(), threading.Thread()
        self._state: State | None = None  # once a pull runs, its thread alone changes it

    @property
    def state(self) -> State | None:
        """Where the last pull stands, None before any."""
        state = self._state
        return replace(state, stops=self._stop.is_set()) if state and state.phase == "running" else state

    def start(self, name: str, file: str = "") -> None:
        """Begins to pull a model of the catalogue, or a file of a repository.

        Raises InputError where it is neither or the network may not be asked, and BusyError while another pull runs.
        """
        model = pulling.wanted(name, file)
        hub = pulling.online(name, self._offline)
        with self._door:
            if self._state and self._state.phase == "running":
                raise BusyError(
                    f"{called(self._state.model)} is being pulled, and one model is pulled at a time; wait for it, or cancel it"
                )
            self._stop, self._state = threading.Event(), State(model)
            self._thread = threading.Thread(target=self._run, args=(hub, model), name="rag-pull", daemon=True)
            self._thread.start()

    def cancel(self, wait: float = 2.0) -> None:
        """Ends the pull at its next piece; nothing where none runs. wait: seconds after which it is left to end by itself."""
        with self._door:
            thread = self._thread
            self._stop.set()
        if thread.ident:
            thread.join(wait)

    def forget(self, name: str) -> None:
        """Says no more of a pull that ended, where it was of the model of this name."""
        with self._door:
            if self._state and self._state.phase != "running" and self._state.model.name == name:
                self._state = None

    def _run(self, hub: Hub, model: Model) -> None:
        try:
            self._change(phase="done", path=self._pulled(hub, model))
        except _Cancelled:
            self._change(phase="cancelled")
        except RagError as e:
            self._change(phase="failed", error=e)
        except Exception as e:
            log.exception("a model could not be pulled")
            why = f"{called(model)} could not be pulled ({type(e).__name__}: {e}); the program's log says more"
            self._change(phase="failed", error=ModelError(why))

    def _pulled(self, hub: Hub, model: Model) -> Path:
        path, damage = pulling.looked_over(model, self._folder, self._told)
        if path and not damage:
            return path
        self._change(at="asking")
        plan = pulling.plan(hub, model)
        self._change(model=replace(plan.model, size=plan.size, licence=plan.licence))
        if pulling.adopt(plan, self._folder, self._told):
            return plan.place(self._folder)
        return pulling.pull(hub, plan, self._folder, self._told)

    def _told(self, what: str, done: int, total: int) -> None:
        if self._stop.is_set():
            raise _Cancelled
        self._change(at="checking" if what == "checking" else "pulling", done=done, total=total)

    def _change(self, **to: Any) -> None:
        assert self._state
        self._state = replace(self._state, **to)


class _Cancelled(Exception):
    """Ends a pull from within, at a piece."""


def called(model: Model) -> str:
    """What a person calls a model that was not pulled yet: its name, else its repository."""
    return model.name or model.repository
