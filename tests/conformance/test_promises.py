"""Promises, capabilities and checks are told alike by the kit and by its page."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from visma_busy_sync.testing import conformance
from visma_busy_sync.testing._kit.work_required import REQUIRABLE
from visma_busy_sync.testing.conformance import (
    CAPABILITIES,
    CATALOGUE_CHECKS,
    CATALOGUE_PROMISES,
    STATE_CHECKS,
    STATE_PROMISES,
    WORK_CHECKS,
    WORK_PROMISES,
    AsyncCatalogueHarness,
    AsyncStateHarness,
    AsyncWorkLogHarness,
    CapabilityMissing,
    CatalogueHarness,
    CatalogueTests,
    Check,
    Promise,
    PromiseBroken,
    StateHarness,
    StateStoreTests,
    WorkLogHarness,
    WorkLogTests,
    checks_for,
    run_check,
)

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")


class Stored(StateHarness):
    state = read_raw = write_raw = None  # type: ignore[assignment]


class Catalogued(CatalogueHarness):
    catalogue = record_raw = add_raw = edit_raw = None  # type: ignore[assignment]


class Worked(WorkLogHarness):
    work_log = put_raw = book_raw = None  # type: ignore[assignment]


CHECKS = (*STATE_CHECKS, *CATALOGUE_CHECKS, *WORK_CHECKS)


def rows(heading: str) -> list[tuple[str, ...]]:
    """The cells of the table below a heading of the page, without its head."""
    lines = PAGE.partition(f"{heading}\n")[2].partition("\n#")[0].splitlines()
    table = [line for line in lines if line.startswith("| `")]
    return [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in table]


@pytest.mark.parametrize(
    ("port", "promises"),
    [("StateStore", STATE_PROMISES), ("Catalogue", CATALOGUE_PROMISES), ("WorkLog", WORK_PROMISES)],
)
def test_the_page_tells_the_promises_as_the_kit_does(port: str, promises: tuple[Promise, ...]) -> None:
    """Names, sentences and cures, in the same order."""
    told = [(f"`{each.name}`", each.sentence, each.cure) for each in promises]
    assert rows(f"## The promises of {port}") == told


def test_the_page_tells_the_capabilities_as_the_kit_does() -> None:
    told = [(f"`{each.name}`", f"`{each.method}()`", each.sentence) for each in CAPABILITIES]
    assert rows("### Capabilities") == told


def test_the_page_shows_a_message_as_it_is() -> None:
    """But for what was seen, which is shortened."""
    (shown,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    (promise,) = [each for each in STATE_PROMISES if f'"{each.name}"' in shown]
    seen = "the scan of 'a_' found ['a_1', 'ab', 'abc'], not ['a_1']"
    assert shown == f"{PromiseBroken(promise, seen)}\n"


def test_the_pages_harness_runs(tmp_path: Path) -> None:
    """The example of the page, over the example of the guide, keeps what the page says that it keeps."""
    (code,) = re.findall(r"```python\n# shop/bench.py\n(.*?)```", PAGE, re.DOTALL)
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "bench.py").write_text(code, encoding="utf-8")
    shutil.copy(ROOT / "examples" / "sqlite_ports.py", shop)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--visma-ports", "shop.bench:Bench"]
    # What takes long is shown by the example's own class.
    command += ["-k", "not one-winner and not one-moment and not like-the-model"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "promises of shop.bench:Bench" in done.stdout
    assert "kept (15): all-or-nothing, answers-are-values, bodies-exact, " in done.stdout
    assert f"runs {len(STATE_CHECKS)} checks" in PAGE
    assert f", {len(CATALOGUE_CHECKS)} over a" in PAGE
    assert f"and {len(WORK_CHECKS)} over a" in PAGE


@pytest.mark.parametrize("kind", REQUIRABLE, ids=lambda kind: kind.__name__)
def test_the_page_names_what_a_harness_may_require(kind: type) -> None:
    fields = ", ".join(f"`{name}`" for name in REQUIRABLE[kind])
    assert f"\n| `{kind.__name__}` | {fields} |\n" in PAGE


def test_checks_and_promises_have_names_of_their_own() -> None:
    """Names are stable handles for reports and `-k`, so each is there once and in its form."""
    for names, form in (
        ([check.name for check in STATE_CHECKS], r"[a-z_]+"),
        ([check.name for check in CATALOGUE_CHECKS], r"[a-z_]+"),
        ([check.name for check in WORK_CHECKS], r"[a-z_]+"),
        # Over all ports, since a report of several does not say of which one it is.
        (
            [promise.name for promise in (*STATE_PROMISES, *CATALOGUE_PROMISES, *WORK_PROMISES)],
            r"[a-z]+(-[a-z]+)*",
        ),
        ([capability.name for capability in CAPABILITIES], r"[a-z]+(-[a-z]+)*"),
    ):
        assert len(set(names)) == len(names)
        assert all(re.fullmatch(form, name) for name in names)
    assert all(check.doc.endswith(".") for check in CHECKS)


@pytest.mark.parametrize(
    ("base", "checks"),
    [(StateStoreTests, STATE_CHECKS), (CatalogueTests, CATALOGUE_CHECKS), (WorkLogTests, WORK_CHECKS)],
)
def test_each_check_is_a_method_of_the_base_class(base: type, checks: tuple[Check, ...]) -> None:
    methods = {name for name in dir(base) if name.startswith("test_")}
    assert methods == {f"test_{check.name}" for check in checks}
    for name in methods:
        assert inspect.getdoc(getattr(base, name))


@pytest.mark.parametrize(
    ("harnesses", "checks"),
    [
        ((StateHarness, AsyncStateHarness), STATE_CHECKS),
        ((CatalogueHarness, AsyncCatalogueHarness), CATALOGUE_CHECKS),
        ((WorkLogHarness, AsyncWorkLogHarness), WORK_CHECKS),
    ],
    ids=["state", "catalogue", "work"],
)
def test_each_capability_is_a_method_that_a_harness_may_leave_out(
    harnesses: tuple[type, ...], checks: tuple[Check, ...]
) -> None:
    """Of the synchronous and of the asynchronous harness alike."""
    for capability in {capability for check in checks for capability in check.needs}:
        for harness in harnesses:
            assert inspect.getdoc(getattr(harness, capability.method))
            assert capability.method not in harness.__abstractmethods__  # type: ignore[attr-defined]


def test_each_capability_is_asked_for() -> None:
    needed = {capability for check in CHECKS for capability in check.needs}
    assert needed == set(CAPABILITIES)


def test_a_harness_gets_the_checks_of_the_ports_that_it_gives() -> None:
    """One, another, or all."""

    class All(Stored, Catalogued, Worked):
        pass

    assert checks_for(Stored()) == STATE_CHECKS
    assert checks_for(Catalogued()) == CATALOGUE_CHECKS
    assert checks_for(Worked()) == WORK_CHECKS
    assert checks_for(All()) == CHECKS


def test_a_check_of_another_port_is_refused() -> None:
    with pytest.raises(TypeError, match="must return a CatalogueHarness or an AsyncCatalogueHarness"):
        run_check(CATALOGUE_CHECKS[0], Stored)


def test_public_names_are_described() -> None:
    assert len(set(conformance.__all__)) == len(conformance.__all__)
    for name in conformance.__all__:
        value = getattr(conformance, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert inspect.getdoc(value), name


def test_what_is_no_harness_is_refused() -> None:
    assert checks_for(object()) == ()
    with pytest.raises(TypeError, match="the factory returned a object: it must return a StateHarness"):
        run_check(STATE_CHECKS[0], object)  # type: ignore[arg-type]


def test_a_harness_without_raw_access_cannot_be_made() -> None:
    """The port must not prove itself."""

    class Lazy(StateHarness):
        def state(self) -> object:  # type: ignore[override]
            return None

    with pytest.raises(TypeError, match=r"read_raw.*write_raw"):
        Lazy()  # type: ignore[abstract]


@pytest.mark.parametrize(
    "error",
    [PromiseBroken(STATE_PROMISES[0], "something was seen."), CapabilityMissing(CAPABILITIES[0])],
    ids=lambda error: type(error).__name__,
)
def test_what_is_raised_survives_copying_and_pickling(error: Exception) -> None:
    """Tests that run in several processes send it from one to the other."""
    for again in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert vars(again) == vars(error)
