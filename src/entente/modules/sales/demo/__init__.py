"""A year of selling in the invented company."""

from datetime import datetime
from random import Random

from entente.modules.base.demo.companies import Inventor, read_words
from entente.modules.base.demo.people import absences, organisation
from entente.modules.base.demo.play import Past, by_author
from entente.modules.sales.demo.deals import deals
from entente.modules.sales.demo.market import market
from entente.modules.sales.demo.phrases import read_phrases
from entente.modules.sales.demo.prospects import prospects
from entente.modules.sales.demo.quotes import quotes
from entente.modules.sales.demo.views import views

SEED = 20_260_101


def past(now: datetime) -> Past:
    """The whole past of the invented company up to a moment; the same for the same moment."""
    random = Random(SEED)  # noqa: S311 - invented data, nothing secret
    inventor = Inventor(random, read_words())
    phrases = read_phrases()
    partners = market(inventor, now)
    leads = prospects(inventor, phrases, partners, now)
    sold = deals(inventor, phrases, partners, now)
    stock = [*organisation(now), *by_author(leads.stock), *partners.stock, *by_author(sold.stock), *views(now)]
    story = [*absences(now), *leads.story, *sold.story, *quotes(sold.stock, sold.story, now)]
    return Past(stock=tuple(stock), story=tuple(story))
