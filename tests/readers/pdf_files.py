"""PDF files with text drawn as the tests say it: glyph for glyph, in any order, with no font to embed."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH, SIZE, DROP = 500, 12, 18
Draw = tuple[float, float, str]
"""Where a string starts, in points, and its glyphs from the left."""


def drawn(lines: Sequence[str], left: float = 72) -> list[Draw]:
    """Each line as one string, from the left edge."""
    return [(left, 760 - DROP * i, line) for i, line in enumerate(lines)]


def glyph_by_glyph(line: str, y: float = 760, right: float = 520) -> list[Draw]:
    """A line in the order of reading, each glyph set to the left of the one before it."""
    step = WIDTH * SIZE / 1000
    return [(right - step * i, y, char) for i, char in enumerate(line)]


def pdf(pages: Sequence[Sequence[Draw]], info: str = "", ligatures: dict[str, str] | None = None) -> bytes:
    """A PDF with a page for each list of strings; `ligatures`: what a glyph, given as one character, stands for."""
    chars = sorted({char for page in pages for _, _, text in page for char in text})
    codes = {char: i + 1 for i, char in enumerate(chars)}
    rows = "".join(
        f"<{code:04x}> <{(ligatures or {}).get(char, char).encode('utf-16-be').hex()}>\n"
        for char, code in codes.items()
    )
    cmap = f"1 begincodespacerange <0000> <ffff> endcodespacerange {len(codes)} beginbfchar\n{rows}endbfchar"
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {len(pages)}/Kids[{' '.join(f'{7 + 2 * i} 0 R' for i in range(len(pages)))}]>>",
        "<</Type/Font/Subtype/Type0/BaseFont/T/Encoding/Identity-H/DescendantFonts[4 0 R]/ToUnicode 5 0 R>>",
        f"<</Type/Font/Subtype/CIDFontType2/BaseFont/T/DW {WIDTH}/FontDescriptor<</Type/FontDescriptor/FontName/T>>>>",
        stream(cmap),
        f"<<{info}>>",
    ]
    for i, page in enumerate(pages):
        shown = "".join(f"1 0 0 1 {x} {y} Tm <{''.join(f'{codes[c]:04x}' for c in text)}> Tj\n" for x, y, text in page)
        objects.append(f"<</Type/Page/Parent 2 0 R/Resources<</Font<</F 3 0 R>>>>/Contents {8 + 2 * i} 0 R>>")
        objects.append(stream(f"BT /F {SIZE} Tf\n{shown}ET"))
    return assembled(objects, "/Info 6 0 R")


def stream(content: str) -> str:
    return f"<</Length {len(content)}>>stream\n{content}\nendstream"


def assembled(objects: Sequence[str], trailer: str = "") -> bytes:
    """A PDF file of these objects, numbered from 1; the first is its root."""
    data, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += f"{number} 0 obj\n{content}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n"
    end += f"<</Size {len(objects) + 1}/Root 1 0 R{trailer}>>\nstartxref\n{len(data)}\n%%EOF\n"
    return data + end.encode()
