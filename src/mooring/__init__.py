"""Mooring ties Shopify stores to a customer hub and to an Odoo server, with full and honest control over that tie."""

__version__ = "0.1.0"
