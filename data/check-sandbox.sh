#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# check-sandbox.sh UNIT: how far systemd takes a service for exposed, of 10: no more than this.
set -eu
most=1.5

# Older ones cannot judge a file that is not installed.
if ! verdict=$(SYSTEMD_COLORS=0 systemd-analyze security --no-pager --offline=true "$1" 2>&1); then
  echo "systemd-analyze cannot tell: $verdict"
  exit 77
fi
exposure=$(echo "$verdict" | sed -n 's/.*exposure level for .*: \([0-9.]*\) .*/\1/p')
if [ -z "$exposure" ] || awk "BEGIN { exit !($exposure > $most) }"; then
  echo "$verdict" | grep -v '^✓'
  echo "the exposure must be at most $most"
  exit 1
fi
echo "exposure $exposure"
