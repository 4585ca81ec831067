"""The pages that both example hosts show: templates, texts in two languages, and pure helpers beside them.

It knows no web framework. A host makes a `Frame` for each request, calls the function of the page, and
renders what that returns with Jinja2:

```python
page = integration_page(frame, status=acme.status(), readiness=acme.readiness(), runs=acme.runs())
html = environment(loader=FileSystemLoader(TEMPLATES), autoescape=True).get_template(page.template)
html.render(page.context, csrf_input=...)
```

`README.md` beside this file has the addresses, the forms and what each page is given.
"""

from pathlib import Path

from busy_pages.actions import OrderActions, actions_of
from busy_pages.errors import said_of
from busy_pages.forms import (
    CostForm,
    FormRefused,
    HoursForm,
    WorkTypeForm,
    read_cost,
    read_found,
    read_hours,
    read_language,
    read_name,
    read_order_id,
    read_period,
    read_work_type,
    safe_next,
)
from busy_pages.notes import Note, said_of_push, said_of_sync
from busy_pages.pages import (
    Frame,
    Page,
    error_page,
    integration_page,
    order_draft_page,
    order_page,
    orders_page,
    plan_page,
    project_page,
    projects_page,
)
from busy_pages.rendering import environment
from busy_pages.rows import Booked, CostRow, HoursRow, Option, OrderRow, ProjectRow, WorkTypeRow
from busy_pages.safety import security_headers

TEMPLATES = Path(__file__).parent / "templates"
"""The folder for the host's template loader."""

STATIC = Path(__file__).parent / "static"
"""The folder that the host serves below `/static/`."""

__all__ = [
    "STATIC",
    "TEMPLATES",
    "Booked",
    "CostForm",
    "CostRow",
    "FormRefused",
    "Frame",
    "HoursForm",
    "HoursRow",
    "Note",
    "Option",
    "OrderActions",
    "OrderRow",
    "Page",
    "ProjectRow",
    "WorkTypeForm",
    "WorkTypeRow",
    "actions_of",
    "environment",
    "error_page",
    "integration_page",
    "order_draft_page",
    "order_page",
    "orders_page",
    "plan_page",
    "project_page",
    "projects_page",
    "read_cost",
    "read_found",
    "read_hours",
    "read_language",
    "read_name",
    "read_order_id",
    "read_period",
    "read_work_type",
    "safe_next",
    "said_of",
    "said_of_push",
    "said_of_sync",
    "security_headers",
]
