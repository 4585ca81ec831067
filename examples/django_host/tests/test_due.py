"""What the scheduled command does by itself, and what it leaves to a person."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import httpx
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.management import call_command
from django.test import TransactionTestCase, override_settings

from busy_pages.formats import today
from django_host import models
from django_host.ordering import finalise, finalised_order
from django_host.run import do_what_is_due
from django_host.seed import seed
from django_host.visma import visma
from visma_busy_sync.busy import Period
from visma_busy_sync.orders import State
from visma_busy_sync.sandbox.process import SandboxProcess


class Due(TransactionTestCase):
    """Against a sandbox."""

    def setUp(self) -> None:
        """Connect the workspace of the demonstration."""
        sandbox = self.enterContext(SandboxProcess())
        info = sandbox.info
        self.enterContext(
            override_settings(
                VISMA={"client_id": info.client_id, "client_secret": info.client_secret},
                VISMA_ENDPOINTS=info.addresses,
                ENCRYPTION_KEYS=[Fernet.generate_key().decode()],
            )
        )
        self.control = info.control_url
        visma.cache_clear()
        self.addCleanup(lambda: visma().close())
        seed([("0001", "Rehabilitering av bad, Oslo"), ("0002", "Tilbygg, Ålesund")], today())
        self.acme = visma().tenant("acme")
        url = self.acme.connect(project_sync=True, session="browser")
        back = httpx.get(f"{url}&sandbox_auto=approve").headers["location"]
        assert back.startswith(settings.ADDRESS)
        assert self.acme.complete_login(back, session="browser").connected

    def _due(self) -> str:
        told = StringIO()
        call_command("visma_due", stdout=told)
        return told.getvalue()

    def _sent(self) -> int:
        entries: list[dict[str, Any]] = httpx.get(f"{self.control}/journal").json()["entries"]
        return sum((each["method"], each["path"]) == ("POST", "/v2/orders") for each in entries)

    def test_the_first_import_waits_for_a_person(self) -> None:
        """Nothing is archived that nobody has seen; what was fetched once is kept up to date by itself."""
        self.assertEqual(self._due(), "")
        self.assertEqual(models.Customer.objects.count(), 0)
        self.acme.sync()
        self.assertEqual(self._due(), "")  # not due again
        self.assertTrue(models.Project.objects.get(number="9001").archived)

    def test_a_minute_that_fails_is_told_and_the_next_one_comes(self) -> None:
        """By the name of what went wrong."""
        visma().close()
        visma.cache_clear()
        with override_settings(ENCRYPTION_KEYS=[]), self.assertLogs("django_host.run", "ERROR") as told:
            do_what_is_due()
        self.assertIn("could not be done: ConfigurationError", told.output[0])

    def test_an_order_that_was_not_sent_is_sent_later_and_once(self) -> None:
        """It was finalised while eAccounting was away, say; and a withdrawn one gives its hours back."""
        self.acme.sync()
        for work_type in models.WorkType.objects.all():
            work_type.product = models.Product.objects.get(name=work_type.name)
            work_type.save()
        project = models.Project.objects.get(number="0001")
        month = Period(today().replace(day=1), today() + timedelta(days=1))
        order = finalise("acme", self.acme.build_order(str(project.pk), month))
        self.assertIn("acme: 1 of 1 orders sent", self._due())
        self._due()
        self.assertEqual(self._sent(), 1)
        self.assertEqual(finalised_order("acme", order.id), order)
        self.acme.withdraw(order.id)
        self.assertTrue(models.TimeEntry.objects.filter(order=order.id).exists())
        self._due()
        self.assertFalse(models.TimeEntry.objects.filter(order=order.id).exists())
        entry = self.acme.ledger_entry(order.id)
        assert entry is not None
        self.assertIs(entry.state, State.WITHDRAWN)
