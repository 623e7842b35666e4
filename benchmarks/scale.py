"""Fast, and how fast beside others: cold start, indexing, questions from a thousand to a million passages, many askers.

    python -m benchmarks.scale --data ../shared/data [--sizes 1000,10000,100000,1000000] [--out DIR] [--systems ours,bare,…]

The passages of a size are at least so many of ARCD test's contexts and SaudiNewsNet, which comes again with other words in
it; they are those of our own splitter for all. The questions are ARCD's, each asked of one context, after others to warm up.
Rivals run in virtual environments that are made in --environments. Each measurement is a process of its own, stopped after
--limit seconds or beyond --memory GB. --out gets scale.json, written again after every step, and the plots.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from benchmarks import environments, plots, reached
from benchmarks.chat import Chat
from benchmarks.corpus import articles
from benchmarks.main_path import ROOT, cold, run
from benchmarks.processes import events, size
from datasets.reading import load
from rag import wiring
from rag.evaluate.metrics import percentile
from rag.library.splitting import passages
from rag.search.embedding import SHIPPED
from rag.settings import load_settings

SYSTEMS = ("ours", "bare", *environments.RIVALS)
ASKERS = (1, 2, 4, 8, 16)
QUESTIONS, WARMING, _SEED = 300, 200, 0
_RUNS = 5


def material(data: Path, count: int) -> Iterator[dict[str, Any]]:
    """Rows of articles whose passages are at least so many, those that questions are asked of first."""
    contexts = ({"id": article.id, "text": article.text} for article in load(data, "arcd-test").articles)
    left = count
    for row in chain(contexts, articles(data)):
        if left <= 0:
            return
        left -= len(passages(row["text"]))
        yield row


def questions(data: Path) -> tuple[list[str], list[tuple[str, str]]]:
    """Questions to warm up with, and others with the id of the article that each was asked of; always the same."""
    drawn = random.Random(_SEED).sample(load(data, "arcd-test").questions, WARMING + QUESTIONS)
    return [question for question, _ in drawn[:WARMING]], drawn[WARMING:]


class Size:
    """The measurements with so many passages, in a folder of their own; `found` is what came out so far, by system."""

    def __init__(self, folder: Path, data: Path, count: int, given: argparse.Namespace) -> None:
        self.folder, self._given = folder, given
        warm, self._asked = questions(data)
        self._dump = folder / "articles.jsonl"
        self.found: dict[str, Any] = {}
        with self._dump.open("w", encoding="utf-8") as file:
            for row in material(data, count):
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        (folder / "questions.json").write_text(
            json.dumps([warm, [question for question, _ in self._asked]]), encoding="utf-8"
        )
        self._article_of: dict[int, str] = {}

    def index_ours(self) -> None:
        """`rag index` as a whole process; then the passages that it made, for the others."""
        home = self.folder / "home"
        seconds, memory, _ = run(home, "index", str(self._dump))
        self._dump.unlink()
        with (
            wiring.open_library(load_settings(home=home)) as library,
            (self.folder / "passages.jsonl").open("w", encoding="utf-8") as file,
        ):
            self.articles, self.passages = library.count()
            for passage in library.passages_between(0, library.state[1]):
                self._article_of[passage.id] = passage.article
                file.write(json.dumps({"id": passage.id, "text": passage.searched}, ensure_ascii=False) + "\n")
        index = home / "index"
        self.found["ours"] = {
            "index seconds": seconds,
            "index memory": memory,
            "bytes": size(index),
            "bytes of parts": {
                path.name: size(path) if path.is_dir() else path.stat().st_size for path in index.iterdir()
            },
        }

    def cold_ours(self) -> None:
        """The page's first byte, and `rag ask`, over this library."""
        home = self.folder / "home"
        asked = [run(home, "ask", self._asked[0][0], "--json", "--writer", "quote")[:2] for _ in range(_RUNS)]
        chat = Chat(home)
        chat.close()
        self.found["ours"] |= {
            "cold ask": statistics.median(seconds for seconds, _ in asked),
            "ask process memory": max(memory for _, memory in asked),
            "page": {"first byte": chat.first_byte, "ready": chat.ready},
        }

    def measure(self, name: str) -> None:
        """One system: the events of its process, told as figures."""
        given = {
            "passages": str(self.folder / "passages.jsonl"),
            "questions": str(self.folder / "questions.json"),
            "embedder": str(SHIPPED),
            "folder": str(self.folder / ("home" if name == "ours" else name)),
            "askers": ASKERS,
            "seconds": self._given.seconds,
        }
        ours = name in ("ours", "bare")
        python = sys.executable if ours else environments.python_of(self._given.environments, name)
        command = [python, "-m", f"benchmarks.pipelines.{name if ours else f'{name}_hybrid'}"]
        figures = self.found.setdefault(name, {})
        for event in events(command, given, self._given.limit, 1000 * self._given.memory):
            figures |= self._figures(event)
        if name != "ours":
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def _figures(self, event: dict[str, Any]) -> dict[str, Any]:
        memory = event.pop("memory", 0.0)
        match event:
            case {"event": "ready", "versions": versions}:
                return {"versions": versions}
            case {"event": "opened", "seconds": seconds}:
                return {"open seconds": seconds, "search memory": memory}
            case {"event": "indexed", "seconds": seconds}:
                return {"index seconds": seconds, "index memory": memory}
            case {"event": "saved", "seconds": seconds, "bytes": count}:
                return {"save seconds": seconds, "bytes": count}
            case {"event": "recall", "shares": shares}:
                return {"recall": shares}
            case {"event": "asked", "askers": 1, "found": found}:
                hits = [self._hit(int(number), ids) for number, ids in found.items()]
                return {"1": _level(event), "search memory": memory, "hits": sum(hits) / max(1, len(hits))}
            case {"event": "asked", "askers": askers}:
                return {str(askers): _level(event), "search memory of many": memory}
            case {"event": "stopped", "why": why}:
                return {"stopped": why}
        raise SystemExit(f"a process said {event}, which means nothing here")

    def _hit(self, number: int, ids: list[int]) -> bool:
        return self._asked[number][1] in {self._article_of[id_] for id_ in ids}


