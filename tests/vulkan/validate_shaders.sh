#!/usr/bin/env bash
# validate_shaders.sh GLSLANG SPIRV_VAL FOLDER: every shader is valid SPIR-V for Vulkan 1.1; products in each of their variants, for
# all weight types and for one.
set -euo pipefail
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
check() {
  "$1" --quiet -V --target-env vulkan1.1 -I"$3/include" "${@:5}" -o "$made/shader.spv" "$4"
  "$2" --target-env vulkan1.1 "$made/shader.spv"
}
for shader in "$3"/*.comp; do check "$1" "$2" "$3" "$shader"; done
for variant in -DSOTTO_WITHOUT_SUBGROUPS -DSOTTO_TEXELS; do
  check "$1" "$2" "$3" "$3/linear_vec.comp" "$variant"
  check "$1" "$2" "$3" "$3/linear_vec.comp" "$variant" -DSOTTO_WEIGHTS=14
done
