#!/bin/sh
# The Debian layer below the images of the cases: Python, curl, bash and PostgreSQL 17. Called as: case_layer.sh OUTPUT.tar
set -eu

# PostgreSQL runs without its JIT; what no case opens is left out.
slim='set -e; cd "$1"; lib=usr/lib/x86_64-linux-gnu;
rm -rf $lib/libLLVM* $lib/libz3* usr/lib/postgresql/17/lib/bitcode usr/lib/postgresql/17/lib/llvmjit*;
rm -rf var/lib/postgresql/17 etc/postgresql/17 usr/share/i18n usr/share/locale usr/share/man usr/share/doc'

flat() { printf '%s' "$1" | tr '\n' ' '; }

exec mmdebstrap --variant=minbase --quiet --skip=output/dev \
    --include=ca-certificates,python3,bash,curl,postgresql-17,util-linux \
    --aptopt='Apt::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --customize-hook="$(flat "$slim")" \
    trixie "$1"
