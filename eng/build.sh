# Restoring and building, in one place. Sourced, never run; eng/install.sh comes first.

# One configuration everywhere: what is tested is what ./up runs.
HANSE_CONFIGURATION=Release
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_USE_MSBUILD_SERVER=0

# No build server outlives the build: "./up --stop leaves no process" counts them too.
HANSE_BUILD_FLAGS=(-nodeReuse:false -p:UseSharedCompilation=false -p:RestoreLockedMode=true -v:quiet -nologo -clp:ErrorsOnly)

# hanse_fingerprint PATH...: changes when a source file under a path is added, removed, or written.
hanse_fingerprint() {
  (cd "$HANSE_ROOT" && find "$@" Directory.*.props global.json .editorconfig \
    \( -name bin -o -name obj -o -name packages.lock.json \) -prune -o -type f -printf '%p %s %T@\n' |
    LC_ALL=C sort | sha256sum | cut -d' ' -f1)
}

# hanse_build STAMP TARGET SOURCE...: builds TARGET unless SOURCEs are as at its last success. One build at a time a checkout.
hanse_build() {
  local stamp="$HANSE_ROOT/artifacts/built/$1" target="$2"; shift 2
  mkdir -p "$HANSE_ROOT/artifacts/built"
  (
    flock 9
    local now; now="$(hanse_fingerprint "$@")"
    if [ "$(cat "$stamp" 2>/dev/null)" = "$now" ]; then exit 0; fi
    hanse_say "Building $target …"
    local started=$SECONDS
    (cd "$HANSE_ROOT" && dotnet build "$target" -c "$HANSE_CONFIGURATION" "${HANSE_BUILD_FLAGS[@]}" >&2) ||
      { hanse_say "error: $target does not build; the compiler's messages are above."; exit 1; }
    printf '%s\n' "$now" > "$stamp"
    hanse_say "Built $target in $((SECONDS - started)) s."
  ) 9> "$HANSE_ROOT/artifacts/built/lock"
}

# What ./up runs, and what it is made of.
HANSE_UP_TARGET=eng/Hanse.Up/Hanse.Up.csproj
HANSE_UP_SOURCES=(src benchmarks eng tests/Hanse.TestKit)

# Builds what ./up and ./hanse run, and keeps a copy of it: a later build must not overwrite the files of a running program.
hanse_build_up() {
  hanse_build up "$HANSE_UP_TARGET" "${HANSE_UP_SOURCES[@]}" && hanse_snapshot
}

# hanse_bin PROJECT-FOLDER: where the build put a project.
hanse_bin() { printf '%s/%s/bin/%s/net10.0' "$HANSE_ROOT" "$1" "$HANSE_CONFIGURATION"; }

hanse_snapshot() {
  local stamp snapshots="$HANSE_ROOT/artifacts/programs" old
  stamp="$(cut -c1-16 "$HANSE_ROOT/artifacts/built/up")"
  (
    flock 9
    if [ ! -d "$snapshots/$stamp" ]; then
      local next="$snapshots/.next"
      rm -rf "$next" && mkdir -p "$next"
      cp -a "$(hanse_bin src/Hanse.Server)" "$next/server"
      cp -a "$(hanse_bin src/Hanse.Agent)" "$next/agent"
      cp -a "$(hanse_bin src/Hanse.Gateway)" "$next/gateway"
      cp -a "$(hanse_bin eng/Hanse.Up)" "$next/up"
      cp -a "$(hanse_bin benchmarks/Hanse.Bench)" "$next/bench"
      mv "$next" "$snapshots/$stamp"
    fi
    ln -sfn "$stamp" "$snapshots/current"
    # Older ones go, but for those that a process still runs from.
    for old in "$snapshots"/*/; do
      old="${old%/}"
      case "$old" in */"$stamp" | */current) continue ;; esac
      hanse_in_use "$old" || rm -rf "$old"
    done
  ) 9> "$HANSE_ROOT/artifacts/built/snapshot.lock"
}

# True if some process was started from a folder. Processes of other accounts cannot be seen and were not started here.
hanse_in_use() {
  local cmdline words
  for cmdline in /proc/[0-9]*/cmdline; do
    mapfile -d '' -t -n 2 words 2>/dev/null < "$cmdline" || continue
    # The program itself, or what dotnet runs.
    case "${words[0]:-}" in "$1"/*) return 0 ;; esac
    case "${words[1]:-}" in "$1"/*) return 0 ;; esac
  done
  return 1
}

# The folder of the programs that were last built; fails when there is none.
hanse_programs() {
  local current="$HANSE_ROOT/artifacts/programs/current"
  [ -d "$current" ] && readlink -f "$current"
}

# Where ./up keeps its data when --data does not say; Places.cs computes the same.
hanse_default_data() {
  local name; name="$(printf %s "$HANSE_ROOT" | sha256sum | cut -c1-10)"
  if [ "$(id -u)" = 0 ]; then printf '/var/lib/hanse/%s' "$name"; else printf '%s/hanse/%s' "${XDG_STATE_HOME:-$HOME/.local/state}" "$name"; fi
}
