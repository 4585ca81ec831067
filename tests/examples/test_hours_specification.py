"""The example of the hours specification."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLE = str(Path(__file__).parents[2] / "examples" / "hours_specification.py")


def test_the_example_prints_a_table_and_makes_two_files(tmp_path: Path) -> None:
    """The table as on the page of the documentation; names of members in none of them."""
    run = [sys.executable, "-X", "utf8", EXAMPLE]
    shown = subprocess.run(run, check=True, capture_output=True, encoding="utf-8").stdout
    subprocess.run([*run, str(tmp_path)], check=True)
    html = (tmp_path / "timespesifikasjon.html").read_text(encoding="utf-8")
    assert (tmp_path / "timespesifikasjon.pdf").read_bytes().startswith(b"%PDF-")
    for form in (shown, html):
        assert "Nedskrevet med 900,00 NOK" in form
        assert "Kari" not in form
    assert "Sum med mva., NOK" in shown
