#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# check-potfiles.sh TREE: every file with a translatable text is in POTFILES, and nothing else is.
set -eu
cd "$1"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{
  grep -rlE --include='*.c' '\<(_|N_|C_|ngettext|g_dngettext) ?\("' gui
  grep -rl --include='*.ui' 'translatable="yes"' gui
  ls data/*.desktop.in data/*.metainfo.xml.in data/*.gschema.xml
} | sort >"$work/wanted"
grep -v '^#' po/POTFILES | sort >"$work/there"
diff "$work/there" "$work/wanted"
