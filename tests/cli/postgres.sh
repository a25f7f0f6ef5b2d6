# postgres.sh: a PostgreSQL server of the test's own, from Debian's postgresql-15, in a folder of its
# own, on a socket in there. It refuses to run as root; then it runs as postgres, or as nobody.
pg_bin=/usr/lib/postgresql/15/bin
pg_folder=

# as_server COMMAND...: runs it as a user who is not root.
as_server() {
    if [ "$(id -u)" != 0 ]; then
        (cd "$pg_folder" && "$@")
    elif id postgres >/dev/null 2>&1; then
        (cd "$pg_folder" && setpriv --reuid=postgres --regid="$(id -g postgres)" --clear-groups "$@")
    else
        (cd "$pg_folder" && setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups "$@")
    fi
}

# start_postgres: makes a database and starts its server; $pg_folder/connection names it.
start_postgres() {
    pg_folder=$(mktemp -d /tmp/flyball-pg-XXXXXX) || return 1
    trap 'stop_postgres; rm -rf "$folder"' EXIT
    if [ "$(id -u)" = 0 ]; then
        chown "$(id -u postgres 2>/dev/null || id -u nobody)" "$pg_folder" || return 1
    fi
    as_server "$pg_bin/initdb" -D data -A trust -U flyball --no-locale -E UTF8 --no-sync >"$folder/pg.log" 2>&1 &&
        as_server "$pg_bin/pg_ctl" -D data -l log -w -t 60 \
            -o "-k $pg_folder -c listen_addresses= -c shared_buffers=16MB -c max_connections=20" \
            start >>"$folder/pg.log" 2>&1 || { cat "$folder/pg.log"; return 1; }
    (umask 077 && echo "host=$pg_folder user=flyball dbname=postgres" >"$folder/connection")
}

stop_postgres() {
    [ -n "$pg_folder" ] || return 0
    as_server "$pg_bin/pg_ctl" -D data -m immediate stop >/dev/null 2>&1
    rm -rf "$pg_folder"
    pg_folder=
}
