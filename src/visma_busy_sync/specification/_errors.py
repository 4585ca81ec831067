"""What can be wrong with making a PDF file."""

from __future__ import annotations

from visma_busy_sync._core.errors import VismaBusySyncError


class PdfExtraMissing(VismaBusySyncError):
    """The libraries that make PDF files are not installed; nothing was made.

    Terminal and browser need none: `to_text`, `to_html`.
    """

    def __init__(self) -> None:
        super().__init__(
            "A PDF file needs the libraries fpdf2 and uharfbuzz, and one is not installed.",
            advice='Install the extra: pip install "visma-busy-sync[pdf]". The HTML page prints as well.',
        )
