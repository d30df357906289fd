"""Everything the product remembers: tables, migrations, and the repository as the one way to them."""

from pipelines.store.database import Database, open_database, place_of
from pipelines.store.migration import SchemaState, describe, migrate, schema_state
from pipelines.store.repository import Repository

__all__ = ["Database", "Repository", "SchemaState", "describe", "migrate", "open_database", "place_of", "schema_state"]
