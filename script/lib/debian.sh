# Sourced by environment.sh: Debian packages, installed only where they are missing.

# As root they are installed; anybody else is told the one command that does it.
install_debian_packages() {
    command -v apt-get >/dev/null || die "please install first, this machine has no apt-get: $*"
    [ "$(id -u)" = 0 ] || die "Debian packages are missing; please run: sudo apt-get install $*"
    say "installing Debian packages: $* (once, perhaps a minute)"
    refresh_package_lists
    apt install --yes "$@" || die "apt-get could not install $*; its message is above"
}

package_lists_are_fresh=no
refresh_package_lists() {
    [ "$package_lists_are_fresh" = yes ] && return
    apt update || die "apt-get update failed; its message is above. Check the network and /etc/apt"
    package_lists_are_fresh=yes
}

# Silent unless it fails, and never asks anything.
apt() {
    local said
    said=$(DEBIAN_FRONTEND=noninteractive apt-get --quiet -o DPkg::Lock::Timeout=300 "$@" 2>&1 </dev/null) || {
        printf '%s\n' "$said" >&2
        return 1
    }
}

# What the tests drive for real: the server programs of PostgreSQL, and a browser.
install_test_programs() {
    local missing=()
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
    command -v chromium >/dev/null || missing+=(chromium)
    [ ${#missing[@]} = 0 ] || install_debian_packages "${missing[@]}"
}
