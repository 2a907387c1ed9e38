#!/bin/sh
# Shows that race_test would tell: builds it with ThreadSanitizer and a bug put into the run time (WEFT_SEEDED_BUG), and
# expects it to fail; without a bug it must pass. 1: counters without acquire and release. 2: edges left out of plans.
# usage: tests/runtime/running/seeded_bugs.sh [build folder]
set -eu
cd "$(dirname "$0")/../../.."
out=${1:-$(mktemp -d)}
sources="tests/runtime/race_test.cc tests/testing/random_dag.cc tests/testing/dag_ops.cc tests/testing/interpreter.cc
  graph/attrs.cc graph/builder.cc graph/graph.cc graph/op.cc graph/storage.cc graph/values.cc
  runtime/assign.cc runtime/classify.cc runtime/connect.cc runtime/constants.cc runtime/cost.cc runtime/emit.cc
  runtime/failure.cc runtime/free_list.cc runtime/kernel_cache.cc runtime/memory.cc runtime/place.cc
  runtime/plan.cc runtime/ready_steps.cc runtime/reuse.cc
  runtime/reachability.cc runtime/run.cc runtime/serial_executor.cc runtime/step_name.cc runtime/tbb_executor.cc"
for bug in 0 1 2; do
  mkdir -p "$out/$bug"
  for source in $sources; do
    object="$out/$(basename "$source" .cc).o"
    case $source in runtime/connect.cc | runtime/tbb_executor.cc) object="$out/$bug/$(basename "$source" .cc).o" ;; esac
    [ "$object" -nt "$source" ] || g++ -std=c++20 -O1 -g -fsanitize=thread -ffp-contract=off -DWEFT_SEEDED_BUG=$bug \
      -I. -Iinclude -c "$source" -o "$object"
  done
  g++ -fsanitize=thread "$out"/*.o "$out/$bug"/*.o -lgtest_main -lgtest -ltbb -lpthread -o "$out/$bug/race_test"
  if TSAN_OPTIONS=halt_on_error=1 "$out/$bug/race_test" >"$out/$bug/log" 2>&1; then result=passes; else result=fails; fi
  expected=fails
  [ $bug != 0 ] || expected=passes
  echo "bug $bug: race_test $result"
  [ $result = $expected ] || { tail -40 "$out/$bug/log"; exit 1; }
done
