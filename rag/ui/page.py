"""The page in Gradio's terms: one block that brings the frame in (static/app.js), the theme and the style sheets."""

from __future__ import annotations

import atexit
import os
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.scratch import scratch
from rag.ui.texts import say

if TYPE_CHECKING:
    import gradio

STATIC = Path(__file__).resolve().parent / "static"
FONTS = ("Noto Naskh Arabic", "Noto Sans Arabic", "Segoe UI", "Tahoma", "sans-serif")
"""Fonts of the reader's own machine; none is fetched."""
_BEGIN = "import(new URL('ui/static/app.js', document.baseURI)).then((app) => app.begin(element.firstElementChild))"


def gradio_module() -> Any:
    """Gradio, imported with everything off that would call home."""
    os.environ.update(GRADIO_ANALYTICS_ENABLED="False", HF_HUB_DISABLE_TELEMETRY="1", GRADIO_SHARE="False")
    os.environ["GRADIO_TEMP_DIR"] = str(_temporary())
    import gradio

    return gradio


@cache
def _temporary() -> Path:
    """A folder of this process for what Gradio keeps, which all users of a machine would share else; it goes with the process."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(scratch())


def build() -> gradio.Blocks:
    """The page as Gradio's blocks."""
    gr = gradio_module()
    with gr.Blocks(title=say("title"), analytics_enabled=False, fill_width=True) as blocks:
        gr.HTML(None, html_template='<div id="rag"></div>', js_on_load=_BEGIN, apply_default_css=False)
    return blocks


def look() -> dict[str, Any]:
    """Theme and style sheets, as Gradio takes them where a page is served."""
    gr = gradio_module()
    theme = gr.themes.Base(primary_hue="teal", neutral_hue="slate", font=list(FONTS), font_mono=["monospace"])
    return {"theme": theme, "css_paths": sorted(STATIC.glob("*.css"))}
