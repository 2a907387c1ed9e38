#!/bin/sh
# Shows that race_test would tell: under ThreadSanitizer it passes as it is, and a race is found where plans lack edges,
# and where the counters of the executor neither acquire nor release. It passes with oneTBB's documented tasks, too.
# usage: seeded_bugs.sh RACE_TEST RACE_TEST_WITH_RELAXED_COUNTERS RACE_TEST_WITH_TASK_GROUPS
set -eu
export TSAN_OPTIONS=halt_on_error=1
log=${TEST_TMPDIR:-/tmp}/seeded_bugs.log

expect_race() { # expect_race BUG COMMAND...
  bug=$1
  shift
  # Without the files of results: these failures are what is wanted.
  if env -u XML_OUTPUT_FILE -u GTEST_OUTPUT "$@" >"$log" 2>&1 || ! grep -q 'WARNING: ThreadSanitizer: data race' "$log"; then
    tail -40 "$log"
    echo "no race found: $bug"
    exit 1
  fi
  echo "found: $bug"
}

"$1"
TSAN_OPTIONS="$TSAN_OPTIONS suppressions=bazel/tsan.supp" "$3"
expect_race 'edges left out of plans' "$1" --gtest_also_run_disabled_tests --gtest_filter='*WhereEdgesAreMissing'
expect_race 'relaxed counters' "$2"
