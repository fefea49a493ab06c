"""The search: words, filters, orders, pages, counts."""
