#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Runs the example ($1) on four inputs; fails when an exit code or a word of the answer is not what it should be.
expect() {
  found=$(cat | "$program" 2>&1)
  code=$?
  case "$code $found" in
    "$1 $2"*) ;;
    *) echo "found: $code $found"; echo "expected: $1 $2..."; exit 1 ;;
  esac
}
program=$1
lines() { i=0; while [ $i -lt "$1" ]; do echo "$2"; i=$((i + 1)); done; }
lines 20 '240 0 60 3' | expect 1 'Rolled back: errors in 9 of 180 (5 %)' || exit 1
lines 100 '240 0 60 0' | expect 0 'Promoted: errors in 0 of' || exit 1
lines 5 '240 0 60 0' | expect 3 'Inconclusive: errors in 0 of 300 (0 %)' || exit 1
echo '240 0 60' | expect 2 "line 1: '240 0 60', expected four counts" || exit 1
echo '4 5 60 0' | expect 2 "line 1: '4 5 60 0', expected four counts" || exit 1
echo '4 0 60 -1' | expect 2 "line 1: '4 0 60 -1', expected four counts" || exit 1
