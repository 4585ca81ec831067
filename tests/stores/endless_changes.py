"""Creates and changes records without end, until it is killed: `python endless_changes.py URL`.

A line on standard output tells of each call that has returned: the marks of the records that it created and
the mark that it gave to the known ones.
"""

from __future__ import annotations

import itertools
import sys

from visma_busy_sync.stores.sql import SqlCatalogue
from visma_busy_sync.sync import Applied, Change, Kind, Link

CREATED_AT_ONCE = 30


def main(url: str) -> None:
    with SqlCatalogue.open(url) as catalogue:
        for turn in itertools.count(1):
            known = catalogue.load("acme", Kind.CUSTOMER)
            mark = f"turn {turn}"
            changes = [
                Change(
                    Kind.CUSTOMER,
                    each.id,
                    {"name": mark, "organization_number": mark},
                    dict(each.values),
                    each.link,
                    Link(mark),
                )
                for each in known
            ]
            for at in range(CREATED_AT_ONCE):
                new = {"number": f"{turn}/{at}", "name": f"{turn}/{at}"}
                changes.append(Change(Kind.PROJECT, None, new, {}, None, Link(f"{turn}/{at}")))
            if not all(isinstance(outcome, Applied) for outcome in catalogue.apply("acme", changes)):
                sys.exit("a change was not made")
            sys.stdout.write(f"{turn}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
