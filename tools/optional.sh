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
      echo "NOT RUN: core for wasm32 (rustup target add $target)" >&2
    fi
    ;;
  deny)
    # Licences, origins and hashes are checked by tests/tidy, without it and without a network.
    known=${CARGO_HOME:-$HOME/.cargo}/advisory-dbs
    if ! "$cargo" deny --version >/dev/null 2>&1; then
      echo "NOT RUN: advisories (cargo install --locked cargo-deny)" >&2
    elif [ -d "$known" ]; then
      "$cargo" deny --offline check
    else
      "$cargo" deny --offline check bans licenses sources
      echo "NOT RUN: advisories, whose database is not here (cargo deny fetch)" >&2
    fi
    ;;
  *)
    echo "$0: there is no check called '$1'; there are wasm32 and deny" >&2
    exit 2
    ;;
esac
