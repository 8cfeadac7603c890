#!/bin/sh
# Builds the targets of fuzz/ with coverage and without a sanitizer, which the compiler that builds
# everything else can do, and lets libFuzzer run one of them: `tools/fuzz.sh way 600`.
set -eu
cd "$(dirname "$0")/.."
target=${1:-way}
seconds=${2:-600}
folder=$PWD/target/fuzz
host=$(rustc -vV | sed -n 's/^host: //p')

llvm() { for option; do printf ' -Cllvm-args=-sanitizer-coverage-%s' "$option"; done; }
seen=$(llvm level=4 inline-8bit-counters pc-table trace-compares)
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module$seen"
# With --target, the flags are not those of build scripts.
${CARGO:-cargo} build --release --locked --manifest-path fuzz/Cargo.toml --target-dir "$folder" \
  --target "$host" --bin "$target"

mkdir -p "$folder/corpus/$target" "$folder/found"
exec "$folder/$host/release/$target" -max_total_time="$seconds" -max_len=2048 -len_control=0 \
  -artifact_prefix="$folder/found/$target-" -print_final_stats=1 "$folder/corpus/$target"
