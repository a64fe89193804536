# shellcheck shell=bash
# The media server of one system: a Janus that echomeet-media runs and watches. Without one meetings go from browser to browser, so
# nothing here ends the start.
# The caller sets build, bind, log_dir and media_dir.
# shellcheck disable=SC2154

media_address= # what media come to; empty: there is no media server
media_none=    # why not

# Whether there is to be one, and where. A Janus of one's own is named by ECHOMEET_MEDIA_JANUS.
media_choose() {
    step_begin Janus
    if [[ ${MEDIA:-} == none ]]; then
        media_none="MEDIA=none"
    elif [[ -x ${ECHOMEET_MEDIA_JANUS:-/usr}/bin/janus ]] || setup_optional_packages media; then
        media_address=${ECHOMEET_MEDIA_ADDRESS:-$(media_find_address)}
    else
        media_none="it cannot be installed here"
    fi
    if [[ -n $media_address ]]; then step_end "there"; else step_end "none: $media_none"; fi
}

# Media stay on this machine where the page does.
media_find_address() {
    local addresses
    case $bind in
    127.* | ::1 | localhost) echo 127.0.0.1 ;;
    0.0.0.0 | '*' | ::)
        addresses=$(hostname -I 2>/dev/null || true)
        read -r addresses _ <<<"$addresses"
        echo "${addresses:-127.0.0.1}"
        ;;
    *) echo "$bind" ;;
    esac
}

# The settings of its Janus are written anew with each start.
media_start() {
    local loopback=
    [[ $media_address != 127.* ]] || loopback=$build/janus-loopback.so
    export ECHOMEET_MEDIA_FOLDER=$media_dir ECHOMEET_MEDIA_ADDRESS=$media_address
    ECHOMEET_MEDIA_LOOPBACK=$loopback scripts/janus-config "$media_dir" ||
        echo "EchoMeet: the settings of Janus could not be written to $(short_path "$media_dir")." >&2
    (umask 077 && : >>"$log_dir/media.log")
    media_log_from=$(($(wc -l <"$log_dir/media.log") + 1))
    daemon_start media "$build/echomeet-media"
}

media_version() {
    tail -n "+$media_log_from" "$log_dir/media.log" | sed -nE 's/.* event=active .*janus=([0-9.]+).*/\1/p' | tail -n 1
}

media_is_active() { [[ -n $(media_version) ]]; }

media_report() {
    if daemon_await media 30 media_is_active; then
        step_end "janus $(media_version) on $media_address, ports ${ECHOMEET_MEDIA_PORTS:-20000-20999}"
    else
        show_tail "$log_dir/media.log" 5
        step_end "no media server yet; its log is $(short_path "$log_dir/media.log")"
    fi
}
