# Sourced by the commands in script/: makes the project's own Python environment in .venv and puts it first in PATH.
#
# Nothing is done while requirements.lock, pyproject.toml and the place of the checkout are what they were.
# Progress goes to stderr: stdout belongs to the command that was asked for.

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd -P)
environment="$root/.venv"
stamp="$environment/.complete"
python_version_needed="(3, 11)"

. "$root/script/lib/debian.sh"

say() { printf 'mooring: %s\n' "$*" >&2; }

die() {
    say "$*"
    exit 1
}

use_environment() {
    environment_is_complete || build_environment
    # Without compiled modules every process that the tests start would compile them anew.
    unset PYTHONHOME PYTHONPATH PYTHONDONTWRITEBYTECODE
    export VIRTUAL_ENV="$environment" PATH="$environment/bin:$PATH"
}

# What the environment was made from. The place counts too, for the scripts in .venv/bin hold absolute paths, and so
# does the interpreter, which an upgrade of the system may have replaced.
fingerprint() {
    printf '%s\n' "$root" "$(readlink -f "$environment/bin/python")"
    cat "$root/requirements.lock" "$root/pyproject.toml" | sha256sum
}

environment_is_complete() {
    [ -x "$environment/bin/python" ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(fingerprint)" ]
}

# One set-up at a time: a second script waits here and then finds the work done. The lock is taken on a file that is
# there anyway, and given back before the command starts.
build_environment() {
    [ -w "$root" ] || die "cannot write to $root, where .venv has to be made; check its owner"
    local lock
    exec {lock}<"$root/requirements.lock"
    flock --nonblock "$lock" || { say "waiting for the set-up that another script has started"; flock "$lock"; }
    environment_is_complete || install_everything
    exec {lock}<&-
}

install_everything() {
    environment_fits || create_environment
    say "installing the packages of requirements.lock into .venv (once, about half a minute)"
    pip_install --require-hashes --only-binary :all: --requirement "$root/requirements.lock"
    pip_install --no-deps --no-build-isolation --editable "$root"
    fingerprint >"$stamp.new"
    mv "$stamp.new" "$stamp"
    say "set-up complete"
}

# An environment that was begun, or made for the same place, is brought up to date; any other is replaced.
environment_fits() {
    [ -x "$environment/bin/python" ] || return 1
    [ ! -f "$stamp" ] || [ "$(head -n 1 "$stamp")" = "$root" ] || return 1
    "$environment/bin/python" -I -c "import pip, sys; sys.exit(sys.version_info < $python_version_needed)" 2>/dev/null
}

create_environment() {
    find_python
    say "making .venv with $("$python" --version) ($python)"
    rm -rf "$environment"
    "$python" -I -m venv "$environment" >&2 || die "python3 -m venv failed; its message is above"
}

# Quiet but for errors. -I keeps the caller's PYTHONPATH and user packages from passing as installed ones.
pip_install() {
    local cache=()
    [ -n "${HOME:-}" ] && [ -d "$HOME" ] || cache=(--no-cache-dir)
    "$environment/bin/python" -I -m pip --disable-pip-version-check install -qq "${cache[@]}" "$@" >&2 ||
        die "pip could not install what requirements.lock names; its message is above. Check the network and start again"
}

find_python() {
    python=$(newest_enough_python) || {
        install_debian_packages python3 python3-venv
        python=$(newest_enough_python) || die "Python 3.11 or newer is needed, and $(python_at_hand)"
    }
    can_make_environments || install_debian_packages python3-venv
    can_make_environments || die "$python cannot make virtual environments: its modules venv and ensurepip are missing"
}

newest_enough_python() {
    local name
    for name in python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3; do
        "$name" -I -c "import sys; sys.exit(sys.version_info < $python_version_needed)" 2>/dev/null || continue
        command -v "$name"
        return
    done
    return 1
}

python_at_hand() { python3 --version 2>/dev/null | sed 's/$/ is what this machine has/' | grep . || echo "none was found"; }

can_make_environments() { "$python" -I -c "import venv; from ensurepip import bootstrap" 2>/dev/null; }
