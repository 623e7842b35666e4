"""What the pages of a PDF draw: glyphs with the letters they stand for and their places.

pypdf parses the file and its fonts; the walk through the drawing operators (ISO 32000-2, 8.4, 9.4 and 14.9.4) is here,
because pypdf's own text turns every Arabic run around, whether it was drawn in the order of reading or of sight.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from pypdf.generic import ArrayObject, ContentStream, DictionaryObject, StreamObject
from pypdf.generic._font import Font

from rag.arabic.text.presentation import letter_of_glyph
from rag.readers.formats.document import Unfit

MOST_GLYPHS = 200_000
"""Of a page; a page of a broadsheet newspaper has about 30,000."""
DEEPEST = 8
"""Drawings within drawings; programs that write PDFs nest two or three."""
UNKNOWN = "\ufffd"

Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: Matrix = (1, 0, 0, 1, 0, 0)


@dataclass(frozen=True, slots=True)
class Glyph:
    """Its letters in reading order, where it starts and ends along its line, its line's height, its size, in points.

    turn: the direction of its line, in degrees.
    """

    text: str
    start: float
    end: float
    height: float
    size: float
    turn: int


@dataclass(slots=True)
class _State:
    """What `q` saves and `Q` brings back."""

    place: Matrix = _IDENTITY
    font: Font | None = None
    known: bool = True
    size: float = 1
    letter_gap: float = 0
    word_gap: float = 0
    stretch: float = 1
    leading: float = 0
    rise: float = 0


def glyphs(page: DictionaryObject, reader: Any) -> list[Glyph]:
    """The glyphs of a page in the order in which they are drawn."""
    found = _Walk(reader)
    contents = page["/Contents"].get_object() if "/Contents" in page else None
    if contents is not None:
        found.walk(ContentStream(contents, reader), _resources(page), _State(), 0)
    return found.glyphs


def _resources(page: Any) -> DictionaryObject:
    """The page's own, or those of the page tree's node above it that has some; pypdf has set them on the page."""
    value = page.get("/Resources")
    value = value.get_object() if value is not None else None
    return value if isinstance(value, DictionaryObject) else DictionaryObject()


def _times(m: Matrix, n: Matrix) -> Matrix:
    return (
        m[0] * n[0] + m[1] * n[2],
        m[0] * n[1] + m[1] * n[3],
        m[2] * n[0] + m[3] * n[2],
        m[2] * n[1] + m[3] * n[3],
        m[4] * n[0] + m[5] * n[2] + n[4],
        m[4] * n[1] + m[5] * n[3] + n[5],
    )


def _matrix(operands: Any) -> Matrix:
    a, b, c, d, e, f = (float(value) for value in operands[:6])
    return (a, b, c, d, e, f)


class _Walk:
    """One page's drawing, operator by operator."""

    def __init__(self, reader: Any) -> None:
        self.glyphs: list[Glyph] = []
        self._reader = reader
        self._fonts: dict[int, tuple[Font, bool]] = {}
        self._text: Matrix = _IDENTITY
        self._line: Matrix = _IDENTITY
        self._state = _State()
        self._spoken: list[tuple[str | None, int]] = []
        """Marked content that is open: what it says instead of its glyphs, and how many glyphs stood before it."""

    def walk(self, stream: ContentStream, resources: DictionaryObject, state: _State, depth: int) -> None:
        self._state, saved = replace(state), []
        for operands, operator in stream.operations:
            if operator == b"q":
                saved.append(replace(self._state))
            elif operator == b"Q":
                self._state = saved.pop() if saved else self._state
            elif operator == b"Do":
                here = self._state
                self._draw(resources, operands, depth)
                self._state = here
            elif operator == b"Tf":
                self._choose(resources, operands)
            else:
                try:
                    self._step(operator, operands, resources)
                except (ValueError, TypeError, IndexError, OverflowError):
                    continue  # an operator without its operands: viewers pass it over, too
            if len(self.glyphs) > MOST_GLYPHS:
                raise Unfit(f"has a page of over {MOST_GLYPHS:,} glyphs; expected pages of text; split it")

    def _draw(self, resources: DictionaryObject, operands: Any, depth: int) -> None:
        """The glyphs of a form; other things that can be drawn have none."""
        form = resources.get("/XObject", DictionaryObject()).get_object().get(operands[0]) if operands else None
        form = form.get_object() if form is not None else None
        if not isinstance(form, StreamObject) or form.get("/Subtype") != "/Form":
            return
        if depth >= DEEPEST:
            raise Unfit(f"nests drawings over {DEEPEST} deep; expected pages of text; print it to a new PDF")
        place = _matrix(form["/Matrix"]) if "/Matrix" in form else _IDENTITY
        state = replace(self._state, place=_times(place, self._state.place))
        self.walk(ContentStream(form, self._reader), _resources(form) or resources, state, depth + 1)

    def _choose(self, resources: DictionaryObject, operands: Any) -> None:
        if len(operands) < 2:
            return
        fonts = resources.get("/Font", DictionaryObject()).get_object()
        font = fonts.get(operands[0])
        self._state.size = float(operands[1])
        self._state.font = None
        if font is None or not isinstance(font := font.get_object(), DictionaryObject):
            return
        if id(font) not in self._fonts:
            encoding = str(font.get("/Encoding", ""))
            known = "/ToUnicode" in font or not (font.get("/Subtype") == "/Type0" and "Identity" in encoding)
            loaded = Font.from_font_resource(font)
            self._fonts[id(font)] = (loaded, known and loaded.interpretable)
        self._state.font, self._state.known = self._fonts[id(font)]

    def _step(self, operator: bytes, operands: Any, resources: DictionaryObject) -> None:
        state = self._state
        match operator:
            case b"BT":
                self._text = self._line = _IDENTITY
            case b"cm":
                state.place = _times(_matrix(operands), state.place)
            case b"Tc":
                state.letter_gap = float(operands[0])
            case b"Tw":
                state.word_gap = float(operands[0])
            case b"Tz":
                state.stretch = float(operands[0]) / 100
            case b"TL":
                state.leading = float(operands[0])
            case b"Ts":
                state.rise = float(operands[0])
            case b"Tm":
                self._text = self._line = _matrix(operands)
            case b"Td":
                self._next_line(float(operands[0]), float(operands[1]))
            case b"TD":
                state.leading = -float(operands[1])
                self._next_line(float(operands[0]), float(operands[1]))
            case b"T*":
                self._next_line(0, -state.leading)
            case b"Tj":
                self._show(operands[0])
            case b"'":
                self._next_line(0, -state.leading)
                self._show(operands[0])
            case b'"':
                state.word_gap, state.letter_gap = float(operands[0]), float(operands[1])
                self._next_line(0, -state.leading)
                self._show(operands[2])
            case b"TJ":
                for part in operands[0] if isinstance(operands[0], ArrayObject) else []:
                    if isinstance(part, int | float):
                        self._text = _times(
                            (1, 0, 0, 1, -float(part) / 1000 * state.size * state.stretch, 0), self._text
                        )
                    else:
                        self._show(part)
            case b"BMC" | b"BDC":
                self._spoken.append((_said(operands, resources), len(self.glyphs)))
            case b"EMC":
                self._end_spoken()

    def _next_line(self, x: float, y: float) -> None:
        self._line = self._text = _times((1, 0, 0, 1, x, y), self._line)

    def _show(self, string: Any) -> None:
        state, font = self._state, self._state.font
        if font is None:
            return
        seen = _times((state.size * state.stretch, 0, 0, state.size, 0, state.rise), _times(self._text, state.place))
        if not all(map(math.isfinite, seen)) or not (size := math.hypot(seen[2], seen[3])):
            return
        turn = math.atan2(seen[1], seen[0])
        cos, sin, scale = math.cos(turn), math.sin(turn), math.hypot(seen[0], seen[1]) / (state.size or 1)
        start, height = seen[4] * cos + seen[5] * sin, seen[5] * cos - seen[4] * sin
        moved, degrees = 0.0, round(math.degrees(turn))
        for code, letters, width in _decoded(string, font):
            advance = width / 1000 * state.size + state.letter_gap + (state.word_gap if code == " " else 0)
            end = start + advance * scale
            text = letter_of_glyph(letters) if state.known else UNKNOWN
            self.glyphs.append(Glyph(text, min(start, end), max(start, end), height, size, degrees))
            start, moved = end, moved + advance
        self._text = _times((1, 0, 0, 1, moved * state.stretch, 0), self._text)

    def _end_spoken(self) -> None:
        """In place of the glyphs of a marked content, one that stands for what it says."""
        said, before = self._spoken.pop() if self._spoken else (None, 0)
        drawn = self.glyphs[before:]
        if said is None or not drawn:
            return
        line = [glyph for glyph in drawn if abs(glyph.height - drawn[0].height) < drawn[0].size]
        whole = replace(drawn[0], text=said, start=min(g.start for g in line), end=max(g.end for g in line))
        self.glyphs[before:] = [whole] if said else []


def _said(operands: Any, resources: DictionaryObject) -> str | None:
    """The /ActualText of a marked content, where it has one."""
    properties = operands[1] if len(operands) > 1 else None
    if isinstance(properties, str):
        properties = resources.get("/Properties", DictionaryObject()).get_object().get(properties)
        properties = properties.get_object() if properties is not None else None
    said = properties.get("/ActualText") if isinstance(properties, DictionaryObject) else None
    return str(said.get_object()) if said is not None else None


def _decoded(string: Any, font: Font) -> Iterator[tuple[str, str, float]]:
    """(code, letters, width in thousandths of the size) of each glyph of a string."""
    data = string if isinstance(string, bytes) else getattr(string, "original_bytes", b"")
    if isinstance(font.encoding, str):
        codes = data.decode(font.encoding, "replace" if len(data) % 2 else "surrogatepass")
        pairs = [(code, code) for code in codes]
    else:
        pairs = [(chr(byte), font.encoding.get(byte, chr(byte))) for byte in data]
    for code, letters in pairs:
        width = font.character_widths.get(code, font.character_widths.get("default", 500))
        yield code, str(font.character_map.get(letters, letters)), float(width)
