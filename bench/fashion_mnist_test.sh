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

# A run that is killed, one that is interrupted, and both together end with the weights of one that was not.
run=("$program" --epochs 1 --checkpoint "$scratch/run" --checkpoint-every 20 --resume)
stop_with() { # stop_with SIGNAL: as soon as there is a new checkpoint
  "${run[@]}" >"$scratch/stopped" 2>&1 &
  local before pid=$!
  before=$(stat -c %y "$scratch/run" 2>/dev/null)
  until [ "$(stat -c %y "$scratch/run" 2>/dev/null)" != "$before" ] || ! kill -0 $pid 2>/dev/null; do sleep 0.01; done
  kill "-$1" $pid 2>/dev/null
  wait $pid
}
stop_with KILL
stop_with INT
expect 'ends well when it is interrupted' grep -q '^interrupted, saved' "$scratch/stopped"
expect 'resumes' "${run[@]}" --save "$scratch/weights.safetensors" >"$scratch/resumed"
expect 'says where it resumes' grep -q '^resumes .* in epoch 1' "$scratch/resumed"
expect 'has the same weights after it was stopped twice' test "$(weights "$scratch/one")" = "$(weights "$scratch/resumed")"
expect 'writes safetensors' grep -qa '"0.weight":{"dtype":"F32","shape":\[256,784\]' "$scratch/weights.safetensors"
expect 'refuses to resume with other flags' refuses '--optimizer' --epochs 1 --checkpoint "$scratch/run" --resume --optimizer sgd
head -c 5000 "$scratch/run" >"$scratch/cut"
expect 'refuses a damaged checkpoint' refuses "$scratch/cut" --checkpoint "$scratch/cut" --resume
expect 'says that the disk is full' sh -c '! "$1" --epochs 1 >/dev/full 2>"$2" && grep -q "cannot be written" "$2"' - "$program" "$scratch/full"
expect 'tells its version' "$program" --version

"$program" --help >"$scratch/help" || failures=$((failures + 1))
for flag in data epochs batch lr threads seed optimizer model save checkpoint checkpoint-every resume version; do
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
