"""Stand-in Shopify (and Odoo) to rehearse on. Imports nothing from Mooring, so a mistake cannot sit on both sides."""
