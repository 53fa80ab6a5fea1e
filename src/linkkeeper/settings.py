"""
Settings: ``config.toml`` and ``LINKKEEPER_<TABLE>__<KEY>``, as one frozen object.

Only the command line and :mod:`linkkeeper.assembly` see the whole object.
"""

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict, SettingsError

from linkkeeper.egress.connect_to import ConnectTo
from linkkeeper.errors import ConfigurationError

ENVIRONMENT_PREFIX = "LINKKEEPER_"
DEFAULT_FILE = Path("config.toml")


class Table(BaseModel):
    """A table of ``config.toml``: frozen, and no key that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


def _cidr(text: str) -> str:
    ip_network(text)
    return text


Cidr = Annotated[str, AfterValidator(_cidr)]


def _origin(text: str) -> str:
    parts = urlsplit(text)
    if text and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError("must begin with http:// or https:// and name a host")
    return text


Origin = Annotated[str, AfterValidator(_origin)]


def _canary(text: str) -> str:
    if not _origin(text):
        raise ValueError("must be a URL")
    return text


Canary = Annotated[str, AfterValidator(_canary)]


def _connections(table: dict[str, str]) -> dict[str, str]:
    try:
        ConnectTo.read(table)
    except ConfigurationError as error:
        raise ValueError(
            f"{error.subject.removeprefix('network.connect_to.')}: {error.reason}; {error.hint}"
        ) from error
    return table


Connections = Annotated[dict[str, str], AfterValidator(_connections)]


class StorageSettings(Table):
    path: Path = Field(Path("storage"), description="Folder of everything that is kept.")
    min_free_bytes: int = Field(
        1_000_000_000, ge=0, description="Captures stop while less than this is free on the disk."
    )


class DatabaseSettings(Table):
    url: str = Field("", description="SQLAlchemy URL; empty means linkkeeper.db in the storage folder.")


class NetworkSettings(Table):
    user_agent: str = Field(
        "", description="User agent of checks; empty means linkkeeper's own with the contact address."
    )
    contact: str = Field("", description="Address or URL where site owners reach you; goes into the user agent.")
    proxy: str = Field("", description="Upstream HTTP proxy, e.g. http://proxy.example:3128; empty means none.")
    ca_file: str = Field("", description="Extra certificate authorities (PEM) to trust; empty means none.")
    connect_to: Connections = Field(
        default_factory=dict,
        description='Where to connect instead: "host:port" = "address:port"; * for any host; "" means no such name.',
    )
    allow_addresses: tuple[Cidr, ...] = Field(
        (), description="Private address ranges (CIDR) that may be reached, on any port."
    )
    canaries: tuple[Canary, ...] = Field(
        (), description="URLs that are always up; asked to tell an outage of our own from a dead source."
    )
    resolver_threads: int = Field(64, ge=1, le=512, description="Threads for name look-ups.")
    dns_timeout_s: float = Field(5.0, gt=0, description="Limit of one name look-up.")
    connect_timeout_s: float = Field(5.0, gt=0, description="Limit of one connection, TLS included.")


class BrowserSettings(Table):
    executable: str = Field("", description="Path of Chrome or Chromium; empty means search.")
    sandbox: Literal["auto", "on", "off"] = Field("auto", description="Chromium's sandbox.")
    recycle_after: int = Field(60, ge=1, description="Captures after which a browser is replaced.")
    recycle_memory_bytes: int = Field(1_500_000_000, ge=0, description="Memory at which a browser is replaced.")
    recycle_age_s: float = Field(3600.0, gt=0, description="Age at which a browser is replaced.")


class CaptureSettings(Table):
    slots: int = Field(2, ge=1, le=16, description="Visits at a time.")
    total_timeout_s: float = Field(120.0, gt=0, description="Limit of one visit.")
    load_timeout_s: float = Field(
        20.0, gt=0, description="Limit of the load step; what holds a page up is given up after 70 % of it."
    )
    consent_timeout_s: float = Field(3.0, gt=0, description="Limit of dismissing a consent banner.")
    behaviour_timeout_s: float = Field(10.0, gt=0, description="Limit of scrolling and clicking.")
    settle_timeout_s: float = Field(
        4.0,
        gt=0,
        description="Limit of waiting for the network to rest; a page that shows nothing yet gets load_timeout_s more.",
    )
    reading_timeout_s: float = Field(10.0, gt=0, description="Limit of reading the text, and of reading the document.")
    picture_timeout_s: float = Field(15.0, gt=0, description="Limit of a screenshot.")
    pdf_timeout_s: float = Field(30.0, gt=0, description="Limit of printing the PDF.")
    close_timeout_s: float = Field(15.0, gt=0, description="Limit of closing the page.")
    max_body_bytes: int = Field(200_000_000, ge=1, description="Largest body that is kept whole.")
    max_decoded_bytes: int = Field(200_000_000, ge=1, description="Most that a compressed body may unpack to.")
    max_capture_bytes: int = Field(1_000_000_000, ge=1, description="Largest capture.")
    max_exchanges: int = Field(2_000, ge=1, description="Most requests in one capture.")
    max_header_bytes: int = Field(262_144, ge=1024, description="Largest message head.")
    max_redirects: int = Field(20, ge=0, description="Most redirects of the main resource.")
    max_connections: int = Field(64, ge=1, description="Most connections of one capture at a time.")
    srcset: bool = Field(False, description="Also fetch the other picture sizes that the page offers.")
    consent: bool = Field(True, description="Dismiss consent banners by rule; recorded when it was done.")
    obey_robots: bool = Field(False, description="Skip captures that the host's robots.txt forbids us by name.")
    recapture_after_days: int = Field(
        30, ge=1, description="Capture again when cited again and the last good capture is older."
    )


class CheckSettings(Table):
    slots: int = Field(50, ge=1, le=1000, description="Looks at a time.")
    per_host: int = Field(2, ge=1, le=16, description="Looks at one host at a time.")
    host_interval_s: float = Field(0.5, ge=0, description="Least time between two starts on one host.")
    per_address: int = Field(4, ge=1, description="Looks at one IP address at a time.")
    first_byte_timeout_s: float = Field(5.0, gt=0, description="Limit to the first byte in the quick pass.")
    total_timeout_s: float = Field(20.0, gt=0, description="Limit of one look in the quick pass.")
    patient_timeout_s: float = Field(30.0, gt=0, description="Limit of the patient retry after a time-out.")
    max_body_bytes: int = Field(262_144, ge=1024, description="Decoded bytes read of a page.")
    max_redirects: int = Field(10, ge=0, description="Most redirects of one look.")
    longest_interval_days: int = Field(17, ge=1, description="Longest time between looks at a living source.")
    obey_robots: bool = Field(True, description="Obey robots.txt groups that name linkkeeper.")
    history: Literal["changes", "full"] = Field("changes", description="Keep telling looks only, or every look.")


class CitationSettings(Table):
    scope: Literal["all", "notes"] = Field("all", description="Notes and in-text links, or notes only.")


class SourceSettings(Table):
    schedule: str = Field("every 6h", description='Polling of followed sources: "every 6h" or a cron line.')
    apply: Literal["propose", "branch", "write"] = Field("propose", description="Who may carry out repairs.")
    policy: Literal["swap-when-dead", "annotate", "off"] = Field("swap-when-dead", description="How to repair.")


class RelinkSettings(Table):
    language: str = Field("en", description="Language of the words that repairs add.")
    archives: tuple[str, ...] = Field(
        (), description="TimeGates of other archives, asked for sources that died before we saw them."
    )


class WebSettings(Table):
    desk_host: str = Field("localhost", description="Address that the desk and reading room bind.")
    desk_port: int = Field(8580, ge=0, le=65535, description="Port of the desk and reading room.")
    replay_host: str = Field("127.0.0.1", description="Address that the replay host binds.")
    replay_port: int = Field(8581, ge=0, le=65535, description="Port of the replay host.")
    public_url: Origin = Field("", description="Public address of the desk and reading room, no path.")
    replay_url: Origin = Field("", description="Public address of the replay host; {id} allowed in its host.")
    former_urls: tuple[str, ...] = Field(
        (), description="Earlier public addresses; their archived links are still recognised."
    )
    replay: bool = Field(True, description="Offer replay through ReplayWeb.page.")

    @model_validator(mode="after")
    def _keep_hosts_apart(self) -> Self:
        if self.public_url and not self.replay_url:
            raise ValueError("public_url needs replay_url: archived pages are served from a host of their own")
        if self.public_url and urlsplit(self.public_url).hostname == urlsplit(self.replay_url).hostname:
            raise ValueError("public_url and replay_url name the same host: cookies would cross")
        return self


class BackupSettings(Table):
    schedule: str = Field("15 3 * * *", description="When the database is copied (cron line).")
    keep: int = Field(14, ge=1, description="Copies kept.")


class Settings(Table):
    """Everything that can be set. Unknown keys are refused with the nearest known name."""

    storage: StorageSettings = StorageSettings()
    database: DatabaseSettings = DatabaseSettings()
    network: NetworkSettings = NetworkSettings()
    browser: BrowserSettings = BrowserSettings()
    captures: CaptureSettings = CaptureSettings()
    checks: CheckSettings = CheckSettings()
    citations: CitationSettings = CitationSettings()
    sources: SourceSettings = SourceSettings()
    relinking: RelinkSettings = RelinkSettings()
    web: WebSettings = WebSettings()
    backup: BackupSettings = BackupSettings()

    @property
    def own_bases(self) -> tuple[str, ...]:
        """Every public address that is or was ours: links below them are our own archived ones."""
        return tuple(base for base in (self.web.public_url, *self.web.former_urls) if base)

    @property
    def database_url(self) -> str:
        return self.database.url or f"sqlite:///{self.storage.path / 'linkkeeper.db'}"


class _Environment(Settings, BaseSettings):
    """The same tables, told from variables."""

    model_config = SettingsConfigDict(env_prefix=ENVIRONMENT_PREFIX, env_nested_delimiter="__")


def load(path: Path | None = None, *, environment: Mapping[str, str] | None = None) -> Settings:
    """
    Read the settings.

    Args:
        path: Given and missing is an error; None means ``config.toml`` if it is there.
        environment: Instead of the process's own.

    Raises:
        ConfigurationError: a file that is missing or not TOML, an unknown or
            wrong setting, each with its place and the nearest known name.
    """
    variables = os.environ if environment is None else environment
    _refuse_unknown_variables(variables)
    origin, values = _read_file(path)
    _refuse_unknown_keys(values, origin=origin)
    try:
        return _build(values, variables)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(
            "use the setting",
            subject=f"{name} ({origin} or environment)",
            reason=f"{first['msg'].removeprefix('Value error, ')} (got {first.get('input')!r})",
            hint="config.toml of the project lists every setting with its default",
        ) from error


def _build(values: dict[str, Any], variables: Mapping[str, str]) -> Settings:
    source = EnvSettingsSource(_Environment)
    source.env_vars = {key.lower(): value for key, value in variables.items()}
    merged = {table: dict(content) for table, content in values.items()}
    for table, content in _told(source).items():
        merged.setdefault(table, {}).update(content)
    return Settings.model_validate(merged)


def _told(source: EnvSettingsSource) -> dict[str, Any]:
    try:
        return source()
    except SettingsError as error:
        raise ConfigurationError(
            "use the setting",
            subject="a variable of the environment",
            reason=str(error),
            hint=f'lists and tables are written as JSON there: {ENVIRONMENT_PREFIX}NETWORK__CANARIES=["https://…"]',
        ) from error


def _read_file(path: Path | None) -> tuple[str, dict[str, Any]]:
    chosen = path or DEFAULT_FILE
    try:
        return str(chosen), tomllib.loads(chosen.read_text("utf-8"))
    except FileNotFoundError:
        if path is None:
            return "built-in defaults", {}
        raise ConfigurationError(
            "read the configuration", subject=str(path), reason="no such file", hint="check --config"
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError("read the configuration", subject=str(chosen), reason=str(error)) from error


def _tables() -> dict[str, set[str]]:
    return {
        name: set(info.annotation.model_fields)
        for name, info in Settings.model_fields.items()
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel)
    }


def _nearest(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"known are: {', '.join(sorted(known))}"


def _unknown(name: str, known: Iterable[str], *, origin: str) -> ConfigurationError:
    return ConfigurationError(
        "use the setting", subject=name, reason=f"unknown ({origin})", hint=_nearest(name.split(".")[-1], known)
    )


def _refuse_unknown_keys(values: dict[str, Any], *, origin: str) -> None:
    tables = _tables()
    for table, content in values.items():
        if table not in tables:
            raise _unknown(table, tables, origin=origin)
        if not isinstance(content, dict):
            raise ConfigurationError("use the setting", subject=table, reason=f"must be a table ({origin})")
        for key in content:
            if key not in tables[table]:
                raise _unknown(f"{table}.{key}", tables[table], origin=origin)


def _refuse_unknown_variables(variables: Mapping[str, str]) -> None:
    names = {f"{ENVIRONMENT_PREFIX}{table}__{key}".upper() for table, keys in _tables().items() for key in keys}
    for variable in variables:
        upper = variable.upper()
        if upper.startswith(ENVIRONMENT_PREFIX) and "__" in upper and upper not in names:
            raise ConfigurationError(
                "use the setting", subject=variable, reason="unknown (environment)", hint=_nearest(upper, names)
            )
