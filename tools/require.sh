#!/bin/sh
# Says which tools are missing and how to get them. Extra arguments name cargo's components.
set -eu

missing=0
lack() {
  echo "missing: $1" >&2
  echo "  $2" >&2
  missing=1
}

have() { command -v "$1" >/dev/null 2>&1; }

if ! have "${CARGO:-cargo}"; then
  lack "cargo" "install Rust 1.95 or newer: https://rustup.rs, or your system's packages"
fi
if ! have "${CC:-cc}" && ! have gcc && ! have clang; then
  lack "a C compiler (cc)" "SQLite is built from source: install gcc or clang"
fi
for component in "$@"; do
  if have "${CARGO:-cargo}" && ! "${CARGO:-cargo}" "$component" --version >/dev/null 2>&1; then
    case "$component" in
      fmt) name=rustfmt ;;
      *) name=$component ;;
    esac
    lack "cargo $component" "install it with: rustup component add $name"
  fi
done
exit "$missing"
