#!/usr/bin/env bash
# DuckDB's library and C header from the npm registry, versions pinned and checksums verified, into build/third_party/duckdb.
set -euo pipefail
cd "$(dirname "$0")/.."

version=1.4.4
target=build/third_party/duckdb
[[ -f $target/.version && $(<"$target/.version") == "$version" ]] && exit 0

case $(uname -m) in
  x86_64) platform=x64 sha512=Z59zpUIcZilHBmcZpmwfFwi6/OAnKlVQCE9/NGgZCFSqYeb+3ij5HQy26hp10GIiv3HxUQGId8HVs92x2jvckQ== ;;
  aarch64) platform=arm64 sha512=qF2/WhB+i+8is60RrpTY/5ZnywIUayuBiVXSuQ4rrRn1m1gvfKqPvjySbiDjYgQo/6OXu/fax0KC1gXnNWoLEA== ;;
  *) echo "fetch_duckdb: no DuckDB package for $(uname -m)" >&2; exit 1 ;;
esac
header_sha512=hEJJ5hyVF0VLj3dmOLpsWrQR0b3d4Ykqtygm6iUXjHJDDnSqg/USKxcb5qvNrOhFYPgktayU6dXCtgPqcmmpog==

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fetch PACKAGE@VERSION SHA512: its archive, checked, as $work/package.tgz
fetch() {
  echo "fetch_duckdb: npm pack $1"
  rm -f "$work"/*.tgz
  (cd "$work" && npm pack --silent "$1" >/dev/null && mv ./*.tgz package.tgz)
  local found
  found=$(openssl dgst -sha512 -binary "$work/package.tgz" | base64 -w0)
  [[ $found == "$2" ]] || { echo "fetch_duckdb: $1 has checksum $found, not $2" >&2; exit 1; }
}

mkdir -p "$target/lib" "$target/include"
fetch "@duckdb/node-bindings-linux-$platform@$version-r.3" "$sha512"
tar -xzf "$work/package.tgz" -C "$target/lib" --strip-components=1 package/libduckdb.so
fetch "duckdb@$version" "$header_sha512"
tar -xzf "$work/package.tgz" -C "$target/include" --strip-components=5 package/src/duckdb/src/include/duckdb.h
echo "$version" >"$target/.version"
