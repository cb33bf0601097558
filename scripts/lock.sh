#!/usr/bin/env bash
# Writes requirements.lock from pyproject.toml: one exact version a package. torch is locked without a build name,
# because which build fits is decided where it is installed (scripts/install.sh).
set -euo pipefail
cd "$(dirname "$0")/.."
[ -z "${PIP_FIND_LINKS:-}" ] || export UV_FIND_LINKS=${UV_FIND_LINKS:-$PIP_FIND_LINKS}
{
  echo "# Exact versions, written by 'make lock' from pyproject.toml. Do not edit."
  .venv/bin/uv pip compile pyproject.toml --extra dev --python-version 3.11 --quiet --no-header --no-annotate "$@" |
    sed -E 's/^(torch==[0-9.]+)\+cpu/\1/' | grep -vE '^(nvidia-|cuda-|triton==)'
} > requirements.lock.new
mv requirements.lock.new requirements.lock
wc -l < requirements.lock
