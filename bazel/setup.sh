#!/usr/bin/env bash
# Installs what Weft needs from Debian 12's packages, as root or through sudo. Silent when nothing is missing.
set -euo pipefail

packages=(
  bazel-bootstrap bazel-rules-java # the build; the Java rules because Bazel's own toolchains load them
  g++
  libboost-graph-dev libdnnl-dev libhwy-dev librandom123-dev libtbb-dev zlib1g-dev # the library
  libgmock-dev libgtest-dev                                                        # the tests
  dataset-fashion-mnist libbenchmark-dev libcli11-dev                              # the benchmarks
  clang-format-14 git                                                              # .ci/run
)

fail() {
  printf 'bazel/setup.sh: %s\n' "$1" >&2
  printf 'Needed are these Debian 12 packages: %s\n' "${packages[*]}" >&2
  exit 1
}

command -v dpkg-query >/dev/null || fail 'there is no dpkg-query here: this is not Debian.'

installed=$(dpkg-query --show --showformat='${Package} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null || true)
missing=()
for package in "${packages[@]}"; do
  grep --quiet --line-regexp --fixed-strings "$package installed" <<<"$installed" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

system=$(. /etc/os-release 2>/dev/null && printf '%s %s' "${ID:-unknown}" "${VERSION_ID:-}") || system='unknown'
[ "$system" = 'debian 12' ] || fail "packages are missing (${missing[*]}), and this is not Debian 12 but '$system'."
command -v apt-get >/dev/null || fail "packages are missing (${missing[*]}), and there is no apt-get."

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || fail "packages are missing (${missing[*]}): run this as root, or install sudo."
  as_root=(sudo)
  # Without a terminal nobody can type a password: fail instead of waiting for one.
  [ -t 0 ] || as_root+=(--non-interactive)
  "${as_root[@]}" true || fail "packages are missing (${missing[*]}), and sudo refuses to install them."
fi

apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

printf 'Installing: %s\n' "${missing[*]}"
apt update || fail 'apt-get update failed: is there a network, and are the package sources right?'
apt install --yes --no-install-recommends "${missing[@]}" || fail "apt-get could not install: ${missing[*]}"
