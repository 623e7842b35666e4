"""The commands `rag models list|pull|remove`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.errors import InputError
from rag.terminal import note, print_json, progress

if TYPE_CHECKING:
    from rag.models.catalogue import Model
    from rag.models.pulled import Pulled
    from rag.models.pulling import Plan
    from rag.settings import Settings

app = typer.Typer(help="List, pull and remove models.", no_args_is_help=True)


@app.command("list")
def list_models(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the models that can be pulled and those that are here."""
    from rag.models import pulled
    from rag.models.catalogue import CATALOGUE
    from rag.settings import load_settings

    settings = load_settings()
    here, used = pulled.listed(settings.models_dir), _in_use(settings)
    places = {pulled.name_of(path, record): path for path, record in here.items()}
    rows = [_row(model, places.pop(model.name, None), used) for model in CATALOGUE]
    for name, path in places.items():
        rows.append(_other_row(name, path, here[path], used))
    if as_json:
        print_json(rows)
        return
    from rag.models.pulling import in_words

    for row in rows:
        size = in_words(row["size"]) if row["size"] else "-"
        state = "in use" if row["in_use"] else "here" if row["path"] else "-"
        print(
            f"{row['name']:<19} {row['kind']:<15} {size:>8}  {row['ram'] or '-':<9} {row['licence'] or '-':<12} {state}"
        )
        print(f"    {'; '.join(str(part) for part in (row['repository'] or row['path'], row['remark']) if part)}")


def _row(model: Model, path: Path | None, used: set[Path]) -> dict[str, Any]:
    names = ("name", "kind", "repository", "file", "size", "licence", "ram", "remark")
    row = {name: getattr(model, name) for name in names}
    return row | {"path": str(path) if path else None, "in_use": path in used}


def _other_row(name: str, path: Path, record: Pulled | None, used: set[Path]) -> dict[str, Any]:
    """A model that is here, but not in the catalogue; without a record it was put there by hand."""
    from rag.models.catalogue import Model

    repository, licence = (record.repository, record.licence) if record else ("", "")
    return _row(Model(name, "language model", repository, path.name, path.stat().st_size, licence), path, used)


def _in_use(settings: Settings) -> set[Path]:
    """The places of the models that the settings take now."""
    from rag import wiring

    placed = wiring.with_places(settings)
    return {Path(name) for name in (placed.model, placed.embedder, placed.reranker) if name}


@app.command()
def pull(
    name: Annotated[str, typer.Argument(help="A name that `rag models list` shows, or a repository OWNER/REPO.")],
    file: Annotated[str, typer.Argument(help="Of a repository, the GGUF file; without it the one of Q4_K_M.")] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before downloading.")] = False,
) -> None:
    """Download a model, check it, and put it where it is found; an interrupted download goes on."""
    from rag.models import pulled, pulling
    from rag.models.hub import Hub
    from rag.settings import load_settings

    settings = load_settings()
    folder, model = settings.models_dir, _chosen(name, file)
    with progress(in_bytes=True) as bar:
        path = pulled.place(model, folder)
        if path and (record := pulled.read(path)) and record.repository == model.repository:
            damage = pulled.damage(record, path, lambda done: bar("checking", done, record.size))
            if not damage:
                print(f"{model.name} is here already, and every byte is as it was pulled: {path}")
                return
            note(f"{damage}; it is pulled again")
    if settings.offline:
        raise InputError(f"RAG_OFFLINE is set, and {name} can only be pulled from the network; unset it to pull")
    hub = Hub()
    plan = pulling.plan(hub, model)
    print(_shown(plan))
    with progress(in_bytes=True) as bar:
        if pulling.adopt(plan, folder, bar):
            print(f"{plan.model.name} is here already, and is what the hub holds: {plan.place(folder)}")
            return
    if not yes and sys.stdin.isatty() and not typer.confirm("Download it?", default=True):
        print("nothing was downloaded")
        return
    with progress(in_bytes=True) as bar:
        try:
            path = pulling.pull(hub, plan, folder, bar)
        except KeyboardInterrupt:
            note("interrupted; what has arrived is kept: run the command again to go on")
            raise
    print(f"pulled and checked: {path}\n{_use(plan, path, settings)}")


def _chosen(name: str, file: str) -> Model:
    """The model that a person asks for: one of the catalogue, or a file of a repository."""
    from rag.models.catalogue import CATALOGUE, find
    from rag.models.pulling import model_of

    if "/" in name:
        return model_of(name, file)
    if (model := find(name)) is None or file:
        known = ", ".join(model.name for model in CATALOGUE)
        raise InputError(
            f"no model has the name {' '.join((name, file)).strip()!r}; expected one of {known}, or OWNER/REPO FILE.gguf"
        )
    return model


def _shown(plan: Plan) -> str:
    from rag.models.pulling import in_words

    files = plan.model.file or f"{len(plan.files)} files"
    return f"{plan.model.name}: {plan.model.repository}, {files}, {in_words(plan.size)}, licence: {plan.licence}"


def _use(plan: Plan, path: Path, settings: Settings) -> str:
    """How the model is taken."""
    from rag.models.catalogue import SETTING, find

    if path in _in_use(settings):
        return "it is taken from now on"
    name = plan.model.name if find(plan.model.name) else path
    return f"set {SETTING[plan.model.kind]}={name} to take it"


@app.command()
def remove(name: Annotated[str, typer.Argument(help="A name that `rag models list` shows.")]) -> None:
    """Remove a model, and what has arrived of it."""
    from rag.models import pulled
    from rag.models.pulling import in_words
    from rag.settings import load_settings

    settings = load_settings()
    print(f"{name} removed; {in_words(pulled.remove(name, settings.models_dir))} freed")
