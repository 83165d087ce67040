#!/bin/sh
# Make the virtual environment: pinned by constraints.txt, from whatever index pip is set up with.
set -eu
venv=$1
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "Seatrial needs Python 3.11 or newer; '$python' is $("$python" --version 2>&1). Say: make PYTHON=python3.12 …" >&2
  exit 1
}
if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
  echo "'$python' has no venv module. On Debian or Ubuntu: apt-get install python3-venv" >&2
  exit 1
fi
echo "Setting up $venv (once) …"
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
PIP_CONSTRAINT="$PWD/constraints.txt" "$venv/bin/pip" install --quiet --disable-pip-version-check \
  --constraint constraints.txt --editable '.[dev,kubectl,postgres]'
