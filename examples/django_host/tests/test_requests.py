"""What a request may do with the library, and what people see when it goes wrong."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime
from decimal import Decimal

from cryptography.fernet import Fernet
from django.http import HttpRequest, HttpResponse
from django.test import Client, TransactionTestCase, override_settings
from django.urls import path

from django_host import models, urls
from django_host.catalogue import DjangoCatalogue
from django_host.ordering import EntriesTaken, finalise, finalised_order
from django_host.seed import seed
from django_host.views import integration, orders
from django_host.views.projects import row_of, work_type_row
from django_host.visma import visma
from django_host.work_log import DjangoWorkLog
from visma_busy_sync import ConfigurationError, busy
from visma_busy_sync.sync import Change, Kind, Link, Outcome, Refused

_SECRET = secrets.token_urlsafe()


def forgotten(request: HttpRequest) -> HttpResponse:
    """Call the library without saying that the request is in no transaction."""
    del request
    return HttpResponse(visma().tenant("acme").status().text("nb"))


def broken(request: HttpRequest) -> HttpResponse:
    """Fail while a secret is at hand."""
    del request
    secret = _SECRET
    raise RuntimeError(secret)


urlpatterns = [*urls.urlpatterns, path("forgotten", forgotten), path("broken", broken)]
handler500 = urls.handler500


@override_settings(
    ROOT_URLCONF="django_host.tests.test_requests",
    VISMA={"client_id": "busy", "client_secret": _SECRET},
    ENCRYPTION_KEYS=[Fernet.generate_key().decode()],
)
class Requests(TransactionTestCase):
    """Over HTTP, with Django's own client."""

    def setUp(self) -> None:
        """Start with the workspace of the demonstration."""
        visma.cache_clear()
        seed([("0001", "Bad"), ("0002", "Tilbygg")], date(2026, 11, 30))

    def test_a_port_within_the_transaction_of_a_request_is_refused(self) -> None:
        """It says what to do, and nothing was read or written."""
        with self.assertRaises(ConfigurationError) as refused:
            self.client.get("/forgotten")
        self.assertIn("inside an open transaction", refused.exception.message)
        self.assertIn("@transaction.non_atomic_requests", refused.exception.advice)
        self.assertEqual(models.VismaDocument.objects.count(), 0)

    def test_every_view_that_calls_the_library_is_outside_of_transactions(self) -> None:
        """Also those that are added later."""
        for pattern in urls.urlpatterns:
            view = pattern.callback
            if view.__module__ in {integration.__name__, orders.__name__}:
                self.assertIn("default", getattr(view, "_non_atomic_requests", ()), view.__name__)

    def test_the_page_of_the_integration_answers(self) -> None:
        """With all the requests in transactions that do not say otherwise."""
        page = self.client.get("/acme/integrations/visma")
        self.assertContains(page, "Ikke tilkoblet")

    def test_fetching_without_a_connection_is_told_once(self) -> None:
        """As from a tab that was left open when another one disconnected."""
        page = self.client.post("/acme/integrations/visma/sync", follow=True)
        self.assertContains(page, "Busy er ikke koblet til eAccounting.")
        self.assertNotContains(page, "Se over hva den første hentingen vil gjøre")

    def test_who_loads_the_address_of_a_form_is_not_told_of_a_fault(self) -> None:
        """As after a page that says that a form was too old."""
        project = models.Project.objects.get(number="0001")
        for address in (f"/acme/projects/{project.pk}/hours", "/acme/orders/x/push", "/language"):
            self.assertContains(self.client.get(address), "Siden finnes ikke", status_code=405)

    def test_a_form_that_was_filled_before_somebody_else_saved_undoes_nothing(self) -> None:
        """It is told, and what the other one saved stays."""
        project = models.Project.objects.get(number="0001")
        work_type = models.WorkType.objects.get(name="Reisetid")
        address = f"/acme/projects/{project.pk}"
        fields = {"id": str(work_type.pk), "name": "Reisetid", "product": ""}
        seen = (row_of(project).seen, work_type_row(work_type).seen)
        for name, rate, said in (("Hytte", "500", "Lagret."), ("Garasje", "600", "Noen har endret dette")):
            told = self.client.post(address, {"name": name, "seen": seen[0]}, follow=True)
            self.assertContains(told, said)
            form = {**fields, "rate": rate, "seen": seen[1]}
            self.assertContains(self.client.post(f"{address}/work-types", form, follow=True), said)
        project.refresh_from_db()
        work_type.refresh_from_db()
        self.assertEqual((project.name, work_type.rate), ("Hytte", Decimal(500)))

    def test_an_archived_product_stays_on_its_work_type_when_the_rest_is_saved(self) -> None:
        """It can be kept, and is no choice for others."""
        project = models.Project.objects.get(number="0001")
        work_type = models.WorkType.objects.get(name="Reisetid")
        product = models.Product.objects.create(workspace_id="acme", name="Utgått", archived=True)
        address = f"/acme/projects/{project.pk}"
        self.assertNotContains(self.client.get(address), "Utgått")
        work_type.product = product
        work_type.save()
        kept = f'<option value="{product.pk}" selected>Utgått</option>'
        self.assertContains(self.client.get(address), kept, count=1, html=True)

    def test_a_forged_form_changes_nothing(self) -> None:
        """It is answered with a page in the person's language."""
        browser = Client(enforce_csrf_checks=True)
        project = models.Project.objects.get(number="0001")
        answer = browser.post(f"/acme/projects/{project.pk}", {"name": "Forged"})
        self.assertContains(answer, "Skjemaet er for gammelt", status_code=403)
        project.refresh_from_db()
        self.assertEqual(project.name, "Bad")

    def test_a_fault_shows_nothing_of_its_cause(self) -> None:
        """Neither the exception, nor settings, nor the values of variables."""
        browser = Client(raise_request_exception=False)
        with self.assertLogs("django.request", "ERROR"):
            answer = browser.get("/broken")
        self.assertContains(answer, "Noe gikk galt i Busy", status_code=500)
        self.assertNotIn(_SECRET, answer.content.decode())
        self.assertNotIn("RuntimeError", answer.content.decode())

    def test_what_belongs_to_another_workspace_is_not_there(self) -> None:
        """Its projects are neither shown nor changed."""
        models.Workspace.objects.create(id="other", name="Other")
        project = models.Project.objects.get(number="0001")
        for address in (f"/other/projects/{project.pk}", f"/other/projects/{project.pk}/order"):
            self.assertEqual(self.client.get(address).status_code, 404)
            self.assertEqual(self.client.post(address, {"name": "Taken", "order": "o1"}).status_code, 404)


