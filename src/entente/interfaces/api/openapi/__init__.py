"""OpenAPI 3.1, generated from the catalog for whoever asks."""

from entente.interfaces.api.openapi.document import read_openapi

__all__ = ["read_openapi"]
