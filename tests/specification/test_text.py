"""The specification in a terminal."""

from __future__ import annotations

from attrs import fields

from visma_busy_sync.busy import EntryKind, GivenField
from visma_busy_sync.orders._reports.changes import _Content
from visma_busy_sync.specification import to_text
from visma_busy_sync.specification._words import CHANGES, KINDS

from .given import PLACES, line, lines, money, order, part, specified, with_text

FOR_THE_CUSTOMER = """\
Timespesifikasjon
=================

Prosjekt           100 Nettsted for Fjord
Kunde              Fjord AS
Periode            01.11.2026 – 30.11.2026
Ordre              o-1
Ordredato          30.11.2026
Deres ordrenummer  PO-77
Valuta             NOK

ORDRELINJER
Tekst                   Antall  Enhet      Pris      Beløp
----------------------  ------  -----  --------  ---------
1. Rådgivning           3,3333  time   1 250,00   4 166,62
2. Workshop                  2  time     900,00   1 800,00
   Prisen er endret
   Nedskrevet med 700,00 NOK
3. Nytt nettsted             1  time   6 000,00   6 000,00
   Fastpris; tidligere fakturert 3 000,00 NOK
4. Bompenger                 2  stk      189,90     379,80
5. Lisens                    1  stk      490,00     490,00
----------------------  ------  -----  --------  ---------
Sum uten mva.                                    12 836,42
Mva. 25 % av 12 456,62                            3 114,16
Mva. 12 % av 379,80                                  45,58
Sum med mva., NOK                                15 996,16

TIMENE BAK LINJENE
Dato        Arbeidstype  Oppgave     Timer  t:min      Pris     Beløp
----------  -----------  ---------  ------  -----  --------  --------
1. Rådgivning
03.11.2026  Rådgivning   Lansering    2,50   2:30  1 250,00  3 125,00
12.11.2026  Rådgivning   Lansering  0,8333   0:50  1 250,00  1 041,67
Avrunding                                                       -0,05
----------  -----------  ---------  ------  -----  --------  --------
Sum                                 3,3333   3:20            4 166,62

2. Workshop
05.11.2026  Rådgivning   Lansering    1,50   1:30    900,00  1 350,00
06.11.2026  Rådgivning   Lansering    0,50   0:30    900,00    450,00
----------  -----------  ---------  ------  -----  --------  --------
Sum                                   2,00   2:00            1 800,00

3. Nytt nettsted
07.11.2026  Rådgivning                3,00   3:00

KOSTNADER
Dato        Tekst         Antall    Pris   Beløp
----------  ------------  ------  ------  ------
04.11.2026  4. Bompenger       2  189,90  379,80

Priser og beløp på linjene er uten merverdiavgift.
Dette er ikke en faktura; fakturaen avgjør hva som skal betales.
"""

FOR_THE_SELLER = """\
Hours specification – for internal use only
===========================================

Project            100 Nettsted for Fjord
Customer           Fjord AS
Period             2026-11-01 – 2026-11-30
Order              o-1
Order date         2026-11-30
Your order number  PO-77
Currency           NOK

LINES OF THE ORDER
Text                 Quantity  Unit    Price    Amount  Price from
-------------------  --------  ----  -------  --------  -----------
1. Rådgivning          3.3333  time  1250.00   4166.62  work type
2. Workshop                 2  time   900.00   1800.00  given
   Changed price
   Written down by 700.00 NOK
3. Nytt nettsted            1  time  6000.00   6000.00  fixed price
   Fixed price; 3000.00 NOK billed before
4. Bompenger                2  stk    189.90    379.80  cost
5. Lisens                   1  stk    490.00    490.00  given
-------------------  --------  ----  -------  --------  -----------
Total without VAT                             12836.42
VAT 25% of 12456.62                            3114.16
VAT 12% of 379.80                                45.58
Total with VAT, NOK                           15996.16

THE HOURS BEHIND THE LINES
Date        Work type   Task       Member          Hours  h:mm    Price   Amount  By the rules  Price from
----------  ----------  ---------  -------------  ------  ----  -------  -------  ------------  -----------
1. Rådgivning
2026-11-03  Rådgivning  Lansering  Kari Nordmann    2.50  2:30  1250.00  3125.00       1250.00  work type
   Møte med styret
2026-11-12  Rådgivning  Lansering  Ola Østby      0.8333  0:50  1250.00  1041.67       1250.00  work type
Rounding                                                                   -0.05
----------  ----------  ---------  -------------  ------  ----  -------  -------  ------------  -----------
Sum                                               3.3333  3:20           4166.62

2. Workshop
2026-11-05  Rådgivning  Lansering  Kari Nordmann    1.50  1:30   900.00  1350.00       1250.00  work type
2026-11-06  Rådgivning  Lansering  Ola Østby        0.50  0:30   900.00   450.00       1250.00  work type
----------  ----------  ---------  -------------  ------  ----  -------  -------  ------------  -----------
Sum                                                 2.00  2:00           1800.00

3. Nytt nettsted
2026-11-07  Rådgivning                              3.00  3:00  2000.00  6000.00                fixed price

COSTS
Date        Text          Quantity   Price  Amount
----------  ------------  --------  ------  ------
2026-11-04  4. Bompenger         2  189.90  379.80

Prices and amounts of the lines are without VAT.
This is not an invoice; the invoice decides what is to be paid.

For internal use only
Rounding in all lines: -0.041667 NOK
Left out: 1 excluded
Changed in Busy since the order was made: hours e5 (gone)
Changed in Busy since the order was made: cost x1 (gone)
"""


