#!/usr/bin/env bash
# Installs the calsync beside this script into an environment of its own, and puts it on the PATH
# of the steps that follow.
set -euo pipefail

home="${RUNNER_TEMP:?}/calsync"
python3 -I -m venv "$home"
"$home/bin/pip" install --quiet --disable-pip-version-check "$GITHUB_ACTION_PATH[${CALSYNC_EXTRAS:-all}]"
"$home/bin/calsync" --version
echo "$home/bin" >> "${GITHUB_PATH:?}"
