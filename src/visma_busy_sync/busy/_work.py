"""Everything that a host says about the work on one project, as one consistent value."""

from __future__ import annotations

from attrs import field, frozen

from visma_busy_sync.busy import _checks as check
from visma_busy_sync.busy._entries import Expense, TimeEntry
from visma_busy_sync.busy._parties import Customer, Member, Product, Project, Task, WorkType
from visma_busy_sync.busy._settings import Prices, WorkSettings


@frozen(kw_only=True)
class Work:
    """The work on one project with all that is needed to bill it.

    Entries outside the period, billed before or not approved may be among them: the order builder leaves
    them out and says so. Ids occur once within their kind.

    Attributes:
        project: The project.
        customers: The customers that the project allows besides its own; read only where it allows
            several.
        entries: Hours on the project.
        expenses: Costs on the project and on its hours. The hours of a cost are among `entries`.
        work_types: The work types that are on the project, also those without hours: a person may give a line
            for them, or a file may name them.
        products: The products that they refer to; their names are texts of cost lines without comment.
        tasks: The tasks that hours refer to; needed only where lines are grouped by task.
        members: The members that hours refer to; read only where the settings let names into texts.
        prices: What an hour costs.
        settings: The workspace's settings for orders.
    """

    project: Project = field(validator=check.one_of(Project))
    customers: tuple[Customer, ...] = field(default=(), repr=check.counted, validator=check.all_of(Customer))
    entries: tuple[TimeEntry, ...] = field(default=(), repr=check.counted, validator=check.all_of(TimeEntry))
    expenses: tuple[Expense, ...] = field(default=(), repr=check.counted, validator=check.all_of(Expense))
    work_types: tuple[WorkType, ...] = field(default=(), repr=check.counted, validator=check.all_of(WorkType))
    products: tuple[Product, ...] = field(default=(), repr=check.counted, validator=check.all_of(Product))
    tasks: tuple[Task, ...] = field(default=(), repr=check.counted, validator=check.all_of(Task))
    members: tuple[Member, ...] = field(default=(), repr=check.counted, validator=check.all_of(Member))
    prices: Prices = field(validator=check.one_of(Prices))
    settings: WorkSettings = field(factory=WorkSettings, validator=check.one_of(WorkSettings))
