#!/usr/bin/env bash
# Writes one backup into a folder: the store, which holds facts and what the bot was taught, Rasa's conversations, the models.
#
#   deploy/backup.sh FOLDER        keeps the newest KEEP (14) backups
#   deploy/backup.sh --restore FILE   into the store that DATABASE_URL names, which has to be empty
#
# Holds students' words: keep it where only the systems person reads, and as long as your retention says.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 077
# shellcheck source=/dev/null
[ ! -f .env ] || { set -a; . ./.env; set +a; }
var=${CARREL_VAR:-var} models=${CARREL_MODELS:-models} database=${DATABASE_URL:-sqlite:///var/carrel.db}
python=.venv/bin/python

copy_sqlite() { # from, to: a whole copy, also while others write
  "$python" - "$1" "$2" <<'END'
import sqlite3
import sys

with sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True) as source, sqlite3.connect(sys.argv[2]) as target:
    source.backup(target)
END
}

backup() {
  local folder=$1 made
  mkdir -p "$folder"
  work=$(mktemp -d "$folder/.making-XXXXXX")
  trap 'rm -rf "$work"' EXIT
  case "$database" in
    sqlite:///*)
      copy_sqlite "${database#sqlite:///}" "$work/carrel.db"
      [ ! -f "$var/conversations.db" ] || copy_sqlite "$var/conversations.db" "$work/conversations.db"
      ;;
    *) pg_dump --format=custom --file "$work/carrel.dump" "$database" ;;
  esac
  [ ! -f "$var/secret_key" ] || cp "$var/secret_key" "$work/secret_key"
  [ ! -d "$models" ] || cp -r "$models" "$work/models"
  made="$folder/carrel-$(date -u +%Y%m%dT%H%M%SZ).tar.gz"
  tar -C "$work" -czf "$made.part" .
  tar -tzf "$made.part" > /dev/null # it can be read again
  mv "$made.part" "$made"
  find "$folder" -maxdepth 1 -name 'carrel-*.tar.gz' | sort -r | tail -n "+$((${KEEP:-14} + 1))" | xargs -r rm --
  echo "$made"
}

restore() {
  local file=$1
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  tar -C "$work" -xzf "$file"
  case "$database" in
    sqlite:///*)
      [ ! -e "${database#sqlite:///}" ] || { echo "${database#sqlite:///} is there: move it away first." >&2; exit 1; }
      mkdir -p "$var" "$(dirname "${database#sqlite:///}")"
      cp "$work/carrel.db" "${database#sqlite:///}"
      [ ! -f "$work/conversations.db" ] || cp "$work/conversations.db" "$var/conversations.db"
      ;;
    *) pg_restore --exit-on-error --no-owner --single-transaction --dbname "$database" "$work/carrel.dump" ;;
  esac
  mkdir -p "$var" "$models"
  [ ! -f "$work/secret_key" ] || [ -e "$var/secret_key" ] || cp "$work/secret_key" "$var/secret_key"
  [ ! -d "$work/models" ] || cp -rn "$work/models/." "$models/"
  echo "Restored."
}

case "${1:-}" in
  --restore) restore "${2:?which backup?}" ;;
  "" | -*) sed -n '2,6p' "$0"; exit 2 ;;
  *) backup "$1" ;;
esac
