# shellcheck shell=bash
# The media server of one system: a Janus that echomeet-media runs and watches. Without one meetings go from browser to browser, so
# nothing here ends the start.
# The caller sets build, bind, log_dir and media_dir. JANUS names the folder where Janus is installed; without it that of `make janus`
# is taken where it is there, and Debian's else.
# shellcheck disable=SC2154

media_address= # what media come to; empty: there is no media server
media_none=    # why not

# Whether there is to be one, and where; after media_choose_janus.
media_choose() {
    step_begin Janus
    if [[ ${MEDIA:-} == none ]]; then
        media_none="MEDIA=none"
    elif [[ -x $ECHOMEET_MEDIA_JANUS/bin/janus ]] || setup_optional_packages media; then
        media_address=${ECHOMEET_MEDIA_ADDRESS:-$(media_find_address)}
    else
        media_none="it cannot be installed here"
    fi
    if [[ -n $media_address ]]; then step_end "there"; else step_end "none: $media_none"; fi
}

# media_choose_janus: sets ECHOMEET_MEDIA_JANUS.
media_choose_janus() {
    local prefix=${JANUS:-${ECHOMEET_MEDIA_JANUS:-}}
    if [[ -z $prefix ]]; then
        prefix=/usr
        [[ ! -x build/janus/bin/janus ]] || prefix=build/janus
    elif [[ ! -x $prefix/bin/janus && $prefix != /usr ]]; then
        die "there is no Janus in $prefix: $prefix/bin/janus is missing. 'make janus' builds one into build/janus; JANUS=/usr is Debian's."
    fi
    ECHOMEET_MEDIA_JANUS=$(realpath -- "$prefix")
    export ECHOMEET_MEDIA_JANUS
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
