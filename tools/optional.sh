#!/bin/sh
# Checks that need more than a Rust toolchain. Where it is not at hand, they say so and pass.
set -eu

cargo=${CARGO:-cargo}

case "$1" in
  wasm32)
    target=wasm32-unknown-unknown
    if [ -d "$(rustc --print sysroot)/lib/rustlib/$target" ]; then
      "$cargo" check --package rejoinder-core --target "$target" --locked
    else
      echo "skipped: core for wasm32 (rustup target add $target)"
    fi
    ;;
  deny)
    if "$cargo" deny --version >/dev/null 2>&1; then
      "$cargo" deny check
    else
      echo "skipped: licences and advisories (cargo install --locked cargo-deny)"
    fi
    ;;
  *)
    echo "$0: there is no check called '$1'; there are wasm32 and deny" >&2
    exit 2
    ;;
esac
