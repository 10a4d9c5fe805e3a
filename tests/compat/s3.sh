#!/usr/bin/env bash
# Object stores in real S3 servers: the contract suite of every store and what only S3 can get wrong; then the tracking service with its artifacts there.
#
#   tests/compat/s3.sh [s3] [versitygw]          both without arguments: MinIO, and a server as strict as Amazon's
#
# MARQUEE_SHARED has tools/NAME, which takes "start DIR", prints S3_ENDPOINT=..., and "stop DIR"; one that is missing is skipped.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
root=$here/../..
tools=$(realpath "${MARQUEE_SHARED-$root/../shared}")/tools
build=${MARQUEE_BUILD_DIR-$root/build/release}
[[ -f $build/build.ninja ]] || (cd "$root" && cmake --preset dev -B "$build" >/dev/null)
ninja -C "$build" storage_test marquee >/dev/null

folder=$(mktemp -d)
server=
trap '[[ -z $server ]] || "$server" stop "$folder/$(basename "$server")" >/dev/null; rm -rf "$folder"' EXIT

# The bucket "runs", made by a call that is signed by curl.
make_bucket() {
  curl -fsS -X PUT --aws-sigv4 "aws:amz:$S3_REGION:s3" --user "$S3_ACCESS_KEY:$S3_SECRET_KEY" \
    -H "x-amz-content-sha256: $(printf '' | sha256sum | cut -d' ' -f1)" "$S3_ENDPOINT/runs"
}

check() {
  server=$tools/$1
  if [[ ! -x $server ]]; then
    echo "s3: skipped: no server at $server (set MARQUEE_SHARED)" >&2
    server=
    return 0
  fi
  "$server" install
  MARQUEE_S3=$server "$build/bin/storage_test" --gtest_filter='*S3*'
  local facts
  facts=$("$server" start "$folder/$1")
  eval "$facts"
  make_bucket
  (
    export MARQUEE_TRACKING_ARTIFACTS=s3://runs/of/mlflow MARQUEE_PROGRAM=$build/bin/marquee
    export AWS_ENDPOINT_URL=$S3_ENDPOINT AWS_REGION=$S3_REGION AWS_ACCESS_KEY_ID=$S3_ACCESS_KEY AWS_SECRET_ACCESS_KEY=$S3_SECRET_KEY
    PYTHONPATH=$here/../blackbox python3 -m unittest --verbose tracking_test.Tracking.test_memory_does_not_grow_with_files
    "$here/mlflow.sh" 3
  )
  "$server" stop "$folder/$1"
  server=
}

(($#)) || set -- s3 versitygw
for name; do check "$name"; done
