# shellcheck shell=bash
# What must be there before anything starts: Debian packages, npm packages, the built programs.
# Each step first looks whether there is anything to do, so that the second time costs milliseconds.
# The caller sets log_dir, where each step's output goes.
# shellcheck disable=SC2154

# setup_packages LIST...: installs what is missing of scripts/packages.LIST.
setup_packages() {
    step_begin packages
    local missing
    missing=$(missing_packages "$@")
    if [[ -z $missing ]]; then
        step_end "all there"
        return
    fi
    command -v apt-get >/dev/null ||
        die "this is no Debian; install what these packages are called on your system, see docs/operation.md: $missing"
    local -a names root=()
    read -ra names <<<"$missing"
    if ((EUID != 0)); then
        command -v sudo >/dev/null ||
            die "packages are missing and there is no sudo; as root run: apt-get install --no-install-recommends $missing"
        root=(sudo)
    fi
    step_note "installing $missing"
    (umask 077 && : >"$log_dir/packages.log")
    "${root[@]}" scripts/install-packages "${names[@]}" >"$log_dir/packages.log" 2>&1 </dev/null || {
        show_tail "$log_dir/packages.log"
        die "the Debian packages could not be installed; see $(short_path "$log_dir/packages.log")."
    }
    step_end "installed"
}

# setup_optional_packages LIST: installs what is missing of scripts/packages.LIST; fails, without a word, where that cannot be.
setup_optional_packages() {
    local missing
    missing=$(missing_packages "$1")
    [[ -n $missing ]] || return 0
    local -a names root=()
    read -ra names <<<"$missing"
    ((EUID == 0)) || root=(sudo -n)
    command -v apt-get >/dev/null && { ((EUID == 0)) || command -v sudo >/dev/null; } || return 1
    step_note "installing $missing"
    (umask 077 && : >"$log_dir/packages-$1.log")
    "${root[@]}" scripts/install-packages "${names[@]}" >"$log_dir/packages-$1.log" 2>&1 </dev/null
}

# Names of the packages in scripts/packages.LIST... that are not installed, on one line.
missing_packages() {
    local -a wanted=() missing=()
    local list name installed
    for list in "$@"; do
        while read -r name; do
            [[ -z $name || $name == \#* ]] || wanted+=("$name")
        done <"scripts/packages.$list"
    done
    if ! command -v dpkg-query >/dev/null; then
        echo "${wanted[*]}"
        return
    fi
    installed=" $(dpkg-query -W -f '${Package}:${db:Status-Status} ' "${wanted[@]}" 2>/dev/null || true)"
    for name in "${wanted[@]}"; do
        [[ $installed == *" $name:installed "* ]] || missing+=("$name")
    done
    echo "${missing[*]}"
}

# Whether a Node.js that is new enough is there, from Debian or from elsewhere.
have_node() {
    local version
    version=$(node --version 2>/dev/null) && command -v npm >/dev/null || return 1
    version=${version#v}
    ((${version%%.*} >= 18))
}

# setup_npm run|test: the page's libraries; for the tests also their tools. Where the tools are there they stay.
setup_npm() {
    step_begin npm
    local what=$1 key done="nothing to do" stamp=node_modules/.echomeet
    local -a options=(--no-progress --loglevel=error --ignore-scripts)
    [[ ! -d node_modules/typescript ]] || what="test"
    [[ $what == test ]] || options+=(--omit=dev)
    key=$(cat package.json package-lock.json | sha256sum)
    if ! grep -qx "$what $key" "$stamp" 2>/dev/null; then
        interruptible "$log_dir/npm.log" npm ci "${options[@]}" || {
            show_tail "$log_dir/npm.log"
            die "npm could not fetch the page's libraries; see $(short_path "$log_dir/npm.log")."
        }
        echo "$what $key" >"$stamp"
        done="libraries fetched"
    fi
    interruptible "$log_dir/vendor.log" scripts/vendor || {
        show_tail "$log_dir/vendor.log"
        die "the page's libraries could not be copied to www/vendor; see $(short_path "$log_dir/vendor.log")."
    }
    step_end "$done"
}

# setup_build MAKE-ARGUMENTS...
setup_build() {
    local log=$log_dir/build.log
    step_begin build
    interruptible "$log" env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -j"$(nproc)" "$@" || {
        show_tail "$log" 30
        die "the build failed; see $(short_path "$log")."
    }
    if grep -q '^LD ' "$log"; then
        step_end "built"
    else
        step_end "up to date"
    fi
}

# interruptible LOG COMMAND...: runs the command so that a signal to this script ends it at once: bash runs a
# trap only between commands, but also while it waits for one in the background. on_exit ends `busy`.
busy=
interruptible() {
    local log=$1 status=0
    shift
    (umask 077 && : >"$log")
    setsid "$@" >"$log" 2>&1 </dev/null &
    busy=$!
    wait "$busy" || status=$?
    busy=
    return "$status"
}

end_busy() {
    trap '' INT TERM HUP # a second signal would end this before it has
    [[ -z $busy ]] || kill -TERM -- "-$busy" 2>/dev/null || true
}
