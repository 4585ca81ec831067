"""What pages say is asserted outside of the test modules; pytest tells what was compared there too."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite(*(f"{__package__}.{name}" for name in ("commands", "given", "pages")))
