# Builds programs, for a script that sources this with their names, and sets `bin` to their
# folder. `top` is the repository's.
#
# Only these programs are built, and the crates that they need. The library is compiled in four
# units, so that two processors share it: ten seconds less, for programs that are up to some percent
# slower than those of `cargo build --release`. Cargo shows its progress where there is something to
# build.

# shellcheck source=scripts/needs.bash
source "$top/scripts/needs.bash"
needs rust cc roots

# is_fresh PROGRAM…: whether each is there, and newer than all that it is built from.
is_fresh() {
    local program built=${CARGO_TARGET_DIR:-$top/target}/release
    for program; do
        [[ -x $built/$program ]] || return
        [[ -z $(find "$top/Cargo.toml" "$top/Cargo.lock" "$top/src" -newer "$built/$program" -print -quit) ]] || return
    done
}

build() { # build PROGRAM…
    local options=(--release --locked --manifest-path "$top/Cargo.toml") program built executable
    options+=(--no-default-features --message-format=json-render-diagnostics)
    options+=(--config profile.release.package.textmill.codegen-units=4)
    for program; do
        options+=(--bin "$program")
        case $program in
            fetch | warc) options+=(--features fetch) ;;
            linkcheck) options+=(--features linkcheck) ;;
        esac
    done
    if is_fresh "$@"; then
        options+=(--quiet)
    else
        echo "${0#"$top/"}: building $* (the first time takes some minutes: two with two processors)" >&2
    fi
    built=$(cargo build "${options[@]}") || exit 1
    # Where the programs end up depends on the user's settings: cargo says it, in JSON.
    executable='"executable":"(([^"\]|\\.)*)/'$1'"'
    [[ $built =~ $executable ]] || { echo "${0#"$top/"}: cargo: built no $1" >&2; exit 1; }
    local quote='"' # the one escape of JSON that is none to printf
    printf -v bin %b "${BASH_REMATCH[1]//\\$quote/$quote}"
}

build "$@"
