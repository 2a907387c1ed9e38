#!/usr/bin/env bash
# fashion_mnist_test.sh PROGRAM: the training program keeps its promises, and refuses what it cannot do.
set -uo pipefail
program=$1
scratch=${TEST_TMPDIR:-$(mktemp -d)}
failures=0

expect() { # expect NAME COMMAND...
  local name=$1
  shift
  "$@" || {
    echo "FAILED: $name"
    failures=$((failures + 1))
  }
}

# The program must exit with an error and print this text.
refuses() {
  local text=$1
  shift
  ! "$program" "$@" >"$scratch/refused" 2>&1 && grep -qF -- "$text" "$scratch/refused" || {
    cat "$scratch/refused"
    return 1
  }
}

weights() { awk '$1 == "weights" { print $2 }' "$1"; }

expect 'trains with 1 thread' "$program" --epochs 1 --threads 1 >"$scratch/one"
expect 'trains with 3 threads' "$program" --epochs 1 --threads 3 >"$scratch/three"
cat "$scratch/one"
expect 'learns in one epoch' awk '/^test accuracy/ { found = $3 > 0.8 } END { exit !found }' "$scratch/one"
expect 'prints a hash of the weights' grep -qE '^weights +[0-9a-f]{16}$' "$scratch/one"
expect 'has the same weights for 1 and 3 threads' test "$(weights "$scratch/one")" = "$(weights "$scratch/three")"

"$program" --help >"$scratch/help" || failures=$((failures + 1))
for flag in data epochs batch lr threads seed optimizer model; do
  expect "explains --$flag" grep -q -- "--$flag" "$scratch/help"
done
expect 'refuses an unknown flag' refuses --nonsense --nonsense
expect 'refuses a flag out of range' refuses --epochs --epochs 0
expect 'refuses an unknown optimizer' refuses --optimizer --optimizer magic
expect 'refuses an unknown model' refuses --model --model transformer
expect 'names a missing file' refuses "$scratch/nowhere" --data "$scratch/nowhere"

mkdir -p "$scratch/damaged"
cp /usr/share/datasets/fashion-mnist/*.gz "$scratch/damaged"
head -c 100000 /usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz >"$scratch/damaged/train-images-idx3-ubyte.gz"
expect 'names a damaged file' refuses train-images-idx3-ubyte --data "$scratch/damaged"

exit $((failures > 0))
