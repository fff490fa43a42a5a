# Checks for a script that sources this: the output of a check is shown only if it fails. `work` is a
# folder of the script's own.

passed=0 failed=0
check() { # check NAME COMMAND…: passes if the command succeeds
    local name=$1
    shift
    if "$@" >"$work/output" 2>&1; then
        ((++passed))
    else
        ((++failed))
        printf 'failed: %s\n' "$name"
        cat "$work/output"
    fi
}

# The last line of the script, and its status.
report_checks() {
    echo "$passed passed, $failed failed"
    ((failed == 0))
}
