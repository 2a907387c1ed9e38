#!/usr/bin/env bash
# prints.sh PROGRAM EXPECTED: succeeds when the program does, and prints exactly the lines of the file.
set -euo pipefail
[ -s "$2" ] || { echo "$2 is empty" >&2; exit 1; }
"$1" | diff -u "$2" -
