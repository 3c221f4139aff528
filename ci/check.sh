#!/usr/bin/env bash
# What the GitHub Action does: validate, test, authorize, and say what changes. Every part runs,
# whatever the one before it said; the exit code is the worst of theirs.
set -uo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
out="$(mktemp -d "${RUNNER_TEMP:-/tmp}/calsync-XXXXXX")" || exit 2 # a job may run this twice
base="${CALSYNC_BASE:-}"
worst=0

# The log is where the runner takes commands from, and what goes to standard error holds names.
harmless() {
  sed -e 's/##\[/## [/g' -e 's/^[[:space:]]*::/ : :/' "$1" >&2
}

run() {
  echo "::group::$1"
  shift
  "$@" 2> "$out/stderr"
  local code=$?
  harmless "$out/stderr"
  echo "::endgroup::"
  if [ "$code" -gt "$worst" ]; then worst=$code; fi
  return "$code"
}

result() {
  echo "$1=$2" >> "${GITHUB_OUTPUT:-/dev/null}"
}

commit() {
  git rev-parse --quiet --verify "$1^{commit}"
}

# Ends without a comparison: with a gate to pass that is a failure, and else a pity.
uncompared() {
  if [ "${CALSYNC_AUTHORIZE:-false}" = true ] || [ -n "${CALSYNC_DIFF_OPTIONS:-}" ]; then
    echo "::error title=calsync::$1, so nothing is authorized or compared"
    exit 2
  fi
  echo "::warning title=calsync::$1, so nothing is compared"
  exit "$worst"
}

# A shallow clone does not hold the revision before.
fetched() {
  if [[ "$base" == -* ]]; then return 1; fi
  commit "$base" > /dev/null && return 0
  git fetch --quiet --no-tags --depth=1 origin "$base" 2> /dev/null || return 1
  commit "$base" > /dev/null || base="$(commit FETCH_HEAD)"
}

# NOTE: an empty array is an unset variable to the bash of macOS, so options hold what is before.
validate=(calsync validate --format github --output "sarif=$out/calsync.sarif")
if [ "${CALSYNC_STRICT:-false}" = true ]; then validate+=(--strict); fi
run "calsync validate" "${validate[@]}"
result sarif "$out/calsync.sarif"

if ! calsync evaluate --summary > /dev/null 2>&1; then
  echo "The policies are not valid, so they are neither tested nor compared."
  exit "$worst"
fi

run "calsync test" calsync test --format github --output "junit=$out/calsync-test.xml"
result junit "$out/calsync-test.xml"

if [[ -z "$base" || "$base" =~ ^0+$ ]]; then # such as the first push of a branch
  echo "There is no revision to compare with."
  exit "$worst"
fi
if ! fetched; then uncompared "the revision before is not to be had"; fi

# NOTE: a range of commits by their hashes cannot be taken for a directory of that name, which the
# change itself could add.
old="$(commit "$base")"
range="$old..$(commit HEAD)"

# A side without policies is empty; one with broken ones cannot be compared.
if ! calsync evaluate --rev "$old" --summary > /dev/null 2>&1 &&
  ! calsync diff "$range" --output "$out/diff.txt" 2> /dev/null; then
  uncompared "the policies before this change are not valid"
fi

if [ "${CALSYNC_AUTHORIZE:-false}" = true ]; then
  run "calsync authorize" calsync authorize "$range" --actor-from-git --format github
fi

diff=(calsync diff "$range" --format github --output "markdown=$out/diff.md")
read -r -d '' -a options <<< "${CALSYNC_DIFF_OPTIONS:-}" # on as many lines as somebody likes
for option in ${options[@]+"${options[@]}"}; do diff+=("$option"); done
run "calsync diff" "${diff[@]}"
if [ -s "$out/diff.md" ]; then
  result diff "$out/diff.md"
  cat "$out/diff.md" >> "${GITHUB_STEP_SUMMARY:-/dev/null}"
  if [ "${CALSYNC_COMMENT:-false}" = true ]; then python3 "$here/comment.py" "$out/diff.md"; fi
fi
exit "$worst"
