#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# install-config.sh FOLDER FILE… copies each file that is not there yet into $DESTDIR/FOLDER.
set -eu
folder=${DESTDIR-}$1
shift
mkdir -p "$folder"
for file; do
  target=$folder/${file##*/}
  [ -e "$target" ] || { echo "Installing $file to $folder"; cp "$file" "$target"; chmod 644 "$target"; }
done
