#!/usr/bin/env bash
# What the GitHub Action does: validate, test, authorize, and say what changes. Every part runs,
# whatever the one before it said; the exit code is the worst of theirs.
set -uo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
out="${RUNNER_TEMP:-/tmp}/calsync-reports"
base="${CALSYNC_BASE:-}"
worst=0
mkdir -p "$out"

run() {
  echo "::group::$1"
  shift
  "$@"
  local code=$?
  echo "::endgroup::"
  if [ "$code" -gt "$worst" ]; then worst=$code; fi
  return "$code"
}

result() {
  echo "$1=$2" >> "${GITHUB_OUTPUT:-/dev/null}"
}

# A shallow clone, or a push of a new branch, does not hold the revision before.
has_base() {
  if [[ -z "$base" || "$base" =~ ^0+$ ]]; then return 1; fi
  git rev-parse --quiet --verify "$base^{commit}" > /dev/null && return 0
  git fetch --quiet --no-tags --depth=1 origin "$base" 2> /dev/null
  git rev-parse --quiet --verify "$base^{commit}" > /dev/null
}

strict=()
if [ "${CALSYNC_STRICT:-false}" = true ]; then strict=(--strict); fi
run "calsync validate" calsync validate --format github --output "sarif=$out/calsync.sarif" "${strict[@]}"
result sarif "$out/calsync.sarif"

if ! calsync evaluate --summary > /dev/null 2>&1; then
  echo "The policies are not valid, so they are neither tested nor compared."
  exit "$worst"
fi

run "calsync test" calsync test --format github --output "junit=$out/calsync-test.xml"
result junit "$out/calsync-test.xml"

if ! has_base; then
  echo "There is no revision to compare with."
  exit "$worst"
fi

if [ "${CALSYNC_AUTHORIZE:-false}" = true ]; then
  run "calsync authorize" calsync authorize "$base" HEAD --actor-from-git --format github
fi

read -ra options <<< "${CALSYNC_DIFF_OPTIONS:-}"
run "calsync diff" calsync diff "$base" HEAD "${options[@]}" --format github --output "markdown=$out/diff.md"
if [ -s "$out/diff.md" ]; then
  result diff "$out/diff.md"
  cat "$out/diff.md" >> "${GITHUB_STEP_SUMMARY:-/dev/null}"
  if [ "${CALSYNC_COMMENT:-false}" = true ]; then python3 "$here/comment.py" "$out/diff.md"; fi
fi
exit "$worst"