class Rules(TransactionTestCase):
    """Busy's own rules, below the pages."""

    def setUp(self) -> None:
        """Start with the workspace of the demonstration."""
        seed([("0001", "Bad"), ("0002", "Tilbygg")], date(2026, 11, 30))

    def _created(self, **values: str | None) -> Outcome:
        known = {"number": None, "name": "House", **values}
        change = Change(Kind.PROJECT, None, known, {}, None, Link("{}"))
        (outcome,) = DjangoCatalogue().apply("acme", [change])
        return outcome

    def test_what_busy_cannot_hold_is_refused_with_a_reason_for_people(self) -> None:
        """A number that is taken, a text that is too long or missing, a customer that is not there."""
        refused = {
            "nummeret er i bruk": self._created(number="0001"),
            "navnet har mer enn 50 tegn": self._created(name="x" * 51),
            "nummeret har mer enn 65 tegn": self._created(number="x" * 66),
            "kunden finnes ikke i Busy": self._created(customer="99"),
            "en tekst har et tegn som databasen ikke kan lagre": self._created(name="\ud800"),
            "en verdi mangler eller viser til noe som er borte": self._created(number="77", name=None),
        }
        for reason, outcome in refused.items():
            self.assertEqual(outcome, Refused(reason))
        self.assertEqual(models.Project.objects.count(), 4)

    def test_the_work_of_all_days_that_there_are_can_be_asked_for(self) -> None:
        """A person enters any year; the day before the first one is no day."""
        project = models.Project.objects.get(number="0001")
        work = DjangoWorkLog().work("acme", str(project.pk), busy.Period(date.min, date.max))
        self.assertEqual(len(work.entries), 4)

    def test_an_order_takes_all_of_its_hours_or_is_not_finalised(self) -> None:
        """Hours are on one order at most."""
        hours = list(models.TimeEntry.objects.order_by("pk"))
        first = finalise("acme", _order("o1", hours[0].pk))
        self.assertEqual(finalised_order("acme", "o1"), first)
        with self.assertRaises(EntriesTaken):
            finalise("acme", _order("o2", hours[0].pk, hours[1].pk))
        self.assertIsNone(finalised_order("acme", "o2"))
        self.assertFalse(models.TimeEntry.objects.filter(order="o2").exists())


def _order(id: str, *hours: int) -> busy.Order:
    parts = tuple(
        busy.LinePart(
            kind=busy.EntryKind.ENTRY,
            id=str(key),
            day=date(2026, 11, 30),
            work_type="1",
            minutes=60,
            quantity=None,
            price=Decimal(1250),
            price_source=busy.PriceSource.WORK_TYPE,
        )
        for key in hours
    )
    line = busy.OrderLine(
        text="Rådgivning",
        quantity=Decimal(len(hours)),
        unit="time",
        unit_price=Decimal(1250),
        total=Decimal(1250) * len(hours),
        rounding_difference=Decimal(0),
        price_source=busy.PriceSource.WORK_TYPE,
        product="1",
        eaccounting_article="article",
        parts=parts,
    )
    return busy.Order(
        id=id,
        revision=1,
        company_id="company",
        project="1",
        customer="1",
        eaccounting_customer="customer",
        currency="NOK",
        order_date=date(2026, 11, 30),
        period=busy.Period(date(2026, 11, 1), date(2026, 11, 30)),
        lines=(line,),
        rounding_rules=1,
        finalised_at=datetime(2026, 11, 30, tzinfo=UTC),
    )
