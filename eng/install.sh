# What ./up and ./test need on a machine, in one place. Sourced, never run.
#
# Guarantees: a missing Debian package is installed when this account may (root, or sudo without a password);
# otherwise the exact command is printed and the function fails. Installing PostgreSQL never creates a cluster:
# Hanse owns private instances, and a system-wide one would only take memory and a port.

hanse_say() { printf '%s\n' "$*" >&2; }

hanse_die() { hanse_say "error: $*"; exit 1; }

# The command prefix that makes us root: nothing, or sudo. Fails when neither works.
hanse_root() {
  if [ "$(id -u)" = 0 ]; then return 0; fi
  if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then printf 'sudo -n'; return 0; fi
  return 1
}

# hanse_packages PACKAGE...: installs Debian packages, or says what to install and fails.
hanse_packages() {
  local root
  if ! command -v apt-get >/dev/null || ! root="$(hanse_root)"; then
    hanse_say "Missing Debian packages: $*. This account may not install them. Run as root, then try again:"
    if [[ " $* " == *" postgresql "* ]]; then
      hanse_say "  mkdir -p /etc/postgresql-common/createcluster.d"
      hanse_say "  echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.d/hanse.conf"
    fi
    hanse_say "  apt-get update && apt-get install --yes --no-install-recommends $*"
    return 1
  fi
  if [[ " $* " == *" postgresql "* ]]; then
    $root mkdir -p /etc/postgresql-common/createcluster.d
    echo 'create_main_cluster = false' | $root tee /etc/postgresql-common/createcluster.d/hanse.conf >/dev/null
  fi
  hanse_say "Installing Debian packages: $*"
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
  $root "${apt[@]}" update >&2 || hanse_say "apt-get update failed; trying with the lists at hand."
  $root "${apt[@]}" install --yes --no-install-recommends "$@" >&2 ||
    { hanse_say "apt-get could not install: $*. Its messages are above."; return 1; }
}

hanse_has_postgres() {
  local initdb
  for initdb in /usr/lib/postgresql/*/bin/initdb; do [ -x "$initdb" ] && return 0; done
  command -v initdb >/dev/null
}

# What the chaos suite can use beyond that: a clock that jumps, networks of its own, and an address that moves between gateways, without which one test fails.
# Debian's service of keepalived does not start without a configuration, and none is made.
hanse_install_chaos() {
  local missing=()
  compgen -G '/usr/lib/*-linux-gnu/faketime/libfaketimeMT.so.1' >/dev/null || missing+=(libfaketime)
  command -v ip >/dev/null || missing+=(iproute2)
  [ -x /usr/sbin/keepalived ] || missing+=(keepalived)
  [ "${#missing[@]}" = 0 ] || hanse_packages "${missing[@]}" || hanse_say "The chaos suite goes on without ${missing[*]}, as far as it can."
}

# A real OpenSSH for the tests of joining over it. A server that was not here before is masked first: the tests start their own on loopback, and
# this machine gets no login it did not have.
hanse_install_ssh() {
  [ -x /usr/sbin/sshd ] && command -v ssh >/dev/null && command -v ssh-keygen >/dev/null && return 0
  local root
  if [ ! -x /usr/sbin/sshd ] && root="$(hanse_root)" && [ -d /etc/systemd/system ]; then
    $root ln -sfn /dev/null /etc/systemd/system/ssh.service
    $root ln -sfn /dev/null /etc/systemd/system/ssh.socket
  fi
  hanse_packages openssh-server openssh-client
}

# The relays that ./bench gateway measures beside the gateway. Their services are masked first: the suite starts its own, and this machine serves nothing that it
# did not. Without them the suite says so and goes on.
hanse_install_relays() {
  local root service missing=()
  [ -e /usr/lib/nginx/modules/ngx_stream_module.so ] || missing+=(nginx libnginx-mod-stream)
  [ -x /usr/sbin/haproxy ] || missing+=(haproxy)
  [ "${#missing[@]}" -gt 0 ] || return 0
  for service in nginx haproxy; do
    if [ ! -x "/usr/sbin/$service" ] && root="$(hanse_root)" && [ -d /etc/systemd/system ]; then
      $root ln -sfn /dev/null "/etc/systemd/system/$service.service"
    fi
  done
  hanse_packages "${missing[@]}" || hanse_say "The gateway's suite does without ${missing[*]}."
}

# Everything both scripts need. Cheap when all is there: no package manager is asked.
hanse_install() {
  command -v dotnet >/dev/null ||
    { hanse_say "The .NET 10 SDK is missing, and Debian does not carry it. Install it and put 'dotnet' on the PATH."; return 1; }
  (cd "$HANSE_ROOT" && dotnet --version >/dev/null 2>&1) ||
    { hanse_say "'dotnet' is here, but no SDK that $HANSE_ROOT/global.json accepts. Install a .NET 10 SDK. Found:"; dotnet --list-sdks >&2; return 1; }
  hanse_has_postgres || hanse_packages postgresql || return 1
  command -v flock >/dev/null || hanse_packages util-linux || return 1
}
