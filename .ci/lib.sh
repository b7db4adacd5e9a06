# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2034
# What ./run and ./check share. Sourced by bash from the top of the tree, with $program set.

BUILD_PACKAGES=(gcc libc6-dev meson ninja-build pkgconf gettext desktop-file-utils
  libglib2.0-dev libgtk-4-dev libadwaita-1-dev libsqlite3-dev
  libgnutls28-dev libgsasl-dev libqrencode-dev libsecret-1-dev)
DESKTOP_PACKAGES=(glib-networking dbus-daemon at-spi2-core adwaita-icon-theme librsvg2-common shared-mime-info
  fonts-cantarell fonts-dejavu-core fonts-noto-color-emoji)

say () { printf '==> %s\n' "$*"; }
die () { printf '%s: %s\n' "${program:?}" "$*" >&2; exit 1; }

if ! mkdir -p .run 2>/dev/null || [ ! -w .run ]; then
  die "cannot write in $PWD; who owns that folder?"
fi

# missing_packages NAME… prints those that dpkg does not have installed.
missing_packages ()
{
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p')
  printf '%s\n' "$@" | grep -vxF "${installed:-none}"
}

# need_packages NAME… installs what is missing, and asks nobody and nothing when that is nothing.
need_packages ()
{
  local missing as_root=()

  command -v dpkg-query >/dev/null || return 0 # not Debian: meson says what it misses
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0

  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "needs root once, for: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  as_root+=(env DEBIAN_FRONTEND=noninteractive apt-get -y -o DPkg::Lock::Timeout=600)

  say "Installing what is missing, ${#missing[@]} of $# packages (log: .run/install.log)…"
  (
    flock 8 # apt-get update waits for nobody
    "${as_root[@]}" update && "${as_root[@]}" install --no-install-recommends "${missing[@]}"
  ) 8>.run/install.lock >.run/install.log 2>&1 </dev/null ||
    die "apt-get cannot install ${missing[*]}: $(grep -m1 '^E:' .run/install.log || tail -n 1 .run/install.log)"
}

# build FOLDER "MESON OPTIONS" [TARGET…] sets up once, and again only when the options, the
# compiler or the tree's place have changed. The log is .run/FOLDER.log.
build ()
{
  local folder=$1 options=$2 log=.run/$1.log stamp
  shift 2

  (
    flock 8
    stamp="$PWD|${CC-}|$options|$(meson --version)"
    if [ "$(cat "$folder/.stamp" 2>/dev/null)" != "$stamp" ]; then
      rm -rf "$folder"
      # shellcheck disable=SC2086 # a list of words
      meson setup "$folder" $options || exit 1
      printf '%s' "$stamp" >"$folder/.stamp"
    fi
    ninja -C "$folder" "$@"
  ) 8>".run/$folder.lock" >"$log" 2>&1 </dev/null
}

# Why a build failed, in one line.
build_error ()
{
  grep -m1 -E 'error:|ERROR:' ".run/$1.log" || tail -n 1 ".run/$1.log"
}
