"""Bring projects, customers and products from Visma eAccounting into Busy, and hours back as order drafts."""
