# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# Long steps with their output in a file, and the build.

# logged NAME LOG COMMAND...: one line while it runs and one when it is done; the end of its log
# when it failed.
logged() {
    local name=$1 log=$2 start=$EPOCHREALTIME said=$SECONDS pid status=0
    shift 2
    as_invoker mkdir -p "$(dirname "$log")"
    as_invoker touch "$log"
    # With a process group of its own, so that end_jobs ends all that it has started.
    set -m
    "$@" </dev/null >"$log" 2>&1 &
    pid=$!
    set +m
    while kill -0 $pid 2>/dev/null; do
        if [ $((SECONDS - said)) -ge 15 ]; then
            said=$SECONDS
            say "    ... $name, $(seconds_since "$start") s: $(tail -n 1 "$log" | cut -c 1-90)"
        fi
        sleep 0.1
    done
    wait $pid || status=$?
    if [ $status -ne 0 ]; then
        warn "$name failed ($status); the end of $log:"
        grep -E 'error|FAILED|ERROR|E: ' "$log" | head -n 15 >&2 || true
        tail -n 15 "$log" >&2
        return $status
    fi
    say "  $name: $(seconds_since "$start") s"
}

# is_configured DIRECTORY --NAME=VALUE|-DNAME=VALUE...: what is built there has these options.
is_configured() {
    local directory=$1 values option
    shift
    values=$(as_invoker meson introspect "$directory" --buildoptions |
        jq -r '.[] | "\(.name)=\(.value | if type == "array" then join(",") else . end)"') || return
    for option in "$@"; do
        option=${option#--}
        grep -qxF -- "${option#-D}" <<<"$values" || return
    done
}

# build DIRECTORY SETUP-OPTIONS -- TARGETS: as the invoking user, whose checkout it is.
build() {
    local directory=$1 options=()
    shift
    while [ "${1:---}" != -- ]; do
        options+=("$1")
        shift
    done
    [ $# = 0 ] || shift
    if [ -e "$directory" ] && ! as_invoker test -w "$directory"; then
        warn "$directory belongs to someone else: remove it, or build as its owner"
        return 1
    fi
    if [ ! -e "$directory/build.ninja" ]; then
        logged "configure ${directory##*/}" "$directory/setup.log" \
            as_invoker meson setup "$directory" "$repo" "${options[@]}" || return
    elif ! is_configured "$directory" "${options[@]}"; then
        logged "configure ${directory##*/} anew" "$directory/setup.log" \
            as_invoker meson setup --reconfigure "$directory" "$repo" "${options[@]}" || return
    fi
    logged "build ${directory##*/}" "$directory/build.log" as_invoker ninja -C "$directory" "$@"
}

install_packages() {
    if [ -n "$("$repo/scripts/packages" missing "$@")" ]; then
        "$repo/scripts/packages" install "$@"
    fi
}
