"""Tests of the sync engine: values in, values out."""
