"""Settings: `RAG_*` variables, then `rag.toml` in the home folder; command-line flags are applied on top by the caller."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from rag.errors import InputError

WriterName = Literal["auto", "quote", "llama", "remote"]
EngineName = Literal["embedded", "milvus"]
LogLevel = Literal["off", "info", "debug"]

CHECKOUT = Path(__file__).resolve().parent.parent


def default_home() -> Path:
    """The checkout when run from one, else the user's data folder (`%LOCALAPPDATA%`, `~/Library`, `$XDG_DATA_HOME`)."""
    if (CHECKOUT / "pyproject.toml").is_file() and (CHECKOUT / "app.py").is_file():
        return CHECKOUT
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "rag"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "rag"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "rag"


class Settings(BaseSettings):
    """What a person can set; each field is `RAG_<NAME>` in the environment and `<name>` in rag.toml.

    remote_url, remote_model, remote_key: the OpenAI-compatible server of the `remote` writer, or several, commas between.
    home: holds `index/`. model: a GGUF file for the `llama` writer, or the short name of a pulled one. embedder: short name
    of a pulled model, folder or name of a sentence-transformers model, empty for the shipped one. reranker: the same of a
    CrossEncoder. reader: whether the shipped reader reads what is found; without it answers come quicker and are worse.
    engine: what holds the indexes, files on this machine or the server at milvus_url, which milvus_token opens.
    offline: whether `rag models pull` is refused, the only thing here that ever asks the network.
    context: tokens of the language model's window.
    answer_tokens: the longest answer. threads: 0 leaves it to llama.cpp. queue: askers that may wait for the model.
    password: what the browser chat and its API ask for; needed where `host` is not this machine alone. token: whether they ask
    for a token of this home's where there is no password. hostnames: names, commas between, by which the chat is asked for
    beside those of this machine.
    ray_address: of the cluster that `rag index --engine ray` uses, such as 10.0.0.1:6379; empty for one on this machine.
    log: from which level on the program's work is told on stderr. log_texts: whether with questions, answers and file contents.
    """

    model_config = SettingsConfigDict(env_prefix="RAG_", env_ignore_empty=True, extra="forbid")

    home: Path = Path()
    writer: WriterName = "auto"
    model: Path | None = None
    embedder: str = ""
    reranker: str = ""
    reader: bool = True
    engine: EngineName = "embedded"
    milvus_url: str = "http://127.0.0.1:19530"
    milvus_token: SecretStr = SecretStr("")
    offline: bool = False
    remote_url: str = ""
    remote_model: str = ""
    remote_key: SecretStr = SecretStr("")
    context: int = Field(8192, ge=512)
    answer_tokens: int = Field(512, ge=16)
    threads: int = Field(0, ge=0)
    queue: int = Field(8, ge=0)
    host: str = Field("127.0.0.1", min_length=1)
    port: int = Field(7860, ge=0, le=65535)
    password: SecretStr = SecretStr("")
    token: bool = True
    hostnames: str = ""
    ray_address: str = ""
    log: LogLevel = "off"
    log_texts: bool = False

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        home = Path(os.environ.get("RAG_HOME") or default_home())
        toml = TomlConfigSettingsSource(settings_cls, toml_file=home / "rag.toml")
        if "home" in toml():
            raise ValueError("it lies in the home folder and cannot set it; set RAG_HOME in the environment")
        return init_settings, env_settings, toml

    @property
    def index_dir(self) -> Path:
        """The folder of the library, the indexes and the pulled models."""
        return self.home / "index"

    @property
    def models_dir(self) -> Path:
        """Where pulled models lie: language models as GGUF files, the others as folders."""
        return self.index_dir / "models"


def load_settings(**flags: Any) -> Settings:
    """Settings with the given flags on top; flags that are None are left out.

    Raises InputError naming the first setting that is not valid.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    given.setdefault("home", os.environ.get("RAG_HOME") or default_home())
    try:
        return Settings(**given)
    except ValidationError as e:
        first = e.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InputError(  # without the value, which may be a password
            f"setting {name!r} cannot be taken: {first['msg']}; mend RAG_{name.upper()} or rag.toml"
        ) from None
    except ValueError as e:  # a rag.toml that is not TOML
        raise InputError(f"rag.toml cannot be read: {e}") from e
