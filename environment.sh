#!/usr/bin/env bash
# Make .venv, the project's own Python environment, from a lock file. Once: a second call does nothing.
#   ./environment.sh        what the grader needs           (requirements.lock)
#   ./environment.sh dev    and what its tests need as well (requirements-dev.lock)
# In a student's folder there is a smaller lock file, for what the self-check needs (requirements-check.lock).
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")"

lock=requirements.lock
if [ ! -f "$lock" ]; then lock=requirements-check.lock; fi
venv=${GRADER_VENV:-.venv}    # another place, for another Python (tests/pythons.sh)
if [ "${1:-}" = dev ]; then lock=requirements-dev.lock; fi

complete() {
    cmp -s "$lock" "$venv/$lock" && [ "$(cat "$venv/root" 2>/dev/null)" = "$PWD" ]
}
complete && exit 0
[ -d "$(dirname "$venv")" ] || mkdir -p "$(dirname "$venv")"

# Two runs at once must not build the same environment: the second waits here and then finds it done.
if command -v flock >/dev/null; then
    exec 9>"$venv.lock"
    flock 9
    complete && exit 0
fi

find_python() {
    local candidate
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python3.10; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
}

python=$(find_python)
if [ -z "$python" ]; then
    echo "The grader needs Python 3.10 or newer, and none was found. Install python3, or set PYTHON to its path." >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    echo "The grader needs Python's venv module, and $python has none." \
        "On Debian or Ubuntu, run: sudo apt-get install python3-venv" >&2
    exit 1
fi

echo "Setting up $venv from $lock with $("$python" --version) (once) ..." >&2
if [ "$(cat "$venv/root" 2>/dev/null)" != "$PWD" ] || ! "$venv/bin/python" -c 'import pip' 2>/dev/null; then
    rm -rf "$venv"
    "$python" -m venv "$venv"
fi
rm -f "$venv"/*.lock
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-deps --only-binary :all: \
    --require-hashes -r "$lock"

# The grader runs from this folder: a .pth file puts it on the path. -I keeps the working folder and PYTHON* variables
# off it, so that no file beside a submission can stand in for a module.
"$venv/bin/python" -c 'import os, sysconfig
with open(os.path.join(sysconfig.get_path("purelib"), "grader.pth"), "w") as file:
    print(os.getcwd(), file=file)'
# Its bytecode is made now, like that of the libraries: not every place lets a later run keep it.
"$venv/bin/python" -m compileall -qq grader reference
cat >"$venv/bin/grader" <<'LAUNCHER'
#!/usr/bin/env bash
exec "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/python" -I -X utf8 -m grader "$@"
LAUNCHER
chmod +x "$venv/bin/grader"
pwd >"$venv/root"
cp "$lock" "$venv/"
if [ "$lock" = requirements-dev.lock ]; then cp requirements.lock "$venv/"; fi   # the larger set holds the smaller one
