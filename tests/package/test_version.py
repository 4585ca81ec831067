"""The version is written in one place, and told everywhere else."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path
from typing import Final

import visma_busy_sync
from visma_busy_sync import Secret
from visma_busy_sync._core import version
from visma_busy_sync.eaccounting import Application
from visma_busy_sync.eaccounting._endpoints import PROJECTS
from visma_busy_sync.eaccounting._oauth import refresh_request
from visma_busy_sync.eaccounting._operation import to_request

ROOT: Final = Path(__file__).parents[2]
WRITTEN: Final[str] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
    "version"
]


def test_the_package_tells_the_version_that_is_installed() -> None:
    assert visma_busy_sync.__version__ == importlib.metadata.version("visma-busy-sync")


def test_looking_up_the_version_costs_nothing_until_it_is_asked_for() -> None:
    probe = "import sys, visma_busy_sync; sys.exit('importlib.metadata' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0


def test_source_that_is_not_installed_has_an_unknown_version(tmp_path: Path) -> None:
    """Then nothing fails for it."""
    (tmp_path / "visma_busy_sync").symlink_to(Path(visma_busy_sync.__file__).parent)
    probe = "import visma_busy_sync; print(visma_busy_sync.__version__)"
    told = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {probe}"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert told.stdout.strip() == version.UNKNOWN


def test_eaccounting_is_told_the_version() -> None:
    """With each call, and where tokens are asked for."""
    api = to_request(
        PROJECTS.get("00000000-0000-0000-0000-000000000001"),
        api_url="https://api.example",
        token=Secret("t"),
        timeout=1,
    )
    application = Application(client_id="c", client_secret="s", redirect_uri="https://busy.example/")
    login = refresh_request(application, Secret("r"), timeout=1)
    assert api.headers["User-Agent"] == login.headers["User-Agent"]
    assert api.headers["User-Agent"] == f"visma-busy-sync/{visma_busy_sync.__version__}"


def test_the_changelog_has_the_version() -> None:
    """A release has a section with its day; what is not released yet is in the first section."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", changelog, re.MULTILINE)
    assert headings[0] == "Unreleased"
    released = [re.fullmatch(r"(\d+\.\d+\.\d+) - (\d{4}-\d\d-\d\d)", heading) for heading in headings[1:]]
    assert all(released), headings
    sections = {match[1]: date.fromisoformat(match[2]) for match in released if match}
    assert list(sections.values()) == sorted(sections.values(), reverse=True)
    if "dev" in WRITTEN:
        assert not any(WRITTEN.startswith(f"{done}.dev") for done in sections)
    else:
        assert next(iter(sections), None) == WRITTEN, "name the version in CHANGELOG.md"
