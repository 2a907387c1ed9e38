#!/usr/bin/env bash
# run.sh SECONDS [NAME...]: builds the fuzz targets of this folder with clang-14 (libFuzzer, ASan, UBSan) and runs each
# for so many seconds, from its corpus. An input that breaks one is left in the folder that the last lines name; found
# inputs of interest are kept where WEFT_FUZZ_KEEP names a folder.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${1:?usage: run.sh SECONDS [NAME...]}
shift
# What a target reads with, beside the files that all have. Only these know the bytes: the fuzzer watches them.
declare -A sources_of=(
  [checkpoint]='runtime/io/checkpoint_format.cc runtime/io/output_file.cc runtime/io/safetensors_format.cc'
  [csv]='runtime/io/byte_source.cc runtime/io/csv_reader.cc'
  [graph_text]='graph/attrs.cc graph/builder.cc graph/element_program.cc graph/graph.cc graph/known_ops.cc graph/op.cc
    graph/text/parse.cc graph/text/text.cc'
  [idx]='runtime/io/byte_source.cc runtime/io/idx.cc'
  [npy]='runtime/io/npy_array.cc runtime/io/npy_header.cc'
  [npz]='runtime/io/npy_array.cc runtime/io/npy_header.cc runtime/io/zip_reader.cc'
  [safetensors]='runtime/io/output_file.cc runtime/io/safetensors_format.cc'
)
common='graph/storage.cc graph/values.cc runtime/io/input_file.cc runtime/io/json.cc'
[ $# -gt 0 ] || set -- $(printf '%s\n' "${!sources_of[@]}" | sort)

build=$(mktemp -d)
flags=(-std=c++20 -O1 -g -I. -Iinclude -fsanitize=address,undefined -fno-sanitize-recover=all)
object() { printf '%s/%s.o' "$build" "${1//\//_}"; }
compile() { clang++-14 "${flags[@]}" -fsanitize=fuzzer-no-link -c "$1" -o "$(object "$1")"; }

files=$common
for name in "$@"; do files+=" ${sources_of[$name]:?no such target: $name} tests/fuzz/${name}_fuzz.cc"; done
running=0
for file in $(tr -s ' \n' '\n' <<<"$files" | sort -u); do
  compile "$file" &
  if ((++running >= $(nproc))); then wait -n && ((running--)); fi
done
while ((running-- > 0)); do wait -n; done

status=0
for name in "$@"; do
  objects=()
  for file in $common ${sources_of[$name]} "tests/fuzz/${name}_fuzz.cc"; do objects+=("$(object "$file")"); done
  clang++-14 "${flags[@]}" -fsanitize=fuzzer "${objects[@]}" -lz -o "$build/$name"
  mkdir -p "$build/$name.corpus" "$build/$name.broken"
  cp "tests/fuzz/corpus/$name/"* "$build/$name.corpus"
  printf 'fuzz %s: ' "$name"
  if "$build/$name" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 -artifact_prefix="$build/$name.broken/" \
    "$build/$name.corpus" >"$build/$name.log" 2>&1; then
    tail -n 1 "$build/$name.log"
    [ -z "${WEFT_FUZZ_KEEP:-}" ] || { mkdir -p "$WEFT_FUZZ_KEEP/$name" && cp "$build/$name.corpus/"* "$WEFT_FUZZ_KEEP/$name"; }
  else
    echo FAILED
    tail -n 40 "$build/$name.log"
    status=1
  fi
done
if [ "$status" -eq 0 ]; then rm -rf "$build"; else echo "see $build"; fi
exit "$status"