def test_what_a_customer_reads() -> None:
    """Head, lines with sums, the hours of each line, costs; write-downs and fixed prices are marked."""
    assert to_text(specified()) == FOR_THE_CUSTOMER


def test_what_the_seller_reads() -> None:
    """With names, comments, where prices came from, what stayed out, and what is gone from Busy since."""
    shown = to_text(specified(language="en", internal=True, names=True, comments=True))
    assert shown == FOR_THE_SELLER


def test_the_number_of_the_order_stands_for_its_id() -> None:
    assert "Ordre              1042\n" in to_text(specified(order_number=1042))


def test_what_is_not_known_is_not_mentioned() -> None:
    """No customer, no order number of the buyer, no VAT, no hours, no costs: no empty rows or tables."""
    shown = to_text(
        specified(
            order(line("Lisens", "1", "490", vat_rate=None), buyers_order_reference=None), customer=None
        )
    )
    for word in ("Kunde", "Deres", "Mva.", "TIMENE", "KOSTNADER"):
        assert word not in shown


def test_a_changed_number_of_hours_tells_how_many_were_booked() -> None:
    """Of a cost there are no hours to tell."""
    hours = part("e1", 3, 150, "1250", derived_price=money("1000"))
    cost = part("x1", 4, None, "100", kind=EntryKind.EXPENSE, quantity=money("3"))
    shown = to_text(
        specified(
            order(
                line("Rådgivning", "2", "1250", hours, given=(GivenField.QUANTITY,)),
                line("Bom", "2", "100", cost, given=(GivenField.QUANTITY,)),
            )
        )
    )
    assert "Antallet er endret; 2,50 timer er ført" in shown
    assert "Antallet er endret\n" in shown


def test_a_fixed_price_that_was_not_billed_before_is_only_called_so() -> None:
    shown = to_text(specified(order(line("Nettsted", "1", "9000", billed_before=money("0")))))
    assert "   Fastpris\n" in shown


def test_what_costs_more_than_by_the_rules_is_told_to_the_seller() -> None:

    raised = order(line("Rådgivning", "1", "2000", part("e1", 3, 60, "1250"), given=(GivenField.UNIT_PRICE,)))
    assert "Skrevet opp med 750,00 NOK" in to_text(specified(raised, internal=True))
    assert "Skrevet opp" not in to_text(specified(raised))


def test_without_rounding_none_is_told() -> None:
    exact = order(line("Rådgivning", "1", "1250", part("e1", 3, 60, "1250")), left_out=())
    assert "vrunding" not in to_text(specified(exact, internal=True))


def test_no_text_reaches_the_terminal_as_a_command() -> None:
    """Escapes, line ends and turned writing are taken out of every place that a text can come from."""
    shown = to_text(with_text("a\x1b[31mb\r\nc\u202ed\x07e\u2028f"))
    assert not {letter for letter in shown if not letter.isprintable()} - {"\n"}
    assert shown.count("a [31mb c d e f") == PLACES


def test_long_texts_are_cut_in_tables() -> None:
    """So that the columns of numbers stay on the screen; the page and the file have the whole text."""
    long = order(line("Ord " * 12, "1", "1250", part("e1", 3, 60, "1250")), *lines()[1:])
    shown = to_text(specified(long))
    assert "1. Ord Ord Ord Ord Ord Ord Ord Ord Ord Ord Ord…  " in shown
    heads = [row for row in shown.splitlines() if row.startswith("1. Ord")]
    assert max(map(len, heads)) < 90


def test_whatever_may_change_in_busy_has_its_words() -> None:
    assert set(CHANGES) == {"gone"} | {field.name for field in fields(_Content)}
    assert set(KINDS) == set(EntryKind)
