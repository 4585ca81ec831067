"""The addresses of the host, as `busy_pages/README.md` has them."""

from django.urls import path
from django.views.static import serve

from busy_pages import STATIC
from django_host.views import common, integration, orders, projects

_VISMA = "<str:workspace>/integrations/visma"
_PROJECT = "<str:workspace>/projects/<int:key>"
_ORDER = "<str:workspace>/orders/<str:order_id>"

urlpatterns = [
    path("", common.home),
    path("static/<path:path>", serve, {"document_root": STATIC}),
    path("language", common.language),
    path("integrations/visma/callback", integration.callback),
    path(_VISMA, integration.show),
    path(f"{_VISMA}/connect", integration.connect),
    path(f"{_VISMA}/plan", integration.plan),
    path(f"{_VISMA}/sync", integration.sync),
    path(f"{_VISMA}/other-company", integration.other_company),
    path(f"{_VISMA}/disconnect", integration.disconnect),
    path("<str:workspace>/projects", projects.index),
    path(_PROJECT, projects.show),
    path(f"{_PROJECT}/hours", projects.book_hours),
    path(f"{_PROJECT}/costs", projects.book_cost),
    path(f"{_PROJECT}/work-types", projects.set_work_type),
    path(f"{_PROJECT}/order", orders.draft),
    path("<str:workspace>/orders", orders.index),
    path(_ORDER, orders.show),
    path(f"{_ORDER}/hours", orders.hours),
    path(f"{_ORDER}/<slug:action>", orders.act),
]

handler404 = "django_host.views.errors.not_found"
handler500 = "django_host.views.errors.fault"
