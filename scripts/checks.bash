# Checks of the built programs, for a script that sources this from the top of the repository.
#
# The programs are first in PATH: those in TEXTMILL_BIN, or else debug ones, built here as
# scripts/test builds them, so that nothing is compiled again after it. `dir` is a
# folder of the script's own, `ids` are processes that it started; both are gone when it ends.

if [ -z "${TEXTMILL_BIN:-}" ]; then
    cargo test --quiet --locked --no-run --lib --test tests
    TEXTMILL_BIN=${CARGO_TARGET_DIR:-target}/debug
fi
PATH=$(cd "$TEXTMILL_BIN" && pwd):$PATH
unset http_proxy https_proxy all_proxy HTTPS_PROXY ALL_PROXY SSL_CERT_FILE SSL_CERT_DIR

dir=$(mktemp -d)
ids=()
end() {
    for id in "${ids[@]}"; do kill "$id" 2>/dev/null || true; done
    wait
    rm -rf "$dir"
}
trap end EXIT

passed=0 failed=0
check() { # check NAME COMMAND…: passes if the command does
    local name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $name" >&2
    fi
}
