"""Selling: prospects, opportunities and the sales processes that they go through."""

from pathlib import Path

from entente.kernel.jobs.queue import jobs_in
from entente.kernel.module import Module
from entente.modules.sales import (
    account_figures,
    arrival,
    closing,
    conversion,
    intake,
    lead,
    opportunity,
    opportunity_member,
    pipeline,
    quote,
    quote_line,
    quoting,
)

CODE = (
    pipeline,
    lead,
    arrival,
    intake,
    conversion,
    opportunity,
    opportunity_member,
    account_figures,
    closing,
    quote,
    quote_line,
    quoting,
)

MODULE = Module(name="sales", folder=Path(__file__).parent, needs=("base",), code=CODE, jobs=jobs_in(CODE))
