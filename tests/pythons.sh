#!/usr/bin/env bash
# The tests on every Python from 3.10 on that is to be had here, each in an environment of its own under .pythons/, and
# which these were. Arguments are pytest's: make test-pythons TESTS="tests/sandbox tests/reporters".
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# By version; a shim on the path that has no Python behind it does not run, and is passed over.
find_pythons() {
    local candidate
    for candidate in python3.{10..19} "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.*/bin/python; do
        "$candidate" -c 'import ensurepip, sys, venv
if sys.version_info >= (3, 10): print(f"{sys.version_info[0]}.{sys.version_info[1]} {sys.executable}")' 2>/dev/null
    done | sort -u -t . -k 2,2n | sort -u -k 1,1
}

failed=0
summary=()
while read -r version python; do
    echo "== Python $version ($python)"
    export GRADER_VENV=.pythons/$version
    if PYTHON=$python ./environment.sh dev && "$GRADER_VENV/bin/python" -m pytest "$@"; then
        summary+=("$version: passed")
    else
        summary+=("$version: FAILED")
        failed=1
    fi
done < <(find_pythons)
if [ "${#summary[@]}" -eq 0 ]; then echo "No Python from 3.10 on was found." >&2; exit 1; fi
printf 'Python %s\n' "${summary[@]}"
exit "$failed"
