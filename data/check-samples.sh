#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# check-samples.sh WEBCHAT-SERVER FOLDER: the server accepts the sample configuration and list as
# they are, and with every comment mark before a key or an ID taken away; the manual has every key.
set -eu
server=$1
folder=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$server" --config "$folder/webchat-server.conf" --check-config

sed 's/^#\([a-z-]*=\)/\1/' "$folder/webchat-server.conf" >"$work/webchat-server.conf"
sed 's/^#\([a-z]\)/\1/' "$folder/ClientID-List" >"$work/ClientID-List"
"$server" --config "$work/webchat-server.conf" --check-config

keys=$(sed -n 's/^\([a-z-]*\)=.*/\1/p' "$work/webchat-server.conf")
[ "$(echo "$keys" | wc -l)" -ge 18 ] || { echo "keys are missing in the sample: $keys"; exit 1; }
for key in $keys; do
  grep -q "Cm $key Ns" "$folder/man/webchat-server.conf.5" || { echo "not in the manual: $key"; exit 1; }
done
