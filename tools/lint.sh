#!/usr/bin/env bash
# The house rules that a program can check. Every finding is printed; the exit code tells whether there was one.
set -uo pipefail
cd "$(dirname "$0")/.."

failed=0
check() {
  printf '%s: ' "$1"
  if "${@:2}"; then echo ok; else failed=1; fi
}

format() { git ls-files -z '*.h' '*.cc' | xargs -0 clang-format --dry-run -Werror; }
shell_syntax() {
  local script
  for script in run .ci/run $(git ls-files '*.sh'); do bash -n "$script" || return 1; done
}

check layers python3 tools/check_layers.py
check sizes python3 tools/check_sizes.py
check tests python3 tools/check_tests.py
check format format
check shell shell_syntax
exit "$failed"
