"""No block of the documentation goes untried: each is run, looked at, or says in its page why it is not.

Python runs in `test_python_blocks.py`. Here: commands, data, and what pages show as printed.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping

import pytest

from visma_busy_sync.sandbox.process import READY_MEMBERS

from .blocks import BLOCKS, ROOT, Block, blocks_in, blocks_of
from .commands import check, commands_in, printed_in

UNCHECKED = {
    ("docs/django.md", "from sqlalchemy import URL"): "it needs a PostgreSQL that Django is set up for",
    ("docs/orders.md", "approved = on orders + excluded"): "an equation for readers",
}
"""The blocks that are not tried, by page and beginning, with the reason that the page gives."""

FOLLOWED = {"docs/django.md": "docs/test_django_guide.py::test_the_guide_leads_to_a_passing_kit"}
"""Which test follows a page from top to bottom: it writes its files and carries out its commands."""

SHOWN: Mapping[str, Mapping[str, str]] = {
    "docs/cli.md": {
        "$ pip install": "cli/test_journey.py::test_a_newcomer_goes_from_nothing_to_a_draft_and_back",
    },
    "docs/conformance.md": {
        "$ pytest --visma-ports": "conformance/test_promises.py::test_the_pages_harness_runs",
        "promise ": "conformance/test_promises.py::test_the_page_shows_a_message_as_it_is",
    },
    "docs/django.md": {
        "$ pytest --visma-ports busy.bench:Bench -k": FOLLOWED["docs/django.md"],
        "$ pytest --visma-ports busy.bench:Bench\n": FOLLOWED["docs/django.md"],
        "$ python manage.py test\n": FOLLOWED["docs/django.md"],
    },
    "docs/errors.md": {
        "VismaBusySyncError": "eaccounting/test_codes.py::test_the_page_is_what_the_code_says",
    },
    "docs/import-order-lines.md": {
        "projectNumber;": "docs/test_code_blocks.py::test_the_file_of_the_page_is_right",
    },
    "docs/ledger.md": {
        "stateDiagram": "docs/test_code_blocks.py::test_the_diagram_of_the_ledger_is_drawn_from_its_table",
    },
    "docs/orders.md": {
        "Text ": "docs/pages.py::OrdersPage",
        "To bill from": "orders/test_preflight.py::test_the_guide_shows_a_preflight_as_it_is",
        "All approved from": "orders/test_proof.py::test_the_guide_shows_a_proof_as_it_is",
    },
    "docs/sandbox.md": {
        "$ pip install": "docs/test_blocks.py::test_the_ready_line_of_the_sandbox_is_as_shown",
        "{": "docs/test_code_blocks.py::test_the_company_file_of_the_page_is_served",
    },
    "docs/sync.md": {"project 1 Villa": "docs/pages.py::SyncPage"},
    "examples/README.md": {"$ make django-host": "browser/hosts.py::running"},
    "examples/busy_pages/README.md": {"Busy: ": "browser/hosts.py::running"},
    "docs/tutorial.md": {"+ 167 create": "docs/pages.py::TutorialPage"},
}
"""Which test compares what a page shows, as printed or as a file, with the code; by its beginning."""

_INCLUDED = re.compile(r'--8<-- "(?P<file>[\w./]+)"\n')


def _is_included(block: Block) -> None:
    """Look whether a file is brought in; of a block of `python` the formatter would change that line."""
    found = _INCLUDED.fullmatch(block.code)
    assert found, f"{block} brings nothing in"
    assert (ROOT / found["file"]).is_file(), f"{block}: there is no {found['file']}"


def _is_tried_elsewhere(block: Block) -> None:
    """Do nothing: Python is run page by page, and what is shown has the test that `SHOWN` names."""


CHECKS: Mapping[str, Callable[[Block], object]] = {
    "python": _is_tried_elsewhere,
    "{ .python }": _is_included,
    "console": check,
    "bash": check,
    "json": lambda block: json.loads(block.code),
    "toml": lambda block: tomllib.loads(block.code),
    "text": _is_tried_elsewhere,
    "mermaid": _is_tried_elsewhere,
}
"""What is done with the blocks of each language."""


def look_at(block: Block) -> None:
    """Do with a block what is done with its language."""
    if block.page in FOLLOWED:
        return
    assert block.title is None, f"{block} is a file of a guide: name the test that follows it, in FOLLOWED"
    assert block.language in CHECKS, (
        f"{block}: nobody knows how to look at a block of {block.language!r}. Say it in CHECKS of "
        "tests/docs/test_blocks.py, or in the page why it is not: <!-- unchecked: the reason -->"
    )
    CHECKS[block.language](block)


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.unchecked is None], ids=str)
def test_each_block_is_looked_at(block: Block) -> None:
    """Commands exist, data can be read, and somebody knows what to do with the language."""
    look_at(block)


@pytest.mark.parametrize(
    "block",
    [
        block
        for block in blocks_of("console", "json", "mermaid", "text")
        if block.language != "console" or printed_in(block)
    ],
    ids=str,
)
def test_what_is_shown_is_compared_with_what_the_code_gives(block: Block) -> None:
    """By a test of its own, which is there."""
    tests = [test for text, test in SHOWN.get(block.page, {}).items() if block.code.startswith(text)]
    assert len(tests) == 1, (
        f"{block} shows what something prints, or a file. Name the test that compares it with the code, in "
        "SHOWN of tests/docs/test_blocks.py, or say in the page why not: <!-- unchecked: the reason -->"
    )
    _is_there(tests[0])


@pytest.mark.parametrize("test", FOLLOWED.values())
def test_a_page_that_is_followed_has_a_test_that_does(test: str) -> None:
    _is_there(test)


def _is_there(test: str) -> None:
    file, _, name = test.partition("::")
    source = (ROOT / "tests" / file).read_text(encoding="utf-8")
    assert re.search(rf"^(def|class) {name}\b", source, re.MULTILINE), f"there is no tests/{test}"


def test_no_test_is_named_for_what_is_not_shown() -> None:
    shown = {(page, text) for page, tests in SHOWN.items() for text in tests}
    assert {key for key in shown if not any(_is(block, key) for block in BLOCKS)} == set()


def test_the_blocks_that_are_not_tried_are_these() -> None:
    """Each with its reason, in the page and here, so that none is left out by chance."""
    marked = [block for block in BLOCKS if block.unchecked is not None]
    named = {key: block.unchecked for block in marked for key in UNCHECKED if _is(block, key)}
    assert named == UNCHECKED
    assert len(marked) == len(UNCHECKED), f"enter them in UNCHECKED: {[str(block) for block in marked]}"


def _is(block: Block, key: tuple[str, str]) -> bool:
    page, text = key
    return block.page == page and block.code.startswith(text)


def test_the_ready_line_of_the_sandbox_is_as_shown() -> None:
    """As far as it is shown, its members are there in this order."""
    starts = [each for each in blocks_of("console") if "-m visma_busy_sync.sandbox" in each.code]
    (block,) = [each for each in starts if printed_in(each)]
    (line,) = printed_in(block)
    names = tuple(json.loads(line.replace(", …}", "}")))
    assert names == READY_MEMBERS[: len(names)]


# How blocks are found, and wrong ones too

PAGE = """\
<!-- unchecked: a sketch of
     two lines -->

