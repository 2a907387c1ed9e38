#!/usr/bin/env bash
# setup.sh [GROUP...]: installs packages of Debian 12 or 13, as root or through sudo. Says one line, or nothing when nothing is
# missing. Groups: library (to build with Bazel), cmake (to build with CMake), tests, bench, lint and fuzz (for .ci/run, on Debian 12);
# without any, what the library, its tests and its benchmarks need.
set -euo pipefail

libraries='g++ libboost-graph-dev libdnnl-dev libhwy-dev librandom123-dev libtbb-dev nlohmann-json3-dev zlib1g-dev'
declare -A packages_of=(
  # The Java rules because Bazel's own toolchains load them.
  [library]="bazel-bootstrap bazel-rules-java $libraries"
  [cmake]="cmake make pkg-config $libraries"
  [tests]='libgmock-dev libgtest-dev'
  [bench]='dataset-fashion-mnist libbenchmark-dev libcli11-dev'
  [lint]='clang-14 clang-format-14 git'
  [fuzz]='clang-14 libclang-rt-14-dev'
)

fail() {
  printf 'bazel/setup.sh: %s\n' "$1" >&2
  printf 'Needed are these packages of Debian 12 or 13: %s\n' "${packages[*]}" >&2
  printf 'Elsewhere, install the same libraries with their headers, and build with CMake: cmake/README.md.\n' >&2
  exit 1
}

[ $# -gt 0 ] || set -- library tests bench
packages=()
for group in "$@"; do
  if [ -z "${packages_of[$group]:-}" ]; then
    printf 'bazel/setup.sh: no such group: %s. There are: library cmake tests bench lint fuzz\n' "$group" >&2
    exit 1
  fi
  read -ra more <<<"${packages_of[$group]}"
  packages+=("${more[@]}")
done

command -v dpkg-query >/dev/null || fail 'there is no dpkg-query here: this is not Debian.'

installed=$(dpkg-query --show --showformat='${Package} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null || true)
missing=()
for package in "${packages[@]}"; do
  grep --quiet --line-regexp --fixed-strings "$package installed" <<<"$installed" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

system=$(. /etc/os-release 2>/dev/null && printf '%s %s' "${ID:-unknown}" "${VERSION_ID:-}") || system='unknown'
[[ "$system" =~ ^debian\ 1[23]$ ]] || fail "packages are missing (${missing[*]}), and this is not Debian 12 or 13 but '$system'."
command -v apt-get >/dev/null || fail "packages are missing (${missing[*]}), and there is no apt-get."

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || fail "packages are missing (${missing[*]}): run this as root, or install sudo."
  as_root=(sudo)
  # Without a terminal nobody can type a password: fail instead of waiting for one.
  [ -t 0 ] || as_root+=(--non-interactive)
  "${as_root[@]}" true || fail "packages are missing (${missing[*]}), and sudo refuses to install them."
fi

# What apt and dpkg say is of interest only when they fail.
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" </dev/null >"$log" 2>&1 ||
    { cat "$log" >&2 && return 1; }
}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

printf 'Installing: %s\n' "${missing[*]}"
apt update || fail 'apt-get update failed: is there a network, and are the package sources right?'
apt install --yes --no-install-recommends "${missing[@]}" || fail "apt-get could not install: ${missing[*]}"
