#!/bin/sh
# Print the revision that the current work starts from: where it left origin/main, or else the parent commit.
head=$(git rev-parse --verify --quiet HEAD) || exit 0
base=$(git merge-base HEAD origin/main 2>/dev/null)
if [ -z "$base" ] || [ "$base" = "$head" ]; then
  base=$(git rev-parse --verify --quiet 'HEAD^')
fi
echo "${base:-$head}"
