"""``linkkeeper add``, ``sources`` and ``remove``: what is followed."""

from typing import Annotated

import typer

from linkkeeper.assembly import open_store
from linkkeeper.cli.options import ConfigOption, JsonOption
from linkkeeper.cli.output import console, counted, json_line
from linkkeeper.settings import load
from linkkeeper.vocabulary.moment import to_iso
from linkkeeper.vocabulary.views import SourceView


def register(app: typer.Typer) -> None:
    app.command("add")(add)
    app.command("sources")(sources)
    app.command("remove")(remove)


def add(
    locations: Annotated[
        list[str], typer.Argument(metavar="SOURCE…", help="File, folder, git tree, page, feed or sitemap.")
    ],
    schedule: Annotated[str | None, typer.Option(help='When it is polled: "every 6h" or a cron line.')] = None,
    apply: Annotated[str | None, typer.Option(help="Who may repair: propose, branch or write.")] = None,
    policy: Annotated[str | None, typer.Option(help="How to repair: swap-when-dead, annotate or off.")] = None,
    kind: Annotated[
        str | None, typer.Option(help="file, folder, git, page, feed or sitemap; told from the source otherwise.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Follow sources of analyses: each is polled on its own schedule by `linkkeeper up`."""
    with open_store(load(config)) as store:
        for location in locations:
            source = store.following.follow(location, kind=kind, schedule=schedule, apply=apply, policy=policy)
            console().print(f"following {source.kind} {source.location} ({source.schedule})")


def sources(config: ConfigOption = None, json: JsonOption = False) -> None:
    """List the followed sources."""
    with open_store(load(config)) as store:
        views = store.catalogue.sources()
    if json:
        for view in views:
            json_line(_as_json(view))
        return
    if not views:
        console().print("nothing is followed; see: linkkeeper add SOURCE…")
    for view in views:
        trouble = f"  last poll failed: {view.last_error}" if view.last_error else ""
        console().print(
            f"{view.kind:8} {view.location}  {view.schedule}, {view.apply}, {view.policy}, "
            f"{counted(view.analyses, 'analysis', 'analyses')}{trouble}",
            markup=False,
        )


def remove(
    location: Annotated[str, typer.Argument(metavar="SOURCE")],
    config: ConfigOption = None,
) -> None:
    """Stop following a source; its analyses, captures and history stay."""
    with open_store(load(config)) as store:
        store.following.unfollow(location)
        console().print(f"no longer following {location}")


def _as_json(view: SourceView) -> dict[str, object]:
    return {
        "kind": view.kind,
        "location": view.location,
        "schedule": view.schedule,
        "apply": view.apply,
        "policy": view.policy,
        "analyses": view.analyses,
        "last_polled_at": to_iso(view.last_polled_at) if view.last_polled_at else None,
        "next_poll_at": to_iso(view.next_poll_at) if view.next_poll_at else None,
        "last_error": view.last_error,
    }
