#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# check-hardening.sh PROGRAM…: each was compiled and linked as Debian hardens its own.
set -eu
export LC_ALL=C
fortified=no

for program; do
  missing=
  readelf -dW "$program" | grep -q 'FLAGS.*PIE' || missing="$missing, another place in memory each time (PIE)"
  readelf -lW "$program" | grep -q ' GNU_RELRO ' || missing="$missing, relocations that are read-only (RELRO)"
  readelf -dW "$program" | grep -q 'BIND_NOW' || missing="$missing, relocations that are done at the start (BIND_NOW)"
  readelf -lW "$program" | grep -q ' GNU_STACK .* RW ' || missing="$missing, a stack that runs no code"
  symbols=$(readelf -sW --dyn-syms "$program")
  case $symbols in *__stack_chk_fail*) ;; *) missing="$missing, stack protectors" ;; esac
  if [ -n "$missing" ]; then
    echo "$program lacks ${missing#, }"
    exit 1
  fi
  # A program that leaves everything to GLib calls none of them.
  case $symbols in *printf_chk*|*memcpy_chk*) fortified=yes ;; esac
done

if [ $fortified = no ]; then
  echo "checked library functions (_FORTIFY_SOURCE) are in none of: $*"
  exit 1
fi
