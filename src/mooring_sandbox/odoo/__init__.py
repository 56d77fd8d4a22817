"""A stand-in Odoo 19: JSON-2, /jsonrpc and a small ORM, as true as the recorded exchanges can show it."""
