#!/bin/sh
# What CI runs. Run it yourself before you push: sh ci/check.sh [REVISION]
# With a REVISION it also shows what has changed since, and for whom.
set -eu
cd "$(dirname "$0")/.."

calsync validate --strict --format auto
calsync test --format auto
if [ "${1:-}" != "" ]; then
  calsync diff "$1"
fi
