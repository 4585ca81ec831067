"""The checks as pytest's items. Loaded only where `--visma-ports` was given."""

from __future__ import annotations

import sys
import sysconfig
import traceback
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar, cast, final

import pytest

from visma_busy_sync.testing._kit.checks import checks_for
from visma_busy_sync.testing._kit.harness import CapabilityMissing
from visma_busy_sync.testing._kit.promises import PromiseBroken
from visma_busy_sync.testing._kit.references import BadReference, resolve
from visma_busy_sync.testing._kit.stage import shown
from visma_busy_sync.testing._kit.suite import Check, Factory, run_check
from visma_busy_sync.testing._kit.work_required import names_of

OPTION = "--visma-ports"
# Facts that travel with a report, also from pytest-xdist's workers.
_SHOWS, _BREAKS, _LACKS = "visma-ports shows", "visma-ports breaks", "visma-ports lacks"
# With these styles of `--tb` pytest tells errors itself, with every frame.
_WHOLE = ("long", "native")
_NOT_THE_HOSTS = (Path(__file__).parents[2], Path(sysconfig.get_path("stdlib")))


@final
class Plugin:
    """Collects the checks of each factory, and sums up at the end which promises are kept."""

    def __init__(self, config: pytest.Config, references: list[str]) -> None:
        # As a command of its own pytest has not the folder it was started in on its path.
        here = str(config.invocation_params.dir)
        if here not in sys.path:
            sys.path.insert(0, here)
        self._factories: dict[str, Factory] = {}
        self._required: dict[str, list[str]] = {}
        for reference in references:
            self._factories[reference], self._required[reference] = _factory(reference)
        self._alone = config.args_source is not pytest.Config.ArgsSource.ARGS

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Leave out all other tests, unless some were named."""
        del collection_path
        return True if self._alone else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Add the checks, before `-k` and others choose among the items."""
        for reference, factory in self._factories.items():
            ports = _node(_Ports, session, name=reference, nodeid=reference)
            ports.factory = factory
            items.extend(session.genitems(ports))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say which promises are kept, broken and not shown."""
        reports: list[tuple[pytest.TestReport, dict[str, Any]]] = [
            (report, dict(report.user_properties))
            for kind in ("passed", "failed", "skipped", "error")
            for report in terminalreporter.stats.get(kind, ())
            if isinstance(report, pytest.TestReport)
        ]
        for reference in self._factories:
            mine = [each for each in reports if each[0].nodeid.startswith(f"{reference}::")]
            terminalreporter.section(f"promises of {reference}")
            for line in _summary([(report.passed, facts) for report, facts in mine if _SHOWS in facts]):
                terminalreporter.line(line)
            if required := self._required[reference]:
                terminalreporter.line(f"never left out, as the harness requires: {', '.join(required)}")


def _summary(reports: list[tuple[bool, dict[str, Any]]]) -> Iterator[str]:
    broken = {facts[_BREAKS] for _, facts in reports if _BREAKS in facts}
    lacking: defaultdict[str, set[str]] = defaultdict(set)
    for _, facts in reports:
        if _LACKS in facts:
            lacking[facts[_LACKS]].add(facts[_SHOWS])
    # A check may fail over another promise than its own, or over the harness: then its own is not settled.
    failed = {facts[_SHOWS] for passed, facts in reports if not passed and _LACKS not in facts} - broken
    kept = {facts[_SHOWS] for passed, facts in reports if passed} - broken - failed
    yield f"kept ({len(kept)}): {', '.join(sorted(kept)) or 'none'}"
    if broken:
        yield f"broken ({len(broken)}): {', '.join(sorted(broken))}"
    if failed:
        yield f"not settled, a check failed over something else ({len(failed)}): {', '.join(sorted(failed))}"
    for capability, promises in sorted(lacking.items()):
        names = ", ".join(f"{name} (in part)" if name in kept else name for name in sorted(promises))
        yield f'not shown, the capability "{capability}" is missing: {names}'


def _factory(reference: str) -> tuple[Factory, list[str]]:
    """Return a factory, and what the harness that it makes requires."""
    try:
        factory = resolve(reference)
        harness = factory()
        required = names_of(getattr(harness, "required", {}))  # what is misspelt is told by each check
    except BadReference as error:
        raise pytest.UsageError(f"{OPTION} {error}") from None
    except Exception as error:  # the host's own code; pytest would call it an error of its own
        trace = "".join(traceback.format_exception(error))
        raise pytest.UsageError(f'{OPTION} "{reference}" raised an error:\n{trace}') from error
    if not checks_for(harness):
        raise pytest.UsageError(
            f'{OPTION} "{reference}" returned a {type(harness).__name__}: it must return a StateHarness, '
            "a CatalogueHarness, a WorkLogHarness, or their asynchronous twins, of "
            "visma_busy_sync.testing.conformance"
        )
    return factory, required


N = TypeVar("N", bound=pytest.Item | pytest.Collector)


def _node(kind: type[N], parent: pytest.Collector, **facts: str) -> N:
    made: N = cast("Any", kind).from_parent(parent, **facts)  # pytest leaves its types open
    return made


@final
class _Ports(pytest.Collector):
    """All checks of one factory."""

    factory: Factory

    def collect(self) -> Iterator[pytest.Item]:
        for check in checks_for(self.factory()):
            item = _node(_Item, self, name=f"{check.name}[{check.promise.name}]")
            item.check = check
            item.factory = self.factory
            yield item


@final
class _Item(pytest.Item):
    """One check."""

    check: Check
    factory: Factory

    def runtest(self) -> None:
        self.user_properties.append((_SHOWS, self.check.promise.name))
        try:
            run_check(self.check, self.factory)
        except PromiseBroken as broken:
            self.user_properties.append((_BREAKS, broken.promise.name))
            raise
        except CapabilityMissing as missing:
            self.user_properties.append((_LACKS, missing.capability.name))
            pytest.skip(str(missing))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        broken = excinfo.value
        if not isinstance(broken, PromiseBroken):
            # What a port raises breaks a promise. What else is raised is the harness's.
            if isinstance(broken, Exception) and self.config.option.tbstyle not in _WHOLE:
                return _of_the_harness(broken)
            return super().repr_failure(excinfo, style)
        # Where the kit raised it says nothing; where the store raised does.
        if broken.__cause__ is None:
            return str(broken)
        cause = "".join(traceback.format_exception(broken.__cause__))
        return f"{broken}\n\n{cause}"

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, f"{self.parent.name if self.parent else ''}: {self.name}"


def _of_the_harness(error: Exception) -> str:
    """Tell an error that breaks no promise: one of the harness, or what the kit says about it."""
    what = "".join(traceback.format_exception_only(error)).strip()
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_the_hosts(frame.filename)]
    if own:  # the text of a database may repeat all of its statement
        what = f"{shown(what)}\n  at {own[-1].filename}:{own[-1].lineno}, in {own[-1].name}()"
    cure = "Write the method" if isinstance(error, NotImplementedError) else "Mend the harness"
    return (
        f"The harness failed: {what}\n"
        f"  to do: {cure}; until then the check shows nothing of its promise. --tb=long tells more."
    )


def _is_the_hosts(filename: str) -> bool:
    path = Path(filename)
    installed = {"site-packages", "dist-packages"} & set(path.parts)
    return path.is_file() and not installed and not any(path.is_relative_to(each) for each in _NOT_THE_HOSTS)
