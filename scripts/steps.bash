# Steps of tests by cargo, for a script that sources this. Each prints a line with the seconds that it
# took, and the output of what failed.
#
# `work` is a folder of the script's own, and is removed when it ends. `status` is 1 when a test has failed.

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
results=$work/results # the output of all tests
touch "$results"
status=0

# Many tests wait for something: there are twice as many at a time as processors.
export RUST_TEST_THREADS=${RUST_TEST_THREADS:-$((2 * $(getconf _NPROCESSORS_ONLN)))}

# step NAME COMMAND…: runs it, and prints its name and time. Its output is in $work/step.
step() {
    local name=$1 start=$SECONDS ended=0
    shift
    printf '%-56s' "$name"
    "$@" >"$work/step" 2>&1 || ended=$?
    printf '%4d s\n' "$((SECONDS - start))"
    return "$ended"
}
# must NAME COMMAND…: a step without which the next ones make no sense.
must() { step "$@" || { cat "$work/step"; exit 1; }; }
# tests NAME COMMAND…: a step whose output has the results of tests.
tests() {
    step "$@" || {
        status=1
        # All but the tests that passed.
        grep -Ev '^test .* \.\.\. (ok|ignored.*)$' "$work/step" || true
    }
    grep -o 'skipped: .*' "$work/step" | sort -u | sed 's/^/  /' >"$work/skipped" || true
    cat "$work/skipped"
    cat "$work/step" "$work/skipped" >>"$results"
}

# The last line of the script, and its status.
report_tests() {
    awk '/^test result:/ {
            for (i = 2; i <= NF; i++) {
                if ($i ~ /^passed/) passed += $(i - 1)
                if ($i ~ /^failed/) failed += $(i - 1)
                if ($i ~ /^ignored/) skipped += $(i - 1)
            }
        }
        /^  skipped: / { passed--; skipped++ }
        END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped }' "$results"
    exit "$status"
}