def _level(event: dict[str, Any]) -> dict[str, Any]:
    """The figures of one number of askers; milliseconds."""
    seconds = event["seconds"]
    times = {f"p{round(100 * share)}": 1000 * percentile(seconds, share) for share in (0.5, 0.95, 0.99)}
    return {**times, "a second": len(seconds) / event["wall"], "asked": len(seconds), "failed": event["failed"]}


def _table(of: Size) -> None:
    """Prints a line for each system."""
    print(f"\n{of.passages:,} passages of {of.articles:,} articles; {QUESTIONS} questions")
    print(
        f"{'':11} {'index':>9} {'':>13} {'memory':>8} {'on disk':>8} {'p50':>8} {'p95':>8} {'p99':>8}  hits  memory  questions a second, "
        f"{', '.join(map(str, ASKERS))} askers"
    )
    for name, found in of.found.items():
        line = f"{name:11} "
        if "index seconds" in found:
            line += f"{found['index seconds']:8,.1f}s {of.passages / found['index seconds']:9,.0f} p/s {found['index memory']:5,.0f} MB "
        if "bytes" in found:
            line += f"{found['bytes'] / 1e6:5,.0f} MB "
        if "1" in found:
            line += "".join(f"{found['1'][p]:6,.1f}ms " for p in ("p50", "p95", "p99"))
            line += f" {found['hits']:.3f} {found['search memory']:5,.0f} MB "
        line += " ".join(f"{found[str(n)]['a second']:7,.1f}" for n in ASKERS if str(n) in found)
        if failed := sum(bool(found.get(str(n), {}).get("failed")) for n in ASKERS):
            line += f"  {failed} numbers of askers failed"
        print(line + (f"  stopped: {found['stopped']}" if "stopped" in found else ""), flush=True)
    if "recall" in (ours := of.found.get("ours", {})):
        print(
            f"ours: {of.articles / ours['index seconds']:,.0f} articles a second, cold ask {ours['cold ask']:.2f} s, page "
            f"{ours['page']['first byte']:.2f} s, opened in {ours['open seconds']:.2f} s, recall@10 of the dense leg "
            f"{ours['recall']['10']:.3f}"
        )


def _llama() -> dict[str, list[float]]:
    """What `benchmarks.llama` measures: ours, bare and their ratio."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.llama", "--json"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    return dict(json.loads(done.stdout))


def main() -> None:
    """Reads the arguments, measures, and writes what came out after every step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the news and of ARCD")
    parser.add_argument("--sizes", default="1000,10000,100000,1000000")
    parser.add_argument("--out", type=Path, default=ROOT / "index" / "scale")
    parser.add_argument("--systems", default=",".join(SYSTEMS), help=f"of {', '.join(SYSTEMS)}; ours is always there")
    parser.add_argument("--environments", type=Path, default=ROOT / "index" / "environments")
    parser.add_argument("--limit", type=float, default=1800, help="seconds for one system at one size")
    parser.add_argument("--seconds", type=float, default=30, help="for one number of askers")
    parser.add_argument("--memory", type=float, default=16, help="GB that a system may hold")
    parser.add_argument("--without-llama", action="store_true")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    systems = [name for name in given.systems.split(",") if name != "ours"]
    if unknown := set(systems) - set(SYSTEMS):
        parser.error(f"{', '.join(unknown)} is no system; there are {', '.join(SYSTEMS)}")
    results: dict[str, Any] = {"machine": {"cores": os.cpu_count(), "system": platform.platform()}, "sizes": {}}
    results["cold"] = {name: statistics.median(s for s, _, _ in found) for name, found in cold(_RUNS).items()}
    print("cold:", ", ".join(f"{name} {seconds:.2f} s" for name, seconds in results["cold"].items()))
    if not given.without_llama:
        results["llama"] = _llama()
        print("llama:", ", ".join(f"{name} {ratio:.3f} of bare" for name, (*_, ratio) in results["llama"].items()))
    gave_up: dict[str, str] = {}
    for count in sorted(map(int, given.sizes.split(","))):
        with tempfile.TemporaryDirectory() as folder:
            of = Size(Path(folder), given.data, count, given)
            of.index_ours()
            results["sizes"][str(count)] = {"passages": of.passages, "articles": of.articles, "systems": of.found}
            of.cold_ours()
            for name in ("ours", *systems):
                if name in gave_up:
                    of.found[name] = {"stopped": f"not tried: {gave_up[name]}"}
                    continue
                of.measure(name)
                if "stopped" in of.found[name]:
                    gave_up[name] = f"{of.found[name]['stopped']} with {count:,}"
                (given.out / "scale.json").write_text(json.dumps(results, indent=1))
            _table(of)
    results["reached"] = reached.lines(results)
    (given.out / "scale.json").write_text(json.dumps(results, indent=1))
    plots.write(results, given.out)
    print(f"\n{reached.NOTE}")
    for line in results["reached"]:
        print(line)
    print(f"{given.out / 'scale.json'} and {', '.join(plots.NAMES)} beside it")


if __name__ == "__main__":
    main()
