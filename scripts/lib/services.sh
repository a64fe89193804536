# shellcheck shell=bash
# The database and Redis of one system: private ones below VAR, or those that the environment names.
# The caller sets var_dir, run_dir and log_dir.
# shellcheck disable=SC2154

own_mysql() { [[ -z ${ECHOMEET_MYSQL_SOCKET:-}${ECHOMEET_MYSQL_HOST:-}${ECHOMEET_MYSQL_PORT:-} ]]; }
own_redis() { [[ -z ${ECHOMEET_REDIS_SOCKET:-}${ECHOMEET_REDIS_HOST:-}${ECHOMEET_REDIS_PORT:-}${ECHOMEET_REDIS_SERVERS:-} ]]; }

# mariadbd refuses to run as root unless it is told to.
mariadb_user() { ((EUID != 0)) || echo --user=root; }

# The database folder is made elsewhere and moved into place when it is complete, so an interrupted first start leaves
# nothing that looks like one.
mariadb_make_folder() {
    local data=$var_dir/mariadb new=$var_dir/mariadb.new
    [[ ! -e $data ]] || return 0
    rm -rf "$new"
    # shellcheck disable=SC2046
    interruptible "$log_dir/mariadb-install.log" mariadb-install-db --no-defaults $(mariadb_user) --datadir="$new" \
        --tmpdir="$run_dir" --auth-root-authentication-method=normal --skip-test-db || {
        show_tail "$log_dir/mariadb-install.log"
        die "the database folder $(short_path "$data") could not be made; see $(short_path "$log_dir/mariadb-install.log")."
    }
    mv "$new" "$data"
}

# Starts it without waiting; mariadb_await waits.
mariadb_start() {
    local data=$var_dir/mariadb
    mariadb_make_folder
    [[ -d $data/mysql && -f $data/ibdata1 ]] ||
        die "$(short_path "$data") is not a complete database folder; put a backup in its place, or move it away to begin with an empty one."
    rm -f "$run_dir/mariadb.sock"
    (umask 077 && touch "$log_dir/mariadb.log")
    mariadb_log_from=$(($(wc -l <"$log_dir/mariadb.log") + 1))
    # Each commit is on the disk before it is told; no network: the socket's folder is open to its owner alone. Temporary
    # tables are kept there too: at its start a server deletes every #sql* file in its tmpdir, also those of other servers.
    # shellcheck disable=SC2046
    daemon_start mariadb /usr/sbin/mariadbd --no-defaults $(mariadb_user) --datadir="$data" \
        --socket="$run_dir/mariadb.sock" --pid-file="$run_dir/mariadb.pid" --tmpdir="$run_dir" --skip-networking --skip-name-resolve \
        --innodb-flush-log-at-trx-commit=1 --innodb-buffer-pool-size=256M --max-connections=500 \
        --character-set-server=utf8mb4 --collation-server=utf8mb4_unicode_ci
    export ECHOMEET_MYSQL_SOCKET=$run_dir/mariadb.sock ECHOMEET_MYSQL_USER=root ECHOMEET_MYSQL_PASSWORD=
}

mariadb_answers() {
    [[ -S $run_dir/mariadb.sock ]] && mariadb --no-defaults -u root -S "$run_dir/mariadb.sock" -e 'DO 1'
}

mariadb_await() {
    daemon_await mariadb 120 mariadb_answers && return
    local reason
    reason=$(tail -n "+$mariadb_log_from" "$log_dir/mariadb.log" | sed -n 's/^.*\[ERROR\] //p' | head -n 1)
    die "the database did not start from $(short_path "$var_dir/mariadb")${reason:+ ($reason)}; its log is $(short_path "$log_dir/mariadb.log")."
}

# News, leases and counters only: nothing that must survive is in it, so nothing is saved.
redis_start() {
    rm -f "$run_dir/redis.sock"
    daemon_start redis redis-server --port 0 --unixsocket "$run_dir/redis.sock" --unixsocketperm 700 \
        --save '' --appendonly no --dir "$run_dir" --daemonize no --maxclients 5000
    export ECHOMEET_REDIS_SOCKET=$run_dir/redis.sock
}

redis_answers() {
    [[ -S $run_dir/redis.sock && $(redis-cli -s "$run_dir/redis.sock" ping) == PONG ]]
}

redis_await() {
    daemon_await redis 30 redis_answers && return
    show_tail "$log_dir/redis.log" 5
    die "Redis did not start; its log is $(short_path "$log_dir/redis.log")."
}
