"""The options that several commands share."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Writer = Annotated[
    Literal["auto", "quote", "llama", "remote"] | None,
    typer.Option(help="What writes the answer; auto takes a language model if one is on this machine."),
]
