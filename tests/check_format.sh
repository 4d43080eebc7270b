#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The layout is clang-format's, with the tree's .clang-format.
# usage: check_format.sh SOURCE_ROOT
cd "${1:-.}" || exit 1
. tests/tracked.sh
command -v clang-format >/dev/null || skip 'clang-format is not installed'
tracked '*.c' '*.h' | xargs clang-format --dry-run -Werror
