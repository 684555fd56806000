"""Selling: prospects, opportunities and the sales processes that they go through."""

from pathlib import Path

from entente.kernel.jobs.queue import jobs_in
from entente.kernel.module import Module
from entente.modules.sales import arrival, closing, conversion, intake, lead, opportunity, pipeline

CODE = (pipeline, lead, arrival, intake, conversion, opportunity, closing)

MODULE = Module(name="sales", folder=Path(__file__).parent, needs=("base",), code=CODE, jobs=jobs_in(CODE))
