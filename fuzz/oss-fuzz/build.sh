#!/bin/bash -eu
# Builds every libFuzzer target, or those named, into $OUT, each with a seed corpus and a dictionary.
#
# $SRC holds a clone of the repository named `wattle`; $OUT is where targets go. To try it by hand,
# with cargo-fuzz and a nightly toolchain:
#   RUSTUP_TOOLCHAIN=nightly SRC="$PWD/.." OUT=/tmp/out SANITIZER=none fuzz/oss-fuzz/build.sh

mkdir -p "$OUT"
cd "$SRC/wattle/fuzz"
case "${SANITIZER:-address}" in
  coverage) sanitizer=none ;;
  *) sanitizer="${SANITIZER:-address}" ;;
esac

# What a plain build gives: the dictionary, and the seeds as binaries.
dictionary="$OUT/wattle.dict"
seeds="$(mktemp -d)"
(
  unset RUSTFLAGS
  cargo run --quiet --release --locked -p wattle-fuzz --example dictionary > "$dictionary"
  cp seeds/*.wat seeds/*.wit "$seeds"
  for text in seeds/*.wat; do
    cargo run --quiet --release --locked -p wattle-cli -- parse "$text" --features all \
      -o "$seeds/$(basename "$text" .wat).wasm"
  done
)

if [ $# -eq 0 ]; then set -- $(basename -s .rs fuzz_targets/*.rs); fi
for name in "$@"; do
  file="fuzz_targets/$name.rs"
  # Those that compare with others need what only a feature brings.
  features=()
  if grep -q "::peers::" "$file"; then features=(--features peers); fi
  if grep -q "::engines::" "$file"; then features=(--features engines); fi
  cargo fuzz build --fuzz-dir . --sanitizer "$sanitizer" --release "${features[@]}" "$name"
  cp "${CARGO_TARGET_DIR:-../target}"/*/release/"$name" "$OUT/$name"
  cp "$dictionary" "$OUT/$name.dict"
  (cd "$seeds" && python3 -m zipfile -c "$OUT/${name}_seed_corpus.zip" ./*)
done