```python
class Ours: ...
```

1. In a list:

    ```console
    $ make demo \\
        test  # twice
    done
    $ cd docs && WORKERS=2 make test | make docs
    ```

<!-- unchecked: this is about a paragraph -->
It has no block.

````toml
a = "```"
````
"""


def test_blocks_are_found_with_their_places_and_marks() -> None:
    """Also in lists, and such as have a fence in them; a mark counts right before its block alone."""
    sketch, console, toml = blocks_in("page.md", PAGE)
    assert (str(sketch), sketch.unchecked) == ("page.md:5", "a sketch of two lines")
    assert (console.line, console.unchecked, console.code.splitlines()[-2]) == (11, None, "done")
    assert (toml.language, toml.code, toml.unchecked) == ("toml", 'a = "```"\n', None)


def test_the_commands_of_a_console_are_told_from_what_they_print() -> None:
    _, console, _ = blocks_in("page.md", PAGE)
    assert list(commands_in(console)) == [
        ["make", "demo", "test"],
        ["cd", "docs"],
        ["make", "test"],
        ["make", "docs"],
    ]
    assert printed_in(console) == ["done"]
    script = Block("page.md", 1, "bash", "make test\n# twice\nmake demo\n")
    assert list(commands_in(script)) == [["make", "test"], ["make", "demo"]]


@pytest.mark.parametrize(
    ("language", "code", "says"),
    [
        pytest.param("console", "$ make everything", "has no everything", id="a verb of make"),
        pytest.param("console", "$ make test WORKER=2", "has no WORKER", id="a variable of make"),
        pytest.param("console", "$ make test ARGS='tests/nowhere -x'", "no tests/nowhere", id="a path"),
        pytest.param("console", "$ pip install '.[pdf,png]'", "png", id="an extra"),
        pytest.param("bash", "pip install another", "not this package", id="another package"),
        pytest.param("console", "$ python -m visma_busy_sync.sandbox --ports 1", "--ports", id="an option"),
        pytest.param("console", "$ pytest --visma-port a:b", "--visma-port", id="an option of pytest"),
        pytest.param("console", "$ python examples/none.py", "there is no", id="a script"),
        pytest.param("console", "$ cd examples/none && make demo", "no folder", id="a folder"),
        pytest.param(
            "console",
            "$ python examples/third_party/customer_report.py reports --since 2026-01-01",
            "invalid choice",
            id="a verb of a script",
        ),
        pytest.param("console", "$ frobnicate --all", "'frobnicate'", id="a program"),
        pytest.param("json", '{"a": }', "Expecting value", id="json"),
        pytest.param("toml", "a = ", "Invalid value", id="toml"),
        pytest.param("{ .python }", '--8<-- "examples/none.py"\n', "no examples/none.py", id="a file"),
        pytest.param("{ .python }", "-- 8 < --\n", "brings nothing in", id="no file"),
        pytest.param("cobol", "STOP RUN.", "CHECKS", id="a language"),
    ],
)
def test_what_is_not_there_is_found(language: str, code: str, says: str) -> None:
    with pytest.raises((AssertionError, ValueError), match=re.escape(says)):
        look_at(Block("page.md", 1, language, code))


def test_a_file_of_a_guide_that_nobody_follows_is_found() -> None:
    (block,) = blocks_in("page.md", '```python title="busy/models.py"\nx = 1\n```\n')
    assert (block.language, block.title) == ("python", "busy/models.py")
    with pytest.raises(AssertionError, match="FOLLOWED"):
        look_at(block)
