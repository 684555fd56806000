"""All field types by name."""

from entente.kernel.metadata.types.base import FieldType
from entente.kernel.metadata.types.boolean import BooleanType
from entente.kernel.metadata.types.checklist import ChecklistType
from entente.kernel.metadata.types.choice import ChoiceType, MultiChoiceType
from entente.kernel.metadata.types.links import LinksType, LinkType, PolymorphicType
from entente.kernel.metadata.types.money import MoneyType
from entente.kernel.metadata.types.numbers import DecimalType, DurationType, IntegerType, PercentType
from entente.kernel.metadata.types.others import (
    AddressType,
    AutoNumberType,
    FileType,
    ImageType,
    JsonType,
    PersonNameType,
    UrlType,
)
from entente.kernel.metadata.types.rich_text import RichTextType
from entente.kernel.metadata.types.sets import EmailSetType, PhoneSetType
from entente.kernel.metadata.types.temporal import DateTimeType, DateType
from entente.kernel.metadata.types.text import LongTextType, TextType

_ALL: tuple[type[FieldType], ...] = (
    TextType, LongTextType, RichTextType, ChoiceType, MultiChoiceType, BooleanType, IntegerType, DecimalType,
    PercentType, DurationType, MoneyType, DateType, DateTimeType, LinkType, PolymorphicType, LinksType,
    EmailSetType, PhoneSetType, UrlType, AddressType, PersonNameType, AutoNumberType, JsonType, FileType, ImageType,
    ChecklistType,
)  # fmt: skip

FIELD_TYPES: dict[str, FieldType] = {made.key: made() for made in _ALL}
