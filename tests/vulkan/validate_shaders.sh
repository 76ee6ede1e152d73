#!/usr/bin/env bash
# validate_shaders.sh GLSLANG SPIRV_VAL FOLDER: every shader is valid SPIR-V for Vulkan 1.1; products in each of their variants, for
# all weight types and for some alone.
set -euo pipefail
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
check() {
  "$1" --quiet -V --target-env vulkan1.1 -I"$3/include" "${@:5}" -o "$made/shader.spv" "$4"
  "$2" --target-env vulkan1.1 "$made/shader.spv"
}
for shader in "$3"/*.comp; do check "$1" "$2" "$3" "$shader"; done
for weights in SOTTO_ALL SOTTO_WEIGHTS=1 SOTTO_WEIGHTS=7 SOTTO_WEIGHTS=8 SOTTO_WEIGHTS=13 SOTTO_WEIGHTS=14; do
  for variant in SOTTO_WITHOUT_SUBGROUPS SOTTO_TEXELS SOTTO_STORAGE16 SOTTO_STORAGE8 SOTTO_FLOAT16 SOTTO_DOT; do
    for shader in linear_vec linear_tile; do
      [[ $shader == linear_tile && $variant =~ SUBGROUPS|TEXELS ]] && continue
      check "$1" "$2" "$3" "$3/$shader.comp" "-D$variant" "-D$weights"
    done
  done
done
