"""The command line as a person calls it: processes of their own, with the network cut."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import ALEPPO, GEORGIA, ROOT, SEEDS, Rag, line
from tests.tiny_gguf import build


def test_the_main_path(rag: Rag) -> None:
    assert rag("index", SEEDS).stdout.startswith("5 new, 0 replaced, 0 unchanged; the library holds 5 articles")
    assert rag("index", SEEDS).stdout.startswith("0 new, 0 replaced, 5 unchanged")
    answer = json.loads(rag("ask", "ماذا قال تشوركين؟", "--json").stdout)
    assert list(answer) == [
        "question",
        "status",
        "confidence",
        "answer",
        "writer",
        "citations",
        "passages",
        "notice",
        "timings",
    ]
    assert (answer["status"], answer["writer"]) == ("answered", "quote")
    assert {c["article"] for c in answer["citations"]} == {GEORGIA, ALEPPO}
    for citation in answer["citations"]:
        assert list(citation) == ["n", "claim", "article", "source", "start", "end", "quote", "verdict"]
        assert (
            citation["quote"]
            == (SEEDS / citation["article"]).read_text(encoding="utf-8")[citation["start"] : citation["end"]]
        )
        assert citation["verdict"] == "supported"
    assert list(answer["passages"][0]) == [
        "rank",
        "score",
        "ranks",
        "article",
        "title",
        "source",
        "date",
        "start",
        "end",
        "text",
    ]


def test_an_answer_for_people_names_its_sources(seeded: Rag) -> None:
    done = seeded("ask", "ماذا قال تشوركين؟")
    assert "[1] supported: 0" in done.stdout
    assert "answers are quoted" in done.stderr
    refused = seeded("ask", "كيف أطبخ الكبسة السعودية؟")
    assert refused.stdout.startswith("لم أجد في المقالات")
    assert "nearest: " in refused.stdout


def test_search_list_show_remove(seeded: Rag) -> None:
    hits = json.loads(seeded("search", "القوات الروسية", "-k", "3", "--json").stdout)
    assert [hit["rank"] for hit in hits] == [1, 2, 3]
    assert seeded("search", "القوات الروسية", "-k", "2").stdout.count("lexical") == 2
    assert len(json.loads(seeded("list", "--json").stdout)) == 5
    assert GEORGIA in seeded("list").stdout
    assert seeded("show", GEORGIA).stdout.rstrip("\n") == (SEEDS / GEORGIA).read_text(encoding="utf-8")
    assert seeded("remove", GEORGIA, GEORGIA).stdout == "1 removed\n"
    assert "not in the library" in line(seeded("remove", GEORGIA, code=2).stderr)
    assert "nothing is named" in line(seeded("remove", code=2).stderr)
    assert "no article has the source nowhere" in line(seeded("remove", "--source", "nowhere", code=2).stderr)
    assert "no article" in line(seeded("show", GEORGIA, code=2).stderr)
    answer = json.loads(seeded("ask", "ماذا قال تشوركين؟", "--json").stdout)
    assert {c["article"] for c in answer["citations"]} == {ALEPPO}


def test_a_question_is_asked_of_a_time_and_a_source(rag: Rag, tmp_path: Path) -> None:
    rows = [
        {
            "id": year,
            "text": f"قال الوزير أحمد سالم إن ميزانية سنة {year} أكبر.",
            "date": f"{year}-03-01",
            "source": "وكالة",
        }
        for year in ("2014", "2015")
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    rag("index", tmp_path / "rows.jsonl")
    hits = json.loads(rag("search", "ميزانية الوزير", "--since", "2015", "--json").stdout)
    assert [hit["article"] for hit in hits] == ["2015"]
    answer = json.loads(rag("ask", "ماذا قال أحمد سالم؟", "--until", "2014-12", "--source", "وكالة", "--json").stdout)
    assert {citation["article"] for citation in answer["citations"]} == {"2014"}
    assert "no article has the source" in rag("ask", "ماذا قال سالم؟", "--source", "أخرى", code=2).stderr


def test_eval_prints_every_figure_and_writes_a_row_a_question(seeded: Rag, tmp_path: Path) -> None:
    every = (ROOT / "tests" / "data" / "seeds_qa.jsonl").read_text(encoding="utf-8").splitlines()
    testset, out = tmp_path / "some.jsonl", tmp_path / "out.jsonl"
    testset.write_text("\n".join(every[::4]), encoding="utf-8")
    figures = json.loads(seeded("eval", testset, "--json", "--out", out, "--report", tmp_path / "r.html").stdout)
    names = {
        "questions",
        "recall@1",
        "recall@3",
        "recall@10",
        "mrr",
        "ndcg@10",
        "evidence@1",
        "evidence@3",
        "exact_match",
        "f1",
        "citations",
        "supported",
        "coverage",
        "verbatim",
        "purity",
        "refused",
        "answered",
        "hedged",
        "hedged_unanswerable",
        "auc",
        "calibration_error",
        "p50_ms",
        "p95_ms",
    }
    assert names == set(figures["all"])
    assert {"speech", "english", "dialect", "unanswerable"} <= set(figures)
    assert figures["speech"]["evidence@3"] == 1
    assert [figures["all"][name] for name in ("supported", "coverage", "verbatim", "purity")] == [1, 1, 1, 1]
    assert figures["variety=dialect"]["questions"] == 4
    assert {"refused", "answered"} <= set(figures["variety=standard"]) & set(figures["variety=dialect"])
    rows = [json.loads(row) for row in out.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == figures["all"]["questions"]
    assert list(rows[0]) == [
        "id",
        "kind",
        "status",
        "confidence",
        "answer",
        "citations",
        "passages",
        "scores",
        "timings",
    ]
    assert rows[0]["scores"]["verbatim"] == 1
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert all(
        said in page for said in ("some.jsonl", "5 articles in 33 passages", "--report", "Evidence missed", "<svg")
    )
    baseline = tmp_path / "baseline.json"
    baseline.write_text(json.dumps(figures), encoding="utf-8")
    refused = seeded("eval", testset, "--only-search", "--baseline", baseline, code=2)
    assert "is of whole answers" in line(refused.stderr)
    baseline.write_text(seeded("eval", testset, "--only-search", "--json").stdout, encoding="utf-8")
    searched = seeded("eval", testset, "--only-search", "--json", "--baseline", baseline)
    assert "recall@1" in searched.stdout
    assert "no figure moved" in line(searched.stderr)


def test_eval_fails_where_a_figure_is_worse_than_the_baseline(seeded: Rag, tmp_path: Path) -> None:
    testset, baseline = tmp_path / "set.jsonl", tmp_path / "baseline.json"
    rows = (ROOT / "tests" / "data" / "seeds_qa.jsonl").read_text(encoding="utf-8").splitlines()
    testset.write_text("\n".join(rows[:2]), encoding="utf-8")
    figures = json.loads(seeded("eval", testset, "--json", "--writer", "quote").stdout)
    figures["all"] |= {"f1": figures["all"]["f1"] + 0.1, "refused": 0.5}
    baseline.write_text(json.dumps(figures), encoding="utf-8")
    options = ["eval", testset, "--json", "--writer", "quote", "--baseline", baseline]
    done = seeded(*options, code=1)
    assert json.loads(done.stdout)["all"]["questions"] == 2
    assert [said.split(" ", 3)[1:3] for said in done.stderr.splitlines()] == [["worse:", "f1"], ["better:", "refused"]]
    assert "worse" not in seeded(*options, "--tolerance", "0.2").stderr
    testset.write_text("\n".join(rows[:3]), encoding="utf-8")
    assert "another test set: all has 2 questions there, 3 here" in line(seeded(*options, code=2).stderr)
    assert "no file can be written" in line(
        seeded("eval", testset, "--report", tmp_path / "no" / "r.html", code=2).stderr
    )
    assert "cannot be read" in line(seeded("eval", testset, "--baseline", tmp_path / "none.json", code=2).stderr)


def test_eval_of_a_public_reading_set_in_a_library_of_its_own(rag: Rag, tmp_path: Path) -> None:
    squad = {
        "version": "2.0",
        "data": [
            {
                "title": "t",
                "paragraphs": [
                    {
                        "context": "ولد الشاعر محمود درويش في قرية البروة عام 1941.",
                        "qas": [
                            {
                                "id": "1",
                                "question": "أين ولد محمود درويش؟",
                                "answers": [{"text": "البروة", "answer_start": 34}],
                            },
                            {"id": "2", "question": "كم سعر القمح؟", "answers": [], "is_impossible": True},
                        ],
                    }
                ],
            }
        ],
    }
    (tmp_path / "squad.json").write_text(json.dumps(squad), encoding="utf-8")
    figures = json.loads(rag("eval", tmp_path / "squad.json", "--index-contexts", "--json").stdout)
    assert figures["answerable"]["recall@1"] == 1
    assert figures["unanswerable"]["answered"] == 0
    assert rag("list").stdout == ""
    models = tmp_path / "home" / "index" / "models"
    models.mkdir()
    build(models / "tiny.gguf", "في البروة [1].", n_ctx=4096)
    env = {"RAG_ANSWER_TOKENS": "40"}
    rag("eval", tmp_path / "squad.json", "--index-contexts", "--out", tmp_path / "o.jsonl", **env)
    assert "في البروة [1]." in (tmp_path / "o.jsonl").read_text(encoding="utf-8")
    table = rag("eval", tmp_path / "squad.json", "--index-contexts", "--writer", "quote", COLUMNS="80").stdout
    assert all(len(row) <= 80 for row in table.splitlines())
    assert all(name in table for name in ("R@10", "ndcg@10", "supported", "p95_ms", "unanswerable"))


def test_doctor(seeded: Rag) -> None:
    found = json.loads(seeded("doctor", "--json").stdout)
    assert all(f["ok"] for f in found)
    assert {"embedder", "library", "lexical index", "dense index", "writer", "network"} <= {f["what"] for f in found}


def test_a_pulled_model_is_taken_and_named(seeded: Rag, tmp_path: Path) -> None:
    models = tmp_path / "home" / "index" / "models"
    models.mkdir()
    said = "أكد تشوركين أن المشروع ليست لديه «أي فرصة في النجاح» [1]."
    build(models / "tiny.gguf", said, n_ctx=4096)
    answer = json.loads(seeded("ask", "ماذا قال تشوركين عن حلب؟", "--json", RAG_ANSWER_TOKENS="100").stdout)
    assert (answer["writer"], answer["answer"]) == ("llama", said)
    (citation,) = answer["citations"]
    assert (citation["article"], citation["verdict"]) == (ALEPPO, "supported")
    assert "the language model tiny.gguf" in seeded("doctor").stdout
    assert json.loads(seeded("ask", "ماذا قال تشوركين؟", "--json", "--writer", "quote").stdout)["writer"] == "quote"


def test_settings_file_and_flags(seeded: Rag, tmp_path: Path) -> None:
    toml = tmp_path / "home" / "rag.toml"
    toml.write_text('writer = "llama"\n')
    assert "no language model" in seeded("ask", "ماذا قال تشوركين؟", code=1).stderr
    assert seeded("ask", "ماذا قال تشوركين؟", "--writer", "quote").stdout
    assert seeded("ask", "ماذا قال تشوركين؟", RAG_WRITER="quote").stdout
    assert seeded("ask", "ماذا قال تشوركين؟", RAG_WRITER="quote", RAG_MODEL="").stdout
    toml.write_text('home = "elsewhere"\n')
    assert "RAG_HOME" in line(seeded("list", code=2).stderr)
    toml.write_text("writer = \n")
    assert "rag.toml" in line(seeded("list", code=2).stderr)


def test_the_quick_commands_import_nothing_heavy(seeded: Rag, tmp_path: Path) -> None:
    heavy = ("torch", "gradio", "sentence_transformers", "llama_cpp", "transformers")
    code = "import sys; from rag.cli.main import app; app(sys.argv[1:], standalone_mode=False); "
    code += f"sys.stderr.write(str([m for m in {heavy} if m in sys.modules]))"
    env = {**os.environ, "RAG_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, "-c", code, "ask", "ماذا قال تشوركين؟", "--json"],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.stderr == "[]", done.stderr
    heavy = ("numpy", "faiss", "tantivy", "pydantic", "rich.console")
    code = f"import sys, rag.cli.main; sys.exit(str([m for m in {heavy} if m in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stderr.strip() == "[]"


def test_a_conversation_is_understood(seeded: Rag) -> None:
    asked = seeded("ask", "وماذا قال عن حلب؟", "--after", "ماذا قال تشوركين؟", "--writer", "quote")
    assert "understood as: ماذا قال تشوركين عن حلب؟" in asked.stderr
    assert "أي فرصة في النجاح" in asked.stdout
