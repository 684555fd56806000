"""Invented companies and the people in them: names, towns, reserved domains and numbers, repeatable from one seed."""

import unicodedata
from pathlib import Path
from random import Random
from typing import Any

import msgspec

# Numbers that ARCEP keeps for fiction, by the region of the town; mobiles begin with 06 39 98.
FICTION = {"01": "01 99 00", "02": "02 61 91", "03": "03 53 01", "04": "04 65 71", "05": "05 36 49"}
MOBILE = "06 39 98"


class Trade(msgspec.Struct, frozen=True):
    """How companies of an industry are called, and how many people they employ."""

    names: tuple[str, ...]
    size: tuple[int, int]


class Words(msgspec.Struct, frozen=True):
    """What invented people and companies are put together from."""

    first_names: dict[str, tuple[str, ...]]
    last_names: tuple[str, ...]
    places: tuple[str, ...]
    companies: dict[str, Trade]
    legal_forms: tuple[str, ...]
    cities: tuple[tuple[str, str, str], ...]
    streets: tuple[str, ...]
    jobs: dict[str, tuple[str, ...]]


class Company(msgspec.Struct, frozen=True):
    """An invented company."""

    key: str
    name: str
    industry: str
    employees: int
    city: str
    postal_code: str
    region: str
    street: str
    phone: str
    siren: str

    @property
    def domain(self) -> str:
        """Its reserved domain (RFC 2606)."""
        return f"{slug(self.name)}.example"

    @property
    def address(self) -> dict[str, str]:
        """Its postal address."""
        return {"street": self.street, "postal_code": self.postal_code, "city": self.city, "country": "FR"}


class Person(msgspec.Struct, frozen=True):
    """An invented person in a company."""

    salutation: str
    first_name: str
    last_name: str
    role: str
    job_title: str
    email: str
    mobile: str


def read_words() -> Words:
    """The words beside this file."""
    return msgspec.yaml.decode(Path(__file__).with_name("words.yaml").read_bytes(), type=Words)


def slug(text: str) -> str:
    """The text as a part of a domain."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe"))
    kept = "".join(
        sign if sign.isascii() and sign.isalnum() else "-" for sign in plain if not unicodedata.combining(sign)
    )
    return "-".join(part for part in kept.split("-") if part)


def luhn_ended(digits: str) -> str:
    """The digits with the check digit that SIREN and SIRET end with (ISO/IEC 7812)."""
    doubled = [int(digit) * (2 if at % 2 == 0 else 1) for at, digit in enumerate(reversed(digits))]
    total = sum(number - 9 if number > 9 else number for number in doubled)
    return digits + str(-total % 10)


class Inventor:
    """Makes companies and people, each only once."""

    def __init__(self, random: Random, words: Words) -> None:
        self.random = random
        self.words = words
        self._names: set[str] = set()
        self._numbers: dict[str, int] = {}

    def phone(self, prefix: str) -> str:
        """The next number of a range for fiction."""
        number = self._numbers.get(prefix, 0) + self.random.randint(3, 9)
        self._numbers[prefix] = number
        return f"{prefix} {number // 100 % 100:02} {number % 100:02}"

    def company(self, key: str) -> Company:
        """A company that was not there before."""
        random = self.random
        industry = random.choice(sorted(self.words.companies))
        trade = self.words.companies[industry]
        name = self._new(lambda: random.choice(trade.names).format(place=random.choice(self.words.places)))
        city, postal_code, region = random.choice(self.words.cities)
        return Company(
            key=key,
            name=name,
            industry=industry,
            employees=random.randint(*trade.size),
            city=city,
            postal_code=postal_code,
            region=region,
            street=f"{random.randint(1, 120)} {random.choice(self.words.streets)}",
            phone=self.phone(FICTION[region]),
            siren=luhn_ended(f"009{random.randint(0, 99999):05}"),
        )

    def person(self, domain: str) -> Person:
        """A person who was not there before."""
        random = self.random
        salutation = random.choice(("mr", "ms"))
        full = self._new(
            lambda: f"{random.choice(self.words.first_names[salutation])}|{random.choice(self.words.last_names)}"
        )
        first, last = full.split("|")
        role = random.choice(sorted(self.words.jobs))
        return Person(
            salutation=salutation,
            first_name=first,
            last_name=last,
            role=role,
            job_title=random.choice(self.words.jobs[role]),
            email=f"{slug(first)}.{slug(last)}@{domain}",
            mobile=self.phone(MOBILE),
        )

    def _new(self, invent: Any) -> str:
        while True:
            name: str = invent()
            if name not in self._names:
                self._names.add(name)
                return name


def account_values(random: Random, company: Company, legal_form: str) -> dict[str, Any]:
    """The values of a company’s account."""
    values: dict[str, Any] = {
        "name": f"{company.name} {legal_form}" if random.random() < 0.3 else company.name,
        "industry": company.industry,
        "employees": company.employees,
        "annual_revenue": {"amount": company.employees * random.randint(60, 210) * 1000, "currency": "EUR"},
        "legal_form": legal_form,
        "website": f"https://www.{company.domain}",
        "emails": [{"value": f"contact@{company.domain}"}],
        "phones": [{"value": company.phone, "kind": "office"}],
        "billing_address": company.address,
        "rating": random.choice(("hot", "warm", "warm", "cold", None)),
        "currency": "@currency:eur",
    }
    if random.random() < 0.7:
        values["siren"] = company.siren
        values["vat_number"] = f"FR{(12 + 3 * (int(company.siren) % 97)) % 97:02}{company.siren}"
    return values


def contact_values(person: Person, company: Company) -> dict[str, Any]:
    """The values of a person’s contact."""
    return {
        "salutation": person.salutation,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "job_title": person.job_title,
        "emails": [{"value": person.email}],
        "phones": [{"value": person.mobile, "kind": "mobile"}, {"value": company.phone, "kind": "office"}],
        "account": f"@account:{company.key}",
    }
