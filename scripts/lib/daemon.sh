# shellcheck shell=bash
# Starting, watching and ending the processes of a running system.
#
# Each daemon has a session of its own, so that Ctrl-C in the terminal reaches this script alone, which then ends
# the daemons in the right order. Should this script be killed, the kernel hands SIGTERM to each of them.
# The caller sets log_dir.
# shellcheck disable=SC2154

declare -A daemon_pid=() # name -> process id, of those that run

# daemon_start NAME COMMAND...: its output is appended to its log, which nobody else may read.
daemon_start() {
    local name=$1
    shift
    (umask 077 && exec setsid setpriv --pdeathsig TERM "$@" >>"$log_dir/$name.log" 2>&1 </dev/null) &
    daemon_pid[$name]=$!
}

daemon_runs() {
    [[ -n ${daemon_pid[$1]:-} ]] && kill -0 "${daemon_pid[$1]}" 2>/dev/null
}

# daemon_stop NAME SECONDS: SIGTERM, and SIGKILL where that much time was not enough.
daemon_stop() {
    local name=$1 pid=${daemon_pid[$1]:-} ticks=$(($2 * 50))
    [[ -n $pid ]] || return 0
    unset "daemon_pid[$name]"
    kill -TERM "$pid" 2>/dev/null || return 0
    while kill -0 "$pid" 2>/dev/null; do
        if ((ticks-- == 0)); then
            echo "EchoMeet: $name did not end within $2 s and is killed; its log is $(short_path "$log_dir/$name.log")." >&2
            kill -KILL "$pid" 2>/dev/null || true
            break
        fi
        sleep 0.02
    done
    wait "$pid" 2>/dev/null || true
}

# daemon_await NAME SECONDS CHECK...: waits until CHECK succeeds; fails where the daemon ended or the time is over.
daemon_await() {
    local name=$1 ticks=$(($2 * 50))
    shift 2
    until "$@" 2>/dev/null; do
        daemon_runs "$name" || return 1
        ((ticks-- > 0)) || return 1
        sleep 0.02
    done
}

# Whether somebody listens there. The shell's own connection: no program is started.
port_taken() {
    (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null
}

# http_status HOST PORT PATH: the status of a GET, e.g. 200; nothing where there is no answer.
http_status() (
    exec 3<>"/dev/tcp/$1/$2" || exit 1
    printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$3" >&3
    read -rt 5 _ status _ <&3 && echo "$status"
) 2>/dev/null
