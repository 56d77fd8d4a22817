"""Run by Alembic inside a connection that `db.migrate` hands over."""

from alembic import context

from mooring.db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    transactional_ddl=True,
)
context.run_migrations()
