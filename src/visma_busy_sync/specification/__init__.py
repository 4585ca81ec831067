"""The hours specification of an order for a terminal, for a browser and as a PDF file.

```python
from visma_busy_sync.specification import to_html, to_pdf, to_text

specification = acme.hours_specification(order)
print(to_text(specification))
Path("timer.html").write_text(to_html(specification), encoding="utf-8")
Path("timer.pdf").write_bytes(to_pdf(specification))  # needs the extra: pip install "visma-busy-sync[pdf]"
```

It is for the user to send: nothing here sends or uploads anything.
"""

from visma_busy_sync.specification._errors import PdfExtraMissing
from visma_busy_sync.specification._html import to_html
from visma_busy_sync.specification._pdf import to_pdf
from visma_busy_sync.specification._text import to_text

__all__ = ["PdfExtraMissing", "to_html", "to_pdf", "to_text"]
