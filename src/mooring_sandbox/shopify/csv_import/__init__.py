"""Shopify's own CSV exports as a shop's data, so that people rehearse with their own shop.

    load(state, shop_id, products="products_export.csv", orders="orders_export_1.csv", clock=clock)

Columns are read by name, older and newer formats alike, unknown ones ignored. All files are loaded or none: with
errors nothing is written and `CsvRefused.errors` names every bad cell. Records are numbered in the order of the files
(customers and orders keep the ids an export tells), so the same files make the same shop.
"""

from mooring_sandbox.shopify.csv_import.errors import CsvError, CsvRefused
from mooring_sandbox.shopify.csv_import.loading import Loaded, load

__all__ = ["CsvError", "CsvRefused", "Loaded", "load"]
