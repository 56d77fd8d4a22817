"""The port to Odoo: JSON-2 for 19 and later, JSON-RPC for 17 and 18."""
