"""Build the package, install it alone in a fresh environment, and check what came with it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent

# The four that the core needs, and what they need themselves.
ALLOWED = {
    "visma-busy-sync",
    "attrs",
    "cattrs",
    "httpx",
    "tenacity",
    "anyio",
    "certifi",
    "h11",
    "httpcore",
    "idna",
    "sniffio",
    "typing-extensions",
    "tzdata",
    "pip",
    "setuptools",
}

PROBE = """
import sys
import visma_busy_sync
heavy = {"httpx", "tenacity", "sqlalchemy", "starlette", "uvicorn", "fpdf"} & {
    m.split(".")[0] for m in sys.modules
}
sys.exit(f"import visma_busy_sync loads {heavy}" if heavy else 0)
"""


def main() -> None:
    """Raise `SystemExit` with the reason if something is not as it should be."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(next(Path(folder).glob("*/python")))
        pip = [python, "-m", "pip", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--quiet", str(ROOT)], check=True)
        listed = subprocess.run([*pip, "list", "--format=freeze"], check=True, capture_output=True, text=True)
        names = {line.partition("==")[0].lower().replace("_", "-") for line in listed.stdout.split()}
        if foreign := names - ALLOWED:
            raise SystemExit(f"pip install brings more than it should: {sorted(foreign)}")
        subprocess.run([*pip, "check"], check=True)
        subprocess.run([python, "-c", PROBE], check=True, cwd=folder)
    sys.stdout.write(f"a fresh environment holds only: {', '.join(sorted(names))}\n")


if __name__ == "__main__":
    main()
