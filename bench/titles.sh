#!/usr/bin/env bash
# The titles pipeline: the real file of 8,807 titles, where it lies beside the project, and ROWS invented ones (default 100,000).
# Each task runs as a program of its own, as the scheduler starts it; its time and its greatest memory are printed.
#
#   bench/titles.sh [ROWS] [FOLDER]     FOLDER, default a new one below /tmp, needs about 3 KB a row
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rows=${1:-100000}
folder=${2:-$(mktemp -d /tmp/titles-bench.XXXXXX)}
program=$PWD/build/release/bin/marquee
real=${MARQUEE_SHARED:-../shared}/data/netflix-titles/netflix_titles.csv

chain() {
  python3 bench/titles_chain.py "$program" "$folder/$1" "$2"
  rm -rf "${folder:?}/$1"
}

[[ -f $real ]] && chain real "$real"
if ((rows > 0)); then
  python3 bench/titles_data.py "$rows" "$folder/titles.csv"
  chain invented "$folder/titles.csv"
fi
rm -rf "${folder:?}"
