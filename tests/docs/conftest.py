"""What pages say is asserted outside of the test modules; pytest tells what was compared there too."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.docs.pages", "tests.docs.given")
