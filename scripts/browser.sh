#!/usr/bin/env bash
# Sees to it that a Chromium is there for the browser tests, and nginx and shellcheck for those of deploy/: Debian's,
# where this may install packages.
set -euo pipefail
browser=(chromium fonts-noto-core)
for name in chromium chromium-browser google-chrome; do
  if command -v "$name" > /dev/null; then browser=(); fi
done
readers=()
[ -x /usr/sbin/nginx ] || readers+=(nginx-light) # not in everybody's PATH
command -v shellcheck > /dev/null || readers+=(shellcheck)
if [ ${#browser[@]} = 0 ] && [ ${#readers[@]} = 0 ]; then
  exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
  echo "No right to install ${browser[*]} ${readers[*]} here: the tests that need them will say that they skip." >&2
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
if [ ${#browser[@]} != 0 ]; then
  apt-get update -qq
  apt-get install -y -qq "${browser[@]}" > /dev/null
fi
if [ ${#readers[@]} != 0 ]; then
  # RUNLEVEL: nginx is here to read a file, not to serve.
  { apt-get update -qq && RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "${readers[@]}" > /dev/null; } ||
    echo "Without ${readers[*]}: the tests that need them will say that they skip." >&2
fi
