#!/usr/bin/env bash
# release.sh: packs the binary into target/dist: an archive with the manual pages and the completions, its checksum, and the manifest for krew with
# the archives that are there. The same binary and commit give the same bytes.
#
# BINARY: the program (target/release/ping-operator). TARGET: what it was built for (this machine). PAGES: the program that writes the pages, if BINARY
# does not run here. OUT: the folder (target/dist). ARCHIVES, HOMEPAGE: what the manifest says of where they are.
# SBOM: the folder that sbom.sh wrote. The licences come into the archive, the SBOM beside it. Without SBOM there are none.
set -euo pipefail
cd "$(dirname "$0")/.."
binary=${BINARY:-target/release/ping-operator}
pages=${PAGES:-$binary}
target=${TARGET:-$(uname -m)-$(uname -s | tr '[:upper:]' '[:lower:]')}
out=${OUT:-target/dist}
archives=${ARCHIVES:-https://example.com/ping-operator}
homepage=${HOMEPAGE:-https://example.com/ping-operator}

version=$("$pages" --version | cut -d' ' -f2)
case $target in
    x86_64-* | amd64-*) machine=amd64 ;;
    aarch64-* | arm64-*) machine=arm64 ;;
    *) echo "error: no archives are made for $target: amd64 and arm64 only" >&2 && exit 1 ;;
esac
case $target in
    *-linux*) system=linux ;;
    *-darwin*) system=darwin ;;
    *) echo "error: no archives are made for $target: Linux and macOS only" >&2 && exit 1 ;;
esac
name=ping-operator-$version-$system-$machine

packed=$(mktemp -d)
trap 'rm -rf "$packed"' EXIT
mkdir -p "$out" "$packed/completions"
install -m 755 "$binary" "$packed/ping-operator"
install -m 644 LICENSE README.md CHANGELOG.md "$packed"
if [ -n "${SBOM:-}" ]; then
    install -m 644 "$SBOM/THIRD-PARTY.md" "$packed"
    install -m 644 "$SBOM/ping-operator.cdx.json" "$out/$name.cdx.json"
fi
"$pages" man --out-dir "$packed/man"
for shell in bash zsh fish; do "$pages" completions "$shell" >"$packed/completions/ping-operator.$shell"; done
chmod -R u=rwX,go=rX "$packed"

# The time of the commit, so that the time of packing leaves no trace.
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
tar --create --sort=name --format=ustar --owner=0 --group=0 --numeric-owner --mtime="@$epoch" --directory "$packed" . | gzip --no-name --best >"$out/$name.tar.gz"
(cd "$out" && sha256sum ping-operator-"$version"-* >SHA256SUMS)

# A platform whose archive is not there is left out.
sums=$(sed -nE 's/^([0-9a-f]{64})  ping-operator-[^-]+-([a-z]+)-([a-z0-9]+)\.tar\.gz$/SHA256_\2_\3 \1/p' "$out/SHA256SUMS" | tr '[:lower:]' '[:upper:]')
awk -v version="$version" -v archives="$archives" -v homepage="$homepage" -v sums="$sums" '
    BEGIN { count = split(sums, lines, "\n"); for (i = 1; i <= count; i++) { split(lines[i], pair, " "); sum[pair[1]] = tolower(pair[2]) } }
    function print_block() { if (is_known) printf "%s", block; block = ""; is_known = 1 }
    /^# / { next }
    /^  - selector:/ { print_block() }
    {
        gsub(/\$\{VERSION\}/, version); gsub(/\$\{ARCHIVES\}/, archives); gsub(/\$\{HOMEPAGE\}/, homepage)
        if (match($0, /\$\{SHA256_[A-Z0-9_]+\}/)) {
            key = substr($0, RSTART + 2, RLENGTH - 3)
            is_known = key in sum
            sub(/\$\{[A-Z0-9_]+\}/, sum[key])
        }
        block = block $0 "\n"
    }
    BEGIN { is_known = 1 }
    END { print_block() }' deploy/krew/ping.yaml >"$out/ping.yaml"
echo "$out/$name.tar.gz, SHA256SUMS and ping.yaml (krew)"
