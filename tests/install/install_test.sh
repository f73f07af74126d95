#!/usr/bin/env bash
# Installs the tree and uses what was installed: the program, a lab from the installed examples, the shim, the library.
#   install_test.sh SOURCE_DIR BUILD_DIR COMPILER
set -euo pipefail
source=$1 build=$2 compiler=$3
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
export CXLEMU_RUNTIME_DIR=$prefix/run
cmake --install "$build" --prefix "$prefix" >/dev/null
"$prefix/bin/cxlemu" run "$prefix/share/cxlemu/examples/one-device.toml" --clock=auto -- \
  sh -c 'echo "$LD_PRELOAD"' | grep -qF "$prefix"
sed -i "s|^prefix=.*|prefix=$prefix|" "$(find "$prefix" -name cxlemu.pc)"
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name cxlemu.pc)")
export PKG_CONFIG_PATH
# shellcheck disable=SC2046
"$compiler" "$source/tests/install/consumer.cpp" $(pkg-config --static --cflags --libs cxlemu) -o "$prefix/consumer"
"$prefix/consumer" | grep -qx sanitized
