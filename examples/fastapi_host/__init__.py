"""A small Busy with FastAPI and SQLAlchemy's asyncio, in which the package is embedded."""
