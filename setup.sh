# Sourced by ./run and ./test: the virtual environment, from locked names, versions and hashes.
# uv is used when it is there; otherwise a small virtual environment gets it.

export UV_PYTHON_DOWNLOADS=never UV_PYTHON_PREFERENCE=only-system UV_NO_PROGRESS=1
STATE="$PWD/var"

find_uv() {
    if command -v uv >/dev/null; then
        UV=uv
        return
    fi
    UV="$STATE/uv/bin/uv"
    [ -x "$UV" ] && return
    echo "Préparation de l’outil d’installation…" >&2
    if ! python3 -m venv "$STATE/uv" >/dev/null 2>&1 || [ ! -x "$STATE/uv/bin/pip" ]; then
        rm -rf "$STATE/uv"
        if [ "$(id -u)" != 0 ]; then
            echo "Il manque le module venv de Python : installez le paquet python3-venv, puis recommencez." >&2
            exit 1
        fi
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
        python3 -m venv "$STATE/uv"
    fi
    "$STATE/uv/bin/pip" install --quiet uv
}

# The distribution's own Python where it is recent enough, before any other of the PATH: it is the one that is kept
# safe there, and was built with what its profile taught the compiler (one built plainly takes a third more time).
interpreter() {
    if /usr/bin/python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        echo /usr/bin/python3
    else
        echo ">=3.11"
    fi
}

# setup LOCK: have the virtual environment hold exactly what LOCK names (or more: the
# development lock includes the other, so that ./run leaves what ./test installed).
setup() {
    local lock="$1" wanted full held
    if ! mkdir -p "$STATE" 2>/dev/null || ! (printf '%4096s' ' ' >"$STATE/.room") 2>/dev/null; then
        echo "$STATE ne peut pas être écrit : le disque est plein ou en lecture seule, ou le dossier est à" \
            "quelqu’un d’autre. Libérez de la place, ou copiez le dossier ailleurs." >&2
        exit 1
    fi
    rm -f "$STATE/.room"
    exec 9>"$STATE/setup.lock"
    flock 9 # two terminals may start at once
    wanted="$(sha256sum <"$lock")"
    full="$(sha256sum <requirements-dev.txt)"
    held="$(cat "$STATE/venv/locked" 2>/dev/null || true)"
    if [ "$held" != "$wanted" ] && [ "$held" != "$full" ]; then
        find_uv
        echo "Installation des dépendances…" >&2
        [ -x "$STATE/venv/bin/python" ] || "$UV" venv --quiet --python "$(interpreter)" "$STATE/venv"
        VIRTUAL_ENV="$STATE/venv" "$UV" pip sync --quiet --require-hashes "$lock"
        printf '%s\n' "$wanted" >"$STATE/venv/locked"
    fi
    flock -u 9
    exec 9>&-
    export PATH="$STATE/venv/bin:$PATH" VIRTUAL_ENV="$STATE/venv" PYTHONUNBUFFERED=1
    unset PYTHONHOME
    unset PYTHONDONTWRITEBYTECODE # compiling everything again doubles the start of each process
}
