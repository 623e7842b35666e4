"""What Gradio may be given: words, numbers and lists of words, and nothing that it would take for a file.

Gradio reads whatever file or address a value names that looks like its file data, for an endpoint of whatever type, unless it
has launched the page itself.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr, ValidationError
from starlette.responses import PlainTextResponse

JOIN, MCP = "/gradio_api/queue/join", ("/gradio_api/mcp", "/gradio_api/mcp/")
Value = StrictStr | StrictInt | StrictFloat | StrictBool | None
Given = Value | Annotated[list[StrictStr], Field(max_length=1000)]


class _Joining(BaseModel):
    """A call of a named endpoint, or of an event of the page."""

    model_config = ConfigDict(extra="forbid")

    data: Annotated[list[Given], Field(max_length=10)]
    fn_index: StrictInt | None = None
    api_name: StrictStr | None = None
    session_hash: StrictStr | None = None
    event_id: StrictStr | None = None
    trigger_id: StrictInt | None = None
    event_data: None = None
    simple_format: StrictBool = False
    batched: StrictBool | None = False


class _Parameters(BaseModel):
    """Of a call of a tool; what other methods are given has names of its own, which the protocol's library checks."""

    model_config = ConfigDict(extra="allow")

    arguments: dict[StrictStr, Given] | None = None


class _Message(BaseModel):
    """JSON-RPC."""

    model_config = ConfigDict(extra="allow")

    method: StrictStr | None = None
    params: _Parameters | None = None


class PlainValues:
    """ASGI middleware: refuses with 422 what gives Gradio's endpoints or tools another value than they declare."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        model = _model(scope)
        if model is None:
            await self._app(scope, receive, send)
            return
        body, more = b"", True
        while more:  # the guard has bounded its length
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message.get("body", b""), message.get("more_body", False)
        try:
            model.model_validate_json(body)
        except (ValidationError, RecursionError) as e:
            why = e.errors(include_input=False)[0]["msg"] if isinstance(e, ValidationError) else "it is nested too deep"
            said = f"the body is not what this address takes ({why}); expected words, numbers and lists of words"
            await PlainTextResponse(said, 422)(scope, receive, send)
            return
        given = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def again() -> Any:
            return next(given, None) or await receive()

        await self._app(scope, again, send)


def _model(scope: Any) -> type[BaseModel] | None:
    if scope["type"] != "http" or scope["method"] != "POST":
        return None
    return _Joining if scope["path"] == JOIN else _Message if scope["path"] in MCP else None
