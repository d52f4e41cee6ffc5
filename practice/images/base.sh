#!/bin/sh
# The Debian layer below the images of the platform: the databases, Prometheus, and the tools that the
# runbook types inside the pods (nc, nslookup, psql, curl). Called as: base.sh OUTPUT.tar
set -eu

# Fixed numbers, because manifests name them in runAsUser; Debian's own packages then keep the users.
users='set -e; i=970; for name in postgres redis prometheus; do
groupadd --root "$1" --system --gid $i $name;
useradd --root "$1" --system --uid $i --gid $i --home-dir /var/lib/$name --no-create-home --shell /bin/sh $name;
i=$((i + 1)); done'

# What no pod ever opens. Postgres runs without its JIT; Debian's psql is a Perl wrapper round the real one.
slim='set -e; cd "$1"; lib=usr/lib/x86_64-linux-gnu;
rm -rf $lib/libLLVM* $lib/libz3* usr/lib/postgresql/15/lib/bitcode usr/lib/postgresql/15/lib/llvmjit*;
rm -rf $lib/perl $lib/libperl* usr/share/perl usr/bin/perl5.36*;
rm -rf var/lib/postgresql/15 etc/postgresql/15 usr/share/javascript/moment-timezone/data usr/share/nodejs;
rm -rf usr/share/i18n usr/share/locale usr/share/man usr/share/doc usr/bin/promtool usr/bin/amtool;
for tool in psql pg_isready pg_dump; do ln -sf ../lib/postgresql/15/bin/$tool usr/bin/$tool; done'

flat() { printf '%s' "$1" | tr '\n' ' '; }

exec mmdebstrap --variant=minbase --quiet --skip=output/dev \
    --include=ca-certificates,postgresql-15,redis-server,redis-tools,prometheus,prometheus-alertmanager \
    --include=curl,netcat-openbsd,dnsutils,nftables,iptables,procps \
    --aptopt='Apt::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --essential-hook="$(flat "$users")" --customize-hook="$(flat "$slim")" \
    bookworm "$1"
