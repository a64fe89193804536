# shellcheck shell=bash
# What the scripts print: one line a step with the time it took, one sentence where something is wrong.

# Milliseconds since 1970, without starting a program.
now_ms() {
    local t=$EPOCHREALTIME
    echo $((${t/[.,]/} / 1000))
}

step_name=
step_began=0

step_begin() {
    step_name=$1
    step_began=$(now_ms)
}

# step_end TEXT: the line of the step that began last.
step_end() {
    local ms=$(($(now_ms) - step_began))
    printf '  %-12s %-48s %5d.%02d s\n' "$step_name" "$1" $((ms / 1000)) $((ms % 1000 / 10))
}

# A line for what takes long, before it is done.
step_note() {
    printf '  %-12s %s\n' "$step_name" "$1"
}

# One sentence on what is wrong, and the end. The EXIT trap stops what runs.
die() {
    printf 'EchoMeet: %s\n' "$1" >&2
    exit 1
}

# For a trap on ERR: a command that failed where nobody expected it must not end a script in silence.
unforeseen() {
    printf 'EchoMeet: %s stopped at line %s, where this failed: %s\n' "$0" "$1" "$2" >&2
}

# The last lines of a log, for a failure that a sentence alone does not explain.
show_tail() {
    [[ -s $1 ]] || return 0
    printf -- '--- the end of %s\n' "$1" >&2
    tail -n "${2:-15}" "$1" >&2
}

# A path as people like to read it: without the project's folder in front.
short_path() {
    echo "${1#"$PWD"/}"
}
