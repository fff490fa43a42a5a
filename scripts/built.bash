# Builds the programs, for a script that sources this with the name of one of
# them, and sets `bin` to their folder. `top` is the repository's.

if ! command -v cargo >/dev/null; then
    echo "scripts/${0##*/}: cargo: not found; install Rust, see https://rustup.rs" >&2
    exit 1
fi
# Where the programs end up depends on the user's settings: cargo says it, in JSON.
built=$(cargo build --quiet --release --locked --bins --manifest-path "$top/Cargo.toml" \
    --message-format=json-render-diagnostics)
executable='"executable":"(([^"\]|\\.)*)/'$1'"'
[[ $built =~ $executable ]] || { echo "scripts/${0##*/}: cargo: built no $1" >&2; exit 1; }
quote='"' # the one escape of JSON that is none to printf
printf -v bin %b "${BASH_REMATCH[1]//\\$quote/$quote}"
