# `--help` for a script that sources this: its own head comment.

# The comment at the top of a script, without its marks.
# Called before or after the script has changed to the top folder.
usage() { sed -n '2,/^[^#]/{/^#/!q; s/^# \{0,1\}//; p}' "${top:-$PWD}/scripts/$(script_name)"; }

# The name of the script in scripts/, also where a symbolic link has called it.
script_name() {
    local target
    target=$(readlink -- "$0" || readlink -- "${OLDPWD-}/$0") || target=$0
    echo "${target##*/}"
}

# Prints the usage and ends the script, if that is what the user asks for.
help_if_asked() {
    local argument
    for argument; do
        case $argument in
            -h | --help) usage && exit 0 ;;
            --) return ;;
        esac
    done
}

# wrong_usage CAUSE: one line, status 2.
wrong_usage() {
    echo "${0#"${top-}/"}: $1 (see ${0#"${top-}/"} --help)" >&2
    exit 2
}
