"""The four kinds of records, in the order in which they are imported and shown."""

from enum import StrEnum


class Kind(StrEnum):
    CUSTOMERS = "customers"
    ORDERS = "orders"
    PRODUCTS = "products"
    COLLECTIONS = "collections"

    @property
    def label(self) -> str:
        return self.value.capitalize()
