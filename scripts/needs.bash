# What a script needs, checked before it builds anything, for a script that sources this.
#
#   needs rust cc perl …    each of these is there, or is installed, or the script ends with status 1
#
# Installed is by apt-get, as root or by sudo without a password, after one line that says what.
# Elsewhere one line says what is missing and which command installs it. `top` is the repository's.

# The packages of a need, by their names in the system's package manager.
packages_of() { # packages_of MANAGER NEED
    case $1-$2 in
        apt-get-cc) echo gcc libc6-dev ;;
        apk-cc) echo gcc musl-dev ;;
        dnf-cc | zypper-cc) echo gcc glibc-devel ;;
        *-cc) echo gcc ;;
        *-roots) echo ca-certificates ;;
        apt-get-venv) echo python3-venv ;;
        *-python | *-venv) echo python3 ;;
        apt-get-perl) echo perl-base ;;
        apt-get-nginx) echo nginx-light ;;
        apt-get-awk) echo mawk ;;
        apt-get-xz) echo xz-utils ;;
        apt-get-man) echo man-db ;;
        *-arm) echo gcc-aarch64-linux-gnu libc6-dev-arm64-cross ;;
        *-qemu-aarch64) echo qemu-user ;;
        *-qemu-aarch64-static) echo qemu-user-static ;;
        *-awk) echo gawk ;;
        *-find | *-xargs) echo findutils ;;
        *-setsid) echo util-linux ;;
        *-coreutils) echo coreutils ;;
        *) echo "$2" ;;
    esac
}

# The system's package manager, if it is a known one.
manager() {
    local manager
    for manager in apt-get dnf zypper pacman apk; do
        if command -v "$manager" >/dev/null; then echo "$manager" && return; fi
    done
}

# What a need is called in messages.
name_of() {
    case $1 in
        rust) echo "Rust $(rust_version) or newer" ;;
        cc) echo "a C compiler with the C library's headers" ;;
        roots) echo "certificates of authorities" ;;
        python) echo "Python 3" ;;
        venv) echo "Python's venv" ;;
        parallel) echo "GNU parallel" ;;
        coreutils) echo "GNU's core utilities" ;;
        arm) echo "a C compiler for 64-bit ARM" ;;
        *) echo "$1" ;;
    esac
}

rust_version() { sed -n 's/^rust-version = "\(.*\)"/\1/p' "$top/Cargo.toml"; }

# at_least HAVE WANT: compares versions of the form 1.89.0.
at_least() {
    local have want i
    IFS=.- read -ra have <<<"$1"
    IFS=.- read -ra want <<<"$2"
    for i in 0 1; do
        ((${have[i]:-0} == ${want[i]:-0})) || { ((${have[i]:-0} > ${want[i]:-0})) && return; }
    done
}

is_there() {
    local version
    case $1 in
        rust)
            # The installer of Rust changes PATH only for shells that are started after it.
            local home=${CARGO_HOME:-${HOME-}/.cargo}
            command -v cargo >/dev/null || [[ ! -x $home/bin/cargo ]] || PATH=$home/bin:$PATH
            command -v cargo >/dev/null && version=$(rustc --version 2>/dev/null) || return
            version=${version#rustc }
            at_least "${version%% *}" "$(rust_version)"
            ;;
        # Cargo links by `cc`; some crates are C and need the headers.
        cc) cc -E - <<<'#include <stdlib.h>' >/dev/null 2>&1 && links_c cc ;;
        arm) links_c aarch64-linux-gnu-gcc ;;
        roots)
            local file
            for file in "${SSL_CERT_FILE-}" "${CARGO_HTTP_CAINFO-}" /etc/ssl/certs/ca-certificates.crt \
                /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem /etc/ssl/ca-bundle.pem; do
                [[ -s $file ]] && return
            done
            return 1
            ;;
        python) python3 -c '' 2>/dev/null ;;
        venv) python3 -c 'import ensurepip, venv' 2>/dev/null ;;
        coreutils)
            local tool
            for tool in cat comm cut head join mkfifo mktemp nl paste seq sleep sort tail timeout tr uniq wc yes; do
                command -v "$tool" >/dev/null || return
            done
            ;;
        parallel) [[ $(parallel --version 2>/dev/null) == "GNU parallel"* ]] ;;
        *) PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null ;;
    esac
}

# A program can be linked, not only compiled.
links_c() { # links_c COMPILER
    local out
    out=$(mktemp) || return
    "$1" -x c - -o "$out" <<<'int main(void) { return 0; }' 2>/dev/null || { rm -f "$out" && return 1; }
    rm -f "$out"
}

as_root() { if ((EUID == 0)); then "$@"; else sudo -n "$@"; fi; }

# Whether apt-get is there and may be used.
installs() { [[ $(manager) == apt-get ]] && { ((EUID == 0)) || sudo -n true 2>/dev/null; }; }

# The command that installs some packages on this system.
command_for() { # command_for PACKAGE…
    local sudo=''
    ((EUID == 0)) || sudo='sudo '
    case $(manager) in
        '') echo "your system's package manager: $*" ;;
        pacman) echo "${sudo}pacman -S $*" ;;
        apk) echo "${sudo}apk add $*" ;;
        *) echo "$sudo$(manager) install $*" ;;
    esac
}

# Joins names: A, B and C.
listed() {
    local list=$1
    shift
    while (($# > 1)); do list+=", $1" && shift; done
    (($# == 0)) || list+=" and $1"
    echo "$list"
}

needs() {
    local need missing=() names=() packages=() words how='' me=${0#"$top/"}
    for need; do
        is_there "$need" || missing+=("$need")
    done
    ((${#missing[@]})) || return 0
    for need in "${missing[@]}"; do
        names+=("$(name_of "$need")")
        # The Rust of a distribution is mostly too old.
        [[ $need != rust ]] || continue
        read -ra words <<<"$(packages_of "$(manager)" "$need")"
        packages+=("${words[@]}")
    done
    if [[ " ${missing[*]} " == *" rust "* ]]; then
        how="curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
    elif installs; then
        install_packages
        return
    fi
    if ((${#packages[@]})); then
        [[ -z $how ]] || how+=$([[ $(manager) ]] && echo ' && ' || echo ' and ')
        how+=$(command_for "${packages[@]}")
    fi
    echo "$me: not found: $(listed "${names[@]}"); to install: $how" >&2
    exit 1
}

# Installs `packages`; the script ends if that fails.
install_packages() {
    local log
    echo "$me: installing $(listed "${names[@]}") (apt-get install ${packages[*]})" >&2
    log=$(mktemp)
    if ! { as_root apt-get -q update && as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y \
        --no-install-recommends "${packages[@]}"; } >"$log" 2>&1 </dev/null; then
        echo "$me: apt-get: $(grep -m1 '^[EW]:' "$log" || tail -n 1 "$log")" >&2
        rm -f "$log"
        exit 1
    fi
    rm -f "$log"
    for need in "${missing[@]}"; do
        is_there "$need" || { echo "$me: $(name_of "$need"): not found after apt-get install" >&2 && exit 1; }
    done
}
