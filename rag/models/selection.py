"""Which model the settings and a person's choice mean, and where it lies. Opens none."""

from __future__ import annotations

from pathlib import Path

from rag.errors import InputError, ModelError
from rag.models import chosen, pulled
from rag.models.catalogue import SETTING, Kind, find
from rag.settings import Settings


def find_model(settings: Settings) -> Path | None:
    """The GGUF that is configured, else the chosen one, else the first of the models folder by name, else None.

    Raises ModelError where a model of the catalogue is configured that was not pulled.
    """
    if settings.model:
        return Path(located(str(settings.model), "language model", settings))
    chosen_one = models_here("language model", settings).get(remembered(settings))
    return chosen_one or min(settings.models_dir.glob("*.gguf"), default=None)


def models_here(kind: Kind, settings: Settings) -> dict[str, Path]:
    """The places of the models of a kind that are here, by the names that `rag models list` shows."""
    entries = pulled.entries(settings.models_dir)
    return {entry.model.name: entry.path for entry in entries if entry.path and entry.model.kind == kind}


def chosen_place(name: str, kind: Kind, settings: Settings) -> Path:
    """Where the model lies that a person chose by its name; InputError where none of that name is here."""
    here = models_here(kind, settings)
    if name not in here:
        raise InputError(f"no {kind} here has the name {name!r}; here are: {', '.join(here) or 'none'}")
    return here[name]


def remembered(settings: Settings) -> str:
    """What was chosen to write, where no setting says it; "" where nothing was, or it is here no more."""
    name = "" if settings.model else chosen.read(settings.models_dir)
    here = name == "quote" or (
        knows_server(settings) if name == "remote" else name in models_here("language model", settings)
    )
    return name if here else ""


def located(name: str, kind: Kind, settings: Settings) -> str:
    """What the name of a model stands for: the place of a pulled one, else itself."""
    found = pulled.located(name, kind, settings.models_dir)
    if found == name and find(name) and not Path(name).exists():
        raise ModelError(
            f"the {kind} {name!r} has not been pulled: run `rag models pull {name}`, or unset {SETTING[kind]}"
        )
    return found


def with_places(settings: Settings) -> Settings:
    """The settings with the places of pulled models and what was chosen, so that they hold in another home."""
    folder, name = settings.models_dir, remembered(settings)
    found: dict[str, object] = {
        "embedder": pulled.located(settings.embedder, "embedder", folder),
        "reranker": pulled.located(settings.reranker, "reranker", folder),
    }
    if settings.model:
        found["model"] = Path(pulled.located(str(settings.model), "language model", folder))
    else:
        found["model"] = find_model(settings)
    if settings.writer == "auto" and name in ("quote", "remote"):
        found["writer"] = name
    return settings.model_copy(update=found)


def knows_server(settings: Settings) -> bool:
    return bool(settings.remote_url and settings.remote_model)
