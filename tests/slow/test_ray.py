"""`rag index --engine ray` on clusters of this machine: the same library, files that end their task, and a node that is killed."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rag import wiring
from rag.errors import InputError
from rag.indexing import ray as cluster
from rag.indexing.intake import add_all
from rag.readers.folders import files_of
from rag.readers.readers import Item, Place, Unreadable, readings
from rag.settings import Settings, load_settings
from tests.conftest import Rag

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
FILES = 200


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "papers"
    made.mkdir()
    for number in range(FILES):
        (made / f"{number:03}.txt").write_text(
            f"قال الوزير رقم {number} إن المشروع سيبدأ. وأضاف أن العمل مستمر.", "utf-8"
        )
    rows = ({"id": f"r{n}", "text": f"خبر رقم {n} من المدينة."} for n in range(1000))
    (made / "dump.jsonl").write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    (made / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    (made / "empty.txt").write_bytes(b"")
    return made


def taken(settings: Settings, items: Iterator[Item]) -> tuple[dict[str, str], list[Unreadable]]:
    left: list[Unreadable] = []
    with wiring.open_library(settings) as library:
        list(add_all(library, items, left.append))
        texts = {}
        for id_, *_ in library.articles():
            article = library.article(id_)
            assert article
            assert all(p.text == article.text[p.start : p.end] for p in library.passages_of(id_))
            texts[id_] = article.text
    return texts, left


def read(settings: Settings, folder: Path, told: list[Place] | None = None) -> tuple[dict[str, str], list[Unreadable]]:
    with cluster.connected(settings) as connected:
        note = (told if told is not None else []).append
        return taken(settings, connected.readings(files_of([folder]), {}, note))


def test_the_command_gives_the_library_that_one_process_gives(rag: Rag, folder: Path, tmp_path: Path) -> None:
    done = rag("index", "--engine", "ray", folder, code=2)
    assert done.stdout.startswith("1,200 new, 0 replaced, 0 unchanged, 2 left out; the library holds 1,200 articles")
    again = rag("index", "--engine", "ray", folder, code=2)
    assert again.stdout.startswith("0 new, 0 replaced, 1,200 unchanged, 2 left out")
    rag("index", folder, code=2, RAG_HOME=str(tmp_path / "other"))
    for command in (("list", "--json"), ("search", "ماذا قال الوزير رقم 77؟", "--json")):
        assert rag(*command).stdout == rag(*command, RAG_HOME=str(tmp_path / "other")).stdout


def test_embedding_on_the_cluster_gives_the_same_vectors(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path)
    texts = [f"النص رقم {number} في المدينة" for number in range(700)]
    with cluster.connected(settings) as connected:
        assert connected.embedder.batch > 256
        found = connected.embedder.passages(texts)
    assert np.array_equal(found, wiring.shipped_embedder().passages(texts))


def poisoned(paths: list[bytes], columns: dict[str, str]) -> Iterator[cluster.Part]:
    if any(path.endswith(b"077.txt") for path in paths):
        os.kill(os.getpid(), signal.SIGKILL)
    yield from cluster._read(paths, columns)


def test_a_file_that_ends_its_task_is_left_out_and_the_others_are_read(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "READ", cluster.task(poisoned, num_returns="streaming"))
    told: list[Place] = []
    texts, left = read(load_settings(home=tmp_path / "home"), folder, told)
    assert len(texts) == FILES - 1 + 1000
    assert [Path(item.where).name for item in left if "ends the process" in item.why] == ["077.txt"]
    assert [place.share for place in told] == sorted(place.share for place in told)
    assert (told[-1].done, told[-1].files) == (FILES + 3, FILES + 3)


def test_what_a_node_does_not_see_is_read_here(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "READ", cluster.task(blind, num_returns="streaming"))
    texts, _ = read(load_settings(home=tmp_path / "home"), folder)
    assert len(texts) == FILES + 1000


def blind(paths: list[bytes], columns: dict[str, str]) -> Iterator[cluster.Part]:
    yield from cluster._read_there([path + b".elsewhere" for path in paths], columns)


def slow(paths: list[bytes], columns: dict[str, str]) -> Iterator[cluster.Part]:
    time.sleep(1)
    yield from cluster._read(paths, columns)


def test_a_node_that_is_killed_in_the_middle_loses_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "READ", cluster.task(slow, num_returns="streaming"))
    monkeypatch.setattr(cluster, "_FILES", 10)
    from ray.cluster_utils import Cluster  # behind `rag.indexing.ray`, which says how Ray finds its own address

    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "node_ip_address": "127.0.0.1"})
    try:
        victim = nodes.add_node(num_cpus=2, node_ip_address="127.0.0.1")
        nodes.wait_for_nodes()
        killer = threading.Timer(4, lambda: nodes.remove_node(victim, allow_graceful=False))
        with cluster.connected(load_settings(home=tmp_path / "home", ray_address=nodes.address)) as connected:
            assert cluster.ray.cluster_resources()["CPU"] == 3
            killer.start()
            settings = load_settings(home=tmp_path / "home")
            texts, left = taken(settings, connected.readings(files_of([folder]), {}, lambda place: None))
            killer.join()
            assert cluster.ray.cluster_resources()["CPU"] == 1
    finally:
        nodes.shutdown()
    alone, left_alone = taken(load_settings(home=tmp_path / "other"), readings(files_of([folder])))
    assert texts == alone
    assert len(left) == len(left_alone) == 2


def test_a_cluster_of_somebody_else_on_this_machine_is_not_joined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ray.cluster_utils import Cluster  # behind `rag.indexing.ray`, which says how Ray finds its own address

    others = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "node_ip_address": "127.0.0.1"})
    monkeypatch.setenv("RAY_ADDRESS", others.address)
    try:
        with cluster.connected(load_settings(home=tmp_path)):
            assert cluster.ray.get_runtime_context().gcs_address != others.address
    finally:
        others.shutdown()


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("nowhere", "is no address of a Ray cluster; expected such as 10.0.0.1:6379"),
        ("127.0.0.1:9", "no Ray cluster answers at 127.0.0.1:9"),
    ],
)
def test_an_address_at_which_nothing_answers_is_told_at_once(address: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=why), cluster.connected(load_settings(home=tmp_path, ray_address=address)):
        pass
