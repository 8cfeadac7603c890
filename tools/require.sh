#!/bin/sh
# Says which tools are missing and how to get them. Arguments name what is needed beside a Rust
# toolchain and a C compiler: node, npm, or cargo's components.
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
for tool in "$@"; do
  case "$tool" in
    node)
      if ! have node || ! node -e 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)'
      then
        lack "node" "install Node 20 or newer: https://nodejs.org, or your system's packages"
      fi
      ;;
    npm)
      have "${NPM:-npm}" || lack "npm" "install npm, which comes with Node: https://nodejs.org"
      ;;
    *)
      if have "${CARGO:-cargo}" && ! "${CARGO:-cargo}" "$tool" --version >/dev/null 2>&1; then
        case "$tool" in
          fmt) name=rustfmt ;;
          *) name=$tool ;;
        esac
        lack "cargo $tool" "install it with: rustup component add $name"
      fi
      ;;
  esac
done
exit "$missing"
