#!/usr/bin/env bash
# validate_shaders.sh GLSLANG SPIRV_VAL FOLDER: every shader, with and without subgroups, is valid SPIR-V for Vulkan 1.1.
set -euo pipefail
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
for shader in "$3"/*.comp; do
  for definition in -DSOTTO_PLAIN -DSOTTO_WITHOUT_SUBGROUPS; do
    "$1" --quiet -V --target-env vulkan1.1 -I"$3/include" "$definition" -o "$made/shader.spv" "$shader"
    "$2" --target-env vulkan1.1 "$made/shader.spv"
  done
done
