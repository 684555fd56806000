"""A sample of a table of the parts of a record."""

import msgspec

from entente.interfaces.html.views import records
from tests.interfaces.html_samples import NAMES, NEW, field_of


def related_table() -> records.RelatedTable:
    """A table of parts, one of them without figures, and the line to come, refused for its amount."""
    text, money = field_of("text"), field_of("money")
    typed = [msgspec.structs.replace(each, name=f"new.{each.name}") for each in (text, money)]
    return records.RelatedTable(
        key="parts-whole",
        label="Lignes",
        icon="list-details",
        columns=(records.TableColumn(label="Désignation"), records.TableColumn(label="Montant", is_number=True)),
        lines=(
            records.TableLine(id="1", kind="section", cells=(text, None)),
            records.TableLine(id="2", kind="product", cells=(text, money), actions=(NEW,)),
        ),
        names=NAMES,
        new=records.NewLine(
            url="/wholes/1/lines/parts-whole", fields=tuple(typed), names=NAMES, error="Trop de lignes"
        ),
        add=NEW,
    )
