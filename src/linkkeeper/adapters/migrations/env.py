"""Run by Alembic, online only, on the connection that the engine module hands over."""

from alembic import context
from sqlalchemy import create_engine

from linkkeeper.adapters.sqlmodel_tables import Row


def _run(connection: object) -> None:
    context.configure(
        connection=connection,  # type: ignore[arg-type]  # Alembic hands attributes over untyped
        target_metadata=Row.metadata,
        render_as_batch=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    engine = create_engine(context.config.get_main_option("sqlalchemy.url") or "")
    with engine.begin() as opened:
        _run(opened)
