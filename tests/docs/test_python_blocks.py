"""Each Python block of the documentation runs: page by page, in the order of the page, against a sandbox."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from visma_busy_sync.sandbox.process import SandboxProcess

from .blocks import ROOT, Block, blocks_of
from .given import KEY, Given, Ran
from .pages import OF_PAGES

HOW = """
{block} does not run. Either mend it, or

- give it the name that it uses without making it: in tests/docs/given.py (class Given) where any page may use
  it, else in tests/docs/pages.py, in a class of this page that OF_PAGES["{block.page}"] names;
- or say in the page, right before the block, why it cannot run: <!-- unchecked: the reason -->
  and enter it in tests/docs/test_blocks.py (UNCHECKED).
These names are given here: {names}"""

TO_RUN = [block for block in blocks_of("python") if block.title is None]  # those are files of a guide
PAGES = sorted({block.page for block in TO_RUN})


class _Scope(dict[str, Any]):
    """What a page's blocks share; what they did not make themselves is made when they ask for it."""

    def __init__(self, given: Given) -> None:
        super().__init__(__name__="page")
        self._given = given
        given.scope = self

    def __missing__(self, name: str) -> Any:
        if name not in self._given.names():
            raise KeyError(name)
        return getattr(self._given, name)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess() as process:
        yield process


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of the page's own, whose modules can be imported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.parametrize("page", PAGES)
def test_the_blocks_of_the_page_run(
    page: str, sandbox: SandboxProcess, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a block makes, those after it have, but each has the given names as they are given."""
    monkeypatch.setenv("VISMA_TOKEN_KEY", KEY)
    with ExitStack() as kept:
        given = OF_PAGES.get(page, Given)(sandbox, folder, kept)
        given.control("POST", "/reset")
        for place, stand_in in given.stand_ins().items():
            monkeypatch.setattr(place, stand_in)
        scope, ran = _Scope(given), []
        for block in (block for block in TO_RUN if block.page == page):
            for name in given.names():
                scope.pop(name, None)
            given.before(block)
            ran.append(Ran(block, _run(block, scope, folder)))
            _close_at_the_end(scope, kept)
        given.seen(ran)


def test_a_block_that_lacks_a_name_says_how_to_give_it(sandbox: SandboxProcess, tmp_path: Path) -> None:
    """The traceback ends in the page, and the message names all places where something can be done."""
    block = Block("docs/new.md", 7, "python", "x = 1\nnobody.gave(x)\n")
    with ExitStack() as kept, pytest.raises(NameError, match="'nobody'") as raised:
        _run(block, _Scope(Given(sandbox, tmp_path, kept)), tmp_path)
    assert (str(raised.traceback[-1].path), raised.traceback[-1].lineno + 1) == (str(ROOT / "docs/new.md"), 8)
    (note,) = raised.value.__notes__
    for text in ("docs/new.md:7 does not run", 'OF_PAGES["docs/new.md"]', "<!-- unchecked: ", " acme, "):
        assert text in note


def test_each_name_can_be_given(sandbox: SandboxProcess, tmp_path: Path) -> None:
    """Also one that no page uses yet."""
    with ExitStack() as kept:
        given = Given(sandbox, tmp_path, kept)
        scope = _Scope(given)
        scope["url"] = given.visma.tenant("other").connect(project_sync=True, session=given.browser_session)
        assert all(scope[name] is not None for name in sorted(given.names(), reverse=True))


def test_each_page_with_names_of_its_own_is_there() -> None:
    assert OF_PAGES.keys() <= set(PAGES)


def _run(block: Block, scope: _Scope, folder: Path) -> str:
    """Run a block and return what it printed; tracebacks name the page and its line."""
    path = block.code.partition("\n")[0]
    if path.startswith("# ") and path.endswith(".py"):  # it is shown as a file, which later blocks may import
        file = folder / path.removeprefix("# ")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block.code, encoding="utf-8")
    said = io.StringIO()
    try:
        code = compile("\n" * (block.line - 1) + block.code, str(ROOT / block.page), "exec")
        with contextlib.redirect_stdout(said):
            exec(code, scope)
    except Exception as error:
        names = ", ".join(sorted(scope._given.names()))
        error.add_note(f"{HOW.format(block=block, names=names)}\nIt printed:\n{said.getvalue()}")
        raise
    return said.getvalue()


def _close_at_the_end(scope: _Scope, kept: ExitStack) -> None:
    for value in list(scope.values()):
        close = getattr(value, "close", None)
        if callable(close) and type(value).__module__.startswith("visma_busy_sync."):
            kept.callback(close)
