#!/usr/bin/env bash
# Fetches the console's browser libraries from their npm packages into bot/console/static/vendor, and writes down
# version and licence of each. Run by hand when a version below changes; what it writes is committed.
set -euo pipefail
cd "$(dirname "$0")/.."

out=bot/console/static/vendor
icons="activity adjustments alert-triangle archive arrow-back-up arrow-left arrow-right bell books brand-messenger
brand-whatsapp calendar calendar-event calendar-off check chevron-down chevron-left chevron-right clock cloud-storm copy
device-floppy device-mobile download edit eye external-link file-import filter flag headset help history home id inbox key keyboard
list loader login logout menu-2 message message-2 messages moon note paperclip phone photo player-play plus printer refresh
rotate search send settings shield-lock sun tag test-pipe trash trophy upload user user-plus users x"

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
rm -rf "$out"
mkdir -p "$out"
echo "# Vendored from npm packages by scripts/vendor.sh

| package | version | licence | files |
| --- | --- | --- | --- |" > "$out/README.md"

# take PACKAGE VERSION LICENCE FOLDER FILE… : files are named as in the package, and land side by side in FOLDER.
take() {
  local package=$1 version=$2 licence=$3 folder=$4
  shift 4
  npm pack --silent --pack-destination "$temporary" "$package@$version" > "$temporary/name" 2> /dev/null
  mkdir -p "$temporary/$folder" "$out/$folder"
  tar -xzf "$temporary/$(tail -1 "$temporary/name")" -C "$temporary/$folder"
  for file in "$@"; do
    sed '/^\/\/# sourceMappingURL=/d; s@/\*# sourceMappingURL=.*\*/@@' "$temporary/$folder/package/$file" \
      > "$out/$folder/$(basename "$file")"
  done
  # A package without a licence file says its licence at the head of what it ships, and in the table.
  cp "$temporary/$folder"/package/LICENSE* "$out/$folder/LICENSE" 2> /dev/null || true
  echo "| $package | $version | $licence | $folder |" >> "$out/README.md"
}

take @tabler/core 1.6.1 MIT tabler-1.6.1 dist/css/tabler.min.css dist/js/tabler.min.js
take htmx.org 2.0.11 0BSD htmx-2.0.11 dist/htmx.min.js
# What is live is morphed: focus, opened details and scrolling stay, and a screen reader hears only what is new.
take idiomorph 0.8.0 0BSD idiomorph-0.8.0 dist/idiomorph-ext.min.js
take chart.js 4.6.1 MIT chart-4.6.1 dist/chart.umd.min.js
# shellcheck disable=SC2046 # a word an icon is meant
take @tabler/icons 3.51.0 MIT icons-3.51.0 $(for icon in $icons; do echo "icons/outline/$icon.svg"; done)
