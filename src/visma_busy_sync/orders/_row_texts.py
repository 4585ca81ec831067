"""The texts of what can be wrong with a file of order lines, and with its rows.

They never repeat what is in a cell: that may be anything, also somebody's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

RowTexts: TypeAlias = tuple[str, str, str, str]
"""What is wrong in English and Norwegian, and its cure in English and Norwegian."""

_COLUMNS: Final = "projectNumber;tagId;quantity;optionalOutPrice;optionalProductNumber;optionalDescription"

ROW_TEXTS: Final[Mapping[str, RowTexts]] = MappingProxyType(
    {
        "file_empty": (
            "The file has no rows with order lines.",
            "Filen har ingen rader med ordrelinjer.",
            "Write one row for each order line, and choose the file again.",
            "Skriv én rad for hver ordrelinje, og velg filen på nytt.",
        ),
        "file_encoding": (
            "The file is no text in UTF-8 or Windows-1252: {found}.",
            "Filen er ikke tekst i UTF-8 eller Windows-1252: {found}.",
            "Save it as CSV UTF-8 and choose the file again.",
            "Lagre den som CSV UTF-8, og velg filen på nytt.",
        ),
        "file_too_long": (
            "The file has more than {most}.",
            "Filen har mer enn {most}.",
            "Divide it into several files.",
            "Del den opp i flere filer.",
        ),
        "row_unreadable": (
            "The row cannot be read: its quotes do not match, or it is endless. What follows was not read.",
            "Raden kan ikke leses: anførselstegnene stemmer ikke, eller den er endeløs. Resten er ikke lest.",
            'Put quotes around the whole cell, and double those within it: "12"" pipe".',
            'Sett anførselstegn rundt hele cellen, og doble dem som står inni: "12"" rør".',
        ),
        "column_unknown": (
            "The name of column {place} is not known.",
            "Navnet på kolonne {place} er ukjent.",
            f"Name the columns {_COLUMNS}, or leave the names out.",
            f"Bruk kolonnenavnene {_COLUMNS}, eller utelat navnene.",
        ),
        "column_twice": (
            "The column {column} is there twice.",
            "Kolonnen {column} er der to ganger.",
            "Keep one of them.",
            "Behold bare én av dem.",
        ),
        "column_missing": (
            "The column {column} is missing.",
            "Kolonnen {column} mangler.",
            "Add the column.",
            "Legg til kolonnen.",
        ),
        "cell_unexpected": (
            "The row has more cells than there are columns.",
            "Raden har flere celler enn det er kolonner.",
            "Empty the cells that belong to no column, and put quotes around a text with semicolons.",
            "Tøm cellene som ikke hører til noen kolonne, og sett anførselstegn rundt tekst med semikolon.",
        ),
        "cell_empty": (
            "The row has no {column}.",
            "Raden mangler {column}.",
            "Fill in the cell; cells are divided by semicolons.",
            "Fyll ut cellen; cellene skilles med semikolon.",
        ),
        "number_unreadable": (
            "What stands in {column} is no number that can be read.",
            "Det som står i {column}, er ikke et tall som kan leses.",
            "Write digits with one comma or point at most, and spaces between thousands only: 1 250,50.",
            "Skriv siffer med høyst ett komma eller punktum, og mellomrom bare mellom tusener: 1 250,50.",
        ),
        "quantity_zero": (
            "The quantity is 0.",
            "Antallet er 0.",
            "Set a quantity above 0, or leave the row out.",
            "Sett et antall over 0, eller fjern raden.",
        ),
        "project_number_unknown": (
            "No project has this number.",
            "Ingen prosjekter har dette nummeret.",
            "Write the number as the project has it, leading zeros included.",
            "Skriv nummeret slik det står på prosjektet, også nuller foran.",
        ),
        "project_number_ambiguous": (
            "{count} projects have this number.",
            "{count} prosjekter har dette nummeret.",
            "Give one of the projects another number, or archive what is not in use.",
            "Gi ett av prosjektene et annet nummer, eller arkiver det som ikke er i bruk.",
        ),
        "project_shared": (
            "The project has {count} customers, and a row cannot say which of them it is for.",
            "Prosjektet har {count} kunder, og en rad kan ikke si hvilken av dem den gjelder.",
            "Make the order without a file, where the customer can be chosen.",
            "Lag ordren uten fil; da kan kunden velges.",
        ),
        "product_number_unknown": (
            "No product has this number.",
            "Ingen produkter har dette nummeret.",
            "Write the number as the product has it, or leave the cell empty for the work type's product.",
            "Skriv nummeret slik det står på produktet, eller la cellen stå tom for arbeidstypens produkt.",
        ),
        "product_number_ambiguous": (
            "{count} products have this number.",
            "{count} produkter har dette nummeret.",
            "Give one of the products another number, or archive what is not in use.",
            "Gi ett av produktene et annet nummer, eller arkiver det som ikke er i bruk.",
        ),
        "price_by_member": (
            "The row has no price, and on this project each member has a price of their own.",
            "Raden mangler pris, og på dette prosjektet har hvert medlem sin egen pris.",
            "Write the price into the row.",
            "Skriv prisen i raden.",
        ),
    }
)
"""By code, with places for the facts."""
