#!/bin/sh
# The Debian layer below our own image: Python and certificates, without a shell, a package manager or perl. What dpkg knows
# of its packages stays, for scanners and for the bill of materials. Called as: outage_base.sh OUTPUT.tar
set -eu

user='set -e; groupadd --root "$1" --system --gid 65532 outage;
useradd --root "$1" --system --uid 65532 --gid 65532 --home-dir /var/lib/outage --no-create-home --shell /sbin/nologin outage'

# Deleted from outside: inside nothing is left that could.
slim='set -e; cd "$1"; rm -rf usr/share/man usr/share/doc usr/share/locale usr/share/perl5 usr/lib/x86_64-linux-gnu/perl*;
rm -rf var/cache/apt var/lib/apt var/log/* usr/lib/apt usr/share/bash-completion usr/share/info;
rm -f usr/bin/apt* usr/bin/dpkg* usr/sbin/dpkg* usr/bin/perl* usr/bin/bash usr/bin/dash usr/bin/sh usr/bin/rbash;
find usr -xdev -perm /6000 -type f -exec chmod a-s {} +'

flat() { printf '%s' "$1" | tr '\n' ' '; }

exec mmdebstrap --variant=minbase --quiet --skip=output/dev \
    --include=python3-minimal,python3,ca-certificates,tzdata \
    --aptopt='Apt::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --customize-hook="$(flat "$user")" --customize-hook="$(flat "$slim")" \
    bookworm "$1"
