# Compiles for 64-bit ARM, for a script that sources this after scripts/needs.bash.
#
#   find_rust_for_arm || unpack_rust
#   cargo_for_arm build --release
#
# If the installed Rust does not compile for aarch64-unknown-linux-gnu, Debian's is unpacked below
# target/arm, with lists of packages of its own: no other toolchain and no architecture is added to the system.
# `needs arm` installs the C compiler.

target=aarch64-unknown-linux-gnu
mkdir -p "${CARGO_TARGET_DIR:-target}/arm"
place=$(cd "${CARGO_TARGET_DIR:-target}/arm" && pwd)

# compiles_for_arm RUSTC: whether it is there, not too old, and has the standard library for ARM.
compiles_for_arm() {
    local version
    version=$("$1" --version 2>/dev/null) || return
    version=${version#rustc }
    at_least "${version%% *}" "$(rust_version)" && [[ -d $("$1" --print target-libdir --target "$target") ]]
}

# Unpacks Debian's Rust, which runs as $place/rustc.
unpack_rust() {
    local apt=$place/apt package version found='' deb
    command -v apt-get dpkg-deb >/dev/null || {
        echo "no Rust compiles for $target; to install: rustup target add $target"
        return 1
    }
    rm -rf "$apt" "$place/rust" && mkdir -p "$apt/lists/partial" "$apt/archives/partial" || return
    cat >"$apt/conf" <<END
APT::Architectures { "$(dpkg --print-architecture)"; "arm64"; };
Acquire::Languages "none";
Dir::State "$apt";
Dir::State::status "/var/lib/dpkg/status";
Dir::Cache "$apt";
END
    local -x APT_CONFIG=$apt/conf
    apt-get -q update || return
    # Debian has newer ones of Rust under another name, for web browsers.
    for package in rustc-web rustc; do
        version=$(apt-cache policy "$package" | sed -n 's/^ *Candidate: //p')
        at_least "${version:-0}" "$(rust_version)" && found=$package && break
    done
    [[ $found ]] || { echo "Debian's archive has no Rust $(rust_version)" && return 1; }
    apt-get -q install -y --download-only --no-install-recommends "$found" || return
    (cd "$apt/archives" && apt-get -q download "${found/rustc/libstd-rust}-dev:arm64") || return
    find "$apt/archives" -maxdepth 1 -name '*.deb' -print0 |
        xargs -0 -P "$(getconf _NPROCESSORS_ONLN)" -I DEB dpkg-deb -x DEB "$place/rust" || return
    rm -rf "$apt"
    cat >"$place/rustc" <<END
#!/usr/bin/env bash
root=\$(dirname -- "\${BASH_SOURCE[0]}")/rust/usr
LD_LIBRARY_PATH=\$(echo "\$root"/lib/*-linux-gnu) exec "\$root/bin/rustc" --sysroot "\$root" "\$@"
END
    chmod +x "$place/rustc"
}

# Sets rustc. Fails if Debian's Rust must be unpacked first.
find_rust_for_arm() {
    rustc=rustc
    compiles_for_arm "$rustc" && return
    rustc=$place/rustc
    compiles_for_arm "$rustc"
}

cargo_for_arm() { # cargo_for_arm COMMAND OPTION…
    RUSTC=$rustc CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc cargo "$1" --target "$target" "${@:2}"
}
