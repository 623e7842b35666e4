"""The commands `rag models list|pull|remove`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.cli.options import Json
from rag.cli.terminal import note, print_json, progress, say

if TYPE_CHECKING:
    from rag.models.pulled import Entry
    from rag.models.pulling import Plan
    from rag.settings import Settings

app = typer.Typer(help="List, pull and remove models.", no_args_is_help=True)


@app.command("list")
def list_models(as_json: Json = False) -> None:
    """List the models that can be pulled and those that are here."""
    from rag.models import pulled
    from rag.settings import load_settings

    settings = load_settings()
    used = _in_use(settings)
    rows = [_row(entry, used) for entry in pulled.entries(settings.models_dir)]
    if as_json:
        print_json(rows)
        return
    from rag.models.pulling import in_words

    for row in rows:
        size = in_words(row["size"]) if row["size"] else "-"
        state = "in use" if row["in_use"] else "here" if row["path"] else "-"
        say(
            f"{row['name']:<19} {row['kind']:<15} {size:>8}  {row['ram'] or '-':<9} {row['licence'] or '-':<12} {state}"
        )
        say(f"    {'; '.join(str(part) for part in (row['repository'] or row['path'], row['remark']) if part)}")


def _row(entry: Entry, used: set[Path]) -> dict[str, Any]:
    names = ("name", "kind", "repository", "file", "size", "licence", "ram", "remark")
    row = {name: getattr(entry.model, name) for name in names}
    return row | {"path": str(entry.path) if entry.path else None, "in_use": entry.path in used}


def _in_use(settings: Settings) -> set[Path]:
    """The places of the models that the settings take now."""
    from rag.models.selection import with_places

    placed = with_places(settings)
    model = placed.model if placed.writer in ("auto", "llama") else None
    return {Path(name) for name in (model, placed.embedder, placed.reranker) if name}


@app.command()
def pull(
    name: Annotated[str, typer.Argument(help="A name that `rag models list` shows, or a repository OWNER/REPO.")],
    file: Annotated[str, typer.Argument(help="Of a repository, the GGUF file; without it the one of Q4_K_M.")] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before downloading.")] = False,
) -> None:
    """Download a model, check it, and put it where it is found; an interrupted download goes on."""
    from rag.models import pulling
    from rag.settings import load_settings

    settings = load_settings()
    folder, model = settings.models_dir, pulling.wanted(name, file)
    with progress(in_bytes=True) as bar:
        path, damage = pulling.looked_over(model, folder, bar)
    if path and not damage:
        say(f"{model.name} is here already, and every byte is as it was pulled: {path}")
        return
    if damage:
        note(f"{damage}; it is pulled again")
    hub = pulling.online(name, settings.offline)
    plan = pulling.plan(hub, model)
    say(_shown(plan))
    with progress(in_bytes=True) as bar:
        if pulling.adopt(plan, folder, bar):
            say(f"{plan.model.name} is here already, and is what the hub holds: {plan.place(folder)}")
            return
    if not yes and sys.stdin.isatty() and not typer.confirm("Download it?", default=True):
        say("nothing was downloaded")
        return
    with progress(in_bytes=True) as bar:
        try:
            path = pulling.pull(hub, plan, folder, bar)
        except KeyboardInterrupt:
            note("interrupted; what has arrived is kept: run the command again to go on")
            raise
    say(f"pulled and checked: {path}\n{_use(plan, path, settings)}")


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
    say(f"{name} removed; {in_words(pulled.remove(name, settings.models_dir))} freed")
