# shellcheck shell=bash
# For scripts/test: files that failed for want of time run once more. The caller has an array tried_again, which gets a line for
# each that passed only then.

# try_again FOLDER: a machine that does other things beside may keep a browser waiting longer than the patience of a test. So a
# file in which nothing failed but patience runs once more, alone. The summary names it. A wrong answer, a sanitizer's
# report or a daemon that ended is never tried again; nor are more files than three, which is not the machine.
try_again() {
    local folder=$1 file name
    local -a late=()
    while read -r file; do
        name=$(out_of "$file")
        [[ $(cat "$folder/$name.status" 2>/dev/null) == 0 ]] || ! only_patience_failed "$folder/$name.log" || late+=("$file")
    done <"$folder/files"
    ((${#late[@]} <= 3)) || return 0
    for file in "${late[@]}"; do
        name=$(out_of "$file")
        mkdir -p "$folder/first"
        mv "$folder/$name".* "$folder/first/"
        interruptible "$folder/again.log" scripts/lib/node-test "$folder" "$file" || true
        [[ $(cat "$folder/$name.status") != 0 ]] || tried_again+=("$file, at first: $(short_path "$folder/first/$name.log")")
    done
}

only_patience_failed() {
    grep -qE 'Timeout [0-9]+ms exceeded|within [0-9]+ m?s' "$1" &&
        ! grep -qE 'AssertionError|sanitizer report|ended by itself|did not end within' "$1"
}

# out_of FILE: the name of what a test file leaves in its group's folder (scripts/lib/node-test).
out_of() {
    local name=${1#tests/}
    name=${name%.test.mjs}
    echo "${name//\//-}"
}
